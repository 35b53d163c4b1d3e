import { setImmediate as nextTurn } from 'node:timers/promises'
import { valueKinds, type Value } from '../../stix/statement.ts'
import type { ReadItem } from '../index-reading.ts'
import type { KnownValue, KnownValueFilter, NetworkLengths, SourcedStatement, ValueCount } from '../known-value.ts'
import { keptStatementOf, knownValueOf, statementsBy, wantedPlaces } from '../known-rows.ts'
import { resolveStatements, versionAt, type KeptStatement, type Standing } from '../resolve-statements.ts'
import type { OfItem } from '../statement-body.ts'
import { keyOfValue, kindNumbers, type ValueKey } from '../value-key.ts'
import { corruption, type Connection, type SqlRow, type SqlValue } from './binding.ts'
import { reading } from './database.ts'
import { idOfKey } from './keys.ts'
import { placesIn, type Places } from './places.ts'
import { isIndexed } from './reindex.ts'
import { readSegment, type SegmentItem } from './segments.ts'
import { surroundingsIn, type LargeStandings } from './surroundings.ts'

/** What finds values: `lookup` by their keys, `knownValues` in the order of the index, some hundred rows at a time. */

const valuesPerQuery = 200
const rowsPerQuery = 1000
/** Every segment that is touched is read once for this many rows. */
const rowsPerQueryWithDescriptions = 10_000

const columns = `stated.kind AS kind, stated.value AS value, stated.collection AS collection, stated.added AS added,
  stated.place AS place, marks, original, item, body`
const rest = `CROSS JOIN statement ON statement.collection = stated.collection AND statement.added = stated.added
    AND statement.place = stated.place`

/** The statements of this file; their query plans are tested. */
export const knownValuesSql = {
  lookup: (count: number) => `WITH wanted (number, kind, value) AS (VALUES ${Array(count).fill('(?, ?, ?)').join(', ')})
    SELECT number, ${columns} FROM wanted
    CROSS JOIN stated ON stated.kind = wanted.kind AND stated.value = wanted.value ${rest}`,
  page: (more: string) => `SELECT ${columns} FROM stated ${rest}
    WHERE stated.kind = ? AND (stated.value, stated.collection, stated.added, stated.place) > (?, ?, ?, ?) ${more}
    ORDER BY stated.value, stated.collection, stated.added, stated.place LIMIT ?`,
  count: 'SELECT kind, count(DISTINCT value) AS found, count(*) AS statements FROM stated GROUP BY kind ORDER BY kind',
  nextNetwork: 'SELECT value FROM stated WHERE kind = ? AND value >= ? ORDER BY value LIMIT 1',
} as const

/** What reading the index needs. */
export interface IndexReader {
  readonly connection: Connection
  readonly file: string
  /** Loads what reads items: for descriptions only. */
  readonly loadReader: () => Promise<ReadItem>
  /** Finishes the index where it is not whole. */
  readonly complete: () => Promise<void>
}

export async function lookup(reader: IndexReader, values: readonly Value[]): Promise<readonly KnownValue[]> {
  const found: KnownValue[] = values.map(({ kind, value }) => ({ kind, value, statements: [] }))
  const keys = values.flatMap((value, number) => {
    const key = keyOfValue(value)
    return key ? [{ number, key }] : []
  })
  const view = await openView(reader)
  for (let at = 0; at < keys.length; at += valuesPerQuery) {
    const some = keys.slice(at, at + valuesPerQuery)
    const wanted = some.flatMap(({ number, key }): SqlValue[] => [number, key.kind, key.bytes])
    const rows = await reading(reader.file, () => reader.connection.all(knownValuesSql.lookup(some.length), wanted))
    const statements = await resolvedRows(reader, view, rows, true)
    for (const [number, own] of statementsBy(rows, statements, (row) => row['number'] as number)) {
      found[number] = { ...(found[number] as KnownValue), statements: own }
    }
  }
  return found
}

export async function* knownValues(reader: IndexReader, filter: KnownValueFilter): AsyncIterable<KnownValue> {
  const view = await openView(reader)
  const more = conditionOf(filter, view)
  if (more === undefined) return
  const kinds = valueKinds
    .filter((kind) => filter.kinds === undefined || filter.kinds.includes(kind))
    .flatMap(kindNumbers)
  for (const kind of kinds) yield* valuesOfKind(reader, view, kind, more, filter.descriptions === true)
}

