import { StixTaxiiError } from '../core/errors.ts'
import { timestampOfDate } from '../core/timestamp.ts'
import type { CollectionKey } from '../store/store.ts'
import type { TaxiiClient } from '../taxii/client.ts'
import { chooseCollections } from './choose-collections.ts'
import type { Choice, Wanted } from './choose-collections.ts'
import type { FetchOne, FetchResult } from './fetch.ts'
import { emptyRow, fetchCollection, stampAfterFailure, underRun } from './fetch-collection.ts'
import type { Fetch } from './fetch-collection.ts'
import { asFetchError, statusOf } from './fetch-error.ts'
import { checkRequest } from './window.ts'

/** After so many collections in a row that the network kept from us, the rest of the source is not tried. */
const deadAfter = 3

/** See `FetchOne`. */
export const fetchSource: FetchOne = async (source, request, dependencies, signal) => {
  checkRequest(request, dependencies.clock.now())
  const fetch: Fetch = { source, request, dependencies, signal }
  let version: string | null = null
  try {
    return await underLock(fetch, () =>
      recordingFailure(fetch, async () => {
        const client = await source.connect(signal)
        version = client.version
        const choices = await chooseCollections(client, await wantedOf(fetch), signal)
        return () => fetchChoices(fetch, client, choices)
      }),
    )
  } catch (error) {
    return [failedRow(fetch, { collection: null, version, error: asFetchError(error, signal) })]
  }
}

async function underLock<T>({ source, request, dependencies, signal }: Fetch, work: () => Promise<T>): Promise<T> {
  const lock = await dependencies.store.lockSource(source.ref, { timeoutMs: request.lockTimeoutMs, signal })
  try {
    return await work()
  } finally {
    await lock[Symbol.asyncDispose]()
  }
}

function failedRow(
  fetch: Fetch,
  failure: { collection: string | null; version: string | null; error: StixTaxiiError },
): FetchResult {
  const { collection, version, error } = failure
  return { ...emptyRow(fetch, collection, version), status: statusOf(error), error }
}

async function wantedOf({ source, request, dependencies }: Fetch): Promise<Wanted> {
  const checkpoints = await dependencies.store.checkpoints({ source: source.ref.id })
  return {
    sourceId: source.ref.id,
    names: request.collections?.length ? request.collections : source.collections,
    apiRoot: source.apiRoot,
    known: checkpoints.map((checkpoint) => checkpoint.key),
  }
}

/** Gets to know the collections, then reads them. A source that fails before that leaves a run of its own: `status` shows it. */
async function recordingFailure<T>(fetch: Fetch, prepare: () => Promise<() => Promise<T>>): Promise<T> {
  const startedAt = timestampOfDate(fetch.dependencies.clock.now())
  let read: () => Promise<T>
  try {
    read = await prepare()
  } catch (error) {
    const key = { source: fetch.source.ref.id, root: '', collection: '' }
    await recordFailedRun(fetch, { key, version: 'unknown', startedAt }, error)
    throw error
  }
  return read()
}

/** That the store cannot record the failure as well is not worth more than the failure. */
async function recordFailedRun(
  fetch: Fetch,
  start: { key: CollectionKey; version: string; startedAt: string },
  error: unknown,
): Promise<void> {
  const run = underRun(fetch, { source: fetch.source.ref, ...start }, () => {
    throw error
  })
  await run.catch(() => undefined)
}

async function fetchChoices(
  fetch: Fetch,
  client: TaxiiClient,
  choices: readonly Choice[],
): Promise<readonly FetchResult[]> {
  const rows: FetchResult[] = []
  let unreachable = 0
  for (const choice of choices) {
    const collection = choice.kind === 'readable' ? choice.collection.id : choice.name
    const error = whyNotTried(fetch, rows, unreachable)
    const row = error
      ? failedRow(fetch, { collection, version: client.version, error })
      : choice.kind === 'readable'
        ? await fetchCollection(fetch, client, choice)
        : await refuse(fetch, client, choice)
    unreachable = row.error?.kind === 'network' ? unreachable + 1 : 0
    rows.push(row)
  }
  return rows
}

function whyNotTried({ signal }: Fetch, rows: readonly FetchResult[], unreachable: number): StixTaxiiError | undefined {
  if (signal.aborted) return asFetchError(signal.reason, signal)
  const last = rows.at(-1)?.error
  // What the disk or the store refused to one collection it refuses to the next.
  if (last?.kind === 'local') return last
  if (!last || unreachable < deadAfter) return undefined
  return new StixTaxiiError('FETCH_SOURCE_UNREACHABLE', `Not tried: ${deadAfter} collections in a row had no answer`, {
    kind: 'network',
    hint: 'Fetch again when the server answers; what was read is kept.',
    cause: last,
  })
}

/** The row of a wanted collection that is not there or may not be read; its checkpoint stays. */
async function refuse(
  fetch: Fetch,
  client: TaxiiClient,
  choice: Choice & { kind: 'unreadable' },
): Promise<FetchResult> {
  const { key, name, error } = choice
  const row = failedRow(fetch, { collection: name, version: client.version, error })
  if (!key) return row
  const startedAt = timestampOfDate(fetch.dependencies.clock.now())
  await recordFailedRun(fetch, { key, version: client.version, startedAt }, error)
  return { ...row, to: await stampAfterFailure(fetch, key) }
}
