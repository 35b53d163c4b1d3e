import type { Indicator } from '../indicators/indicator.ts'
import { tlpLevels, type Tlp } from '../stix/statement.ts'
import type { ExportSummary, FormatOptions, FormatPart, IndicatorFormat } from './format.ts'
import { Spool } from './spool.ts'
import { isNetwork } from './text.ts'

export interface ComposeRequest {
  readonly format: IndicatorFormat
  readonly options: FormatOptions
  /** Begin another file after so many indicators. */
  readonly splitAt?: number | undefined
  /** At most so many indicators: the most severe, then the most certain, then the newest. */
  readonly cap?: number | undefined
  /** RFC 3339 in UTC. */
  readonly generatedAt: string
  /** Where lines wait that are too many for memory. */
  readonly spoolFolder: string
  readonly signal?: AbortSignal | undefined
  /** Called now and then with the number of indicators written. */
  readonly onProgress?: ((written: number) => void) | undefined
}

/** One file of an export, ready to be written, any number of times. */
export interface ComposedFile {
  /** The part's own name; of formats with one file, and of pieces, the caller names them. */
  readonly name: string
  readonly count: number
  /** Head, which may hold lines that change by themselves, apart from the rest. */
  readonly head: string
  readonly volatile?: RegExp | undefined
  body(): AsyncIterable<Buffer>
}

export interface Composed extends AsyncDisposable {
  readonly files: readonly ComposedFile[]
  readonly summary: ExportSummary
  /** Indicators that the format has no place for, by kind; networks apart from addresses (`ipv4 network`). */
  readonly leftOut: ReadonlyMap<string, number>
  /** Indicators beyond the cap. */
  readonly beyondCap: number
}

/**
 * Makes the files of an export out of indicators, in their order, with bounded memory (a cap keeps that many indicators).
 * What is the same in the store gives the same bytes, but for the time.
 */
export async function composeExport(indicators: AsyncIterable<Indicator>, request: ComposeRequest): Promise<Composed> {
  const { format, options, cap } = request
  const parts = await format.parts(options)
  const pieces = new Map<FormatPart, Spool[]>(parts.map((part) => [part, []]))
  const tally = newTally(parts)
  const capped = cap === undefined ? undefined : await strongest(indicators, request, cap)
  try {
    for await (const indicator of capped?.kept ?? indicators) {
      request.signal?.throwIfAborted()
      await put(indicator, { pieces, tally, request })
      if (tally.written % 10_000 === 0) request.onProgress?.(tally.written)
    }
  } catch (error) {
    await disposeAll(pieces)
    throw error
  }
  const summary = tally.summary(request.generatedAt)
  return {
    files: parts.flatMap((part) => filesOf(part, pieces.get(part) ?? [], summary, request)),
    summary,
    leftOut: tally.leftOut,
    beyondCap: capped?.beyond ?? 0,
    [Symbol.asyncDispose]: () => disposeAll(pieces),
  }
}

interface Desk {
  readonly pieces: ReadonlyMap<FormatPart, Spool[]>
  readonly tally: Tally
  readonly request: ComposeRequest
}

async function put(indicator: Indicator, { pieces, tally, request }: Desk): Promise<void> {
  let placed = false
  for (const [part, spools] of pieces) {
    const line = part.line(indicator)
    if (line === undefined) continue
    placed = true
    let spool = spools.at(-1)
    if (!spool || (request.splitAt !== undefined && spool.count >= request.splitAt)) {
      spool = new Spool(request.spoolFolder)
      spools.push(spool)
    }
    const full = spool.add(spool.count > 0 && part.separator !== undefined ? part.separator + line : line)
    if (full) await full
    tally.place(part)
  }
  tally.add(indicator, placed)
}

