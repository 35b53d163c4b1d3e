import type { NoticeSink } from '../../core/notice.ts'
import { readerVersion, type ReadItem } from '../index-reading.ts'
import type { ReindexReport, ReindexRequest } from '../known-value.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { growIndex, newIndexPath } from './index-path.ts'
import { readItems } from './items.ts'
import { remakeStanding } from './standing.ts'

const itemsPerTransaction = 5000

/**
 * Makes the index anew, some versions a transaction, so that fetching goes on beside it. What is still to be read is in
 * the table `unread`: who comes after a kill, or beside us, goes on there.
 */
export async function reindex(
  database: Database,
  loadReader: () => Promise<ReadItem>,
  request: ReindexRequest = {},
): Promise<ReindexReport> {
  const { missingOnly = false, onProgress, signal } = request
  const read = await loadReader()
  signal?.throwIfAborted()
  if (!missingOnly || (await isOutdated(database))) await database.transaction(forgetIndex)
  const report = { versions: 0, statements: 0, values: 0, unusable: 0 }
  const total = await unreadVersions(database)
  for (;;) {
    signal?.throwIfAborted()
    const step = await database.transaction((connection) => readSome(connection, read))
    if (!step) return report
    for (const name of Object.keys(report) as (keyof typeof report)[]) report[name] += step[name]
    onProgress?.({ done: report.versions, total: Math.max(total, report.versions) })
  }
}

/**
 * Whether nothing is missing from the index: something is after a migration, a reindex that was killed, or a new release
 * that reads items in another way. The index of a newer release is left as it is.
 */
export async function isIndexed(connection: Pick<Connection, 'get'>): Promise<boolean> {
  const row = await connection.get('SELECT reader, EXISTS (SELECT 1 FROM unread) AS unread FROM reading')
  return row !== undefined && row['unread'] === false && (row['reader'] as number) >= readerVersion
}

/** An empty store needs no indexing, whatever read for it last. */
export async function startIndex(database: Database): Promise<void> {
  const found = await database.asking.get('SELECT 1 AS found FROM reading WHERE reader < $1', [readerVersion])
  if (!found) return
  await database.transaction(async (connection) => {
    await holdCollections(connection)
    await connection.run('UPDATE reading SET reader = $1 WHERE reader < $1 AND NOT EXISTS (SELECT 1 FROM version)', [
      readerVersion,
    ])
  })
}

/** Finishes the index where it is not whole. */
export async function completeIndex(
  database: Database,
  loadReader: () => Promise<ReadItem>,
  notices: NoticeSink | undefined,
): Promise<void> {
  if (await isIndexed(database.asking)) return
  const versions = (await isOutdated(database)) ? await storedVersions(database) : await unreadVersions(database)
  if (versions > 0) {
    notices?.({
      code: 'STORE_INDEXING',
      message: `The values of ${versions} stored versions are being indexed, once; it can be done with: stixtaxii store reindex`,
    })
  }
  await reindex(database, loadReader, { missingOnly: true })
}

async function isOutdated({ asking }: Database): Promise<boolean> {
  const row = await asking.get('SELECT reader FROM reading')
  return row === undefined || (row['reader'] as number) < readerVersion
}

/**
 * Waits for everyone who holds the row of a collection, and keeps others from holding one: so nothing goes into the index.
 * Reading goes on.
 */
async function holdCollections(connection: Connection): Promise<void> {
  await connection.exec('LOCK TABLE collection IN EXCLUSIVE MODE')
}

async function forgetIndex(connection: Connection): Promise<void> {
  await holdCollections(connection)
  // Not what is revoked: a revocation counts as long as its id is here, also when the version that said so was pruned.
  for (const table of ['stated', 'stated_long', 'statement', 'trait', 'relation', 'named', 'unread']) {
    await connection.run(`DELETE FROM ${table}`)
  }
  await connection.run('UPDATE collection SET statements = 0, unusable = 0')
  await connection.exec(remakeStanding)
  await connection.run(
    'INSERT INTO unread (collection, after, until) SELECT number, 0, last_added FROM collection WHERE last_added > 0',
  )
  await connection.run(
    'INSERT INTO reading (one, reader) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET reader = excluded.reader',
    [readerVersion],
  )
}

async function unreadVersions({ asking }: Database): Promise<number> {
  const sql = `SELECT coalesce(sum(versions), 0)::bigint AS versions FROM unread
    JOIN collection ON number = unread.collection`
  return (await asking.get(sql))?.['versions'] as number
}

async function storedVersions({ asking }: Database): Promise<number> {
  const sql = 'SELECT coalesce(sum(versions), 0)::bigint AS versions FROM collection'
  return (await asking.get(sql))?.['versions'] as number
}

/** The next versions of a collection that has some to be read; undefined when none has. */
async function readSome(connection: Connection, read: ReadItem): Promise<ReindexReport | undefined> {
  const collection = await holdUnread(connection)
  if (collection === undefined) return undefined
  const nothing = { versions: 0, statements: 0, values: 0, unusable: 0 }
  const unread = await connection.get('SELECT after, until FROM unread WHERE collection = $1', [collection])
  // Another process has read the rest while we waited for it.
  if (!unread) return nothing
  const [after, until] = [unread['after'] as number, unread['until'] as number]
  const items = await readItems(connection, collection, { after, until, limit: itemsPerTransaction })
  const path = newIndexPath(connection, collection, read)
  for (const { item, added } of items) await path.add(item, added)
  const growth = await path.finish()
  await growIndex(connection, collection, growth)
  const last = items.at(-1)?.added
  if (last === undefined) await connection.run('DELETE FROM unread WHERE collection = $1', [collection])
  else await connection.run('UPDATE unread SET after = $1 WHERE collection = $2', [last, collection])
  return { ...nothing, versions: items.length, ...growth }
}

async function holdUnread(connection: Connection): Promise<number | undefined> {
  const row = await connection.get('SELECT collection FROM unread ORDER BY collection LIMIT 1')
  if (!row) return undefined
  const collection = row['collection'] as number
  await connection.get('SELECT number FROM collection WHERE number = $1 FOR UPDATE', [collection])
  return collection
}
