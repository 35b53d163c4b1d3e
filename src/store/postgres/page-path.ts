import type { Growth } from '../growth.ts'
import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import type { Item } from '../../stix/item.ts'
import { isSameContent, versionOf } from '../compare.ts'
import type { ReadItem } from '../index-reading.ts'
import type { Conflict, PagePart, Settled } from '../store.ts'
import { latestChanges } from '../superseded.ts'
import { newTally } from '../tally.ts'
import { bytes, corruption, type Connection, type CopiedValue } from './connection.ts'
import { newIndexPath } from './index-path.ts'
import { itemsAt, rowOfItem, specOf, versionTarget, versionTypes } from './items.ts'
import { checksumOf, digestOf, keepLong, keyOfId, keyOfVersion, keyText, momentOf } from './keys.ts'
import { isLaterMoment, noteStanding, siblingMoment, type SiblingMoment } from './standing.ts'

/**
 * The page path: what becomes of each item of a page, inside the committing transaction and while the row of its collection
 * is held. Items are settled a thousand at a time: one count over ids and raw digests tells whether all of them are here
 * unchanged; only when it falls short are their versions looked up. One COPY adds what is new.
 */

const batchItems = 1000
const batchBytes = 8 * 1024 * 1024

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

export interface PagePath {
  /** Calls `onSettled` for each item, in order. */
  add(part: PagePart, onSettled: (item: Item, outcome: Settled) => void): Promise<void>
  finish(): Promise<Growth>
}

interface KnownVersion extends SiblingMoment {
  readonly version: string
  readonly digest: Buffer
}

interface Keyed {
  readonly item: Item
  readonly id: Buffer
  readonly digest: Buffer
}

export async function newPagePath(settings: PagePathSettings): Promise<PagePath> {
  const { connection, collection, run } = settings
  const index = newIndexPath(connection, collection, settings.read)
  const tally = newTally()
  const vanished = await connection.get('SELECT 1 AS any FROM vanished WHERE collection = $1 LIMIT 1', [collection])
  let lastAdded = settings.lastAdded
  let blocks = 0
  let mostlyKnown = lastAdded > 0

  async function settle(batch: readonly Keyed[], onSettled: (item: Item, outcome: Settled) => void): Promise<void> {
    const ids = batch.map(({ id }) => id)
    if (settings.full) await markSeen(connection, run, ids)
    if (vanished) await unmarkVanished(connection, collection, ids)
    if (mostlyKnown && (await countKnown(connection, collection, batch)) === batch.length) {
      tally.unchanged += batch.length
      for (const { item } of batch) onSettled(item, 'unchanged')
      return
    }
    const unchangedBefore = tally.unchanged
    const known = await findVersions(connection, collection, ids)
    const before = new Map([...known].map(([id, versions]) => [id, versions.length]))
    const fresh = new Map<number, Keyed>()
    for (const entry of batch) onSettled(entry.item, await settleOne(entry, known, fresh))
    mostlyKnown = (tally.unchanged - unchangedBefore) * 2 > batch.length
    if (fresh.size === 0) return
    const rows: CopiedValue[][] = []
    for (const [added, { item, digest }] of fresh) rows.push(rowOfItem(item, { collection, added, digest }))
    await keepLong(
      connection,
      [...fresh.values()].flatMap(({ item }) => [item.id, versionOf(item)]),
    )
    await connection.copy(versionTarget, versionTypes, rows)
    const changed = [...new Set([...fresh.values()].map(({ id }) => keyText(id)))].flatMap((id) =>
      latestChanges(known.get(id) ?? [], before.get(id) ?? 0, isLaterMoment),
    )
    await noteStanding(connection, collection, changed, (added) => typeOf(fresh.get(added)?.item))
    for (const [added, { item }] of fresh) await index.add(item, added)
  }

  /** Counts one item; when it brings something, it is among the fresh ones then. */
  async function settleOne(
    entry: Keyed,
    known: Map<string, KnownVersion[]>,
    fresh: Map<number, Keyed>,
  ): Promise<Settled> {
    const { item, digest } = entry
    const version = keyText(keyOfVersion(versionOf(item)))
    const id = keyText(entry.id)
    const siblings = known.get(id)
    const same = siblings?.find((sibling) => sibling.version === version)
    if (same) return compare(entry, same, fresh.get(same.added)?.item)
    lastAdded = Math.max(lastAdded + 1, settings.now)
    const stored = { version, digest, added: lastAdded, ...orderOf(item) }
    if (siblings) siblings.push(stored)
    else known.set(id, [stored])
    if (item.kind === 'block') blocks++
    else if (item.revoked) tally.revoked++
    fresh.set(lastAdded, entry)
    const outcome = siblings ? 'updated' : 'new'
    tally[outcome]++
    return outcome
  }

  /** The same version: unchanged, or in other bytes a conflict, of which the first is kept. */
  async function compare({ item, digest }: Keyed, same: KnownVersion, pending: Item | undefined): Promise<Settled> {
    const kept =
      item.kind === 'block' || same.digest.equals(digest) ? undefined : (pending ?? (await stored(same.added)))
    if (!kept || isSameContent(kept.raw, item.raw)) {
      tally.unchanged++
      return 'unchanged'
    }
    tally.conflicts++
    const seenAt = fromEpochMicroseconds(BigInt(settings.now))
    const conflict = { id: item.id, version: versionOf(item), kept: kept.raw, other: item.raw, seenAt }
    await keepConflict(settings, conflict)
    return 'conflict'
  }

  async function stored(added: number): Promise<Item> {
    const item = (await itemsAt(connection, collection, [added])).get(added)
    if (!item) throw corruption('a version has no bytes')
    return item
  }

  return {
    async add(part, onSettled) {
      const first = lastAdded + 1
      if (!part.partial) tally.pages++
      tally.received += part.items.length + part.damaged.length
      for (const batch of batchesOf(part.items)) await settle(batch, onSettled)
      for (const damaged of part.damaged) {
        tally.quarantined++
        await putAside(settings, damaged)
      }
      if (lastAdded >= first) await insertPage(settings, Math.max(first, settings.now), part)
    },
    async finish() {
      const indexed = await index.finish()
      return { tally, lastAdded, ids: tally.new, versions: tally.new + tally.updated, blocks, index: indexed }
    },
  }
}

