import { versionOf } from '../compare.ts'
import type { Sibling } from '../page-match.ts'
import type { Latest } from '../superseded.ts'
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
  siblings: `SELECT added, id, latest FROM sibling WHERE collection = ? AND added > ? AND added <= ?
    ORDER BY added LIMIT ${siblingsPerQuery}`,
  undecided: `SELECT added, id, latest FROM sibling INDEXED BY sibling_undecided
    WHERE collection = ? AND added > ? AND added <= ? AND latest IS NULL ORDER BY added LIMIT ${siblingsPerQuery}`,
} as const

/** Of the items of some segments, each in order of `added`, the versions that are wanted. */
export async function chosenOf(
  asked: PageReading,
  segments: readonly (readonly SegmentItem[])[],
): Promise<readonly SegmentItem[]> {
  const { choice } = asked.filter
  const isAlone = ({ item, added }: SegmentItem) =>
    choice.wantsOnlyOnes || choice.among([{ version: versionOf(item), added }]).length > 0
  if (!choice.needsSiblings) return segments.flat().filter(isAlone)
  const siblings = new Map<number, SiblingRow>()
  // Segment by segment: what lies between two of them may be a long history.
  for (const items of segments) {
    const [first, last] = [items[0], items.at(-1)]
    if (!first || !last) continue
    for (const row of siblingsIn(asked, pageVersionsSql.siblings, first.added - 1, last.added))
      siblings.set(row.added, row)
  }
  const open = segments
    .flat()
    .flatMap(({ added }) => siblings.get(added) ?? [])
    .filter((row) => isNotedWanted(asked, row) === undefined)
  const wanted = await wantedOf(asked, [...new Set(open.map(({ id }) => keyText(id)))])
  return segments.flat().filter((entry) => {
    const row = siblings.get(entry.added)
    return row ? (isNotedWanted(asked, row) ?? wanted.has(entry.added)) : isAlone(entry)
  })
}

/** Whether the notes alone say that a version, which is of a wanted spec version, is wanted or not. */
function isNotedWanted({ filter }: PageReading, { latest }: SiblingRow): boolean | undefined {
  return filter.choice.wantsLastOnly && latest !== null ? latest === 1 : undefined
}

/**
 * How many of the versions in the window that have siblings are not wanted; where only last versions are, of those that are
 * not noted as superseded.
 */
export async function countUnwanted(asked: PageReading, after: number, until: number): Promise<number> {
  let unwanted = 0
  let some: SiblingRow[] = []
  const count = async () => {
    const wanted = await wantedOf(asked, [...new Set(some.map(({ id }) => keyText(id)))])
    unwanted += some.filter(({ added }) => !wanted.has(added)).length
    some = []
  }
  const sql = pageVersionsSql[asked.filter.choice.wantsLastOnly ? 'undecided' : 'siblings']
  for (const sibling of siblingsIn(asked, sql, after, until)) {
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

interface SiblingRow {
  readonly added: number
  readonly id: Buffer
  readonly latest: Latest
}

function* siblingsIn(
  { connection, place }: PageReading,
  sql: string,
  after: number,
  until: number,
): Iterable<SiblingRow> {
  for (let last = after; ;) {
    const rows = connection.all(sql, [place.number, last, until])
    yield* rows as unknown as SiblingRow[]
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
