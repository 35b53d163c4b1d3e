import { StixTaxiiError } from '../core/errors.ts'
import { compareTimestamps, laterTimestamp, minusMicroseconds } from '../core/timestamp.ts'
import type { Checkpoint, CheckpointMove, CollectionKey, Counts, PageBatch } from '../store/store.ts'
import type { Collection, Page, PollPosition, PollRequest, TaxiiClient } from '../taxii/client.ts'
import { gatherBatch, slabParts } from './batches.ts'
import type { Batch, GatherOptions } from './batches.ts'
import { addCounts, noCounts } from './counts.ts'
import type { FetchDependencies, FetchRequest, FetchSource } from './fetch.ts'
import { readAhead } from './read-ahead.ts'
import type { PageReader } from './read-ahead.ts'
import { beginByServerClock, filtersOf, isEmptyWindow, restarted } from './window.ts'
import type { Window } from './window.ts'

/** What one reading of one collection needs. The source's lock is held meanwhile. */
export interface Reading {
  readonly client: TaxiiClient
  readonly collection: Collection
  readonly key: CollectionKey
  readonly runId: string
  readonly source: FetchSource
  readonly request: FetchRequest
  readonly window: Window
  readonly checkpoint: Checkpoint | undefined
  readonly overlapMicroseconds: number
  readonly dependencies: FetchDependencies
  readonly signal: AbortSignal
  /** Objects of this run that `--limit` still allows. */
  readonly wanted: number
  /** Told after each commit: what this reading has stored so far. */
  readonly onCounts: (counts: Counts) => void
}

/** What is known while a collection is read; changes with every commit. */
interface Progress {
  window: Window
  counts: Counts
  /** The newest stamp that the committed pages of this run prove. */
  reached: string | undefined
  /** Where the committed pages end; undefined when nothing follows, or nothing was read yet. */
  position: PollPosition | undefined
  committed: boolean
  /** The newest date of addition seen in this run. */
  newest: string | undefined
  /** A page had older objects than one before it: until the last page nothing is proved. */
  unordered: boolean
}

/** How a reading ended; `complete` is false when `--limit` stopped it at a page border with more to come. */
export interface ReadingEnd {
  readonly complete: boolean
  /** The exclusive begin that was asked for. */
  readonly begin: string | undefined
}

/**
 * Reads one window of a collection into the store. Pages and checkpoint move together; what was committed before an
 * error stays. When the server refuses the position of a half-read run, reading starts again from the last stamp.
 */
export async function readCollection(reading: Reading): Promise<ReadingEnd> {
  const { window } = reading
  if (isEmptyWindow(window)) return { complete: true, begin: window.begin }
  const progress: Progress = {
    window,
    counts: noCounts,
    reached: window.reached,
    position: window.position,
    committed: false,
    newest: window.reached,
    unordered: false,
  }
  for (;;) {
    const outcome = await readPoll(reading, progress)
    if (outcome === 'limit') return { complete: false, begin: progress.window.begin }
    if (outcome === 'again') continue
    await endRun(reading, progress)
    return { complete: true, begin: progress.window.begin }
  }
}

/** One poll to its end; `again` when it has to be asked anew with `progress.window` as it is now. */
async function readPoll(reading: Reading, progress: Progress): Promise<'end' | 'limit' | 'again'> {
  const { client, dependencies, signal } = reading
  const request = pollRequest(reading, progress.window)
  const reachedBefore = progress.reached
  const reader = readAhead((inner) => client.poll(request, inner), dependencies.clock, signal)
  try {
    return await readBatches(reading, progress, reader)
  } catch (error) {
    const forgotten = error instanceof StixTaxiiError && error.code === 'TAXII_POSITION_REFUSED'
    const gotOn = request.position !== undefined || progress.reached !== reachedBefore
    if (!forgotten || !gotOn) throw error
    progress.window = restarted(progress.window, progress.reached, reading.overlapMicroseconds)
    progress.position = undefined
    return 'again'
  } finally {
    await reader.close()
  }
}

async function readBatches(
  reading: Reading,
  progress: Progress,
  reader: PageReader,
): Promise<'end' | 'limit' | 'again'> {
  for (;;) {
    const options = gatherOptions(reading, progress)
    const batch = await gatherBatch(reader, options)
    const begin = progress.committed ? undefined : beginByServerClock(progress.window, batch.serverDate)
    if (begin !== undefined) {
      progress.window = { ...progress.window, begin, relativeBegin: undefined }
      return 'again'
    }
    await storeBatch(reading, progress, batch)
    if (batch.slab) await commitSlabs(reading, progress, slabParts(batch.slab, reader, options))
    if (batch.error !== undefined) throw batch.error
    if (batch.end) return 'end'
    if (progress.counts.received >= reading.wanted) return progress.position === undefined ? 'end' : 'limit'
  }
}

