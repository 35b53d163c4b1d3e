import type { Clock } from '../../core/ports.ts'
import { printable } from '../../core/printable.ts'
import type { EnrichmentSource } from '../../director/enrichment-source.ts'
import type { Fabric, LogpointState, SourceState } from './state.ts'
import { sourceOfWire } from './wire-source.ts'

/** A configured source with the files that its certificate pair names. */
export interface ConfiguredSource {
  readonly source: EnrichmentSource
  /** Both or none: with the pair switched on and there. */
  readonly files?: { readonly certificate: Buffer; readonly key: Buffer } | undefined
}

/** The plugin's own fetch of a source, from its begin on: how many entries that brings. Throws why it failed. */
export type FetchSource = (configured: ConfiguredSource, signal: AbortSignal) => Promise<{ readonly entries: number }>

export interface PluginFetchesOptions {
  readonly fabric: Fabric
  readonly fetchSource: FetchSource
  readonly clock: Clock
  /** Called after each fetch, so that its figures are kept. */
  readonly onFetched: (told: FetchedSource) => Promise<void>
}

/** What came of one fetch of the plugin. */
export interface FetchedSource {
  readonly pool: string
  readonly logpoint: string
  /** Id of the source. */
  readonly source: string
  readonly discoveryUrl: string
  readonly entries: number
  /** Why it failed; `entries` are those of the fetch before then. */
  readonly error: string | null
}

/** The fetching part of the emulated plugins. */
export interface PluginFetches extends AsyncDisposable {
  /** Looks at what is configured now: new and changed sources are fetched at once, those that are gone are left alone. */
  sync(): void
  /** Resolves when no fetch is running or due. */
  settled(): Promise<void>
}

const fetchedAtOnce = 4
/** Timers cannot be set further ahead than 24.8 days. */
const longestSleepMs = 20 * 86_400_000

interface Schedule {
  /** An edited source is another one. */
  readonly state: SourceState
  readonly stop: AbortController
  readonly ended: Promise<void>
}

/** Fetches every configured and enabled source of installed plugins: when it is new, and by its interval from then on. */
export function startPluginFetches(options: PluginFetchesOptions): PluginFetches {
  const { fabric, clock } = options
  const schedules = new Map<string, Schedule>()
  const slots = createSlots(fetchedAtOnce)
  let [busy, closed] = [0, false]
  let idle: (() => void)[] = []
  const begin = (): void => void busy++
  const end = (): void => {
    if (--busy > 0) return
    for (const resolve of idle) resolve()
    idle = []
  }

  async function fetchOnce(place: Place, signal: AbortSignal): Promise<void> {
    const { state } = place
    const release = await slots()
    try {
      if (signal.aborted) return
      state.fetch.lastAttempt = seconds(clock)
      const { entries } = await options.fetchSource(configured(place, fabric), signal)
      if (signal.aborted) return
      Object.assign(state.fetch, { entries, error: null, lastSuccess: seconds(clock) })
    } catch (error) {
      if (signal.aborted) return
      state.fetch.error = printable(error instanceof Error ? error.message : String(error), { maxLength: 500 })
    } finally {
      release()
    }
    const { pool, logpoint } = place
    const { entries, error } = state.fetch
    await options.onFetched({
      pool,
      logpoint,
      source: state.id,
      discoveryUrl: state.fields.discovery_url,
      entries,
      error,
    })
  }

  async function keepFetching(place: Place, isNew: boolean, signal: AbortSignal): Promise<void> {
    if (isNew) await fetchOnce(place, signal).finally(end)
    while (!signal.aborted) {
      await sleepUntilDue(place.state, signal)
      begin()
      await fetchOnce(place, signal).finally(end)
    }
  }

  async function sleepUntilDue({ fields, fetch }: SourceState, signal: AbortSignal): Promise<void> {
    const hours = fields.fetch_interval * (fields.fetch_interval_unit === 'Days' ? 24 : 1)
    const dueMs = fetch.lastAttempt * 1000 + hours * 3_600_000
    for (;;) {
      const restMs = dueMs - clock.now().getTime()
      if (restMs <= 0) return
      await clock.sleep(Math.min(restMs, longestSleepMs), signal)
    }
  }

  function start(place: Place): void {
    const stop = new AbortController()
    const isNew = place.state.fetch.lastAttempt === 0
    // Counted before anything is awaited, so that whoever asks right after a change waits for it.
    if (isNew) begin()
    const ended = keepFetching(place, isNew, stop.signal).catch(() => undefined)
    schedules.set(place.key, { state: place.state, stop, ended })
  }

  return {
    sync() {
      if (closed) return
      const wanted = new Map(placesOf(fabric).map((place) => [place.key, place]))
      for (const [key, schedule] of schedules) {
        if (wanted.get(key)?.state === schedule.state) continue
        schedule.stop.abort()
        schedules.delete(key)
      }
      for (const [key, place] of wanted) if (!schedules.has(key)) start(place)
    },
    settled: () => (busy === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve))),
    async [Symbol.asyncDispose]() {
      closed = true
      const all = [...schedules.values()]
      for (const { stop } of all) stop.abort()
      await Promise.all(all.map(({ ended }) => ended))
    },
  }
}

interface Place {
  readonly key: string
  readonly pool: string
  readonly logpoint: string
  readonly state: SourceState
}

function placesOf(fabric: Fabric): Place[] {
  return Object.entries(fabric.pools).flatMap(([pool, { logpoints }]) =>
    Object.entries(logpoints)
      .filter(([, logpoint]) => hasPlugin(logpoint))
      .flatMap(([id, { sources }]) =>
        sources
          .filter(({ fields }) => fields.st_enable_source)
          .map((state) => ({ key: `${pool}/${id}/${state.id}`, pool, logpoint: id, state })),
      ),
  )
}

/** Whether our plugin is installed there. */
export function hasPlugin({ plugins }: LogpointState): boolean {
  return plugins.some(({ name }) => isOurPlugin(name))
}

/** Whether a plugin of this name is ours, ignoring case and punctuation. */
export function isOurPlugin(name: string): boolean {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .includes('stixtaxii')
}

function configured({ pool, state }: Place, fabric: Fabric): ConfiguredSource {
  const source = sourceOfWire(state.fields)
  if (!source.certificate.use) return { source }
  const storage = source.certificate.location === 'public' ? fabric.public : fabric.pools[pool]
  const read = (name: string): Buffer => {
    const content = storage?.certificates.find((each) => each.name === name)?.content
    if (content === undefined) throw new Error(`The file ${name} is not in the ${source.certificate.location} storage`)
    return Buffer.from(content, 'base64')
  }
  const { certificateFile, keyFile } = source.certificate
  return { source, files: { certificate: read(certificateFile), key: read(keyFile) } }
}

function seconds(clock: Clock): number {
  return Math.floor(clock.now().getTime() / 1000)
}

/** Gives at most `count` leaves at a time; each is ended by the function that it gives. */
function createSlots(count: number): () => Promise<() => void> {
  const waiting: (() => void)[] = []
  let free = count
  const release = (): void => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  return async () => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    return release
  }
}