/** Further conditions in SQL, undefined when no collection is wanted. Only numbers of our own go into the text. */
function conditionOf(filter: KnownValueFilter, view: View): string | undefined {
  const { role } = filter
  const conditions: string[] = []
  const numbers = wantedPlaces(filter, view.places.first)
  if (numbers?.length === 0) return undefined
  if (numbers) conditions.push(`AND stated.collection IN (${numbers.join(', ')})`)
  if (role !== undefined) conditions.push(role === 'observable' ? 'AND marks >= 2' : 'AND marks < 2')
  return conditions.join(' ')
}

async function* valuesOfKind(
  reader: IndexReader,
  view: View,
  kind: number,
  more: string,
  described: boolean,
): AsyncIterable<KnownValue> {
  const limit = described ? rowsPerQueryWithDescriptions : rowsPerQuery
  const sql = knownValuesSql.page(more)
  // The value that is not whole yet: its other statements may be in the next rows.
  let open: { readonly key: ValueKey; statements: SourcedStatement[] } | undefined
  for (let last: SqlValue[] = [Buffer.alloc(0), -1, -1, -1]; ;) {
    const { rows, statements } = await wholeRows(reader, view, described, [sql, [kind, ...last, limit]])
    for (const [number, row] of rows.entries()) {
      const bytes = row['value'] as Buffer
      if (!open?.key.bytes.equals(bytes)) {
        if (open && open.statements.length > 0) yield knownOf(open.key, open.statements)
        open = { key: { kind, bytes }, statements: [] }
      }
      const statement = statements[number]
      if (statement) open.statements.push(statement)
    }
    if (rows.length < limit) break
    const row = rows.at(-1) as SqlRow
    last = [row['value'], row['collection'], row['added'], row['place']] as SqlValue[]
  }
  if (open && open.statements.length > 0) yield knownOf(open.key, open.statements)
}

function knownOf(key: ValueKey, statements: readonly SourcedStatement[]): KnownValue {
  const known = knownValueOf(key, statements)
  if (!known) throw corruption('a value cannot be read')
  return known
}

/**
 * Rows of an index that is whole: another process may be making it anew while we read. What was found in such an index is
 * dropped, the index is finished together with that process, and the same rows are asked for again.
 */
async function wholeRows(
  reader: IndexReader,
  view: View,
  described: boolean,
  [sql, values]: readonly [sql: string, values: readonly SqlValue[]],
) {
  const { connection, file } = reader
  const isWhole = () => reading(file, () => isIndexed(connection))
  const change = () => reading(file, () => connection.get('PRAGMA data_version')?.['data_version'] as number)
  for (;;) {
    const before = await change()
    // An index made anew gives traits other numbers.
    if (before !== view.change) Object.assign(view, { change: before, traits: newTraitReader(connection) })
    try {
      const rows = await reading(file, () => connection.all(sql, values))
      const statements = await resolvedRows(reader, view, rows, described)
      if (await isWhole()) return { rows, statements }
    } catch (error) {
      if (await isWhole()) throw error
    }
    await reader.complete()
  }
}

/** What is the same for all rows of one question. */
interface View {
  readonly places: Places
  traits: (number: number) => string
  /** Moves when anyone else changes the store. */
  change: number
  readonly large: LargeStandings
}

async function openView({ connection, file }: IndexReader): Promise<View> {
  const places = await reading(file, () => placesIn(connection))
  return { places, traits: newTraitReader(connection), change: -1, large: new Map() }
}

/** Traits by number, the recent ones kept: most statements of a feed share a few. */
function newTraitReader(connection: Connection): (number: number) => string {
  const known = new Map<number, string>()
  return (number) => {
    const remembered = known.get(number)
    if (remembered !== undefined) return remembered
    const row = connection.get('SELECT body FROM trait WHERE number = ?', [number])
    if (!row) throw corruption('a trait is missing')
    if (known.size > 10_000) known.clear()
    const text = (row['body'] as Buffer).toString()
    known.set(number, text)
    return text
  }
}

