import type { IndexGrowth } from '../growth.ts'
import type { Item } from '../../stix/item.ts'
import { versionOf } from '../compare.ts'
import { indexItem, type IndexedReading, type IndexedValue, type ReadItem } from '../index-reading.ts'
import type { Connection, SqlValue } from './binding.ts'
import type { ValueKey } from '../value-key.ts'
import { keyOfId } from './keys.ts'
import { encodeName, encodeRelation } from '../reference-body.ts'
import { encodeStatement } from '../statement-body.ts'

/**
 * The index path: what new items say goes into the index, inside the transaction that stores them. Values are sorted before
 * they go in, some thousands at a time, so that SQLite writes each page of the index once.
 */

const rowsPerInsert = 50
const valuesPerFlush = 20_000

const marks = (row: string, count: number): string => Array<string>(count).fill(row).join(', ')

/** The statements of the index path, by the number of rows. */
export const indexPathSql = {
  stated: (count: number) =>
    `INSERT INTO stated (kind, value, collection, added, place, marks, original) VALUES ${marks('(?, ?, ?, ?, ?, ?, ?)', count)}`,
  statement: (count: number) =>
    `INSERT INTO statement (collection, added, place, item, body) VALUES ${marks('(?, ?, ?, ?, ?)', count)}`,
  relation: (count: number) =>
    `INSERT OR IGNORE INTO relation (origin, collection, added, target, type, item) VALUES ${marks('(?, ?, ?, ?, ?, ?)', count)}`,
  named: (count: number) =>
    `INSERT OR IGNORE INTO named (id, collection, added, body) VALUES ${marks('(?, ?, ?, ?)', count)}`,
  revoked: (count: number) => `INSERT OR IGNORE INTO revoked (id, collection) VALUES ${marks('(?, ?)', count)}`,
} as const

export interface IndexPath {
  add(item: Item, added: number): void
  finish(): IndexGrowth
}

interface StatedRow {
  /** What it is sorted by: kind and bytes as text, which compares much faster than bytes. */
  readonly order: string
  readonly value: IndexedValue
  readonly added: number
  readonly place: number
  readonly isObservable: boolean
}

export function newIndexPath(connection: Connection, collection: number, read: ReadItem): IndexPath {
  const rows = {
    statement: newRows(connection, indexPathSql.statement, 5),
    relation: newRows(connection, indexPathSql.relation, 6),
    named: newRows(connection, indexPathSql.named, 4),
    revoked: newRows(connection, indexPathSql.revoked, 2),
  }
  const stated = newRows(connection, indexPathSql.stated, 7)
  const traits = newTraits(connection)
  const growth = { statements: 0, values: 0, unusable: 0 }
  let waiting: StatedRow[] = []

  function addReading(item: Item, added: number, reading: IndexedReading): void {
    const id = keyOfId(item.id)
    const version = versionOf(item)
    for (const { place, statement, values } of reading.statements) {
      const body = encodeStatement(statement, { id: item.id, version }, traits)
      rows.statement.add([collection, added, place, id, Buffer.from(body)])
      const isObservable = statement.role === 'observable'
      for (const value of values) waiting.push({ order: orderOf(value.key), value, added, place, isObservable })
      growth.values += values.length
    }
    for (const relation of reading.relations) {
      const [from, to] = [keyOfId(relation.from), keyOfId(relation.to)]
      rows.relation.add([from, collection, added, to, encodeRelation(relation), id])
    }
    for (const named of reading.named) rows.named.add([keyOfId(named.id), collection, added, encodeName(named)])
    growth.statements += reading.statements.length
    growth.unusable += reading.unusable
  }

  function flush(): void {
    waiting.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
    for (const { value, added, place, isObservable } of waiting) {
      const { key, sound, original } = value
      const flags = (sound ? 1 : 0) + (isObservable ? 2 : 0)
      const written = original === undefined ? null : Buffer.from(original)
      stated.add([key.kind, key.bytes, collection, added, place, flags, written])
    }
    stated.flush()
    waiting = []
  }

  return {
    add(item, added) {
      if (item.kind === 'object' && item.revoked) rows.revoked.add([keyOfId(item.id), collection])
      addReading(item, added, indexItem(read, item))
      if (waiting.length >= valuesPerFlush) flush()
    },
    finish() {
      flush()
      for (const each of Object.values(rows)) each.flush()
      return growth
    },
  }
}

function orderOf({ kind, bytes }: ValueKey): string {
  return String.fromCharCode(kind) + bytes.toString('latin1')
}

/** Takes out what the items of pruned versions said. Answers what the index lost, as negative counts. */
export function removeFromIndex(
  connection: Connection,
  collection: number,
  read: ReadItem,
  gone: readonly { readonly item: Item; readonly added: number }[],
): IndexGrowth {
  const growth = { statements: 0, values: 0, unusable: 0 }
  const unread = connection.get('SELECT after, until FROM unread WHERE collection = ?', [collection])
  const isUnread = (added: number) =>
    unread !== undefined && added > (unread['after'] as number) && added <= (unread['until'] as number)
  for (const { item, added } of gone) {
    if (isUnread(added)) continue
    const { statements, relations, named, unusable } = indexItem(read, item)
    for (const { place, values } of statements) {
      for (const { key } of values) {
        const row = [key.kind, key.bytes, collection, added, place]
        growth.values -= connection.run(
          'DELETE FROM stated WHERE kind = ? AND value = ? AND collection = ? AND added = ? AND place = ?',
          row,
        )
      }
    }
    growth.statements -= connection.run('DELETE FROM statement WHERE collection = ? AND added = ?', [collection, added])
    for (const id of new Set(relations.map(({ from }) => from))) {
      connection.run('DELETE FROM relation WHERE origin = ? AND collection = ? AND added = ?', [
        keyOfId(id),
        collection,
        added,
      ])
    }
    for (const { id } of named) {
      connection.run('DELETE FROM named WHERE id = ? AND collection = ? AND added = ?', [
        keyOfId(id),
        collection,
        added,
      ])
    }
    growth.unusable -= unusable
  }
  return growth
}

/** Rows that go in fifty at a time. */
function newRows(connection: Connection, sql: (count: number) => string, width: number) {
  const whole = sql(rowsPerInsert)
  let values: SqlValue[] = []
  return {
    add(row: readonly SqlValue[]) {
      for (const value of row) values.push(value)
      if (values.length < rowsPerInsert * width) return
      connection.run(whole, values)
      values = []
    },
    flush() {
      if (values.length > 0) connection.run(sql(values.length / width), values)
      values = []
    },
  }
}

const mostTraitsSeen = 100_000

/** Traits that come a second time within a transaction get a number; those that are one statement's own never do. */
function newTraits(connection: Connection): (traits: string) => number | undefined {
  const seen = new Map<string, number | undefined>()
  return (text) => {
    const known = seen.get(text)
    if (known !== undefined) return known
    if (!seen.has(text)) {
      if (seen.size < mostTraitsSeen) seen.set(text, undefined)
      return undefined
    }
    const body = Buffer.from(text)
    const find = () =>
      connection.get('SELECT number FROM trait WHERE body = ?', [body])?.['number'] as number | undefined
    let number = find()
    if (number === undefined) {
      connection.run('INSERT INTO trait (body) VALUES (?)', [body])
      number = find() as number
    }
    seen.set(text, number)
    return number
  }
}
