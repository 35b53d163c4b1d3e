import type { Growth } from '../growth.ts'
import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import type { Item } from '../../stix/item.ts'
import type { ReadItem } from '../index-reading.ts'
import { isSameContent, versionOf } from '../compare.ts'
import type { Conflict, PagePart, Settled } from '../store.ts'
import { latestChanges } from '../superseded.ts'
import { newTally } from '../tally.ts'
import { corruption, type Connection, type SqlValue } from './binding.ts'
import { newIndexPath } from './index-path.ts'
import { insertRows, perCount, rowMarks } from './insert-rows.ts'
import { checksumOf, digestOf, keyed, keyOfVersion, keyText, specOf, type Keyed } from './keys.ts'
import { countStanding, isLaterKey, latestSql, siblingVersion, type SiblingKey } from './latest.ts'
import { newSegmentWriter, readSegment, type SegmentItem } from './segments.ts'

/**
 * The page path: what becomes of each item of a page, inside the committing transaction. Items are settled in batches of
 * 200: one count over ids and raw digests tells whether all of them are here unchanged, and only when it falls short are
 * their versions looked up. New versions go in 50 a statement.
 */

const batchSize = 200

/** The statements of the page path, by the number of rows asked for; their query plans are tested. */
export const pagePathSql = {
  countKnown: perCount(
    (count) => `WITH wanted (id, digest) AS (VALUES ${rowMarks('(?, ?)', count)})
      SELECT count(*) AS known FROM wanted CROSS JOIN version
      ON version.id = wanted.id AND version.collection = ? AND version.digest = wanted.digest`,
  ),
  findVersions: perCount(
    (count) => `WITH wanted (place, id) AS (VALUES ${rowMarks('(?, ?)', count)})
      SELECT place, version.version AS version, digest, added, spec FROM wanted CROSS JOIN version
      ON version.id = wanted.id AND version.collection = ?`,
  ),
  insertVersions: perCount(
    (count) =>
      `INSERT INTO version (id, collection, version, digest, added, spec) VALUES ${rowMarks('(?, ?, ?, ?, ?, ?)', count)}`,
  ),
  findSegment: 'SELECT first, data FROM segment WHERE collection = ? AND first <= ? ORDER BY first DESC LIMIT 1',
  insertSeen: perCount((count) => `INSERT OR IGNORE INTO seen (run, id) VALUES ${rowMarks('(?, ?)', count)}`),
  unmarkVanished: perCount((count) => `DELETE FROM vanished WHERE collection = ? AND id IN (${rowMarks('?', count)})`),
}

export interface PagePathSettings {
  readonly connection: Connection
  readonly collection: number
  readonly run: number
  /** The run reads everything: remember what was received. */
  readonly full: boolean
  /** The newest `added` of the collection. */
  readonly lastAdded: number
  /** Microseconds since 1970. */
  readonly now: number
  /** Makes the statements that are indexed. */
  readonly read: ReadItem
}

/** Told of each item, in order. */
type Settle = (item: Item, outcome: Settled) => void

export interface PagePath {
  add(part: PagePart, onSettled: Settle): Promise<void>
  finish(): Promise<Growth>
}

/** What a batch adds to the tables: rows of versions, and all that there is of ids that had some before, with how many. */
interface Rows {
  readonly versions: SqlValue[]
  readonly updated: Map<readonly KnownVersion[], { readonly id: Buffer; readonly before: number }>
}

interface KnownVersion extends SiblingKey {
  readonly digest: Buffer
}

