import type { Item } from '../../stix/item.ts'
import type { ReadItem } from '../index-reading.ts'
import type { Connection, SqlRow } from './binding.ts'
import { contentsOf, numberOfContents } from './contents.ts'
import { growIndex } from './grow-index.ts'
import { removeFromIndex } from './index-path.ts'
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
  await shrinkSegment(connection, from.row, from.items, new Set(from.doomed.map(({ added }) => added)))
  forget(connection, place, from.doomed)
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

function forget(connection: Connection, place: Place, doomed: readonly Doomed[]): void {
  let ids = 0
  for (const { id, version, added } of doomed) {
    connection.run('DELETE FROM version WHERE id = ? AND collection = ? AND version = ?', [id, place.number, version])
    connection.run('DELETE FROM sibling WHERE collection = ? AND added = ?', [place.number, added])
    const left = connection.all('SELECT added FROM version WHERE id = ? AND collection = ? LIMIT 2', [id, place.number])
    if (left.length === 1) {
      connection.run('DELETE FROM sibling WHERE collection = ? AND added = ?', [
        place.number,
        left[0]?.['added'] as number,
      ])
    }
    if (left.length > 0) continue
    connection.run('DELETE FROM vanished WHERE collection = ? AND id = ?', [place.number, id])
    connection.run('DELETE FROM revoked WHERE id = ? AND collection = ?', [id, place.number])
    ids++
  }
  const blocks = doomed.filter(({ item }) => item.kind === 'block').length
  connection.run('UPDATE collection SET ids = ids - ?, versions = versions - ?, blocks = blocks - ? WHERE number = ?', [
    ids,
    doomed.length,
    blocks,
    place.number,
  ])
}
