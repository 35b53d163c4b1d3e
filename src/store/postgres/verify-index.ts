import { versionOf } from '../compare.ts'
import { indexItem, readerVersion, type IndexedReading, type ReadItem } from '../index-reading.ts'
import { encodeName, encodeRelation } from '../reference-body.ts'
import { encodeStatement } from '../statement-body.ts'
import type { Connection, SqlRow } from './connection.ts'
import { distinctNames, distinctRelations, isLong } from './index-path.ts'
import type { AddedItem } from './items.ts'
import { digestOf, keyOfId, keyText } from './keys.ts'
import type { Place } from '../place.ts'

/** Compares the index of one collection with its items. Each problem is a sentence. */
export interface IndexCheck {
  items(items: readonly AddedItem[]): Promise<readonly string[]>
  /** What is in the index beyond what items say, once all items were seen. */
  rest(): Promise<readonly string[]>
}

type Asking = Pick<Connection, 'get' | 'all'>

/**
 * Checks the index of one collection against its items by reading them anew. Items that are not in the index yet are left
 * out; an index that another release made is not checked, as that may have read otherwise.
 */
export async function newIndexCheck(
  connection: Asking,
  { number: collection, ...place }: Place,
  read: ReadItem,
): Promise<IndexCheck> {
  const isOurs = (await connection.get('SELECT reader FROM reading'))?.['reader'] === readerVersion
  const unread = await connection.get('SELECT after, until FROM unread WHERE collection = $1', [collection])
  const isIndexed = ({ added }: AddedItem) =>
    isOurs && !(unread && added > (unread['after'] as number) && added <= (unread['until'] as number))
  const expected = { stated: 0, statement: 0, relation: 0, named: 0 }
  let unusable = 0

  function readingOf({ item, added }: AddedItem): Checked {
    const reading = indexItem(read, item)
    const checked = {
      ...{ item, added, statements: reading.statements },
      ...{ relations: distinctRelations(reading), named: distinctNames(reading) },
    }
    expected.statement += checked.statements.length
    expected.stated += checked.statements.reduce((sum, { values }) => sum + values.length, 0)
    expected.relation += checked.relations.length
    expected.named += checked.named.length
    unusable += reading.unusable
    return checked
  }

  return {
    async items(items) {
      const checked = items.filter(isIndexed).map(readingOf)
      if (checked.length === 0) return []
      const found: Problem[] = []
      for (const check of [checkStatements, checkValues, checkRelations, checkNames, checkRevoked]) {
        found.push(...(await check(connection, collection, checked)))
      }
      return found.map(({ id, problem }) => `${id} ${problem}`)
    },
    async rest() {
      if (!isOurs || unread) return []
      const problems: string[] = []
      for (const [table, count] of Object.entries(expected)) {
        const sql = `SELECT count(*) AS found FROM ${table} WHERE collection = $1`
        let found = (await connection.get(sql, [collection]))?.['found'] as number
        if (table === 'stated') found += (await connection.get(countLong, [collection]))?.['found'] as number
        if (found !== count) problems.push(`the index has ${found} rows in ${table}, not ${count}`)
      }
      const counted = { statements: place.statements, unusable: place.unusable }
      const wanted = { statements: expected.statement, unusable }
      const isCounted = counted.statements === wanted.statements && counted.unusable === wanted.unusable
      return isCounted ? problems : [...problems, `counts ${JSON.stringify(counted)}, not ${JSON.stringify(wanted)}`]
    },
  }
}

const countLong = 'SELECT count(*) AS found FROM stated_long WHERE collection = $1'

interface Checked extends AddedItem, Pick<IndexedReading, 'statements' | 'relations' | 'named'> {}

interface Problem {
  readonly id: string
  readonly problem: string
}

type Check = (connection: Asking, collection: number, checked: readonly Checked[]) => Promise<readonly Problem[]>

const checkStatements: Check = async (connection, collection, checked) => {
  const rows = await connection.all(
    'SELECT added, place, item, body FROM statement WHERE collection = $1 AND added = ANY ($2::bigint[])',
    [collection, checked.map(({ added }) => added)],
  )
  const traits = await traitsIn(connection, rows)
  const byPlace = new Map(rows.map((row) => [`${String(row['added'])} ${String(row['place'])}`, row]))
  const counts = new Map<unknown, number>()
  for (const { added } of rows) counts.set(added, (counts.get(added as number) ?? 0) + 1)
  return checked.flatMap(({ item, added, statements }) => {
    const count = counts.get(added) ?? 0
    if (count !== statements.length) {
      return [{ id: item.id, problem: `has ${count} statements in the index, not ${statements.length}` }]
    }
    const [key, version] = [keyOfId(item.id), versionOf(item)]
    const isSame = statements.every(({ place, statement }) => {
      const row = byPlace.get(`${added} ${place}`)
      const wanted = encodeStatement(statement, { id: item.id, version }, () => undefined)
      return row && key.equals(row['item'] as Buffer) && writtenOut(row['body'] as Buffer, traits) === wanted
    })
    return isSame ? [] : [{ id: item.id, problem: 'has other statements in the index than it makes' }]
  })
}

