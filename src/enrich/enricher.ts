import type { ValueKind } from '../stix/statement.ts'
import { additionNames, createAdditions } from './additions.ts'
import type { LogFormat, LogFormatName } from './formats/format.ts'
import { guessLogFormat, openLogFormat } from './formats/registry.ts'
import { createLineLook } from './line-look.ts'
import { createMatcher, type Matcher } from './match.ts'
import type { MatchIndex } from './open-index.ts'
import type { RecordSlots } from './record-slots.ts'

export interface EnricherOptions {
  readonly index: MatchIndex
  /** Undefined: guessed from the first line that is neither empty nor too long. */
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
  /** Of CSV: whether the first line is a header. Default true. */
  readonly csvHeader?: boolean | undefined
  /** What was taken for the header of CSV meets an indicator, so that it may be none. */
  readonly onHeaderHit?: ((line: string) => void) | undefined
  /** Told once, when the first line that is neither empty nor too long is there. */
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
  /** Lines that were looked at as text because they are no JSON object. */
  readonly other: number
  readonly bytes: number
  /** Records of CSV that have more or fewer cells than the header, of those that were written. */
  readonly ragged: number
  /** Which of the wanted fields lines have had. */
  readonly seenFields: ReadonlySet<string>
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
  const lines = createLineLook({ own: new Set(names), fields: options.fields, nowMs: options.nowMs })
  // Stands in every line that an earlier run has added to.
  const ownMark = `${prefix}indicator`
  const additionsFor = createAdditions(prefix)
  const kinds = new Map<ValueKind, number>()
  const counts = { lines: 0, hits: 0, tooLong: 0, other: 0, bytes: 0 }
  let index = options.index
  let matcher: Matcher = createMatcher(index)
  let slots = slotsFor(index, names)
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

  // A line with the hit that decides for it.
  function look(line: string, only: number): string | undefined {
    const met = format && lines.meet(line, format, matcher, only)
    if (format?.isOther?.(line)) counts.other++
    if (!met?.hit) return undefined
    countHit(met.hit.record.kind)
    return met.extend(additionsFor(met.hit))
  }

  // One line (or record) with its end; undefined when nothing is to be changed in it. `only`: where the inside of the only
  // string begins that may be known, if there is such a one.
  function enrichLine(bytes: Buffer, only = -1): Buffer | undefined {
    if (bytes.length > maxLineBytes) {
      counts.tooLong++
      return undefined
    }
    const { start, line, end } = partsOf(bytes)
    const enriched = look(line, only < 0 ? -1 : only - start.length)
    return enriched === undefined ? undefined : Buffer.from(start + enriched + end, 'latin1')
  }

  // A line of so many bytes with the one indicator that its one known value refers to, made where the bytes are; undefined
  // when it has to be looked at properly.
  function extendLine(length: number, reference: number): Buffer | 'no hit' | undefined {
    const slot = reference === 0 || length > maxLineBytes ? undefined : slots?.slotOf(reference)
    if (slot === undefined || !slots) return undefined
    const { extender } = slots
    const made = extender.extend(names, slot, options.nowMs())
    if (made === undefined) return undefined
    const kind = slots.kindAt(slot)
    if (!lines.isLooked(() => extender.field(), kind) || made === 'expired') return 'no hit'
    countHit(kind)
    return made
  }

  function countHit(kind: ValueKind): void {
    counts.hits++
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }

  function writeLine(bytes: Buffer): void {
    const enriched = enrichLine(bytes)
    if (enriched) put(enriched)
    else putWithout(bytes)
  }

  // A line (or record) without a hit.
  function putWithout(bytes: Buffer): void {
    if (mode !== 'all') return
    if (format?.extendEmpty) return put(changed(bytes, (line) => format?.extendEmpty?.(line, names) ?? line))
    putBare(bytes, 0, bytes.length)
  }

  // Lines without a hit, from `from` to `to`: where an earlier run had one, its fields go.
  function putBare(block: Buffer, from: number, to: number): void {
    let written = from
    for (let at = nextMark(block, from); at >= 0 && at < to; at = nextMark(block, written)) {
      const start = Math.max(written, block.lastIndexOf(lineFeed, at) + 1)
      const end = lineEnd(block, at)
      put(block.subarray(written, start))
      const line = block.subarray(start, end)
      put(line.length > maxLineBytes ? line : changed(line, (text) => (format ? lines.bare(text, format) : text)))
      written = end
    }
    put(block.subarray(written, to))
  }

