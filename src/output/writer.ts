import type { CheckedStream } from './checked-stream.ts'

/** Formats a command's records can be written in. */
export const outputFormats = ['table', 'json', 'ndjson', 'yaml', 'csv', 'name'] as const
export type OutputFormat = (typeof outputFormats)[number]

export type Cell = string | number | boolean | null | undefined
/** One record: camelCase names, JSON values. */
export type OutputRecord = Readonly<Record<string, unknown>>

/** How records look in a table: which fields, under which heads, aligned how. JSON and YAML show every field. */
export interface Column {
  readonly field: string
  readonly head: string
  readonly align?: 'left' | 'right' | undefined
  /**
   * A table that is too wide for its terminal is drawn without this column: those with nothing in them go first, then the
   * highest number. 0: only when there is nothing in it.
   */
  readonly minor?: number | undefined
  /**
   * What happens to a cell that is too long for the terminal: `cut` (default), `wrap` to further lines (sentences), or
   * `whole` (what a person copies: an id, a time). Where that leaves no room for the others, each record is a block of lines.
   */
  readonly long?: 'cut' | 'wrap' | 'whole' | undefined
}

export interface Shape {
  /** Columns of `table` and `csv`, in order. */
  readonly columns: readonly Column[]
  /** The field `-o name` prints. */
  readonly name: string
  /** Shown by `table` instead of an empty table, on standard error. */
  readonly empty?: string | undefined
}

/** Where a command's data goes. Everything is written through a checked stream: a full disk is OUTPUT_FAILED (local). */
export interface OutputWriter {
  readonly format: OutputFormat
  /** Whether the reader of a pipe has gone: data written now is lost, and writing throws OUTPUT_CLOSED. */
  readonly closed: boolean
  /** A listing: JSON array, NDJSON lines, table rows. Streams where the format allows. */
  list(records: Iterable<OutputRecord> | AsyncIterable<OutputRecord>, shape: Shape): Promise<void>
  /** One record: JSON object; a two-column table. */
  one(record: OutputRecord, shape: Shape): Promise<void>
  /** An action on one or many targets: `{"results": [...], "totals": {...}}`; in a table, rows and a line of totals on standard error. */
  results(results: readonly OutputRecord[], totals: OutputRecord, shape: Shape): Promise<void>
  /** Raw bytes of a command with a format of its own (`poll`, `get`, `export`). Resolves when the stream can take more. */
  raw(chunk: Uint8Array | string): Promise<void>
  /** Flushes; after this a full disk has been noticed. */
  end(): Promise<void>
}

/** What a format is written with. */
export interface WriterOptions {
  readonly stream: CheckedStream
  /** Tells a person something that is not data. */
  readonly note: (line: string) => void
  /** Columns of the terminal that `stream` is; undefined when it is none, and nothing is cut. */
  readonly columns?: number | undefined
  readonly colors: boolean
}

/** How one format begins: loads what it needs and makes its writer. One file per format. */
export type OpenWriter = (options: WriterOptions) => Promise<OutputWriter>
