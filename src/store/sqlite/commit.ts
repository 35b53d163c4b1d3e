import { fromEpochMicroseconds, timestampOfDate, toEpochMicroseconds } from '../../core/timestamp.ts'
import type { Clock } from '../../core/ports.ts'
import type { Item } from '../../stix/item.ts'
import type { ReadItem } from '../index-reading.ts'
import type { Counts, PageBatch } from '../store.ts'
import type { Connection } from './binding.ts'
import type { Database } from './database.ts'
import { growIndex } from './grow-index.ts'
import { versionsOfPlace } from './listings.ts'
import { newPagePath, type Growth } from './page-path.ts'
import { findPlace, makePlace, moveCheckpoint, type Place } from './places.ts'
import { countForRun, findRun } from './runs.ts'
import { gather } from './spool.ts'

/** Items are kept in memory for `onStored` up to here; beyond it they are read back from the store. */
const rememberedBytes = 16 * 1024 * 1024

/** One batch of pages, what they say of values, the counts of its run and its checkpoint, in one transaction. */
export async function commitBatch(
  database: Database,
  { clock, loadReader }: { readonly clock: Clock; readonly loadReader: () => Promise<ReadItem> },
  batch: PageBatch,
): Promise<Counts> {
  // Pages that are still coming in are waited for before the transaction, so that it is short.
  await using parts = await gather(database, batch.parts)
  const read = await loadReader()
  const remembered = newMemory(batch.onStored !== undefined)
  const { before, growth } = await database.transaction(async (connection) => {
    const run = findRun(connection, batch.runId)
    const before = findPlace(connection, batch.key) ?? makePlace(connection, batch.key)
    const now = nowMicros(clock)
    const { lastAdded } = before
    const { number: collection } = before
    const path = newPagePath({ connection, collection, run: run.number, full: run.full, lastAdded, now, read })
    for (const part of parts.read()) await path.add(part, remembered.add)
    const growth = await path.finish()
    grow(connection, before, growth)
    countForRun(connection, run.number, growth.tally)
    const move = batch.checkpoint()
    if (move) moveCheckpoint(connection, database.file, { ...before, lastAdded: growth.lastAdded }, move, now)
    return { before, growth }
  })
  if (batch.onStored) await tellStored(database, before, growth, remembered.items(), batch.onStored)
  return growth.tally
}

export function nowMicros(clock: Clock): number {
  return Number(toEpochMicroseconds(timestampOfDate(clock.now())))
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
  before: Place,
  growth: Growth,
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
