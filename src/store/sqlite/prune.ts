import { toEpochMicroseconds } from '../../core/timestamp.ts'
import { isLater } from '../compare.ts'
import type { ReadItem } from '../index-reading.ts'
import type { PruneRequest } from '../store.ts'
import type { Connection, SqlRow, SqlValue } from './binding.ts'
import { reading, type Database } from './database.ts'
import { keyOfId, keyText, versionOfKey } from './keys.ts'
import type { Place } from '../place.ts'
import { listPlaces } from './places.ts'
import { removeFromSegment, type Doomed } from './removal.ts'
import { readSegment, type SegmentItem } from './segments.ts'

const segmentsPerTransaction = 32
const idsPerQuery = 200

interface Wanted {
  /** Microseconds; exclusive. */
  readonly before: number
  readonly all: boolean
  readonly dryRun: boolean
  readonly read: ReadItem
}

/**
 * Removes versions some segments at a time, each time in one transaction, so that fetching goes on beside it and a prune
 * that is killed has removed whole versions only. Checkpoints are not touched. Returns the number of versions.
 */
export async function prune(
  database: Database,
  loadReader: () => Promise<ReadItem>,
  request: PruneRequest,
): Promise<number> {
  const { addedBefore, all = false, dryRun = false } = request
  const before = addedBefore === undefined ? Number.MAX_SAFE_INTEGER : Number(toEpochMicroseconds(addedBefore) ?? 0n)
  const run = <Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> =>
    dryRun ? reading(database.file, () => work(database.reader)) : database.transaction(work)
  const read = await loadReader()
  let removed = 0
  for (const place of await reading(database.file, () => listPlaces(database.reader, request))) {
    for (let after: number | undefined = -1; after !== undefined;) {
      const begin: number = after
      const step = await run((connection) => pruneSome(connection, place, begin, { before, all, dryRun, read }))
      removed += step.removed
      after = step.after
    }
  }
  if (removed > 0 && !dryRun) await giveBackSpace(database)
  return removed
}

/** The next segments after `after`; answers where to go on, undefined at the end. */
async function pruneSome(
  connection: Connection,
  place: Place,
  after: number,
  wanted: Wanted,
): Promise<{ removed: number; after: number | undefined }> {
  const rows = connection.all(
    'SELECT number, first, data FROM segment WHERE collection = ? AND first > ? AND first < ? ORDER BY first LIMIT ?',
    [place.number, after, wanted.before, segmentsPerTransaction],
  )
  let removed = 0
  for (const row of rows) {
    const items = await readSegment(row['first'] as number, row['data'] as Buffer)
    const doomed = doomedOf(connection, place, items, wanted)
    removed += doomed.length
    if (doomed.length === 0 || wanted.dryRun) continue
    await removeFromSegment({ connection, place, read: wanted.read }, { row, items, doomed })
  }
  const last = rows.at(-1)?.['first'] as number | undefined
  return { removed, after: rows.length < segmentsPerTransaction ? undefined : last }
}

/** Which of the items go. */
function doomedOf(connection: Connection, place: Place, items: readonly SegmentItem[], wanted: Wanted): Doomed[] {
  const here = new Map(items.map((entry) => [entry.added, entry.item]))
  const ids = [...new Set(items.map(({ item }) => item.id))]
  const doomed: Doomed[] = []
  for (let at = 0; at < ids.length; at += idsPerQuery) {
    const keys: SqlValue[] = ids.slice(at, at + idsPerQuery).map(keyOfId)
    const rows = connection.all(
      `SELECT id, version, added FROM version WHERE id IN (${keys.map(() => '?').join(', ')}) AND collection = ?`,
      [...keys, place.number],
    )
    const newest = newestOf(rows)
    for (const row of rows) {
      const { id, version, added } = row as { id: Buffer; version: Buffer; added: number }
      const item = here.get(added)
      if (!item || added >= wanted.before) continue
      if (wanted.all || newest.get(keyText(id)) !== added) doomed.push({ id, version, added, item })
    }
  }
  return doomed
}

/** The `added` of the newest version of each id. */
function newestOf(rows: readonly SqlRow[]): Map<string, number> {
  const newest = new Map<string, { version: string; added: number }>()
  for (const row of rows) {
    const id = keyText(row['id'] as Buffer)
    const version = { version: versionOfKey(row['version']), added: row['added'] as number }
    const known = newest.get(id)
    if (!known || isLater(version, known)) newest.set(id, version)
  }
  return new Map([...newest].map(([id, { added }]) => [id, added]))
}

/** Free pages are used again anyway; when they are a quarter of the file, the file is made smaller. */
async function giveBackSpace(database: Database): Promise<void> {
  await database.alone((connection) => {
    const pages = connection.get('PRAGMA page_count')?.['page_count'] as number
    const free = connection.get('PRAGMA freelist_count')?.['freelist_count'] as number
    if (free * 4 > pages) connection.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)')
  })
}
