import type { IndexGrowth } from '../growth.ts'
import type { Item } from '../../stix/item.ts'
import { versionOf } from '../compare.ts'
import { indexItem, type IndexedReading, type IndexedValue, type ReadItem } from '../index-reading.ts'
import { encodeName, encodeRelation } from '../reference-body.ts'
import { encodeStatement } from '../statement-body.ts'
import type { ValueKey } from '../value-key.ts'
import type { Connection, CopiedValue } from './connection.ts'
import type { ColumnType } from './copy-in.ts'
import { longestInKey } from './index-schema.ts'
import { digestOf, keepLong, keyOfId } from './keys.ts'
import { newTraits } from './traits.ts'

/**
 * The index path: what new items say goes into the index, inside the transaction that stores them and while the row of
 * their collection is held. Rows are copied in, some thousands at a time, values sorted by their keys.
 */

const rowsPerFlush = 20_000
const bytesPerFlush = 16 * 1024 * 1024

const revokedSql =
  'INSERT INTO revoked (id, collection) SELECT id, $2 FROM unnest($1::bytea[]) AS id ON CONFLICT DO NOTHING'
export interface IndexPath {
  /** Resolves at once unless rows have to go in. */
  add(item: Item, added: number): Promise<void> | undefined
  finish(): Promise<IndexGrowth>
}

interface StatedRow {
  /** What it is sorted by: kind and bytes as text, which compares much faster than bytes. */
  readonly order: string
  readonly value: IndexedValue
  readonly added: number
  readonly place: number
  readonly isObservable: boolean
}

interface StatementRow {
  readonly added: number
  readonly place: number
  readonly item: Buffer
  /** With its traits written out: they stand behind the opening bracket. */
  readonly body: string
  readonly traits: string
}

interface Waiting {
  readonly statements: StatementRow[]
  readonly stated: StatedRow[]
  /** Ids whose keys are in rows. */
  readonly ids: Set<string>
  readonly revoked: Buffer[]
  rows: number
  bytes: number
}

const nothing = (): Waiting => ({ statements: [], stated: [], ids: new Set(), revoked: [], rows: 0, bytes: 0 })

