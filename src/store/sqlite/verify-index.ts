import type { NamedObject, Relation } from '../../stix/statement.ts'
import { versionOf } from '../compare.ts'
import { indexItem, readerVersion, type IndexedStatement, type ReadItem } from '../index-reading.ts'
import type { Connection, SqlRow } from './binding.ts'
import { keyOfId } from './keys.ts'
import type { Place } from '../place.ts'
import { encodeName, encodeRelation } from '../reference-body.ts'
import { encodeStatement } from '../statement-body.ts'
import type { SegmentItem } from './segments.ts'

/** Compares the index of one collection with its items. Each problem is a sentence. */
export interface IndexCheck {
  items(items: readonly SegmentItem[]): readonly string[]
  /** What is in the index beyond what items say, once all items were seen. */
  rest(): readonly string[]
}

/**
 * Checks the index of one collection against its items by reading them anew. Items that are not in the index yet are left
 * out; an index that another release made is not checked, as that may have read otherwise.
 */
export function newIndexCheck(
  connection: Connection,
  { number: collection, ...place }: Place,
  read: ReadItem,
): IndexCheck {
  const isOurs = connection.get('SELECT reader FROM reading')?.['reader'] === readerVersion
  const unread = connection.get('SELECT after, until FROM unread WHERE collection = ?', [collection])
  const isIndexed = (added: number) =>
    isOurs && !(unread && added > (unread['after'] as number) && added <= (unread['until'] as number))
  const expected = { stated: 0, statement: 0, relation: 0, named: 0 }
  let unusable = 0

  function problemsOf({ item, added }: SegmentItem): readonly (string | undefined)[] {
    const reading = indexItem(read, item)
    const at: At = { connection, collection, added, id: item.id, version: versionOf(item) }
    const relations = distinctBy(reading.relations, (relation) =>
      JSON.stringify([relation.from, relation.to, encodeRelation(relation).toString()]),
    )
    const named = distinctBy(reading.named, ({ id }) => id)
    expected.statement += reading.statements.length
    expected.stated += reading.statements.reduce((sum, { values }) => sum + values.length, 0)
    expected.relation += relations.length
    expected.named += named.length
    unusable += reading.unusable
    return [
      statementProblem(at, reading.statements),
      ...reading.statements.map((statement) => valueProblem(at, statement)),
      ...relations.map((relation) => relationProblem(at, relation)),
      ...named.map((name) => nameProblem(at, name)),
      item.kind === 'object' && item.revoked ? revocationProblem(at) : undefined,
    ]
  }

  function rest(): readonly string[] {
    if (!isOurs || unread) return []
    const tables = Object.entries(expected).flatMap(([table, count]) => {
      const sql = `SELECT count(*) AS found FROM ${table} WHERE collection = ?`
      const found = connection.get(sql, [collection])?.['found']
      return found === count ? [] : [`the index has ${String(found)} rows in ${table}, not ${count}`]
    })
    const counted = { statements: place.statements, unusable: place.unusable }
    const wanted = { statements: expected.statement, unusable }
    const isCounted = counted.statements === wanted.statements && counted.unusable === wanted.unusable
    return isCounted ? tables : [...tables, `counts ${JSON.stringify(counted)}, not ${JSON.stringify(wanted)}`]
  }

  return {
    items: (items) =>
      items
        .filter(({ added }) => isIndexed(added))
        .flatMap((one) =>
          problemsOf(one).flatMap((problem) => (problem === undefined ? [] : [`${one.item.id} ${problem}`])),
        ),
    rest,
  }
}

/** Where in the index something of an item is. */
interface At {
  readonly connection: Connection
  readonly collection: number
  readonly added: number
  readonly id: string
  readonly version: string
}

function statementProblem(
  { connection, collection, added, id, version }: At,
  statements: readonly IndexedStatement[],
): string | undefined {
  const sql = 'SELECT place, item, body FROM statement WHERE collection = ? AND added = ? ORDER BY place'
  const rows = connection.all(sql, [collection, added])
  if (rows.length !== statements.length) return `has ${rows.length} statements in the index, not ${statements.length}`
  const key = keyOfId(id)
  const isSame = statements.every(({ place, statement }, index) => {
    const row = rows[index] as SqlRow
    const wanted = encodeStatement(statement, { id, version }, () => undefined)
    return (
      row['place'] === place &&
      key.equals(row['item'] as Buffer) &&
      writtenOut(connection, row['body'] as Buffer) === wanted
    )
  })
  return isSame ? undefined : 'has other statements in the index than it makes'
}

/** The body with its traits in it. */
function writtenOut(connection: Connection, body: Buffer): string {
  const text = body.toString()
  const number = /^\[(\d+)/.exec(text)?.[1]
  if (number === undefined) return text
  const traits = connection.get('SELECT body FROM trait WHERE number = ?', [Number(number)])?.['body']
  return `[${String(traits ?? 'missing')}${text.slice(number.length + 1)}`
}

function valueProblem(
  { connection, collection, added }: At,
  { place, statement, values }: IndexedStatement,
): string | undefined {
  const sql =
    'SELECT marks, original FROM stated WHERE kind = ? AND value = ? AND collection = ? AND added = ? AND place = ?'
  const isSame = values.every(({ key, sound, original }) => {
    const row = connection.get(sql, [key.kind, key.bytes, collection, added, place])
    const marks = (sound ? 1 : 0) + (statement.role === 'observable' ? 2 : 0)
    return row !== undefined && row['marks'] === marks && String(row['original'] ?? '') === (original ?? '')
  })
  return isSame ? undefined : 'has other values in the index than it states'
}

function relationProblem({ connection, collection, added, id }: At, relation: Relation): string | undefined {
  const sql = 'SELECT item FROM relation WHERE origin = ? AND collection = ? AND added = ? AND target = ? AND type = ?'
  const row = connection.get(sql, [
    keyOfId(relation.from),
    collection,
    added,
    keyOfId(relation.to),
    encodeRelation(relation),
  ])
  return row && keyOfId(id).equals(row['item'] as Buffer) ? undefined : 'has a relation that is not in the index'
}

function nameProblem({ connection, collection, added }: At, named: NamedObject): string | undefined {
  const sql = 'SELECT body FROM named WHERE id = ? AND collection = ? AND added = ?'
  const body = connection.get(sql, [keyOfId(named.id), collection, added])?.['body']
  return body !== undefined && encodeName(named).equals(body as Buffer)
    ? undefined
    : 'has a name that is not in the index'
}

function revocationProblem({ connection, collection, id }: At): string | undefined {
  const sql = 'SELECT 1 FROM revoked WHERE id = ? AND collection = ?'
  return connection.get(sql, [keyOfId(id), collection]) ? undefined : 'is revoked and the index does not know'
}

/** The first of those that are the same: as `INSERT OR IGNORE` keeps them. */
function distinctBy<Entry>(entries: readonly Entry[], of: (entry: Entry) => string): readonly Entry[] {
  const found = new Map<string, Entry>()
  for (const entry of entries) if (!found.has(of(entry))) found.set(of(entry), entry)
  return [...found.values()]
}
