import { fromEpochMicroseconds, timestampKey, toEpochMicroseconds } from '../../core/timestamp.ts'
import { windowOf } from '../page-match.ts'
import type { PageEntry, PageQuery, StoredPage, WantedBinding } from '../page-query.ts'
import type { CollectionKey } from '../store.ts'
import { bytes, type SqlRow, type SqlValue } from './connection.ts'
import type { Database } from './database.ts'
import { itemColumns, itemOf, versionOfRow } from './items.ts'
import { keyOfId, keyOfVersion, momentOf } from './keys.ts'
import { findPlace } from './places.ts'

/**
 * One page of a collection: a range of an index, by `added` or by type and `added`; with several types a range for each,
 * merged, since no index has them in one order.
 */

const mostRanges = 16

/** In one moment's picture: it is one question. */
export async function readPage({ asking }: Database, key: CollectionKey, query: PageQuery): Promise<StoredPage> {
  const place = await findPlace(asking, key)
  if (!place) return { entries: [], more: false }
  const limit = Math.max(1, query.limit)
  const { sql, values } = pageSql(place.number, query, limit + 1)
  const rows = await asking.all(sql, values)
  const entries = rows.slice(0, limit).map(entryOf)
  // What was left out for its bytes was counted.
  const found = (rows[0]?.['found'] as number | undefined) ?? rows.length
  return { entries, more: found > entries.length }
}

export async function countPage(
  { asking }: Database,
  key: CollectionKey,
  query: Omit<PageQuery, 'limit'>,
): Promise<number> {
  const place = await findPlace(asking, key)
  if (!place) return 0
  const values = newValues()
  const where = conditionsOf(place.number, query, values)
  const row = await asking.get(
    `SELECT count(*) AS found FROM ${rangeOf(query).from} WHERE ${where.join(' AND ')}`,
    values.all,
  )
  return row?.['found'] as number
}

function entryOf(row: SqlRow): PageEntry {
  const addedAt = fromEpochMicroseconds(BigInt(row['added'] as number))
  return { item: itemOf(row), version: versionOfRow(row), addedAt }
}

/** The question that reads a page; its query plans are tested. */
export function pageSql(collection: number, query: Omit<PageQuery, 'limit'>, limit: number) {
  const { types } = query
  const values = newValues()
  const columns = `version.added AS added, ${itemColumns}${query.bodies === false ? '' : ', raw'}`
  const isMerged = types !== undefined && types.length > 1 && types.length <= mostRanges && query.ids === undefined
  const queries = isMerged ? [...new Set(types)].map((type) => ({ ...query, types: [type] })) : [query]
  const ranges = queries.map((each) => {
    const where = conditionsOf(collection, each, values).join(' AND ')
    const { from, by } = rangeOf(each)
    return `SELECT ${columns} FROM ${from} WHERE ${where} ORDER BY ${by}.added LIMIT ${limit}`
  })
  const sql = isMerged
    ? `SELECT * FROM (${ranges.map((range) => `(${range})`).join(' UNION ALL ')}) AS page ORDER BY added LIMIT ${limit}`
    : (ranges[0] as string)
  const { maxBytes } = query
  if (maxBytes === undefined || query.bodies === false) return { sql, values: values.all }
  const before = 'sum(octet_length(raw)) OVER (ORDER BY added) - octet_length(raw)'
  const measured = `SELECT *, ${before} AS before, count(*) OVER () AS found FROM (${sql}) AS page`
  const fits = `before = 0 OR before + octet_length(raw) <= ${values.add(maxBytes)}`
  return { sql: `SELECT * FROM (${measured}) AS measured WHERE ${fits} ORDER BY added`, values: values.all }
}

/**
 * Where a page is read from: for last versions alone from those that are not superseded. Without an id, as the versions of a few
 * ids are found by those. `LIMIT` keeps the planner from merging all versions with those.
 */
function rangeOf({ versions, ids }: Pick<PageQuery, 'versions' | 'ids'>) {
  const isOfLast =
    ids === undefined && versions !== undefined && versions.length > 0 && versions.every((v) => v === 'last')
  if (!isOfLast) return { from: 'version', by: 'version' }
  const version = `SELECT * FROM version WHERE version.collection = standing.collection AND version.added = standing.added LIMIT 1`
  return { from: `standing CROSS JOIN LATERAL (${version}) AS version`, by: 'standing' }
}

interface Values {
  readonly all: SqlValue[]
  /** Its place in the statement. */
  add(value: SqlValue): string
}

