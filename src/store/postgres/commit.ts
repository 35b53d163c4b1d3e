import type { Clock } from '../../core/ports.ts'
import { StixTaxiiError } from '../../core/errors.ts'
import type { ReadItem } from '../index-reading.ts'
import type { RecordChange } from '../records.ts'
import type { CheckpointMove, Counts, PageBatch, Settled } from '../store.ts'
import { nowMicros } from '../now.ts'
import type { PostgresAddress } from './address.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { growIndex } from './index-path.ts'
import type { Locks } from './locks.ts'
import type { Growth } from '../growth.ts'
import { newPagePath } from './page-path.ts'
import type { Place } from '../place.ts'
import { findPlace, lockPlace, makePlace, moveCheckpoint } from './places.ts'
import { changeRecords } from './records.ts'
import { countForRun, findRun } from './runs.ts'
import { gather, type GatheredParts } from './spool.ts'

export interface CommitParts {
  readonly clock: Clock
  readonly loadReader: () => Promise<ReadItem>
  readonly locks: Locks
}

/** Batches of pages, what they say of values, the counts of their runs, checkpoints and records, in one transaction. */
export async function commitBatches(
  database: Database,
  { clock, loadReader, locks }: CommitParts,
  batches: readonly PageBatch[],
): Promise<readonly Counts[]> {
  // Pages that are still coming in are waited for before the transaction, so that it is short.
  const gathered: Gathered[] = []
  try {
    for (const batch of batches)
      gathered.push({ batch, parts: await gather(batch.parts), move: once(batch.checkpoint) })
    const read = await loadReader()
    const told = newTelling(gathered)
    const stored = await database.transaction(async (connection) => {
      const now = nowMicros(clock)
      await locks.fence(connection, new Set(batches.map(({ key }) => key.source)))
      await lockPlaces(connection, batches)
      const done: Stored[] = []
      for (const each of gathered) done.push(await storeBatch(connection, database.address, { now, read }, each))
      await changeRecords(connection, now, await told.changes(done.map(({ outcomes }) => outcomes)))
      return done
    })
    for (const [place, each] of gathered.entries()) await tellStored(each, (stored[place] as Stored).outcomes)
    return stored.map(({ growth }) => growth.tally)
  } finally {
    for (const { parts } of gathered) await parts[Symbol.asyncDispose]()
  }
}

interface Gathered {
  readonly batch: PageBatch
  readonly parts: GatheredParts
  readonly move: () => CheckpointMove | undefined
}

interface Stored {
  readonly growth: Growth
  /** What became of each item, in order. */
  readonly outcomes: readonly Settled[]
}

/** What is there is locked in order of number, so that no two commits wait for one another. */
async function lockPlaces(connection: Connection, batches: readonly PageBatch[]): Promise<void> {
  const places: Place[] = []
  for (const { key } of batches) {
    const place = await findPlace(connection, key)
    if (place && places.every(({ number }) => number !== place.number)) places.push(place)
  }
  for (const { key } of places.sort((a, b) => a.number - b.number)) await lockPlace(connection, key)
}

async function storeBatch(
  connection: Connection,
  address: PostgresAddress,
  { now, read }: { readonly now: number; readonly read: ReadItem },
  { batch, parts, move }: Gathered,
): Promise<Stored> {
  const run = await findRun(connection, batch.runId)
  // Found anew: an earlier batch of this transaction may have added to it; and held, where another has made it meanwhile.
  const before = (await lockPlace(connection, batch.key)) ?? (await makePlace(connection, batch.key))
  const { number: collection, lastAdded } = before
  const path = await newPagePath({ connection, collection, run: run.number, full: run.full, lastAdded, now, read })
  const outcomes: Settled[] = []
  for await (const part of parts.read()) await path.add(part, (_item, outcome) => outcomes.push(outcome))
  const growth = await path.finish()
  await grow(connection, before, growth)
  await countForRun(connection, run.number, growth.tally)
  const moved = move()
  if (moved) await moveCheckpoint(connection, address, { ...before, lastAdded: growth.lastAdded }, moved, now)
  return { growth, outcomes }
}

async function grow(connection: Connection, place: Place, growth: Growth): Promise<void> {
  if (growth.versions === 0) return
  await connection.run(
    `UPDATE collection SET ids = ids + $1, versions = versions + $2, blocks = blocks + $3, last_added = $4
     WHERE number = $5`,
    [growth.ids, growth.versions, growth.blocks, growth.lastAdded, place.number],
  )
  await growIndex(connection, place.number, growth.index)
}

/**
 * Tells the callers what became of their items, once, and asks them for their records, once: also when the transaction has
 * to be done again. Where it then comes out otherwise, what they were told is not true, and everything is undone.
 */
function newTelling(gathered: readonly Gathered[]) {
  let told: { readonly outcomes: string; readonly changes: readonly RecordChange[] } | undefined
  return {
    async changes(all: readonly (readonly Settled[])[]): Promise<readonly RecordChange[]> {
      const isListened = gathered.some(({ batch }) => batch.onSettled ?? batch.records)
      if (!isListened) return []
      const outcomes = JSON.stringify(all)
      if (told && told.outcomes !== outcomes) throw overtaken()
      if (told) return told.changes
      for (const [place, { batch, parts }] of gathered.entries()) {
        if (batch.onSettled) await eachOf(parts, all[place] ?? [], batch.onSettled)
      }
      told = { outcomes, changes: gathered.flatMap(({ batch }) => batch.records?.() ?? []) }
      return told.changes
    },
  }
}

async function tellStored({ batch, parts }: Gathered, outcomes: readonly Settled[]): Promise<void> {
  const { onStored } = batch
  if (!onStored) return
  await eachOf(parts, outcomes, (item, outcome) => {
    if (outcome === 'new' || outcome === 'updated') onStored(item)
  })
}

async function eachOf(
  parts: GatheredParts,
  outcomes: readonly Settled[],
  tell: NonNullable<PageBatch['onSettled']>,
): Promise<void> {
  let at = 0
  for await (const { items } of parts.read()) for (const item of items) tell(item, outcomes[at++] as Settled)
}

function once<Value>(ask: () => Value): () => Value {
  let answer: { readonly value: Value } | undefined
  return () => (answer ??= { value: ask() }).value
}

function overtaken(): StixTaxiiError {
  return new StixTaxiiError('STORE_OVERTAKEN', 'Someone else stored the same while the connection was lost', {
    kind: 'network',
    hint: 'Nothing of this was kept. Run it again.',
  })
}
