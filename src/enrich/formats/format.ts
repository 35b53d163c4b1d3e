import type { LineKind } from '../../scan/line-scan.ts'

/** Formats that log lines can have. */
export const logFormats = ['ndjson', 'kv', 'cef', 'syslog', 'csv', 'text'] as const
export type LogFormatName = (typeof logFormats)[number]

export interface FormatOptions {
  /** Of CSV: whether the first line is a header. Default true. */
  readonly header?: boolean | undefined
}

/** A field that is added to a line. */
export interface Addition {
  readonly name: string
  readonly value: string | number
}

/** What is called for each value of a line. `words`: a text that values stand in, and not a value itself. */
export type Visit = (name: () => string, text: string, how: 'value' | 'words') => void

/** Makes the line with fields added to it in place of ours from an earlier run; with none, the line without those. */
export type Extend = (additions: readonly Addition[]) => string

/**
 * How one format is read and added to. A line comes as a byte string (a character for each byte, so that whatever is no
 * UTF-8 stays as it is) without its line end, and goes back as one; values are text.
 */
export interface LogFormat {
  readonly name: LogFormatName
  readonly lineKind: LineKind
  /**
   * Visits the values of a line. Returns how to add to it, or undefined where it is no line of this format. Fields with the
   * names in `own` are ours, from an earlier run: they are not visited, and what is added takes their place.
   * `only` (as the scan names it, of JSON): where the inside of the one value begins that has to be visited; -1: all.
   */
  read(line: string, own: ReadonlySet<string>, visit: Visit, only?: number): Extend | undefined
  /** Only where the first line is a header: it with the columns added. Called once, before all else. */
  readonly readHeader?: ((line: string, names: readonly string[]) => string) | undefined
  /** Only where every line gets the fields: it without a value in them. */
  readonly extendEmpty?: ((line: string, names: readonly string[]) => string) | undefined
  /**
   * Only where a record may go on in the next line: whether a line that begins a record leaves it open, which is also
   * whether one that goes on with it closes it.
   */
  readonly goesOn?: ((line: string) => boolean) | undefined
  /** Only where lines of another kind are taken for text: whether this is one, as it looks. */
  readonly isOther?: ((line: string) => boolean) | undefined
  /** Only of tables: how many of the records that were added to have more or fewer cells than the header. */
  readonly raggedRecords?: (() => number) | undefined
}