export function newPagePath(settings: PagePathSettings): PagePath {
  const { connection, collection, run } = settings
  const segments = newSegmentWriter(connection, collection)
  const index = newIndexPath(connection, collection, settings.read)
  const tally = newTally()
  const anyVanished = connection.get('SELECT 1 FROM vanished WHERE collection = ? LIMIT 1', [collection]) !== undefined
  let lastAdded = settings.lastAdded
  const superseded: number[] = []
  let blocks = 0
  let mostlyKnown = lastAdded > 0

  async function settle(batch: readonly Keyed[], onSettled: Settle): Promise<void> {
    if (settings.full) markSeen(connection, run, batch)
    if (anyVanished) unmarkVanished(connection, collection, batch)
    if (mostlyKnown && countKnown(connection, collection, batch) === batch.length) {
      tally.unchanged += batch.length
      for (const { item } of batch) onSettled(item, 'unchanged')
      return
    }
    const known = findVersions(connection, collection, batch)
    const rows: Rows = { versions: [], updated: new Map() }
    const unchangedBefore = tally.unchanged
    for (const entry of batch) {
      const full = settleOne(entry, known, rows, onSettled)
      if (full) await full
    }
    insertRows(connection, pagePathSql.insertVersions, rows.versions, 6)
    noteUpdated(rows)
    mostlyKnown = (tally.unchanged - unchangedBefore) * 2 > batch.length
  }

  /** Which of the versions of the ids that have several are superseded now. */
  function noteUpdated({ updated }: Rows): void {
    const values: SqlValue[] = []
    for (const [versions, { id, before }] of updated) {
      // Of an only version nothing is noted yet.
      for (const { added, latest } of latestChanges(versions, before > 1 ? before : 0, isLaterKey)) {
        values.push(collection, added, id, latest)
        if (latest === 0) superseded.push(added)
      }
    }
    insertRows(connection, latestSql.keep, values, 4)
  }

  /** Counts one item and, when it brings something, plans its row and gives its bytes to the segment. */
  function settleOne(
    entry: Keyed,
    known: Map<string, KnownVersion[]>,
    rows: Rows,
    onSettled: Settle,
  ): Promise<void> | undefined {
    const { item } = entry
    const versionKey = keyOfVersion(versionOf(item))
    const version = keyText(versionKey)
    const siblings = known.get(item.id)
    const same = siblings?.find((sibling) => sibling.version === version)
    if (same) {
      if (item.kind !== 'block' && !same.digest.equals(entry.digest)) return compare(entry, same.added, onSettled)
      tally.unchanged++
      onSettled(item, 'unchanged')
      return undefined
    }
    lastAdded = Math.max(lastAdded + 1, settings.now)
    const fresh = { version, digest: entry.digest, added: lastAdded, spec: specOf(item) }
    if (siblings) {
      if (!rows.updated.has(siblings)) rows.updated.set(siblings, { id: entry.id, before: siblings.length })
      siblings.push(fresh)
    } else known.set(item.id, [fresh])
    if (siblings) tally.updated++
    else tally.new++
    if (item.kind === 'block') blocks++
    else if (item.revoked) tally.revoked++
    rows.versions.push(entry.id, collection, versionKey, entry.digest, lastAdded, specOf(item))
    const full = segments.add(item, lastAdded)
    index.add(item, lastAdded)
    onSettled(item, siblings ? 'updated' : 'new')
    return full
  }

  /** The same version in other bytes: the same after all, or a conflict, of which the first is kept. */
  async function compare({ item }: Keyed, added: number, onSettled: Settle): Promise<void> {
    const kept = segments.pending(added) ?? (await findItem(connection, collection, added))
    if (isSameContent(kept.raw, item.raw)) {
      tally.unchanged++
      onSettled(item, 'unchanged')
      return
    }
    tally.conflicts++
    onSettled(item, 'conflict')
    const seenAt = fromEpochMicroseconds(BigInt(settings.now))
    keepConflict(settings, { id: item.id, version: versionOf(item), kept: kept.raw, other: item.raw, seenAt })
  }

  return {
    async add(part, onSettled) {
      const first = lastAdded + 1
      if (!part.partial) tally.pages++
      tally.received += part.items.length + part.damaged.length
      for (let at = 0; at < part.items.length; at += batchSize) {
        await settle(part.items.slice(at, at + batchSize).map(keyed), onSettled)
      }
      for (const damaged of part.damaged) {
        tally.quarantined++
        putAside(settings, damaged)
      }
      if (lastAdded >= first) insertPage(settings, Math.max(first, settings.now), part)
    },
    async finish() {
      const indexed = index.finish()
      await segments.finish()
      countStanding(connection, collection, superseded)
      return { tally, lastAdded, ids: tally.new, versions: tally.new + tally.updated, blocks, index: indexed }
    },
  }
}