const numbered = /^\[(\d+)/

async function traitsIn(connection: Asking, rows: readonly SqlRow[]): Promise<ReadonlyMap<number, string>> {
  const numbers = rows.flatMap((row) => numbered.exec(String(row['body']))?.[1] ?? []).map(Number)
  if (numbers.length === 0) return new Map()
  const sql = 'SELECT number, body FROM trait WHERE number = ANY ($1::bigint[])'
  const found = await connection.all(sql, [[...new Set(numbers)]])
  return new Map(found.map((row) => [row['number'] as number, String(row['body'])]))
}

/** The body with its traits in it. */
function writtenOut(body: Buffer, traits: ReadonlyMap<number, string>): string {
  const text = body.toString()
  const number = numbered.exec(text)?.[1]
  return number === undefined ? text : `[${traits.get(Number(number)) ?? 'missing'}${text.slice(number.length + 1)}`
}

const valueSql = (table: string, key: string) => `SELECT wanted.row::integer AS row, marks, original
  FROM unnest($2::smallint[], $3::bytea[], $4::bigint[], $5::integer[]) WITH ORDINALITY
    AS wanted (kind, value, added, place, row)
  JOIN ${table} ON ${table}.kind = wanted.kind AND ${key} = wanted.value AND ${table}.collection = $1
    AND ${table}.added = wanted.added AND ${table}.place = wanted.place`

const checkValues: Check = async (connection, collection, checked) => {
  const wanted = checked.flatMap(({ item, added, statements }) =>
    statements.flatMap(({ place, statement, values }) =>
      values.map((value) => ({ id: item.id, added, place, isObservable: statement.role === 'observable', ...value })),
    ),
  )
  const problems: Problem[] = []
  for (const long of [false, true]) {
    const some = wanted.filter(({ key }) => isLong(key) === long)
    if (some.length === 0) continue
    const sql = long ? valueSql('stated_long', 'stated_long.digest') : valueSql('stated', 'stated.value')
    const rows = await connection.all(sql, [
      collection,
      some.map(({ key }) => key.kind),
      some.map(({ key }) => (long ? digestOf(key.bytes) : key.bytes)),
      some.map(({ added }) => added),
      some.map(({ place }) => place),
    ])
    const found = byRow(rows)
    for (const [number, { id, sound, original, isObservable }] of some.entries()) {
      const row = found.get(number + 1)
      const marks = (sound ? 1 : 0) + (isObservable ? 2 : 0)
      const isSame = row?.['marks'] === marks && String(row['original'] ?? '') === (original ?? '')
      if (!isSame) problems.push({ id, problem: 'has other values in the index than it states' })
    }
  }
  return problems
}

const relationSql = `SELECT wanted.row::integer AS row, target, type, item
  FROM unnest($2::bytea[], $3::bigint[], $4::integer[]) WITH ORDINALITY AS wanted (origin, added, place, row)
  JOIN relation ON relation.origin = wanted.origin AND relation.collection = $1 AND relation.added = wanted.added
    AND relation.place = wanted.place`

const checkRelations: Check = async (connection, collection, checked) => {
  const wanted = checked.flatMap(({ item, added, relations }) =>
    relations.map((relation, place) => ({ id: item.id, added, place, relation })),
  )
  if (wanted.length === 0) return []
  const rows = await connection.all(relationSql, [
    collection,
    wanted.map(({ relation }) => keyOfId(relation.from)),
    wanted.map(({ added }) => added),
    wanted.map(({ place }) => place),
  ])
  const found = byRow(rows)
  return wanted.flatMap(({ id, relation }, number) => {
    const row = found.get(number + 1)
    const isSame =
      row &&
      keyOfId(relation.to).equals(row['target'] as Buffer) &&
      encodeRelation(relation).equals(row['type'] as Buffer) &&
      keyOfId(id).equals(row['item'] as Buffer)
    return isSame ? [] : [{ id, problem: 'has a relation that is not in the index' }]
  })
}

const namedSql = `SELECT wanted.row::integer AS row, body
  FROM unnest($2::bytea[], $3::bigint[]) WITH ORDINALITY AS wanted (id, added, row)
  JOIN named ON named.id = wanted.id AND named.collection = $1 AND named.added = wanted.added`

const checkNames: Check = async (connection, collection, checked) => {
  const wanted = checked.flatMap(({ item, added, named }) => named.map((name) => ({ id: item.id, added, name })))
  if (wanted.length === 0) return []
  const rows = await connection.all(namedSql, [
    collection,
    wanted.map(({ name }) => keyOfId(name.id)),
    wanted.map(({ added }) => added),
  ])
  const found = byRow(rows)
  return wanted.flatMap(({ id, name }, number) => {
    const body = found.get(number + 1)?.['body']
    const isSame = body !== undefined && encodeName(name).equals(body as Buffer)
    return isSame ? [] : [{ id, problem: 'has a name that is not in the index' }]
  })
}

const checkRevoked: Check = async (connection, collection, checked) => {
  const wanted = checked.flatMap(({ item }) => (item.kind === 'object' && item.revoked ? [item.id] : []))
  if (wanted.length === 0) return []
  const rows = await connection.all('SELECT id FROM revoked WHERE collection = $1 AND id = ANY ($2::bytea[])', [
    collection,
    wanted.map(keyOfId),
  ])
  const found = new Set(rows.map((row) => keyText(row['id'] as Buffer)))
  return wanted
    .filter((id) => !found.has(keyText(keyOfId(id))))
    .map((id) => ({ id, problem: 'is revoked and the index does not know' }))
}

function byRow(rows: readonly SqlRow[]): ReadonlyMap<unknown, SqlRow> {
  return new Map(rows.map((row) => [row['row'], row]))
}
