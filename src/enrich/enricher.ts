import type { ValueKind } from '../stix/statement.ts'
import { additionNames, createAdditions, type LineHit } from './additions.ts'
import { compareRecords, isValidAt } from './choose.ts'
import type { LogFormat, LogFormatName } from './formats/format.ts'
import { guessLogFormat, openLogFormat } from './formats/registry.ts'
import { createMatcher, type Match, type Matcher } from './match.ts'
import type { MatchIndex } from './open-index.ts'

export interface EnricherOptions {
  readonly index: MatchIndex
  /** Undefined: guessed from the first line. */
  readonly format?: LogFormatName | undefined
  /** `filter` keeps only lines with a hit (and the header of CSV); default `all`. */
  readonly mode?: 'filter' | 'all' | undefined
  /** Only these fields, each for these kinds of values (undefined: every kind). Undefined: every field. */
  readonly fields?: ReadonlyMap<string, ReadonlySet<ValueKind> | undefined> | undefined
  /** Default `et_`. */
  readonly prefix?: string | undefined
  /** A longer line is not looked at: it passes as it is with `all` and is left out with `filter`. Default 1 MiB. */
  readonly maxLineBytes?: number | undefined
  readonly nowMs: () => number
  /** Told once, when the first line is there. */
  readonly onFormat?: ((format: LogFormatName, guessed: boolean) => void) | undefined
}

export interface EnrichStatistics {
  readonly lines: number
  /** Lines with a hit. */
  readonly hits: number
  /** By the kind of the indicator that decided. */
  readonly kinds: ReadonlyMap<ValueKind, number>
  /** Lines that were too long to be looked at. */
  readonly tooLong: number
  readonly bytes: number
}

/**
 * Takes log lines in pieces of any size and gives back what is to be written, in order. A line without a hit is the very
 * bytes that came; what is given back may share memory with what came.
 */
export interface Enricher {
  push(chunk: Buffer): readonly Buffer[]
  /** The last line, if it has no end. */
  end(): readonly Buffer[]
  /** Another index from the next line on. */
  use(index: MatchIndex): void
  readonly statistics: EnrichStatistics
}

const lineFeed = 0x0a
const defaultMaxLineBytes = 1024 * 1024

