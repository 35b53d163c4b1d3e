import type { NoticeSink } from '../../core/notice.ts'
import { versionOf } from '../compare.ts'
import { readerVersion, type ReadItem } from '../index-reading.ts'
import type { ReindexReport, ReindexRequest } from '../known-value.ts'
import type { Connection } from './binding.ts'
import { contentsOf, numberOfContents } from './contents.ts'
import { reading, type Database } from './database.ts'
import { growIndex } from './grow-index.ts'
import { newIndexPath } from './index-path.ts'
import { keyOfId, keyOfVersion, specOf } from './keys.ts'
import { noteLatest } from './latest.ts'
import { readSegment, type SegmentItem } from './segments.ts'

const segmentsPerTransaction = 32

/**
 * Makes the index anew, some segments a transaction, so that fetching goes on beside it. What is still to be read is in
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
  const total = await reading(database.file, () => unreadVersions(database.reader))
  for (;;) {
    signal?.throwIfAborted()
    const step = await database.transaction((connection) => readSome(connection, read))
    if (!step) {
      await database.transaction((connection) => {
        if (!missingOnly || isUndecided(connection)) noteLatest(connection)
      })
      return report
    }
    for (const name of Object.keys(report) as (keyof typeof report)[]) report[name] += step[name]
    onProgress?.({ done: report.versions, total: Math.max(total, report.versions) })
  }
}

/**
 * Whether something is missing from the index: after a migration, a reindex that was killed, or a new release that reads
 * items in another way. The index of a newer release is left as it is.
 */
export function isIndexed(connection: Connection): boolean {
  const row = connection.get('SELECT reader, (SELECT count(*) FROM unread) AS unread FROM reading')
  return row !== undefined && row['unread'] === 0 && (row['reader'] as number) >= readerVersion
}

/** An empty store needs no indexing, whatever read for it last. */
export async function startIndex(database: Database): Promise<void> {
  const isNew = 'reader < ? AND NOT EXISTS (SELECT 1 FROM version)'
  const found = await reading(database.file, () =>
    database.reader.get(`SELECT 1 FROM reading WHERE ${isNew}`, [readerVersion]),
  )
  if (!found) return
  await database.transaction((connection) =>
    connection.run(`UPDATE reading SET reader = ? WHERE ${isNew}`, [readerVersion, readerVersion]),
  )
}

/** Finishes the index where it is not whole. */
export async function completeIndex(
  database: Database,
  loadReader: () => Promise<ReadItem>,
  notices: NoticeSink | undefined,
): Promise<void> {
  if (await reading(database.file, () => isIndexed(database.reader))) return
  const versions = (await isOutdated(database))
    ? await reading(database.file, () => storedVersions(database.reader))
    : await reading(database.file, () => unreadVersions(database.reader))
  if (versions > 0) {
    notices?.({
      code: 'STORE_INDEXING',
      message: `The values of ${versions} stored versions are being indexed, once; it can be done with: stixtaxii store reindex`,
    })
  }
  await reindex(database, loadReader, { missingOnly: true })
}

async function isOutdated(database: Database): Promise<boolean> {
  return reading(database.file, () => {
    const row = database.reader.get('SELECT reader FROM reading')
    return row === undefined || (row['reader'] as number) < readerVersion
  })
}

function forgetIndex(connection: Connection): void {
  // Not what is revoked: a revocation counts as long as its id is here, also when the version that said so was pruned.
  for (const table of ['stated', 'statement', 'trait', 'relation', 'named', 'unread']) {
    connection.run(`DELETE FROM ${table}`)
  }
  connection.run('UPDATE collection SET statements = 0, unusable = 0')
  connection.run('INSERT INTO unread SELECT number, 0, last_added FROM collection WHERE last_added > 0')
  connection.run('INSERT OR REPLACE INTO reading (one, reader) VALUES (1, ?)', [readerVersion])
}

function unreadVersions(connection: Connection): number {
  const sql = 'SELECT coalesce(sum(versions), 0) AS versions FROM unread JOIN collection ON number = unread.collection'
  return connection.get(sql)?.['versions'] as number
}

function storedVersions(connection: Connection): number {
  return connection.get('SELECT coalesce(sum(versions), 0) AS versions FROM collection')?.['versions'] as number
}

/** The next segments of a collection that has some to be read; undefined when none has. */
async function readSome(connection: Connection, read: ReadItem): Promise<ReindexReport | undefined> {
  const unread = connection.get('SELECT collection, after, until FROM unread ORDER BY collection LIMIT 1')
  if (!unread) return undefined
  const [collection, after, until] = [
    unread['collection'] as number,
    unread['after'] as number,
    unread['until'] as number,
  ]
  const rows = connection.all(
    `SELECT number, first, contents, data FROM segment
     WHERE collection = ? AND first > ? AND first <= ? ORDER BY first LIMIT ?`,
    [collection, after, until, segmentsPerTransaction],
  )
  const path = newIndexPath(connection, collection, read)
  let versions = 0
  let last = after
  for (const row of rows) {
    const items = await readSegment(row['first'] as number, row['data'] as Buffer)
    if (row['contents'] === null) noteContents(connection, collection, row['number'] as number, items)
    for (const { item, added } of items) {
      path.add(item, added)
      versions++
      last = added
    }
  }
  const growth = path.finish()
  growIndex(connection, collection, growth)
  if (rows.length < segmentsPerTransaction) {
    connection.run('DELETE FROM unread WHERE collection = ?', [collection])
  } else connection.run('UPDATE unread SET after = ? WHERE collection = ?', [last, collection])
  return { versions, ...growth }
}

/** Which versions are superseded could not be told while it was not known of which spec version they are. */
function isUndecided(connection: Connection): boolean {
  return connection.get('SELECT 1 FROM sibling WHERE latest IS NULL LIMIT 1') !== undefined
}

/** What releases before schema 3 did not note of a segment and of the versions in it; pages are quicker with it. */
function noteContents(
  connection: Connection,
  collection: number,
  segment: number,
  items: readonly SegmentItem[],
): void {
  const contents = numberOfContents(connection, contentsOf(items.map(({ item }) => item)))
  connection.run('UPDATE segment SET contents = ? WHERE number = ?', [contents, segment])
  for (const { item } of items) {
    connection.run('UPDATE version SET spec = ? WHERE id = ? AND collection = ? AND version = ?', [
      specOf(item),
      keyOfId(item.id),
      collection,
      keyOfVersion(versionOf(item)),
    ])
  }
}