async function resolvedRows(
  reader: IndexReader,
  view: View,
  rows: readonly SqlRow[],
  described: boolean,
): Promise<(SourcedStatement | undefined)[]> {
  if (rows.length === 0) return []
  // The index answers without waiting: nothing else of this process would have its turn until all are read.
  await nextTurn()
  const descriptions = described ? await descriptionsOf(reader, rows) : undefined
  return reading(reader.file, () => {
    const around = surroundingsIn(reader.connection, view.places, view.large)
    const ids = rows.map((row) => idOfKey(row['item']))
    const standing = around.standing([...new Set(ids)])
    const kept = rows.flatMap((row, number) => {
      const id = ids[number] as string
      const version = ownVersion(row, standing.get(id))
      // Pruned between the two looks.
      if (version === undefined) return []
      return [{ number, ...keptOf(row, { id, version }, view), description: descriptions?.[number] }]
    })
    const resolved = Array<SourcedStatement | undefined>(rows.length).fill(undefined)
    for (const [place, statement] of resolveStatements(kept, around).entries()) {
      resolved[(kept[place] as { number: number }).number] = statement
    }
    return resolved
  })
}

function ownVersion(row: SqlRow, standing: Standing | undefined): string | undefined {
  return standing && versionAt(standing, row['collection'] as number, row['added'] as number)?.version
}

function keptOf(row: SqlRow, item: OfItem, { places, traits }: View): KeptStatement {
  try {
    return keptStatementOf(row, item, places.of(row['collection'] as number), traits)
  } catch (error) {
    throw corruption(`a statement cannot be read (${(error as Error).message})`)
  }
}

/** In the order of the rows, read from the items; each segment is read once. */
async function descriptionsOf(reader: IndexReader, rows: readonly SqlRow[]): Promise<readonly (string | undefined)[]> {
  const read = await reader.loadReader()
  const descriptions: (string | undefined)[] = Array<undefined>(rows.length).fill(undefined)
  const order = rows
    .map((row, place) => ({ row, place, collection: row['collection'] as number, added: row['added'] as number }))
    .sort((a, b) => a.collection - b.collection || a.added - b.added)
  let segment: { readonly collection: number; readonly items: readonly SegmentItem[] } | undefined
  let item: { readonly added: number; readonly said: readonly (string | undefined)[] } | undefined
  for (const { row, place, collection, added } of order) {
    if (segment?.collection !== collection || added > (segment.items.at(-1)?.added ?? -1)) {
      segment = { collection, items: await segmentOf(reader, collection, added) }
      item = undefined
    }
    if (item?.added !== added) {
      const found = segment.items.find((one) => one.added === added)
      item = { added, said: found ? read(found.item).statements.map(({ description }) => description) : [] }
    }
    descriptions[place] = item.said[row['place'] as number]
  }
  return descriptions
}

async function segmentOf({ connection, file }: IndexReader, collection: number, added: number): Promise<SegmentItem[]> {
  const row = await reading(file, () =>
    connection.get('SELECT first, data FROM segment WHERE collection = ? AND first <= ? ORDER BY first DESC LIMIT 1', [
      collection,
      added,
    ]),
  )
  return row ? reading(file, () => readSegment(row['first'] as number, row['data'] as Buffer)) : []
}

/** One look for each length that there is. */
export function networkLengths(connection: Connection): NetworkLengths {
  const lengths = (kind: 'ipv4' | 'ipv6') => {
    const found: number[] = []
    const number = kindNumbers(kind)[1]
    for (let from = 0; from < 128;) {
      const row = connection.get(knownValuesSql.nextNetwork, [number, Buffer.from([from])])
      if (!row) break
      const length = (row['value'] as Buffer)[0] ?? 128
      found.push(length)
      from = length + 1
    }
    return found
  }
  return { ipv4: lengths('ipv4'), ipv6: lengths('ipv6') }
}

export function countValues(connection: Connection): readonly ValueCount[] {
  const rows = connection.all(knownValuesSql.count)
  return valueKinds.flatMap((kind) => {
    const own = rows.filter((row) => (row['kind'] as number) >> 1 === valueKinds.indexOf(kind))
    const sum = (column: 'found' | 'statements') => own.reduce((total, row) => total + (row[column] as number), 0)
    return own.length === 0 ? [] : [{ kind, values: sum('found'), statements: sum('statements') }]
  })
}
