import { valueKinds, type Value } from '../../stix/statement.ts'
import type { ReadItem } from '../index-reading.ts'
import type { KnownValue, KnownValueFilter, NetworkLengths, SourcedStatement, ValueCount } from '../known-value.ts'
import { keptStatementOf, knownValueOf, statementsBy, wantedPlaces } from '../known-rows.ts'
import { resolveStatementsLater, versionAt, type KeptStatement } from '../resolve-statements.ts'
import type { OfItem } from '../statement-body.ts'
import { compareKeys, keyOfValue, kindNumbers, type ValueKey } from '../value-key.ts'
import { corruption, type Connection, type SqlRow, type SqlValue } from './connection.ts'
import type { Database } from './database.ts'
import { isLong } from './index-path.ts'
import { itemsAt } from './items.ts'
import { digestOf, idOfKey, textsOfKeys } from './keys.ts'
import type { Place } from '../place.ts'
import { listPlaces } from './places.ts'
import { isIndexed } from './reindex.ts'
import { surroundingsIn, type LargeStandings } from './surroundings.ts'

/** What finds values: `lookup` by their keys, `knownValues` in the order of the index, some hundred rows at a time. */

const valuesPerQuery = 500
const rowsPerQuery = 1000

const columns = (table: string) => `${table}.kind AS kind, ${table}.value AS value, ${table}.collection AS collection,
  ${table}.added AS added, ${table}.place AS place, ${table}.marks AS marks, ${table}.original AS original,
  statement.item AS item, statement.body AS body`
const rest = (table: string) => `JOIN statement ON statement.collection = ${table}.collection
  AND statement.added = ${table}.added AND statement.place = ${table}.place`
const behind = (table: string) => `(${table}.value, ${table}.collection, ${table}.added, ${table}.place)`
const order = (table: string) => `${table}.value, ${table}.collection, ${table}.added, ${table}.place`

/** The statements of this file. */
export const knownValuesSql = {
  lookup: `SELECT wanted.number AS number, ${columns('stated')}
    FROM unnest($1::integer[], $2::smallint[], $3::bytea[]) AS wanted (number, kind, value)
    JOIN stated ON stated.kind = wanted.kind AND stated.value = wanted.value ${rest('stated')}`,
  lookupLong: `SELECT wanted.number AS number, ${columns('stated_long')}
    FROM unnest($1::integer[], $2::smallint[], $3::bytea[], $4::bytea[]) AS wanted (number, kind, value, digest)
    JOIN stated_long ON stated_long.kind = wanted.kind AND stated_long.digest = wanted.digest
    AND stated_long.value = wanted.value ${rest('stated_long')}`,
  page: (more: string) => `SELECT ${columns('stated')} FROM (SELECT * FROM stated
    WHERE kind = $1 AND ${behind('stated')} > ($2::bytea, $3::integer, $4::bigint, $5::integer) ${more}
    ORDER BY ${order('stated')} LIMIT $6) AS stated ${rest('stated')} ORDER BY ${order('stated')}`,
  // The index has the first 2,000 bytes; values that begin alike are sorted each time.
  pageLong: (more: string) => `SELECT ${columns('stated_long')} FROM (SELECT * FROM stated_long
    WHERE kind = $1 AND substring(value FROM 1 FOR 2000) >= substring($2::bytea FROM 1 FOR 2000)
    AND ${behind('stated_long')} > ($2::bytea, $3::integer, $4::bigint, $5::integer) ${more}
    ORDER BY substring(value FROM 1 FOR 2000), ${order('stated_long')} LIMIT $6) AS stated_long
    ${rest('stated_long')} ORDER BY ${order('stated_long')}`,
  count: `SELECT kind, count(*) AS found, sum(statements)::bigint AS statements FROM (
    SELECT kind, value, count(*) AS statements FROM stated GROUP BY kind, value
    UNION ALL SELECT kind, value, count(*) AS statements FROM stated_long GROUP BY kind, value) AS value
    GROUP BY kind ORDER BY kind`,
  // One look for each length that there is.
  networks: `WITH RECURSIVE network (value) AS (
    (SELECT value FROM stated WHERE kind = $1 ORDER BY value LIMIT 1)
    UNION ALL
    SELECT following.value FROM network CROSS JOIN LATERAL (SELECT value FROM stated WHERE kind = $1
      AND value >= set_byte('\\x00'::bytea, 0, get_byte(network.value, 0) + 1) ORDER BY value LIMIT 1) AS following)
    SELECT get_byte(value, 0) AS length FROM network ORDER BY length`,
  traits: 'SELECT number, body FROM trait WHERE number = ANY ($1::bigint[])',
} as const

/** What reading the index needs. */
export interface IndexReader {
  readonly database: Database
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
  for (let at = 0; at < keys.length; at += valuesPerQuery) {
    const some = keys.slice(at, at + valuesPerQuery)
    const answer = await wholeAnswer(reader, newView(), true, (connection) => rowsOfKeys(connection, some))
    for (const [number, own] of statementsBy(answer.rows, answer.statements, (row) => row['number'] as number)) {
      found[number] = { ...(found[number] as KnownValue), statements: own }
    }
  }
  return found
}

