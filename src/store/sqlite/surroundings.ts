import type { KeptName, KeptRelation, Standing, StandingVersion, Surroundings } from '../resolve-statements.ts'
import { corruption, type Connection, type SqlRow, type SqlValue } from './binding.ts'
import { idOfKey, keyOfId, versionOfKey } from './keys.ts'
import type { Places } from './places.ts'
import { decodeName, decodeRelation } from '../reference-body.ts'

const idsPerQuery = 200

const marks = (count: number): string => Array<string>(count).fill('?').join(', ')

/** What statements are resolved with, by the number of ids asked for; their query plans are tested. */
export const surroundingsSql = {
  versions: (count: number) => `SELECT id, collection, version, added FROM version WHERE id IN (${marks(count)})`,
  revoked: (count: number) => `SELECT id, collection FROM revoked WHERE id IN (${marks(count)})`,
  vanished: (count: number) => `SELECT id, collection FROM vanished WHERE collection = ? AND id IN (${marks(count)})`,
  relations: (count: number) =>
    `SELECT origin AS id, collection, added, target, type, item FROM relation WHERE origin IN (${marks(count)})`,
  names: (count: number) => `SELECT id, collection, added, body FROM named WHERE id IN (${marks(count)})`,
} as const

type StandingBeingRead = Standing & {
  readonly versions: StandingVersion[]
  readonly revokedBy: Set<string>
  readonly vanishedFrom: Set<number>
}

/** Standings that are dear to read, kept from one part of a long answer to the next. */
export type LargeStandings = Map<string, StandingBeingRead>

const largeFrom = 1000
const mostLarge = 8

/** For one question: what was found out about an id is not asked again. */
export function surroundingsIn(
  connection: Connection,
  places: Places,
  large: LargeStandings = new Map(),
): Surroundings {
  const has = (table: 'revoked' | 'relation' | 'named') =>
    connection.get(`SELECT 1 FROM ${table} LIMIT 1`) !== undefined
  const [anyRevoked, anyRelation, anyNamed] = [has('revoked'), has('relation'), has('named')]
  const vanishedFrom = places
    .numbers()
    .filter((place) => connection.get('SELECT 1 FROM vanished WHERE collection = ? LIMIT 1', [place]) !== undefined)
  const known = new Map<string, StandingBeingRead>(large)
  const sourceOf = (row: SqlRow): string => {
    const place = places.of(row['collection'] as number)
    if (!place) throw corruption('something of no collection')
    return place.source.id
  }
  const rowsOf = (ids: readonly string[], sql: (count: number) => string, before: readonly SqlValue[] = []) =>
    queried(connection, ids, sql, before)

  return {
    standing(ids) {
      const missing = ids.filter((id) => !known.has(id))
      for (const row of rowsOf(missing, surroundingsSql.versions)) {
        const id = idOfKey(row['id'])
        const standing = known.get(id) ?? { versions: [], revokedBy: new Set(), vanishedFrom: new Set() }
        known.set(id, standing)
        const [collection, added] = [row['collection'] as number, row['added'] as number]
        standing.versions.push({ source: sourceOf(row), collection, version: versionOfKey(row['version']), added })
      }
      if (anyRevoked) {
        for (const row of rowsOf(missing, surroundingsSql.revoked))
          known.get(idOfKey(row['id']))?.revokedBy.add(sourceOf(row))
      }
      for (const place of vanishedFrom) {
        for (const row of rowsOf(missing, surroundingsSql.vanished, [place])) {
          known.get(idOfKey(row['id']))?.vanishedFrom.add(place)
        }
      }
      for (const id of missing) {
        const read = known.get(id)
        if (!read || read.versions.length < largeFrom) continue
        if (large.size >= mostLarge) large.clear()
        large.set(id, read)
      }
      return known
    },
    relations: (ids) =>
      grouped(anyRelation ? rowsOf(ids, surroundingsSql.relations) : [], (row): KeptRelation => ({
        ...decoded(() => decodeRelation(row['type'] as Buffer)),
        to: idOfKey(row['target']),
        source: sourceOf(row),
        collection: row['collection'] as number,
        itemId: idOfKey(row['item']),
        added: row['added'] as number,
      })),
    names: (ids) =>
      grouped(anyNamed ? rowsOf(ids, surroundingsSql.names) : [], (row): KeptName => {
        return {
          ...decoded(() => decodeName(row['body'] as Buffer)),
          source: sourceOf(row),
          added: row['added'] as number,
        }
      }),
  }
}

function decoded<Body>(decode: () => Body): Body {
  try {
    return decode()
  } catch {
    throw corruption('the name of an object cannot be read')
  }
}

function* queried(
  connection: Connection,
  ids: readonly string[],
  sql: (count: number) => string,
  before: readonly SqlValue[],
): Iterable<SqlRow> {
  for (let at = 0; at < ids.length; at += idsPerQuery) {
    const keys = ids.slice(at, at + idsPerQuery).map(keyOfId)
    yield* connection.all(sql(keys.length), [...before, ...keys])
  }
}

function grouped<Entry>(rows: Iterable<SqlRow>, make: (row: SqlRow) => Entry): ReadonlyMap<string, readonly Entry[]> {
  const found = new Map<string, Entry[]>()
  for (const row of rows) {
    const id = idOfKey(row['id'])
    const entries = found.get(id)
    if (entries) entries.push(make(row))
    else found.set(id, [make(row)])
  }
  return found
}
