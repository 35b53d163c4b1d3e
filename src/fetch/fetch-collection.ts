import { timestampOfDate } from '../core/timestamp.ts'
import type { CollectionKey, Counts, RunStart } from '../store/store.ts'
import type { Collection, TaxiiClient } from '../taxii/client.ts'
import type { Choice } from './choose-collections.ts'
import { addCounts, noCounts } from './counts.ts'
import type { FetchDependencies, FetchRequest, FetchResult, FetchSource } from './fetch.ts'
import { asFetchError, statusOf } from './fetch-error.ts'
import { readCollection } from './read-collection.ts'
import type { ReadingEnd } from './read-collection.ts'
import { planWindow } from './window.ts'
import type { Window } from './window.ts'

/** One fetch of one source: what all of its parts need. */
export interface Fetch {
  readonly source: FetchSource
  readonly request: FetchRequest
  readonly dependencies: FetchDependencies
  readonly signal: AbortSignal
}

type Outcome = Pick<FetchResult, 'status' | 'error' | 'vanished'>
type RunEnd = Outcome & Pick<FetchResult, 'to'>

/** What a run has stored so far, and from where on it read. */
interface Tally {
  counts: Counts
  from: string | undefined
}

/** A row with nothing in it yet. */
export function emptyRow(fetch: Fetch, collection: string | null, version: string | null): FetchResult {
  const nothing = { ...noCounts, from: null, to: null, status: 'ok', error: null } as const
  return { source: fetch.source.ref.name, collection, title: null, version, ...nothing }
}

/** Reads one collection under a run of its own. What goes wrong is the row's error; what was stored is counted. */
export async function fetchCollection(
  fetch: Fetch,
  client: TaxiiClient,
  choice: Choice & { kind: 'readable' },
): Promise<FetchResult> {
  const { source, request, dependencies, signal } = fetch
  const { collection, key } = choice
  const tally: Tally = { counts: noCounts, from: undefined }
  let outcome: RunEnd
  try {
    const window = await windowOf(fetch, client, choice)
    tally.from = window.begin
    outcome = await underRun(
      fetch,
      {
        source: source.ref,
        key,
        version: client.version,
        startedAt: timestampOfDate(dependencies.clock.now()),
        from: window.begin,
        title: collection.title,
        full: request.full,
      },
      (runId) => readWindows(fetch, client, choice, { first: window, runId, tally }),
    )
  } catch (error) {
    const failure = asFetchError(error, signal)
    outcome = { status: statusOf(failure), error: failure, to: await stampAfterFailure(fetch, key) }
  }
  const row = emptyRow(fetch, collection.id, client.version)
  return { ...row, title: collection.title ?? null, ...tally.counts, from: tally.from ?? null, ...outcome }
}

/** The checkpoint's stamp, null when there is none. */
async function stampOf({ dependencies }: Fetch, key: CollectionKey): Promise<string | null> {
  return (await dependencies.store.checkpoint(key))?.stamp ?? null
}

/** Null as well when the store does not say: what failed first is the error to tell. */
export function stampAfterFailure(fetch: Fetch, key: CollectionKey): Promise<string | null> {
  return stampOf(fetch, key).catch(() => null)
}

/** Does the work under a run record, which is closed whatever becomes of it. */
export async function underRun(
  fetch: Fetch,
  start: RunStart,
  work: (runId: string) => Promise<Pick<Outcome, 'vanished'>>,
): Promise<RunEnd> {
  const { store, clock } = fetch.dependencies
  const runId = await store.beginRun(start)
  let outcome: RunEnd
  try {
    const done = await work(runId)
    // A run that cannot say how far it came has not gone well, and "no checkpoint" would be untrue.
    outcome = { status: 'ok', error: null, ...done, to: await stampOf(fetch, start.key) }
  } catch (error) {
    const failure = asFetchError(error, fetch.signal)
    outcome = { status: statusOf(failure), error: failure, to: await stampAfterFailure(fetch, start.key) }
  }
  const { status, error, to } = outcome
  const finished = store.finishRun(runId, {
    finishedAt: timestampOfDate(clock.now()),
    status,
    to: to ?? undefined,
    error: error ? { code: error.code, kind: error.kind, message: error.message } : undefined,
  })
  // A full disk that ended the run refuses its last line too: the first error is the one to tell.
  await (error ? finished.catch(() => undefined) : finished)
  return outcome
}

/** Microseconds that a version's next run begins before its checkpoint; see `WindowFacts`. */
function overlapOf(client: TaxiiClient): number {
  return client.v1 ? 0 : 1
}

async function windowOf(fetch: Fetch, client: TaxiiClient, choice: Choice & { kind: 'readable' }): Promise<Window> {
  const { source, request, dependencies } = fetch
  return planWindow(request, {
    checkpoint: await dependencies.store.checkpoint(choice.key),
    firstBegin: source.begin,
    now: dependencies.clock.now(),
    ordering: choice.collection.ordering,
    overlapMicroseconds: overlapOf(client),
  })
}

/** Reads the window; after a half-read run that had an end of its own, also what this request wants beyond it. */
async function readWindows(
  fetch: Fetch,
  client: TaxiiClient,
  choice: Choice & { kind: 'readable' },
  run: { first: Window; runId: string; tally: Tally },
): Promise<Pick<Outcome, 'vanished'>> {
  const { request, dependencies } = fetch
  const end = await readWindow(fetch, client, choice, { ...run, window: run.first })
  run.tally.from = end.begin
  const hadItsOwnEnd = run.first.position !== undefined && run.first.end !== undefined && request.until === undefined
  const isEnough = request.limit !== undefined && run.tally.counts.received >= request.limit
  if (end.complete && hadItsOwnEnd && !isEnough) {
    const window = await windowOf(fetch, client, choice)
    await readWindow(fetch, client, choice, { ...run, window })
  }
  if (!request.full) return {}
  return { vanished: await dependencies.store.markVanished(choice.key, run.runId) }
}

async function readWindow(
  fetch: Fetch,
  client: TaxiiClient,
  choice: { collection: Collection; key: CollectionKey },
  run: { window: Window; runId: string; tally: Tally },
): Promise<ReadingEnd> {
  const { source, request, dependencies, signal } = fetch
  const before = run.tally.counts
  return readCollection({
    client,
    collection: choice.collection,
    key: choice.key,
    runId: run.runId,
    source,
    request,
    window: run.window,
    checkpoint: await dependencies.store.checkpoint(choice.key),
    overlapMicroseconds: overlapOf(client),
    dependencies,
    signal,
    wanted: (request.limit ?? Infinity) - before.received,
    onCounts(counts) {
      run.tally.counts = addCounts(before, counts)
      const { collection } = choice
      dependencies.onProgress?.({ source: source.ref.name, collection: collection.id, counts: run.tally.counts })
    },
  })
}
