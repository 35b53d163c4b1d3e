import type { Item } from '../../stix/item.ts'
import type { ReadItem } from '../index-reading.ts'
import { latestOf, type Latest } from '../superseded.ts'
import type { Connection, SqlRow } from './binding.ts'
import { contentsOf, numberOfContents } from './contents.ts'
import { growIndex } from './grow-index.ts'
import { removeFromIndex } from './index-path.ts'
import { insertRows } from './insert-rows.ts'
import { keyText } from './keys.ts'
import { countStanding, isLaterKey, latestSql, siblingVersion, type SiblingKey } from './latest.ts'
import type { Place } from '../place.ts'
import { packSegment, typesOf, type SegmentItem } from './segments.ts'

/** A version that is to go. */
export interface Doomed {
  readonly id: Buffer
  readonly version: Buffer
  readonly added: number
  readonly item: Item
}

/**
 * Takes versions out of the segment that has them, and all that is kept of them elsewhere. Inside a transaction, and with an
 * index that is whole.
 */
export async function removeFromSegment(
  { connection, place, read }: { readonly connection: Connection; readonly place: Place; readonly read: ReadItem },
  from: { readonly row: SqlRow; readonly items: readonly SegmentItem[]; readonly doomed: readonly Doomed[] },
): Promise<void> {
  const first = from.row['first'] as number
  connection.run(latestSql.fall, [place.number, first])
  await shrinkSegment(connection, from.row, from.items, new Set(from.doomed.map(({ added }) => added)))
  const changed = forget(connection, place, from.doomed)
  countStanding(connection, place.number, [first, ...changed])
  growIndex(connection, place.number, removeFromIndex(connection, place.number, read, from.doomed))
}

async function shrinkSegment(
  connection: Connection,
  row: SqlRow,
  items: readonly SegmentItem[],
  doomed: ReadonlySet<number>,
): Promise<void> {
  const left = items.filter(({ added }) => !doomed.has(added))
  const number = row['number'] as number
  if (left.length === 0) {
    connection.run('DELETE FROM segment WHERE number = ?', [number])
    return
  }
  const data = await packSegment(row['first'] as number, left)
  const types = typesOf(left.map(({ item }) => item))
  const contents = numberOfContents(connection, contentsOf(left.map(({ item }) => item)))
  connection.run('UPDATE segment SET items = ?, types = ?, contents = ?, data = ? WHERE number = ?', [
    left.length,
    types,
    contents,
    data,
    number,
  ])
}

const notedSql = 'SELECT latest FROM sibling WHERE collection = ? AND added = ?'
const leftSql = 'SELECT version, added, spec FROM version WHERE id = ? AND collection = ? LIMIT ?'

/** Returns `added` of those that are left and are noted otherwise now. */
function forget(connection: Connection, place: Place, doomed: readonly Doomed[]): readonly number[] {
  const ids = new Map<string, { readonly id: Buffer; lostLast: boolean }>()
  for (const { id, version, added } of doomed) {
    connection.run('DELETE FROM version WHERE id = ? AND collection = ? AND version = ?', [id, place.number, version])
    const noted = connection.get(notedSql, [place.number, added])
    connection.run('DELETE FROM sibling WHERE collection = ? AND added = ?', [place.number, added])
    const known = ids.get(keyText(id))
    const lostLast = noted?.['latest'] !== 0
    if (!known) ids.set(keyText(id), { id, lostLast })
    else if (lostLast) known.lostLast = true
  }
  const changed: number[] = []
  let gone = 0
  for (const { id, lostLast } of ids.values()) {
    const left = connection.all(leftSql, [id, place.number, lostLast ? -1 : 2]).map(siblingVersion)
    // Without a superseded version the others are what they were, except that the only one has no note.
    if (lostLast || left.length < 2) changed.push(...noteLeft(connection, place, id, left))
    if (left.length > 0) continue
    connection.run('DELETE FROM vanished WHERE collection = ? AND id = ?', [place.number, id])
    connection.run('DELETE FROM revoked WHERE id = ? AND collection = ?', [id, place.number])
    gone++
  }
  const blocks = doomed.filter(({ item }) => item.kind === 'block').length
  connection.run('UPDATE collection SET ids = ids - ?, versions = versions - ?, blocks = blocks - ? WHERE number = ?', [
    gone,
    doomed.length,
    blocks,
    place.number,
  ])
  return changed
}

/** An only version has no note. Returns `added` of those that are noted otherwise now. */
function noteLeft(
  connection: Connection,
  { number }: Place,
  id: Buffer,
  versions: readonly SiblingKey[],
): readonly number[] {
  if (versions.length < 2) {
    for (const { added } of versions)
      connection.run('DELETE FROM sibling WHERE collection = ? AND added = ?', [number, added])
    return versions.map(({ added }) => added)
  }
  const wanted = latestOf(versions, isLaterKey)
  const changed = versions.flatMap(({ added }, at) => {
    const latest = wanted[at] as Latest
    // What still is superseded was it before.
    if (latest === 0) return []
    const noted = connection.get(notedSql, [number, added])
    return noted?.['latest'] === latest ? [] : [{ added, latest }]
  })
  insertRows(
    connection,
    latestSql.keep,
    changed.flatMap(({ added, latest }) => [number, added, id, latest]),
    4,
  )
  return changed.map(({ added }) => added)
}
