import { durationMs, parseDuration } from '../core/duration.ts'
import { fromEpochMicroseconds, laterTimestamp, toEpochMicroseconds } from '../core/timestamp.ts'
import type { TaxiiProfile } from '../profile/profile.ts'
import type { Checkpoint, CollectionInfo, Run, Store } from '../store/store.ts'

export interface StatusError {
  readonly code: string
  readonly kind: string
  readonly message: string
}

/** How one collection of a source stands. Times are RFC 3339 in UTC; null = never. */
export interface CollectionStatus {
  readonly collection: string
  readonly title: string | null
  readonly status: Run['status']
  readonly lastAttempt: string | null
  readonly lastSuccess: string | null
  /** Ids and content blocks in the store. */
  readonly entries: number
  readonly quarantined: number
  readonly checkpoint: string | null
  readonly error: StatusError | null
}

/** What Logpoint's General Information shows of an enrichment source, for one of ours. */
export interface SourceStatus {
  readonly source: string
  readonly enabled: boolean
  /** `never` before the first attempt; `failed` when the newest attempt at any collection failed. */
  readonly status: Run['status'] | 'never'
  readonly lastAttempt: string | null
  readonly lastSuccess: string | null
  /** When `watch` fetches it next, if it was not for failures. Null when disabled or never tried. */
  readonly nextFetch: string | null
  readonly entries: number
  readonly error: StatusError | null
  readonly collections: readonly CollectionStatus[]
}

/** How the sources stand, in their order, by the runs and checkpoints of the store. Locks nothing. */
export async function readStatus(profiles: readonly TaxiiProfile[], store: Store): Promise<readonly SourceStatus[]> {
  const { collections } = await store.info()
  return Promise.all(profiles.map((profile) => statusOfSource(profile, store, collections)))
}

async function statusOfSource(
  profile: TaxiiProfile,
  store: Store,
  infos: readonly CollectionInfo[],
): Promise<SourceStatus> {
  const history = historyByCollection(await recentRuns(profile, store))
  const checkpoints = await store.checkpoints({ source: profile.id })
  const own = infos.filter((info) => info.source.id === profile.id && info.key.collection !== '')
  const collections = [...history.values()]
    .filter(({ newest }) => newest.key.collection !== '')
    .map((each) => statusOfCollection(each, own, checkpoints))
    .sort((a, b) => (a.collection < b.collection ? -1 : 1))
  // A failure before the collections were known counts until one of them was tried again.
  const tried = collections.map(({ lastAttempt }) => lastAttempt ?? undefined).reduce(laterTimestamp, undefined)
  const whole = [...history.values()].find(({ newest }) => newest.key.collection === '')?.newest
  const wholeCounts = whole !== undefined && laterTimestamp(tried, whole.startedAt) === whole.startedAt
  const bad = wholeCounts ? whole : collections.find((each) => each.status !== 'ok' && !isPast(each, profile, tried))
  const lastAttempt = laterTimestamp(tried, whole?.startedAt) ?? null
  return {
    source: profile.name,
    enabled: profile.enabled,
    status: bad?.status ?? (collections.length > 0 ? 'ok' : 'never'),
    lastAttempt,
    lastSuccess: collections.map((each) => each.lastSuccess ?? undefined).reduce(laterTimestamp, undefined) ?? null,
    nextFetch: profile.enabled && lastAttempt !== null ? afterInterval(lastAttempt, profile.fetchInterval) : null,
    entries: own.reduce((sum, info) => sum + info.ids, 0),
    error: bad?.error ?? null,
    collections,
  }
}

// A collection that may not be read is tried only when it is named. Where the profile names none, that was done once, by a
// flag: it stands for the source no longer than until the next fetch.
function isPast({ error, lastAttempt }: CollectionStatus, profile: TaxiiProfile, newest: string | undefined): boolean {
  return error?.code === 'FETCH_COLLECTION_UNREADABLE' && profile.collections.length === 0 && lastAttempt !== newest
}

/** Enough runs to know each collection's last success in the usual case; all of them when that lies further back. */
async function recentRuns(profile: TaxiiProfile, store: Store): Promise<readonly Run[]> {
  const recent = 200
  const runs = await store.runs({ source: profile.id, limit: recent })
  const complete = runs.length < recent || [...historyByCollection(runs).values()].every(({ success }) => success)
  return complete ? runs : store.runs({ source: profile.id })
}

interface History {
  readonly newest: Run
  success: Run | undefined
}

function historyByCollection(runs: readonly Run[]): ReadonlyMap<string, History> {
  const history = new Map<string, History>()
  for (const run of runs) {
    const name = `${run.key.root}\n${run.key.collection}`
    const known = history.get(name) ?? { newest: run, success: undefined }
    if (run.status === 'ok') known.success ??= run
    history.set(name, known)
  }
  return history
}

function statusOfCollection(
  { newest, success }: History,
  infos: readonly CollectionInfo[],
  checkpoints: readonly Checkpoint[],
): CollectionStatus {
  const isSame = (key: Run['key']): boolean => key.root === newest.key.root && key.collection === newest.key.collection
  const info = infos.find(({ key }) => isSame(key))
  return {
    collection: newest.key.collection,
    title: info?.title ?? null,
    status: newest.status,
    lastAttempt: newest.startedAt,
    lastSuccess: success?.finishedAt ?? null,
    entries: info?.ids ?? 0,
    quarantined: info?.quarantined ?? 0,
    checkpoint: checkpoints.find(({ key }) => isSame(key))?.stamp ?? null,
    error: newest.error ?? null,
  }
}

/** The stamp one interval after another. */
export function afterInterval(stamp: string, interval: string): string | null {
  const [micros, span] = [toEpochMicroseconds(stamp), parseDuration(interval)]
  if (micros === undefined || !span) return null
  return fromEpochMicroseconds(micros + BigInt(durationMs(span)) * 1000n)
}