function countKnown(connection: Connection, collection: number, batch: readonly Keyed[]): number {
  const values: SqlValue[] = []
  for (const { id, digest } of batch) values.push(id, digest)
  values.push(collection)
  return connection.get(pagePathSql.countKnown(batch.length), values)?.['known'] as number
}

/** The stored versions of the ids of a batch, by id. */
function findVersions(
  connection: Connection,
  collection: number,
  batch: readonly Keyed[],
): Map<string, KnownVersion[]> {
  const firstPlace = new Map<string, number>()
  const values: SqlValue[] = []
  for (const [place, { item, id }] of batch.entries()) {
    if (firstPlace.has(item.id)) continue
    firstPlace.set(item.id, place)
    values.push(place, id)
  }
  values.push(collection)
  const known = new Map<string, KnownVersion[]>()
  for (const row of connection.all(pagePathSql.findVersions(firstPlace.size), values)) {
    const id = (batch[row['place'] as number] as Keyed).item.id
    const version = {
      ...siblingVersion(row),
      digest: row['digest'] as Buffer,
    }
    const siblings = known.get(id)
    if (siblings) siblings.push(version)
    else known.set(id, [version])
  }
  return known
}

function markSeen(connection: Connection, run: number, batch: readonly Keyed[]): void {
  connection.run(
    pagePathSql.insertSeen(batch.length),
    batch.flatMap(({ id }) => [run, id]),
  )
}

function unmarkVanished(connection: Connection, collection: number, batch: readonly Keyed[]): void {
  connection.run(pagePathSql.unmarkVanished(batch.length), [collection, ...batch.map(({ id }) => id)])
}

/**
 * The stored item with this `added`.
 * @throws SqlError (SQLITE_CORRUPT) when no segment has it.
 */
export async function findItem(connection: Connection, collection: number, added: number): Promise<Item> {
  const row = connection.get(pagePathSql.findSegment, [collection, added])
  const items: SegmentItem[] = row ? await readSegment(row['first'] as number, row['data'] as Buffer) : []
  const found = items.find((entry) => entry.added === added)
  if (!found) throw corruption('a version has no bytes in any segment')
  return found.item
}

/** The same conflict twice is kept once. */
export function keepConflict(
  { connection, collection }: Pick<PagePathSettings, 'connection' | 'collection'>,
  { id, version, kept, other, seenAt }: Omit<Conflict, 'source' | 'key'>,
): void {
  const record = JSON.stringify({ id, version, seenAt })
  const digest = digestOf(Buffer.concat([Buffer.from(`${id}\n`), digestOf(other)]))
  connection.run(
    'INSERT OR IGNORE INTO conflict (collection, digest, record, kept, other, checksum) VALUES (?, ?, ?, ?, ?, ?)',
    [collection, digest, record, kept, other, checksumOf(record, kept, other)],
  )
}

/** Where something goes: an open transaction, and the numbers of collection and run. `now` in microseconds. */
type Where = Pick<PagePathSettings, 'connection' | 'collection' | 'run' | 'now'>

/** The same thing twice is kept once. */
export function putAside({ connection, collection, run, now }: Where, damaged: PagePart['damaged'][number]): void {
  const quarantinedAt = fromEpochMicroseconds(BigInt(now))
  const record = JSON.stringify({ reason: damaged.reason, detail: damaged.detail, quarantinedAt })
  const digest = digestOf(Buffer.concat([Buffer.from(`${damaged.reason}\n`), damaged.raw]))
  connection.run(
    'INSERT OR IGNORE INTO quarantine (collection, run, digest, record, raw, checksum) VALUES (?, ?, ?, ?, ?, ?)',
    [collection, run, digest, record, damaged.raw, checksumOf(record, damaged.raw)],
  )
}

export function insertPage(
  { connection, collection, run }: Omit<Where, 'now'>,
  first: number,
  { page }: Pick<PagePart, 'page'>,
): void {
  const { url, digest, receivedAt, peerFingerprint, addedFirst, addedLast } = page
  const record = JSON.stringify({ url, digest, receivedAt, peerFingerprint, addedFirst, addedLast })
  connection.run('INSERT INTO page (collection, run, first, record, checksum) VALUES (?, ?, ?, ?, ?)', [
    collection,
    run,
    first,
    record,
    checksumOf(collection, run, first, record),
  ])
}
