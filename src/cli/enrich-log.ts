import { createEnricher, type Enricher, type EnricherOptions, type EnrichStatistics } from '../enrich/enricher.ts'
import type { ValueKind } from '../stix/statement.ts'
import type { EnrichIndex } from './enrich-index.ts'
import { readLog } from './enrich-input.ts'
import type { Runtime } from './runtime.ts'

export const enrichLogNeeds = ['output', 'terminal', 'clock', 'signal', 'stdin', 'workingDirectory'] as const
type Parts = Pick<Runtime, (typeof enrichLogNeeds)[number]>

export interface EnrichRequest extends Omit<EnricherOptions, 'index' | 'nowMs' | 'onFormat' | 'onHeaderHit'> {
  /** `-` is standard input. */
  readonly files: readonly string[]
  readonly follow?: { readonly fromEnd: boolean } | undefined
}

/** Between two lines of statistics, and two looks for a newer index, while a log is followed. */
const followLookMs = 60_000

/** Enriches files one after the other, followed ones side by side, to standard output; says at the end what there was. */
export async function enrichLogs(request: EnrichRequest, opened: EnrichIndex, parts: Parts): Promise<void> {
  const { clock, terminal } = parts
  const begunMs = clock.monotonicMs()
  const totals = newTotals()
  const live = new Set<Enricher>()
  const logs = request.files.map((file) => () => enrichLog(file, request, { opened, parts, totals, live }))
  const stopLooking = request.follow && lookNowAndThen(opened, { live, totals, begunMs }, parts)
  try {
    if (request.follow) await Promise.all(logs.map((log) => log()))
    else for (const log of logs) await log()
  } finally {
    stopLooking?.()
  }
  terminal.note(summaryOf(totals, live, (clock.monotonicMs() - begunMs) / 1000))
  const unseen = [...(request.fields?.keys() ?? [])].filter((field) => !totals.seenFields.has(field))
  if (totals.lines > 0) for (const field of unseen) terminal.warn(`No line has a field ${field} with text in it`)
}

interface LogParts {
  readonly opened: EnrichIndex
  readonly parts: Parts
  readonly totals: Totals
  readonly live: Set<Enricher>
}

async function enrichLog(
  file: string,
  request: EnrichRequest,
  { opened, parts, totals, live }: LogParts,
): Promise<void> {
  const { terminal, clock, output, signal } = parts
  const open = (): Enricher => {
    const enricher = createEnricher({
      ...request,
      index: opened.index,
      nowMs: () => clock.now().getTime(),
      onFormat(format, guessed) {
        if (guessed) terminal.note(`Format: ${format}, as the first line looks; --format NAME says otherwise`)
      },
      onHeaderHit() {
        terminal.warn(
          'The first line of CSV is taken for its header, but has an indicator in it. Is it a record? --no-csv-header',
        )
      },
    })
    live.add(enricher)
    return enricher
  }
  const write = async (pieces: readonly Buffer[]): Promise<void> => {
    if (pieces.length > 0) await output.raw(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces))
  }
  const close = async (enricher: Enricher): Promise<void> => {
    // What was cut short ends within a line, which is no line yet.
    if (!signal.aborted) await write(enricher.end())
    live.delete(enricher)
    addTo(totals, enricher.statistics)
  }
  let enricher = open()
  for await (const piece of readLog(file, request.follow, parts)) {
    if (signal.aborted) break
    if (piece === 'restart') {
      await close(enricher)
      enricher = open()
    } else await write(enricher.push(piece))
  }
  await close(enricher)
}

function lookNowAndThen(
  opened: EnrichIndex,
  { live, totals, begunMs }: { readonly live: Set<Enricher>; readonly totals: Totals; readonly begunMs: number },
  { clock, terminal, signal }: Parts,
): () => void {
  const stop = new AbortController()
  const look = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(followLookMs, AbortSignal.any([signal, stop.signal]))
      terminal.note(summaryOf(totals, live, (clock.monotonicMs() - begunMs) / 1000))
      const before = opened.index
      // A store or a disk that refuses now may be good at the next look.
      const index = await opened.renew().catch((error: unknown) => {
        if (!signal.aborted && !stop.signal.aborted) terminal.warn(`The index stays as it is: ${String(error)}`)
      })
      if (!index) continue
      for (const enricher of live) enricher.use(index)
      // Nobody reads in the old one any more; its file is gone and would stay on the disk while it is open.
      before.close()
    }
  }
  // The end of the wait is the end of the looking.
  void look().catch(() => undefined)
  return () => stop.abort()
}

type Totals = { -readonly [Name in keyof EnrichStatistics]: EnrichStatistics[Name] } & {
  kinds: Map<ValueKind, number>
  seenFields: Set<string>
}

function newTotals(): Totals {
  return { lines: 0, hits: 0, tooLong: 0, other: 0, bytes: 0, ragged: 0, kinds: new Map(), seenFields: new Set() }
}

function addTo(totals: Totals, statistics: EnrichStatistics): void {
  for (const name of ['lines', 'hits', 'tooLong', 'other', 'bytes', 'ragged'] as const) totals[name] += statistics[name]
  for (const field of statistics.seenFields) totals.seenFields.add(field)
  for (const [kind, count] of statistics.kinds) totals.kinds.set(kind, (totals.kinds.get(kind) ?? 0) + count)
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

function summaryOf(ended: Totals, live: ReadonlySet<Enricher>, seconds: number): string {
  const totals = newTotals()
  addTo(totals, ended)
  for (const { statistics } of live) addTo(totals, statistics)
  const { lines, hits, tooLong, bytes, kinds, ragged, other } = totals
  const byKind = [...kinds].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${kind} ${count}`)
  const rate = seconds > 0 ? `, ${Math.round(lines / seconds)} lines a second` : ''
  return [
    `${counted(lines, 'line')} (${bytes} bytes), ${hits} with a hit${byKind.length === 0 ? '' : `: ${byKind.join(', ')}`}`,
    `${seconds.toFixed(2)} s${rate}`,
    ...(tooLong === 0 ? [] : [`${counted(tooLong, 'line')} too long to be looked at (--max-line)`]),
    ...(other === 0 ? [] : [`${counted(other, 'line')} looked at as text, being no JSON object`]),
    ...(ragged === 0 ? [] : [`${counted(ragged, 'record')} with fewer or more cells than the header`]),
  ].join('; ')
}