function gatherOptions(reading: Reading, progress: Progress): GatherOptions {
  return {
    clock: reading.dependencies.clock,
    repairs: reading.source.repairs,
    wanted: reading.wanted - progress.counts.received,
  }
}

function pollRequest(reading: Reading, window: Window): PollRequest {
  const { collection, client, request, source } = reading
  return {
    collection: collection.id,
    root: client.v2 ? collection.root : undefined,
    begin: window.begin,
    end: window.end,
    match: request.match,
    pageSize: source.pageSize,
    position: window.position,
  }
}

async function storeBatch(reading: Reading, progress: Progress, batch: Batch): Promise<void> {
  const { last, parts } = batch
  if (last) await commit(reading, progress, { parts, last: () => last, dates: () => parts.map(({ page }) => page) })
}

async function commitSlabs(reading: Reading, progress: Progress, slabs: ReturnType<typeof slabParts>): Promise<void> {
  await commit(reading, progress, { ...slabs, dates: () => [slabs.last()] })
}

interface Commit {
  readonly parts: PageBatch['parts']
  /** Asked once all parts are read. */
  readonly last: () => Page
  readonly dates: () => readonly Pick<Page, 'addedFirst' | 'addedLast'>[]
}

async function commit(reading: Reading, progress: Progress, what: Commit): Promise<void> {
  const { dependencies, source, collection, key, runId } = reading
  const { onStored } = dependencies
  let reached = progress.reached
  const stored = await dependencies.store.commit({
    key,
    runId,
    parts: what.parts,
    checkpoint: () => {
      if (!reading.client.v1) for (const dates of what.dates()) noteOrder(progress, dates)
      const stamp = clampedStamp(what.last(), progress.window)
      const { position } = what.last()
      reached = progress.unordered && position ? undefined : laterTimestamp(reached, stamp)
      return moveAfter(reading, progress, reached, position)
    },
    onStored: onStored && ((item) => onStored(source.ref, collection.id, item)),
  })
  progress.reached = reached
  progress.position = what.last().position
  progress.committed = true
  progress.counts = addCounts(progress.counts, stored)
  reading.onCounts(progress.counts)
  await dependencies.onCommitted?.()
}

function clampedStamp(page: Page, window: Window): string | undefined {
  if (page.stamp === undefined || window.end === undefined) return page.stamp
  return compareTimestamps(page.stamp, window.end) > 0 ? window.end : page.stamp
}

/** Servers tell dates in whole seconds, or give the object again at which a page ended. */
const orderSlackMicroseconds = 1_000_000

// TAXII 2.1, 3.4 wants the oldest first. One who gives the newest first has proved nothing by its first pages.
function noteOrder(progress: Progress, { addedFirst, addedLast }: Pick<Page, 'addedFirst' | 'addedLast'>): void {
  const floor = progress.newest && minusMicroseconds(progress.newest, orderSlackMicroseconds)
  if (addedFirst !== undefined && floor !== undefined && compareTimestamps(addedFirst, floor) < 0) {
    progress.unordered = true
    progress.window = { ...progress.window, reached: undefined }
  }
  progress.newest = laterTimestamp(progress.newest, addedLast)
}

/**
 * What a commit does to the checkpoint: forward only, and not at all for a window that would leave a gap. In the middle of
 * pages without order it goes back to the run's begin, which is all that is proved.
 */
function moveAfter(
  reading: Reading,
  { window, unordered }: Progress,
  reached: string | undefined,
  position: PollPosition | undefined,
): CheckpointMove | undefined {
  if (!window.movesCheckpoint) return undefined
  const run = position ? { filters: filtersOf(window, reached), position } : null
  if (unordered && position) return { stamp: window.begin, run }
  return { stamp: laterTimestamp(reading.checkpoint?.stamp, reached), run }
}

/**
 * Closes a run that was read to its end where the last page did not: the half-read mark goes, and a first reading that
 * proved no time leaves the begin it asked for, so that what the server adds meanwhile cannot fall before the next begin.
 */
async function endRun(reading: Reading, progress: Progress): Promise<void> {
  const { collection, dependencies, key, runId, checkpoint } = reading
  const { window, position, reached } = progress
  if (!window.movesCheckpoint) return
  const timeless = checkpoint?.stamp === undefined && reached === undefined && collection.ordering === 'feed'
  const stamp = timeless ? window.begin : undefined
  if (position === undefined && stamp === undefined) return
  await dependencies.store.commit({ key, runId, parts: [], checkpoint: () => ({ stamp, run: null }) })
}
