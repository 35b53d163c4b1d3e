import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import type { Clock } from '../../core/ports.ts'
import type { Item } from '../../stix/item.ts'
import type { ReadItem } from '../index-reading.ts'
import type { Counts, PageBatch, Settled } from '../store.ts'
import type { Connection } from './binding.ts'
import type { Database } from './database.ts'
import { growIndex } from './grow-index.ts'
import { versionsOfPlace } from './listings.ts'
import { nowMicros } from '../now.ts'
import type { Growth } from '../growth.ts'
import { newPagePath } from './page-path.ts'
import type { Place } from '../place.ts'
import { findPlace, makePlace, moveCheckpoint } from './places.ts'
import { changeRecords } from './records.ts'
import { countForRun, findRun } from './runs.ts'
import { gather, type GatheredParts } from './spool.ts'

/** Items are kept in memory for `onStored` up to here; beyond it they are read back from the store. */
const rememberedBytes = 16 * 1024 * 1024

/** Batches of pages, what they say of values, the counts of their runs, checkpoints and records, in one transaction. */
export async function commitBatches(
  database: Database,
  { clock, loadReader }: { readonly clock: Clock; readonly loadReader: () => Promise<ReadItem> },
  batches: readonly PageBatch[],
): Promise<readonly Counts[]> {
  // Pages that are still coming in are waited for before the transaction, so that it is short.
  const gathered: Gathered[] = []
  try {
    for (const batch of batches) {
      const parts = await gather(database, batch.parts)
      gathered.push({ batch, parts, remembered: newMemory(batch.onStored !== undefined) })
    }
    return await commitGathered(database, clock, await loadReader(), gathered)
  } finally {
    for (const { parts } of gathered) await parts[Symbol.asyncDispose]()
  }
}

async function commitGathered(
  database: Database,
  clock: Clock,
  read: ReadItem,
  gathered: readonly Gathered[],
): Promise<readonly Counts[]> {
  const stored = await database.transaction(async (connection) => {
    const done: Stored[] = []
    for (const each of gathered) done.push(await storeBatch(connection, database.file, nowMicros(clock), read, each))
    const changes = gathered.flatMap(({ batch }) => batch.records?.() ?? [])
    changeRecords(connection, nowMicros(clock), changes)
    return done
  })
  for (const [place, { batch, remembered }] of gathered.entries()) {
    if (batch.onStored) await tellStored(database, stored[place] as Stored, remembered.items(), batch.onStored)
  }
  return stored.map(({ growth }) => growth.tally)
}

interface Gathered {
  readonly batch: PageBatch
  readonly parts: GatheredParts
  readonly remembered: Memory
}

/** The place as it was before, and what it gained. */
interface Stored {
  readonly before: Place
  readonly growth: Growth
}

async function storeBatch(
  connection: Connection,
  file: string,
  now: number,
  read: ReadItem,
  { batch, parts, remembered }: Gathered,
): Promise<Stored> {
  const run = findRun(connection, batch.runId)
  const before = findPlace(connection, batch.key) ?? makePlace(connection, batch.key)
  const { number: collection, lastAdded } = before
  const path = newPagePath({ connection, collection, run: run.number, full: run.full, lastAdded, now, read })
  const onSettled = (item: Item, outcome: Settled) => {
    if (outcome === 'new' || outcome === 'updated') remembered.add(item)
    batch.onSettled?.(item, outcome)
  }
  for (const part of parts.read()) await path.add(part, onSettled)
  const growth = await path.finish()
  grow(connection, before, growth)
  countForRun(connection, run.number, growth.tally)
  const move = batch.checkpoint()
  if (move) moveCheckpoint(connection, file, { ...before, lastAdded: growth.lastAdded }, move, now)
  return { before, growth }
}

function grow(connection: Connection, place: Place, growth: Growth): void {
  if (growth.versions === 0) return
  connection.run(
    `UPDATE collection SET ids = ids + ?, versions = versions + ?, blocks = blocks + ?, last_added = ? WHERE number = ?`,
    [growth.ids, growth.versions, growth.blocks, growth.lastAdded, place.number],
  )
  growIndex(connection, place.number, growth.index)
}

interface Memory {
  readonly add: (item: Item) => void
  /** Undefined when it was too much. */
  items(): readonly Item[] | undefined
}

function newMemory(isWanted: boolean): Memory {
  let items: Item[] | undefined = isWanted ? [] : undefined
  let bytes = 0
  return {
    add(item) {
      if (!items) return
      bytes += item.raw.length
      if (bytes > rememberedBytes) items = undefined
      else items.push(item)
    },
    items: () => items,
  }
}

async function tellStored(
  database: Database,
  { before, growth }: Stored,
  items: readonly Item[] | undefined,
  onStored: (item: Item) => void,
): Promise<void> {
  if (items) {
    for (const item of items) onStored(item)
    return
  }
  const last = fromEpochMicroseconds(BigInt(growth.lastAdded))
  for await (const { item, addedAt } of versionsOfPlace(database.reader, database.file, before, before.lastAdded, {})) {
    if (addedAt > last) return
    onStored(item)
  }
}
