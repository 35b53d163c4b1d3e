import { versionOf } from '../compare.ts'
import type { Sibling } from '../page-match.ts'
import { corruption, type SqlRow, type SqlValue } from './binding.ts'
import { keyOfId, keyText, versionOfKey } from './keys.ts'
import { itemsOf, type PageReading } from './page-reading.ts'
import { holdingOf } from './page-segments.ts'
import type { SegmentItem } from './segments.ts'

/** Which versions of an id are wanted: told by the rows of its versions, of which most ids have only one. */

const idsPerQuery = 200
const siblingsPerQuery = 1000

/** The statements that find versions; their query plans are tested. */
export const pageVersionsSql = {
  ofIds: (count: number) => `SELECT id, version, added, spec FROM version
    WHERE id IN (${Array<string>(count).fill('?').join(', ')}) AND collection = ?`,
  siblings: `SELECT added, id FROM sibling WHERE collection = ? AND added > ? AND added <= ?
    ORDER BY added LIMIT ${siblingsPerQuery}`,
} as const

/** Of these items, in order of `added`, the versions that are wanted. */
export async function chosenOf(asked: PageReading, items: readonly SegmentItem[]): Promise<readonly SegmentItem[]> {
  const { choice } = asked.filter
  const isAlone = ({ item, added }: SegmentItem) =>
    choice.wantsOnlyOnes || choice.among([{ version: versionOf(item), added }]).length > 0
  const [first, last] = [items[0], items.at(-1)]
  if (!choice.needsSiblings || !first || !last) return items.filter(isAlone)
  const ids = new Map<number, Buffer>()
  for (const { added, id } of siblingsIn(asked, first.added - 1, last.added)) ids.set(added, id)
  if (ids.size === 0) return items.filter(isAlone)
  const wanted = await wantedOf(asked, [...new Set(items.flatMap(({ added }) => ids.get(added) ?? []).map(keyText))])
  return items.filter((entry) => (ids.has(entry.added) ? wanted.has(entry.added) : isAlone(entry)))
}

/** How many of the versions in the window that have siblings are not wanted. */
export async function countUnwanted(asked: PageReading, after: number, until: number): Promise<number> {
  let unwanted = 0
  let some: { readonly added: number; readonly id: Buffer }[] = []
  const count = async () => {
    const wanted = await wantedOf(asked, [...new Set(some.map(({ id }) => keyText(id)))])
    unwanted += some.filter(({ added }) => !wanted.has(added)).length
    some = []
  }
  for (const sibling of siblingsIn(asked, after, until)) {
    some.push(sibling)
    if (some.length === siblingsPerQuery) await count()
  }
  await count()
  return unwanted
}

/** `added` of the wanted versions of these ids, rising, within what the query leaves. */
export async function wantedOfIds(asked: PageReading, ids: readonly string[]): Promise<readonly number[]> {
  const { after, until } = asked.filter
  const wanted = await wantedOf(
    asked,
    ids.map((id) => keyText(keyOfId(id))),
  )
  return [...wanted].filter((added) => added > after && added <= until).sort((a, b) => a - b)
}

function* siblingsIn(
  { connection, place }: PageReading,
  after: number,
  until: number,
): Iterable<{ readonly added: number; readonly id: Buffer }> {
  for (let last = after; ;) {
    const rows = connection.all(pageVersionsSql.siblings, [place.number, last, until])
    for (const row of rows) yield { added: row['added'] as number, id: row['id'] as Buffer }
    if (rows.length < siblingsPerQuery) return
    last = rows.at(-1)?.['added'] as number
  }
}

/** `added` of each wanted version of these ids, given by their keys as text. */
async function wantedOf(asked: PageReading, ids: readonly string[]): Promise<ReadonlySet<number>> {
  const { choice } = asked.filter
  const wanted = new Set<number>()
  for (let at = 0; at < ids.length; at += idsPerQuery) {
    const keys: SqlValue[] = ids.slice(at, at + idsPerQuery).map((text) => Buffer.from(text, 'latin1'))
    const rows = asked.connection.all(pageVersionsSql.ofIds(keys.length), [...keys, asked.place.number])
    for (const versions of grouped(rows).values()) {
      const siblings = await Promise.all(versions.map((row) => siblingOf(asked, row)))
      for (const { added } of choice.among(siblings)) wanted.add(added)
    }
  }
  return wanted
}

function grouped(rows: readonly SqlRow[]): Map<string, SqlRow[]> {
  const groups = new Map<string, SqlRow[]>()
  for (const row of rows) {
    const name = keyText(row['id'] as Buffer)
    const group = groups.get(name)
    if (group) group.push(row)
    else groups.set(name, [row])
  }
  return groups
}

async function siblingOf(asked: PageReading, row: SqlRow): Promise<Sibling> {
  const [version, added, spec] = [versionOfKey(row['version']), row['added'] as number, row['spec'] as number | null]
  if (!asked.filter.choice.needsSpecs) return { version, added }
  if (spec !== null) return { version, added, spec: spec === 1 ? '2.1' : '2.0' }
  const item = await itemAt(asked, added)
  return { version, added, spec: item.kind === 'object' ? item.specVersion : undefined }
}

/** For what an older release stored, which wrote the spec version into the segment only. */
async function itemAt(asked: PageReading, added: number): Promise<SegmentItem['item']> {
  const row = holdingOf(asked, added)
  const found = row && (await itemsOf(asked, row)).find((entry) => entry.added === added)
  if (!found) throw corruption('a version has no bytes in any segment')
  return found.item
}