function newValues(): Values {
  const all: SqlValue[] = []
  return { all, add: (value) => `$${all.push(value)}` }
}

function conditionsOf(collection: number, query: Omit<PageQuery, 'limit'>, values: Values): string[] {
  const { after, until } = windowOf(query)
  const { by } = rangeOf(query)
  const { kind, ids, types, specVersions, bindings } = query
  const conditions = [
    `${by}.collection = ${values.add(collection)}`,
    `${by}.added > ${values.add(after)}`,
    `${by}.added <= ${values.add(until)}`,
  ]
  if (kind !== undefined) conditions.push(`${by}.type IS ${kind === 'block' ? '' : 'NOT'} NULL`)
  if (ids) conditions.push(`version.id = ANY(${values.add(ids.map(keyOfId))}::bytea[])`)
  if (types?.length === 1) conditions.push(`${by}.type = ${values.add(bytes(types[0] as string))}`)
  else if (types) conditions.push(`${by}.type = ANY(${values.add(types.map(bytes))}::bytea[])`)
  const ofSpec = specVersions && specCondition(specVersions)
  // Of the one last version of an id its spec version is the newest one.
  if (ofSpec && specVersions !== 'newest') conditions.push(ofSpec.own)
  if (bindings) conditions.push(`(version.type IS NOT NULL OR ${bindingsCondition(bindings, values)})`)
  const versions = versionsCondition(query.versions ?? ['all'], ofSpec?.others ?? 'true', values)
  const chosen = [...(specVersions === 'newest' && ofSpec ? [ofSpec.own] : []), ...(versions ? [versions] : [])].join(
    ' AND ',
  )
  if (chosen !== '') conditions.push(by === 'standing' ? `(standing.decided OR (${chosen}))` : chosen)
  return conditions
}

/** What is asked of a version, and of the other ones of its id that it is compared with. Blocks have 0. */
function specCondition(versions: NonNullable<PageQuery['specVersions']>) {
  if (versions === 'newest') {
    const newest = `(SELECT max(spec) FROM version AS other
      WHERE other.id = version.id AND other.collection = version.collection)`
    return { own: `version.spec = ${newest}`, others: 'other.spec = version.spec' }
  }
  const specs = ['0', ...versions.map((version) => (version === '2.1' ? '21' : '20'))].join(', ')
  return { own: `version.spec IN (${specs})`, others: `other.spec IN (${specs})` }
}

function bindingsCondition(bindings: readonly WantedBinding[], values: Values): string {
  const each = bindings.map(({ id, subtypes }) => {
    const binding = `version.binding = ${values.add(bytes(id))}`
    if (subtypes.length === 0) return binding
    return `(${binding} AND (version.subtype IS NULL OR version.subtype = ANY(${values.add(subtypes.map(bytes))}::bytea[])))`
  })
  return each.length === 0 ? 'false' : each.join(' OR ')
}

function versionsCondition(
  versions: NonNullable<PageQuery['versions']>,
  ofSpec: string,
  values: Values,
): string | undefined {
  if (versions.includes('all')) return undefined
  const noOther = (comparison: '>' | '<') => `(SELECT true FROM version AS other WHERE other.id = version.id
    AND other.collection = version.collection AND ${ofSpec}
    AND (other.moment, other.added) ${comparison} (version.moment, version.added) LIMIT 1) IS NULL`
  const texts = versions.filter((version) => version !== 'last' && version !== 'first')
  const wanted: string[] = []
  if (versions.includes('last')) wanted.push(noOther('>'))
  if (versions.includes('first')) wanted.push(noOther('<'))
  if (texts.length > 0) wanted.push(`version.version = ANY(${values.add(texts.map(keyOfVersion))}::bytea[])`)
  const moments = texts.map(momentOf).filter(({ length }) => length > 0)
  if (moments.length > 0) wanted.push(`version.moment = ANY(${values.add(moments)}::bytea[])`)
  // What has no instant of its own goes by the one at which it was added.
  const added = texts.flatMap(microsecondsOf)
  if (added.length > 0) wanted.push(`(version.moment = '' AND version.added = ANY(${values.add(added)}::bigint[]))`)
  return wanted.length === 0 ? 'false' : `(${wanted.join(' OR ')})`
}

/** Of what is an instant of whole microseconds. */
function microsecondsOf(text: string): number[] {
  const micros = toEpochMicroseconds(text)
  if (micros === undefined || timestampKey(text) !== timestampKey(fromEpochMicroseconds(micros))) return []
  return [Number(micros)]
}