function filesOf(
  part: FormatPart,
  spools: readonly Spool[],
  summary: ExportSummary,
  { spoolFolder }: ComposeRequest,
): ComposedFile[] {
  // A part that got nothing is a file all the same: a consumer must not go on with the content of yesterday.
  const pieces = spools.length > 0 ? spools : [new Spool(spoolFolder)]
  return pieces.map((spool) => {
    const own = pieces.length > 1 ? { ...summary, count: spool.count } : summary
    const foot = part.foot?.(own) ?? ''
    return {
      name: part.file,
      count: spool.count,
      head: part.head?.(own) ?? '',
      volatile: part.volatile,
      async *body() {
        yield* spool.content()
        yield Buffer.from(foot)
      },
    }
  })
}

async function disposeAll(pieces: ReadonlyMap<FormatPart, readonly Spool[]>): Promise<void> {
  for (const spools of pieces.values()) for (const spool of spools) await spool[Symbol.asyncDispose]()
}

interface Tally {
  written: number
  readonly leftOut: Map<string, number>
  place(part: FormatPart): void
  add(indicator: Indicator, placed: boolean): void
  summary(generatedAt: string): ExportSummary
}

function newTally(parts: readonly FormatPart[]): Tally {
  const counts = Object.fromEntries(parts.map(({ file }) => [file, 0]))
  const sources = new Set<string>()
  let tlp: Tlp | undefined
  let newest: string | undefined
  const tally: Tally = {
    written: 0,
    leftOut: new Map(),
    place: ({ file }) => void (counts[file] = (counts[file] ?? 0) + 1),
    add(indicator, placed) {
      if (!placed) {
        const thing = thingOf(indicator)
        tally.leftOut.set(thing, (tally.leftOut.get(thing) ?? 0) + 1)
        return
      }
      tally.written++
      for (const source of indicator.sources) sources.add(source)
      if (rankOf(indicator.tlp) > rankOf(tlp)) tlp = indicator.tlp
      if (newest === undefined || indicator.lastSeen > newest) newest = indicator.lastSeen
    },
    summary: (generatedAt) => ({
      generatedAt,
      counts,
      count: tally.written,
      tlp,
      sources: [...sources].sort(),
      newest,
    }),
  }
  return tally
}

function thingOf({ kind, value }: Indicator): string {
  return (kind === 'ipv4' || kind === 'ipv6') && isNetwork(value) ? `${kind} network` : kind
}

const rankOf = (tlp: Tlp | undefined): number => (tlp === undefined ? -1 : tlpLevels.indexOf(tlp))

/** Keeps twice as many as are wanted, and sorts whenever there are so many: linear in what comes, bounded in what is kept. */
async function strongest(
  indicators: AsyncIterable<Indicator>,
  { format, options, signal }: ComposeRequest,
  cap: number,
): Promise<{ readonly kept: AsyncIterable<Indicator>; readonly beyond: number }> {
  const parts = await format.parts(options)
  let candidates: { readonly place: number; readonly indicator: Indicator }[] = []
  let [place, beyond] = [0, 0]
  const cut = (): void => {
    candidates.sort((a, b) => byStrength(a.indicator, b.indicator) || a.place - b.place)
    beyond += candidates.splice(cap).length
  }
  for await (const indicator of indicators) {
    signal?.throwIfAborted()
    if (parts.every((part) => part.line(indicator) === undefined)) continue
    candidates.push({ place: place++, indicator })
    if (candidates.length >= Math.max(2 * cap, 1000)) cut()
  }
  cut()
  candidates = candidates.sort((a, b) => a.place - b.place)
  return { kept: inTurn(candidates.map(({ indicator }) => indicator)), beyond }
}

async function* inTurn(indicators: readonly Indicator[]): AsyncIterable<Indicator> {
  yield* indicators
}

function byStrength(a: Indicator, b: Indicator): number {
  const severity = (b.severity ?? -1) - (a.severity ?? -1)
  const confidence = (b.confidence ?? -1) - (a.confidence ?? -1)
  return severity || confidence || (a.lastSeen < b.lastSeen ? 1 : a.lastSeen > b.lastSeen ? -1 : 0)
}
