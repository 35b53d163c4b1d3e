import { decodeName, decodeRelation } from '../reference-body.ts'
import type { KeptName, KeptRelation, Standing, StandingVersion, SurroundingsLater } from '../resolve-statements.ts'
import { corruption, type Connection, type SqlRow, type SqlValue } from './connection.ts'
import { idOfKey, keyOfId, keyText, textsOfKeys, versionOfKey } from './keys.ts'
import type { Place } from '../place.ts'

const idsPerQuery = 2000

/** What statements are resolved with; `$1` are the ids asked for. */
export const surroundingsSql = {
  versions: 'SELECT id, collection, version, added FROM version WHERE id = ANY ($1::bytea[])',
  revoked: 'SELECT id, collection FROM revoked WHERE id = ANY ($1::bytea[])',
  vanished: 'SELECT id, collection FROM vanished WHERE id = ANY ($1::bytea[]) AND collection = ANY ($2::integer[])',
  relations: `SELECT origin AS id, collection, added, target, type, item FROM relation WHERE origin = ANY ($1::bytea[])
    ORDER BY origin, collection, added, place`,
  names: 'SELECT id, collection, added, body FROM named WHERE id = ANY ($1::bytea[])',
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

/** For one question in one moment's picture: what was found out about an id is not asked again. `places` by number. */
export function surroundingsIn(
  connection: Connection,
  places: ReadonlyMap<number, Place>,
  large: LargeStandings,
): SurroundingsLater {
  const known = new Map<string, StandingBeingRead>(large)
  const sourceOf = (row: SqlRow): string => {
    const place = places.get(row['collection'] as number)
    if (!place) throw corruption('something of no collection')
    return place.source.id
  }
  const rowsOf = (ids: readonly string[], sql: string, more: readonly SqlValue[] = []) =>
    queried(connection, ids, sql, more)

  async function readStanding(ids: readonly string[]): Promise<void> {
    const found = await rowsOf(ids, surroundingsSql.versions)
    const versions = await textsOfKeys(
      connection,
      found.map(({ row }) => row['version'] as Buffer),
      versionOfKey,
    )
    for (const [at, { id, row }] of found.entries()) {
      const standing = known.get(id) ?? { versions: [], revokedBy: new Set(), vanishedFrom: new Set() }
      known.set(id, standing)
      const [collection, added] = [row['collection'] as number, row['added'] as number]
      standing.versions.push({ source: sourceOf(row), collection, version: versions[at] as string, added })
    }
    for (const { id, row } of await rowsOf(ids, surroundingsSql.revoked)) known.get(id)?.revokedBy.add(sourceOf(row))
    for (const { id, row } of await rowsOf(ids, surroundingsSql.vanished, [[...places.keys()]])) {
      known.get(id)?.vanishedFrom.add(row['collection'] as number)
    }
    for (const id of ids) {
      const read = known.get(id)
      if (!read || read.versions.length < largeFrom) continue
      if (large.size >= mostLarge) large.clear()
      large.set(id, read)
    }
  }

  return {
    async standing(ids) {
      const missing = ids.filter((id) => !known.has(id))
      if (missing.length > 0) await readStanding(missing)
      return known
    },
    async relations(ids) {
      const found = await rowsOf(ids, surroundingsSql.relations)
      const ends = found.flatMap(({ row }) => [row['target'] as Buffer, row['item'] as Buffer])
      const texts = await textsOfKeys(connection, ends, idOfKey)
      return grouped(found, ({ row }, at): KeptRelation => ({
        ...decoded(() => decodeRelation(row['type'] as Buffer)),
        to: texts[at * 2] as string,
        source: sourceOf(row),
        collection: row['collection'] as number,
        itemId: texts[at * 2 + 1] as string,
        added: row['added'] as number,
      }))
    },
    async names(ids) {
      return grouped(await rowsOf(ids, surroundingsSql.names), ({ row }): KeptName => ({
        ...decoded(() => decodeName(row['body'] as Buffer)),
        source: sourceOf(row),
        added: row['added'] as number,
      }))
    },
  }
}

function decoded<Body>(decode: () => Body): Body {
  try {
    return decode()
  } catch {
    throw corruption('the name of an object cannot be read')
  }
}

interface RowOfId {
  readonly id: string
  readonly row: SqlRow
}

async function queried(
  connection: Connection,
  ids: readonly string[],
  sql: string,
  more: readonly SqlValue[],
): Promise<readonly RowOfId[]> {
  const found: RowOfId[] = []
  for (let at = 0; at < ids.length; at += idsPerQuery) {
    const byKey = new Map(ids.slice(at, at + idsPerQuery).map((id) => [keyText(keyOfId(id)), id]))
    const keys = [...byKey.keys()].map((key) => Buffer.from(key, 'latin1'))
    for (const row of await connection.all(sql, [keys, ...more])) {
      found.push({ id: byKey.get(keyText(row['id'] as Buffer)) as string, row })
    }
  }
  return found
}

function grouped<Entry>(
  rows: readonly RowOfId[],
  make: (row: RowOfId, at: number) => Entry,
): ReadonlyMap<string, readonly Entry[]> {
  const found = new Map<string, Entry[]>()
  for (const [at, row] of rows.entries()) {
    const entries = found.get(row.id)
    if (entries) entries.push(make(row, at))
    else found.set(row.id, [make(row, at)])
  }
  return found
}