/** As the columns `spec` and `moment` have it. */
function orderOf(item: Item): Pick<SiblingMoment, 'spec' | 'moment'> {
  return { spec: specOf(item), moment: momentOf(versionOf(item)).toString('latin1') }
}

function typeOf(item: Item | undefined): Buffer | null {
  return item?.kind === 'object' ? bytes(item.type) : null
}

/** So many that one is worth its questions, and so few that they fit. */
function* batchesOf(items: readonly Item[]): Iterable<readonly Keyed[]> {
  let batch: Keyed[] = []
  let size = 0
  for (const item of items) {
    batch.push({ item, id: keyOfId(item.id), digest: digestOf(item.raw) })
    size += item.raw.length
    if (batch.length < batchItems && size < batchBytes) continue
    yield batch
    batch = []
    size = 0
  }
  if (batch.length > 0) yield batch
}

/** How many of them are here unchanged: one row instead of one each. */
async function countKnown(connection: Connection, collection: number, batch: readonly Keyed[]): Promise<number> {
  const row = await connection.get(
    // One look each, whatever the planner knows of the tables: a join may read all of a new one.
    `SELECT count(*) AS known FROM unnest($1::bytea[], $2::bytea[]) AS wanted (id, digest)
     WHERE (SELECT true FROM version
       WHERE version.id = wanted.id AND version.collection = $3 AND version.digest = wanted.digest LIMIT 1)`,
    [batch.map(({ id }) => id), batch.map(({ digest }) => digest), collection],
  )
  return row?.['known'] as number
}

/** The stored versions of some ids, by id. */
async function findVersions(
  connection: Connection,
  collection: number,
  ids: readonly Buffer[],
): Promise<Map<string, KnownVersion[]>> {
  const rows = await connection.all(
    'SELECT id, version, digest, added, moment, spec FROM version WHERE id = ANY($1::bytea[]) AND collection = $2',
    [ids, collection],
  )
  const known = new Map<string, KnownVersion[]>()
  for (const row of rows) {
    const id = keyText(row['id'] as Buffer)
    const version = {
      ...siblingMoment(row),
      version: keyText(row['version'] as Buffer),
      digest: row['digest'] as Buffer,
    }
    const siblings = known.get(id)
    if (siblings) siblings.push(version)
    else known.set(id, [version])
  }
  return known
}

async function markSeen(connection: Connection, run: number, ids: readonly Buffer[]): Promise<void> {
  await connection.run('INSERT INTO seen (run, id) SELECT $1, * FROM unnest($2::bytea[]) ON CONFLICT DO NOTHING', [
    run,
    ids,
  ])
}

async function unmarkVanished(connection: Connection, collection: number, ids: readonly Buffer[]): Promise<void> {
  await connection.run('DELETE FROM vanished WHERE collection = $1 AND id = ANY($2::bytea[])', [collection, ids])
}

/** The same conflict twice is kept once. */
export async function keepConflict(
  { connection, collection }: Pick<PagePathSettings, 'connection' | 'collection'>,
  { id, version, kept, other, seenAt }: Omit<Conflict, 'source' | 'key'>,
): Promise<void> {
  const record = JSON.stringify({ id, version, seenAt })
  const digest = digestOf(Buffer.concat([bytes(`${id}\n`), digestOf(other)]))
  await connection.run(
    `INSERT INTO conflict (collection, digest, record, kept, other, checksum) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT DO NOTHING`,
    [collection, digest, bytes(record), kept, other, checksumOf(record, kept, other)],
  )
}

/** Where something goes: an open transaction, and the numbers of collection and run. `now` in microseconds. */
type Where = Pick<PagePathSettings, 'connection' | 'collection' | 'run' | 'now'>

/** The same thing twice is kept once. */
export async function putAside(
  { connection, collection, run, now }: Where,
  damaged: PagePart['damaged'][number],
): Promise<void> {
  const quarantinedAt = fromEpochMicroseconds(BigInt(now))
  const record = JSON.stringify({ reason: damaged.reason, detail: damaged.detail, quarantinedAt })
  const digest = digestOf(Buffer.concat([bytes(`${damaged.reason}\n`), damaged.raw]))
  await connection.run(
    `INSERT INTO quarantine (collection, run, digest, record, raw, checksum) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT DO NOTHING`,
    [collection, run, digest, bytes(record), damaged.raw, checksumOf(record, damaged.raw)],
  )
}

export async function insertPage(
  { connection, collection, run }: Omit<Where, 'now'>,
  first: number,
  { page }: Pick<PagePart, 'page'>,
): Promise<void> {
  const { url, digest, receivedAt, peerFingerprint, addedFirst, addedLast } = page
  const record = JSON.stringify({ url, digest, receivedAt, peerFingerprint, addedFirst, addedLast })
  await connection.run('INSERT INTO page (collection, run, first, record, checksum) VALUES ($1, $2, $3, $4, $5)', [
    collection,
    run,
    first,
    bytes(record),
    checksumOf(collection, run, first, record),
  ])
}