  // Where the mark stands next; each block is searched once.
  let searched: { readonly block: Buffer; readonly at: number } | undefined
  function nextMark(block: Buffer, from: number): number {
    if (searched?.block !== block || (searched.at >= 0 && searched.at < from)) {
      searched = { block, at: block.indexOf(ownMark, from, 'latin1') }
    }
    return searched.at
  }

  // Wanted fields that no line had so far are looked for where their name stands.
  function noteFields(block: Buffer): void {
    for (const field of options.fields?.keys() ?? []) {
      const name = field.slice(field.lastIndexOf('.') + 1)
      let at = lines.seen.has(field) || name === '' ? -1 : block.indexOf(name)
      for (let tries = 0; tries < 16 && at >= 0 && format && !lines.seen.has(field); tries++) {
        const end = lineEnd(block, at)
        const line = block.subarray(block.lastIndexOf(lineFeed, at) + 1, end)
        if (line.length <= maxLineBytes) lines.note(partsOf(line).line, format)
        at = block.indexOf(name, end)
      }
    }
  }

  function readLines(block: Buffer): void {
    if (block.length === 0) return
    if (options.fields && lines.seen.size < options.fields.size) noteFields(block)
    let written = 0
    counts.lines += index.scan.read(format?.lineKind ?? 'text', block, 0, block.length, (from, to, value, _, known) => {
      const made = extendLine(to - from, known)
      const enriched = made ?? enrichLine(block.subarray(from, to), value < 0 ? -1 : value - from)
      if (enriched === undefined || enriched === 'no hit') return
      if (mode === 'all') putBare(block, written, from)
      put(enriched)
      written = to
    })
    if (mode === 'all') putBare(block, written, block.length)
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
      else putWithout(record)
      from = to
    }
    return from
  }

  const turns = (block: Buffer, from: number, to: number): boolean =>
    format?.goesOn?.(block.toString('latin1', from, to)) ?? false

  // The first line that says something decides about the format, and may be a header: the scan is not asked.
  function readFirst(bytes: Buffer): void {
    counts.lines++
    const { start, line, end } = partsOf(bytes)
    const isLong = bytes.length > maxLineBytes
    if (isLong) counts.tooLong++
    if (isLong || line.trim() === '') return void (mode === 'all' && put(bytes))
    const name = options.format ?? guessLogFormat(line)
    format = openLogFormat(name, { header: options.csvHeader })
    options.onFormat?.(name, options.format === undefined)
    if (!format.readHeader) {
      if (options.fields) lines.note(line, format)
      return writeLine(bytes)
    }
    put(Buffer.from(start + format.readHeader(line, names) + end, 'latin1'))
    if (lines.meet(line, format, matcher)?.hit) options.onHeaderHit?.(line)
    if (options.fields) lines.note(line, format)
  }

  function readBlock(block: Buffer, isLast: boolean): void {
    let rest = block
    while (!format && rest.length > 0) {
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
    counts.lines++
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
      slots = slotsFor(next, names)
    },
    get statistics() {
      return { ...counts, kinds, ragged: format?.raggedRecords?.() ?? 0, seenFields: lines.seen }
    },
  }
}

// Records from which lines can be made at once, with these names of fields.
const slotsFor = ({ slots }: MatchIndex, names: readonly string[]): RecordSlots | undefined =>
  slots?.extender.canName(names) ? slots : undefined

const byteOrderMark = '\u00ef\u00bb\u00bf'

/** A line as a byte string, apart from a byte order mark before it and its end. */
function partsOf(bytes: Buffer): { readonly start: string; readonly line: string; readonly end: string } {
  const text = bytes.toString('latin1')
  const start = text.startsWith(byteOrderMark) ? byteOrderMark : ''
  const end = text.endsWith('\r\n') ? '\r\n' : text.endsWith('\n') ? '\n' : text.endsWith('\r') ? '\r' : ''
  return { start, line: text.slice(start.length, text.length - end.length), end }
}

function changed(bytes: Buffer, change: (line: string) => string): Buffer {
  const { start, line, end } = partsOf(bytes)
  const after = change(line)
  return after === line ? bytes : Buffer.from(start + after + end, 'latin1')
}

function lineEnd(block: Buffer, from: number): number {
  const feed = block.indexOf(lineFeed, from)
  return feed < 0 ? block.length : feed + 1
}