interface NumberedKey {
  readonly number: number
  readonly key: ValueKey
}

async function rowsOfKeys(connection: Connection, keys: readonly NumberedKey[]): Promise<readonly SqlRow[]> {
  const columnsOf = (some: readonly NumberedKey[]): SqlValue[] => [
    some.map(({ number }) => number),
    some.map(({ key }) => key.kind),
    some.map(({ key }) => key.bytes),
  ]
  const long = keys.filter(({ key }) => isLong(key))
  const short = keys.filter(({ key }) => !isLong(key))
  const rows = short.length === 0 ? [] : await connection.all(knownValuesSql.lookup, columnsOf(short))
  if (long.length === 0) return rows
  const digests = long.map(({ key }) => digestOf(key.bytes))
  return [...rows, ...(await connection.all(knownValuesSql.lookupLong, [...columnsOf(long), digests]))]
}

export async function* knownValues(reader: IndexReader, filter: KnownValueFilter): AsyncIterable<KnownValue> {
  const places = await reader.database.reading((connection) => listPlaces(connection))
  const numbers = wantedPlaces(filter, places)
  if (numbers?.length === 0) return
  const conditions = numbers ? ['AND collection = ANY ($7::integer[])'] : []
  if (filter.role !== undefined) conditions.push(filter.role === 'observable' ? 'AND marks >= 2' : 'AND marks < 2')
  const kinds = valueKinds
    .filter((kind) => filter.kinds === undefined || filter.kinds.includes(kind))
    .flatMap(kindNumbers)
  for (const kind of kinds) {
    const wanted = { kind, more: conditions.join(' '), numbers, described: filter.descriptions === true }
    const [short, long] = ['page' as const, 'pageLong' as const].map((page) => valuesOfKind(reader, page, wanted))
    yield* merged(short as AsyncIterable<Found>, long as AsyncIterable<Found>)
  }
}

interface Wanted {
  readonly kind: number
  /** Further conditions. */
  readonly more: string
  readonly numbers: readonly number[] | undefined
  readonly described: boolean
}

interface Found {
  readonly key: ValueKey
  readonly statements: SourcedStatement[]
}

/** Both are in order of their keys, and no key is in both. */
async function* merged(left: AsyncIterable<Found>, right: AsyncIterable<Found>): AsyncIterable<KnownValue> {
  const [a, b] = [left[Symbol.asyncIterator](), right[Symbol.asyncIterator]()]
  let [one, other] = [await a.next(), await b.next()]
  while (!one.done || !other.done) {
    const isFirst = !one.done && (other.done || compareKeys(one.value.key, other.value.key) < 0)
    const { key, statements } = (isFirst ? one.value : other.value) as Found
    if (isFirst) one = await a.next()
    else other = await b.next()
    const known = knownValueOf(key, statements)
    if (!known) throw corruption('a value cannot be read')
    yield known
  }
}

async function* valuesOfKind(reader: IndexReader, page: 'page' | 'pageLong', wanted: Wanted): AsyncIterable<Found> {
  const { kind, more, numbers, described } = wanted
  const sql = knownValuesSql[page](more)
  const view = newView()
  // The value that is not whole yet: its other statements may be in the next rows.
  let open: Found | undefined
  for (let last: readonly SqlValue[] = [Buffer.alloc(0), -1, -1, -1]; ;) {
    const values = [kind, ...last, rowsPerQuery, ...(numbers ? [numbers] : [])]
    const { rows, statements } = await wholeAnswer(reader, view, described, (connection) => connection.all(sql, values))
    for (const [number, row] of rows.entries()) {
      const bytes = row['value'] as Buffer
      if (!open?.key.bytes.equals(bytes)) {
        if (open && open.statements.length > 0) yield open
        open = { key: { kind, bytes }, statements: [] }
      }
      const statement = statements[number]
      if (statement) open.statements.push(statement)
    }
    if (rows.length < rowsPerQuery) break
    const row = rows.at(-1) as SqlRow
    last = [row['value'], row['collection'], row['added'], row['place']] as SqlValue[]
  }
  if (open && open.statements.length > 0) yield open
}

interface Answer {
  readonly rows: readonly SqlRow[]
  readonly statements: readonly (SourcedStatement | undefined)[]
}

/**
 * Rows of an index that is whole, with what they state, of one moment. While another process makes it anew, the index is
 * finished together with that process, and the same rows are asked for again.
 */
async function wholeAnswer(
  reader: IndexReader,
  view: View,
  described: boolean,
  ask: (connection: Connection) => Promise<readonly SqlRow[]>,
): Promise<Answer> {
  const read = described ? await reader.loadReader() : undefined
  for (;;) {
    const answer = await reader.database.reading(async (connection): Promise<Answer | undefined> => {
      if (!(await isIndexed(connection))) return undefined
      const rows = await ask(connection)
      return { rows, statements: await resolvedRows(connection, view, rows, read) }
    })
    if (answer) return answer
    await reader.complete()
  }
}