export function createEnricher(options: EnricherOptions): Enricher {
  const { mode = 'all', prefix = 'et_', maxLineBytes = defaultMaxLineBytes } = options
  const names = additionNames(prefix)
  const own = new Set(names)
  const additionsFor = createAdditions(prefix)
  const kinds = new Map<ValueKind, number>()
  const counts = { lines: 0, hits: 0, tooLong: 0, bytes: 0 }
  let index = options.index
  let matcher: Matcher = createMatcher(index)
  let format: LogFormat | undefined
  let pending: Buffer[] = []
  let pendingBytes = 0
  // Within a line that was given up.
  let isPassing = false
  let output: Buffer[] = []

  const put = (bytes: Buffer): void => void (bytes.length > 0 && output.push(bytes))

  function take(): readonly Buffer[] {
    const taken = output
    output = []
    return taken
  }

  // The hit that decides for a line, and how to write it.
  function look(line: string): string | undefined {
    const nowMs = options.nowMs()
    let best: (Match & { readonly field: string }) | undefined
    const met = new Set<string>()
    const consider = (
      matches: readonly Match[],
      name: () => string,
      wanted: ReadonlySet<ValueKind> | undefined,
    ): void => {
      for (const match of matches) {
        const { record } = match
        if ((wanted && !wanted.has(record.kind)) || !isValidAt(record, nowMs)) continue
        met.add(`${record.kind} ${record.value}`)
        if (!best || compareRecords(record, best.record) < 0) best = { ...match, field: name() }
      }
    }
    const extend = format?.read(line, own, (name, text, how) => {
      const { fields } = options
      const field = fields && name()
      if (fields && !fields.has(field ?? '')) return
      const matches = how === 'value' ? matcher.value(text) : matcher.words(text)
      if (matches.length > 0) consider(matches, name, fields?.get(field ?? ''))
    })
    if (!best || !extend) return undefined
    const hit: LineHit = { ...best, hits: met.size }
    counts.hits++
    kinds.set(hit.record.kind, (kinds.get(hit.record.kind) ?? 0) + 1)
    return extend(additionsFor(hit))
  }

  // One line (or record) with its end; undefined when nothing is to be changed in it.
  function enrichLine(bytes: Buffer): Buffer | undefined {
    if (bytes.length > maxLineBytes) {
      counts.tooLong++
      return undefined
    }
    const { start, line, end } = partsOf(bytes)
    const enriched = look(line)
    return enriched === undefined ? undefined : Buffer.from(start + enriched + end, 'latin1')
  }

  function writeLine(bytes: Buffer): void {
    const enriched = enrichLine(bytes)
    if (enriched) put(enriched)
    else if (mode === 'all') put(format?.extendEmpty ? withEmptyFields(bytes, format.extendEmpty) : bytes)
  }

  function readLines(block: Buffer): void {
    if (block.length === 0) return
    let written = 0
    counts.lines += index.scan.read(format?.lineKind ?? 'text', block, 0, block.length, (from, to) => {
      const enriched = enrichLine(block.subarray(from, to))
      if (!enriched) return
      if (mode === 'all') put(block.subarray(written, from))
      put(enriched)
      written = to
    })
    if (mode === 'all') put(block.subarray(written))
  }

  // Records that may go on over several lines. Gives back where the last one, still open, begins.
  function readRecords(block: Buffer, isLast: boolean): number {
    const candidates: number[] = []
    index.scan.read('text', block, 0, block.length, (from) => candidates.push(from))
    const mayGoOn = block.includes(0x22)
    let next = 0
    let from = 0
    while (from < block.length) {
      let to = lineEnd(block, from)
      const firstEnd = to
      let isOpen = mayGoOn && turns(block, from, to)
      // Each line is read once: a quote may stand open for very many.
      while (isOpen && to < block.length && to - from <= maxLineBytes) {
        const next = lineEnd(block, to)
        if (turns(block, to, next)) isOpen = false
        to = next
      }
      if (isOpen) {
        if (!isLast && to - from <= maxLineBytes) return from
        // A quote that nobody closes: each line for itself.
        to = firstEnd
      }
      while ((candidates[next] ?? Infinity) < from) next++
      counts.lines++
      const record = block.subarray(from, to)
      if ((candidates[next] ?? Infinity) < to) writeLine(record)
      else if (mode === 'all') put(format?.extendEmpty ? withEmptyFields(record, format.extendEmpty) : record)
      from = to
    }
    return from
  }

  const turns = (block: Buffer, from: number, to: number): boolean =>
    format?.goesOn?.(block.toString('latin1', from, to)) ?? false

  // The first line decides about the format, may be a header, and may have a byte order mark: the scan is not asked.
  function readFirst(bytes: Buffer): void {
    const { start, line, end } = partsOf(bytes)
    const name = options.format ?? guessLogFormat(line)
    format = openLogFormat(name)
    options.onFormat?.(name, options.format === undefined)
    counts.lines++
    if (!format.readHeader) return writeLine(bytes)
    put(Buffer.from(start + format.readHeader(line, names) + end, 'latin1'))
  }

  function readBlock(block: Buffer, isLast: boolean): void {
    let rest = block
    if (!format && rest.length > 0) {
      const end = lineEnd(rest, 0)
      readFirst(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
    if (!format?.goesOn) return readLines(rest)
    const open = rest.subarray(readRecords(rest, isLast))
    if (open.length === 0) return
    pending.unshift(open)
    pendingBytes += open.length
  }

  function takePending(): Buffer {
    const bytes = pending.length === 1 ? (pending[0] as Buffer) : Buffer.concat(pending)
    pending = []
    pendingBytes = 0
    return bytes
  }

  // The rest of a line that was given up.
  function pass(chunk: Buffer): Buffer {
    const feed = chunk.indexOf(lineFeed)
    const end = feed < 0 ? chunk.length : feed + 1
    if (mode === 'all') put(chunk.subarray(0, end))
    isPassing = feed < 0
    return chunk.subarray(end)
  }

  // A record that has become too long to go on: its whole lines stand for themselves, the rest waits for its end.
  function readOverlong(): void {
    const bytes = takePending()
    const end = bytes.lastIndexOf(lineFeed) + 1
    readBlock(bytes.subarray(0, end), true)
    if (end === bytes.length) return
    pending.push(bytes.subarray(end))
    pendingBytes += bytes.length - end
  }

  function giveUp(): void {
    const bytes = takePending()
    if (!format) readFirst(Buffer.alloc(0))
    else counts.lines++
    counts.tooLong++
    if (mode === 'all') put(bytes)
    isPassing = true
  }

  return {
    push(chunk) {
      counts.bytes += chunk.length
      const rest = isPassing ? pass(chunk) : chunk
      const last = rest.lastIndexOf(lineFeed)
      if (last >= 0) {
        let from = 0
        if (pending.length > 0) {
          // Only the line that lies across the border is copied, unless a record may be longer.
          from = format?.goesOn ? last + 1 : rest.indexOf(lineFeed) + 1
          pending.push(rest.subarray(0, from))
          readBlock(takePending(), false)
        }
        if (from <= last) readBlock(rest.subarray(from, last + 1), false)
      }
      if (last + 1 < rest.length) {
        pending.push(rest.subarray(last + 1))
        pendingBytes += rest.length - last - 1
        if (pendingBytes > maxLineBytes && format?.goesOn) readOverlong()
        if (pendingBytes > maxLineBytes) giveUp()
      }
      return take()
    },
    end() {
      if (pending.length > 0) readBlock(takePending(), true)
      return take()
    },
    use(next) {
      index = next
      matcher = createMatcher(next)
    },
    get statistics() {
      return { ...counts, kinds }
    },
  }
}

const byteOrderMark = '\u00ef\u00bb\u00bf'

/** A line as a byte string, apart from a byte order mark before it and its end. */
function partsOf(bytes: Buffer): { readonly start: string; readonly line: string; readonly end: string } {
  const text = bytes.toString('latin1')
  const start = text.startsWith(byteOrderMark) ? byteOrderMark : ''
  const end = text.endsWith('\r\n') ? '\r\n' : text.endsWith('\n') ? '\n' : text.endsWith('\r') ? '\r' : ''
  return { start, line: text.slice(start.length, text.length - end.length), end }
}

function withEmptyFields(bytes: Buffer, extendEmpty: (line: string) => string): Buffer {
  const { start, line, end } = partsOf(bytes)
  return Buffer.from(start + extendEmpty(line) + end, 'latin1')
}

function lineEnd(block: Buffer, from: number): number {
  const feed = block.indexOf(lineFeed, from)
  return feed < 0 ? block.length : feed + 1
}