/** Call it while the row of the collection is held. */
export function newIndexPath(connection: Connection, collection: number, read: ReadItem): IndexPath {
  const rows = {
    statement: newRows(connection, 'statement (collection, added, place, item, body)', [
      ...(['int4', 'int8', 'int4', 'bytea', 'bytea'] as const),
    ]),
    relation: newRows(connection, 'relation (origin, collection, added, place, target, type, item)', [
      ...(['bytea', 'int4', 'int8', 'int4', 'bytea', 'bytea', 'bytea'] as const),
    ]),
    named: newRows(connection, 'named (id, collection, added, body)', ['bytea', 'int4', 'int8', 'bytea']),
    stated: newRows(connection, 'stated (kind, value, collection, added, place, marks, original)', [
      ...(['int2', 'bytea', 'int4', 'int8', 'int4', 'int2', 'bytea'] as const),
    ]),
    statedLong: newRows(connection, 'stated_long (kind, digest, value, collection, added, place, marks, original)', [
      ...(['int2', 'bytea', 'bytea', 'int4', 'int8', 'int4', 'int2', 'bytea'] as const),
    ]),
  }
  const traits = newTraits(connection, collection)
  const growth = { statements: 0, values: 0, unusable: 0 }
  let waiting = nothing()

  function addReading(item: Item, added: number, reading: IndexedReading): void {
    const id = keyOfId(item.id)
    const version = versionOf(item)
    for (const { place, statement, values } of reading.statements) {
      let own = ''
      const body = encodeStatement(statement, { id: item.id, version }, (text) => {
        own = text
        return undefined
      })
      traits.count(own)
      waiting.statements.push({ added, place, item: id, body, traits: own })
      waiting.bytes += body.length
      const isObservable = statement.role === 'observable'
      for (const value of values) {
        waiting.stated.push({ order: orderOf(value.key), value, added, place, isObservable })
        waiting.bytes += value.key.bytes.length
      }
      growth.values += values.length
    }
    for (const [place, relation] of distinctRelations(reading).entries()) {
      const [from, to] = [keyOfId(relation.from), keyOfId(relation.to)]
      rows.relation.add([from, collection, added, place, to, encodeRelation(relation), id])
      waiting.ids.add(relation.to)
    }
    for (const named of distinctNames(reading)) {
      rows.named.add([keyOfId(named.id), collection, added, encodeName(named)])
    }
    waiting.rows += reading.statements.length + reading.relations.length + reading.named.length
    growth.statements += reading.statements.length
    growth.unusable += reading.unusable
  }

  async function flush(): Promise<void> {
    const { statements, stated, ids, revoked } = waiting
    waiting = nothing()
    const numbers = await traits.numbers()
    for (const { added, place, item, body, traits: own } of statements) {
      const number = numbers.get(own)
      const text = number === undefined ? body : `[${number}${body.slice(1 + own.length)}`
      rows.statement.add([collection, added, place, item, Buffer.from(text)])
    }
    stated.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
    for (const row of stated) addStated(row)
    await keepLong(connection, ids)
    if (revoked.length > 0) await connection.run(revokedSql, [revoked, collection])
    for (const each of Object.values(rows)) await each.flush()
  }

  function addStated({ value: { key, sound, original }, added, place, isObservable }: StatedRow): void {
    const flags = (sound ? 1 : 0) + (isObservable ? 2 : 0)
    const rest = [collection, added, place, flags, original === undefined ? null : Buffer.from(original)]
    if (isLong(key)) rows.statedLong.add([key.kind, digestOf(key.bytes), key.bytes, ...rest])
    else rows.stated.add([key.kind, key.bytes, ...rest])
  }

  return {
    add(item, added) {
      if (item.kind === 'object' && item.revoked) waiting.revoked.push(keyOfId(item.id))
      waiting.ids.add(item.id)
      addReading(item, added, indexItem(read, item))
      const isMuch = waiting.stated.length + waiting.rows >= rowsPerFlush || waiting.bytes >= bytesPerFlush
      return isMuch ? flush() : undefined
    },
    async finish() {
      await flush()
      return growth
    },
  }
}

/** Whether the value is in `stated_long`. */
export function isLong({ bytes }: ValueKey): boolean {
  return bytes.length > longestInKey
}

function orderOf({ kind, bytes }: ValueKey): string {
  return String.fromCharCode(kind) + bytes.toString('latin1')
}

/** In the order of the item, which gives them their places; the same one twice is one. */
export function distinctRelations({ relations }: Pick<IndexedReading, 'relations'>): IndexedReading['relations'] {
  return distinctBy(relations, (relation) =>
    JSON.stringify([relation.from, relation.to, encodeRelation(relation).toString()]),
  )
}

/** The first name of each id. */
export function distinctNames({ named }: Pick<IndexedReading, 'named'>): IndexedReading['named'] {
  return distinctBy(named, ({ id }) => id)
}

function distinctBy<Entry>(entries: readonly Entry[], of: (entry: Entry) => string): readonly Entry[] {
  if (entries.length < 2) return entries
  const found = new Map<string, Entry>()
  for (const entry of entries) if (!found.has(of(entry))) found.set(of(entry), entry)
  return [...found.values()]
}

/** Adds to a collection's counts what its index gained, or lost. */
export async function growIndex(
  connection: Connection,
  collection: number,
  { statements, unusable }: Pick<IndexGrowth, 'statements' | 'unusable'>,
): Promise<void> {
  if (statements === 0 && unusable === 0) return
  await connection.run(
    'UPDATE collection SET statements = statements + $1, unusable = unusable + $2 WHERE number = $3',
    [statements, unusable, collection],
  )
}

/** Rows that are copied in together. */
function newRows(connection: Connection, target: string, types: readonly ColumnType[]) {
  let rows: (readonly CopiedValue[])[] = []
  return {
    add: (row: readonly CopiedValue[]) => void rows.push(row),
    async flush(): Promise<void> {
      const some = rows
      rows = []
      if (some.length > 0) await connection.copy(target, types, some)
    },
  }
}
