import type { FetchResult } from '../fetch/fetch.ts'
import { nameOfRow } from '../fetch/outcome.ts'
import type { OutputRecord } from '../output/writer.ts'
import type { TaxiiProfile } from '../profile/profile.ts'
import { runFailureHook } from '../workflow/failure-hook.ts'
import { healthOf, writeHealthFile } from '../workflow/health-file.ts'
import { fetchedOnce } from '../workflow/watch.ts'
import type { WatchedSource } from '../workflow/watch.ts'
import { fetchRecord, fetchShape } from './fetch-records.ts'
import type { Runtime } from './runtime.ts'

type Parts = Pick<
  Runtime,
  'clock' | 'environment' | 'notices' | 'output' | 'random' | 'signal' | 'terminal' | 'workingDirectory'
>

/** How a watch tells what it does: lines or records, the health file, the command to run on failure. */
export interface WatchReports {
  readonly onFetched: (rows: readonly FetchResult[], watched: WatchedSource) => Promise<void>
  readonly onHealth: (sources: readonly WatchedSource[]) => Promise<void>
  /** For `--once`: waits for a fetch, runs the command when it failed, hands its rows on. */
  readonly once: (profile: TaxiiProfile, fetched: Promise<readonly FetchResult[]>) => Promise<readonly FetchResult[]>
  /** For `--once`, when all are fetched: the health file. */
  readonly onceEnded: () => Promise<void>
  /** Runs the watch, and writes its records meanwhile where they are data; it stops when they cannot be written. */
  readonly whileWriting: (watch: (signal: AbortSignal) => Promise<void>) => Promise<void>
}

const hookTimeoutMs = 60_000

export function watchReports(
  parts: Parts,
  options: {
    readonly hook: readonly string[] | undefined
    readonly healthFile: string | undefined
    readonly once: boolean
  },
): WatchReports {
  const { clock, notices, output, terminal, signal } = parts
  const startedAt = clock.now()
  const records = recordQueue()
  const asData = output.format === 'ndjson' || output.format === 'json'
  const fetched: WatchedSource[] = []
  let told = false

  async function runHook(source: string, failures: number, rows: readonly FetchResult[]): Promise<void> {
    const error = rows.find((row) => row.error && row.status === 'failed')?.error
    // That another process fetches the source is no failure of the source.
    if (!error || !options.hook || error.kind === 'conflict') return
    const { code, kind, message } = error
    const results = rows.map((row) => fetchRecord('json', row))
    const { environment, workingDirectory } = parts
    try {
      await runFailureHook(
        { source, failures, error: { code, kind, message }, results },
        { words: options.hook, environment, workingDirectory, timeoutMs: hookTimeoutMs, signal },
      )
    } catch (cause) {
      notices({ code: 'WORKFLOW_HOOK_FAILED', message: cause instanceof Error ? cause.message : String(cause) })
    }
  }

  async function onHealth(sources: readonly WatchedSource[]): Promise<void> {
    // With nothing due for a day, a watch that says nothing looks as if it hung.
    if (!told && sources.length > 0 && !signal.aborted && !options.once) {
      told = true
      if (!asData) terminal.note(standingOf(sources))
    }
    if (options.healthFile === undefined) return
    const facts = { pid: process.pid, startedAt, now: clock.now(), stopped: signal.aborted }
    await writeHealthFile(options.healthFile, healthOf(sources, facts)).catch((error: unknown) => {
      notices({ code: 'CLI_HEALTH_FILE', message: error instanceof Error ? error.message : String(error) })
    })
  }

  return {
    async onFetched(rows, watched) {
      for (const row of rows) {
        if (asData) records.push(fetchRecord(output.format, row))
        else terminal.note(`${clock.now().toISOString().slice(0, 19)}Z ${lineOf(row)}`)
      }
      if (watched.error) await runHook(watched.profile.name, watched.failures, rows)
    },
    onHealth,
    async once(profile, fetching) {
      const begunAt = clock.now()
      const rows = await fetching
      fetched.push(fetchedOnce(profile, begunAt, rows, parts))
      await runHook(profile.name, 1, rows)
      return rows
    },
    onceEnded: () => onHealth(fetched),
    async whileWriting(watch) {
      const own = new AbortController()
      const ended = watch(AbortSignal.any([signal, own.signal])).finally(() => records.end())
      try {
        if (asData) await output.list(records, fetchShape)
      } finally {
        if (asData) own.abort()
        await ended
      }
    },
  }
}

/** What a watch begins with, in one line: which sources are fetched now, and which comes next. */
export function standingOf(sources: readonly WatchedSource[]): string {
  const busy = sources.filter((source) => source.fetching).map((source) => source.profile.name)
  const [next] = sources.filter((source) => !source.fetching).sort((a, b) => a.next.getTime() - b.next.getTime())
  return [
    `Watching ${sources.length} ${sources.length === 1 ? 'source' : 'sources'} until stopped`,
    ...(busy.length > 0 ? [`fetching ${busy.join(', ')}`] : []),
    ...(next ? [`next: ${next.profile.name} at ${next.next.toISOString().slice(0, 19)}Z`] : []),
  ].join('; ')
}

/** A collection's fetch in one line. */
export function lineOf(row: FetchResult): string {
  if (row.error) return `${nameOfRow(row)}: ${row.status}: ${row.error.message}`
  return `${nameOfRow(row)}: ${row.new} new, ${row.updated} updated, ${row.unchanged} unchanged`
}

/** Records as they come, to be read by one reader. */
function recordQueue(): AsyncIterable<OutputRecord> & { push: (record: OutputRecord) => void; end: () => void } {
  const waiting: OutputRecord[] = []
  let ended = false
  let wake = (): void => undefined
  return {
    push(record) {
      waiting.push(record)
      wake()
    },
    end() {
      ended = true
      wake()
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const record = waiting.shift()
        if (record) yield record
        else if (ended) return
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}