/** What is kept from one part of a long answer to the next. */
interface View {
  readonly large: LargeStandings
}

function newView(): View {
  return { large: new Map() }
}

async function resolvedRows(
  connection: Connection,
  view: View,
  rows: readonly SqlRow[],
  read: ReadItem | undefined,
): Promise<(SourcedStatement | undefined)[]> {
  if (rows.length === 0) return []
  const places = new Map((await listPlaces(connection)).map((place) => [place.number, place]))
  const traits = await traitsOf(connection, rows)
  const descriptions = read ? await descriptionsOf(connection, rows, read) : undefined
  const around = surroundingsIn(connection, places, view.large)
  const ids = await textsOfKeys(
    connection,
    rows.map((row) => row['item'] as Buffer),
    idOfKey,
  )
  const standing = await around.standing([...new Set(ids)])
  const kept = rows.flatMap((row, number) => {
    const id = ids[number] as string
    const own = standing.get(id)
    const version = own && versionAt(own, row['collection'] as number, row['added'] as number)?.version
    if (version === undefined) return []
    return [{ number, ...keptOf(row, { id, version }, places, traits), description: descriptions?.[number] }]
  })
  const resolved = Array<SourcedStatement | undefined>(rows.length).fill(undefined)
  for (const [place, statement] of (await resolveStatementsLater(kept, around)).entries()) {
    resolved[(kept[place] as { number: number }).number] = statement
  }
  return resolved
}

const numberedTrait = /^\[(\d+)/

/** The texts of the numbered traits in the rows. */
async function traitsOf(connection: Connection, rows: readonly SqlRow[]): Promise<ReadonlyMap<number, string>> {
  const numbers = new Set<number>()
  for (const row of rows) {
    const number = numberedTrait.exec((row['body'] as Buffer).toString('latin1', 0, 24))?.[1]
    if (number !== undefined) numbers.add(Number(number))
  }
  if (numbers.size === 0) return new Map()
  const found = await connection.all(knownValuesSql.traits, [[...numbers]])
  return new Map(found.map((row) => [row['number'] as number, (row['body'] as Buffer).toString()]))
}

function keptOf(
  row: SqlRow,
  item: OfItem,
  places: ReadonlyMap<number, Place>,
  traits: ReadonlyMap<number, string>,
): KeptStatement {
  try {
    return keptStatementOf(row, item, places.get(row['collection'] as number), (number) => {
      const text = traits.get(number)
      if (text === undefined) throw new RangeError('a trait is missing')
      return text
    })
  } catch (error) {
    throw corruption(`a statement cannot be read (${(error as Error).message})`)
  }
}

/** In the order of the rows, read from the items, each of which is read once. */
async function descriptionsOf(
  connection: Connection,
  rows: readonly SqlRow[],
  read: ReadItem,
): Promise<readonly (string | undefined)[]> {
  const descriptions: (string | undefined)[] = Array<undefined>(rows.length).fill(undefined)
  const wanted = new Map<number, Map<number, number[]>>()
  for (const [number, row] of rows.entries()) {
    const [collection, added] = [row['collection'] as number, row['added'] as number]
    const ofCollection = wanted.get(collection) ?? new Map<number, number[]>()
    wanted.set(collection, ofCollection)
    ofCollection.set(added, [...(ofCollection.get(added) ?? []), number])
  }
  for (const [collection, numbers] of wanted) {
    const stamps = [...numbers.keys()]
    for (let at = 0; at < stamps.length; at += itemsPerQuery) {
      for (const [added, item] of await itemsAt(connection, collection, stamps.slice(at, at + itemsPerQuery))) {
        const said = read(item).statements
        for (const number of numbers.get(added) ?? []) {
          descriptions[number] = said[rows[number]?.['place'] as number]?.description
        }
      }
    }
  }
  return descriptions
}

const itemsPerQuery = 100

/** Which prefix lengths there are. */
export async function networkLengths({ database }: IndexReader): Promise<NetworkLengths> {
  const lengths = async (kind: 'ipv4' | 'ipv6') => {
    const rows = await database.asking.all(knownValuesSql.networks, [kindNumbers(kind)[1]])
    return rows.map((row) => row['length'] as number)
  }
  return { ipv4: await lengths('ipv4'), ipv6: await lengths('ipv6') }
}

export async function countValues({ database }: IndexReader): Promise<readonly ValueCount[]> {
  const rows = await database.asking.all(knownValuesSql.count)
  return valueKinds.flatMap((kind) => {
    const own = rows.filter((row) => (row['kind'] as number) >> 1 === valueKinds.indexOf(kind))
    const sum = (column: 'found' | 'statements') => own.reduce((total, row) => total + (row[column] as number), 0)
    return own.length === 0 ? [] : [{ kind, values: sum('found'), statements: sum('statements') }]
  })
}
