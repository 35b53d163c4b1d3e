import type { Indicator } from '../indicators/indicator.ts'
import type { Tlp } from '../stix/statement.ts'

/** What is known of a whole export once its last indicator was read. */
export interface ExportSummary {
  /** RFC 3339 in UTC. */
  readonly generatedAt: string
  /** Indicators written, by part. */
  readonly counts: Readonly<Record<string, number>>
  /** Indicators written in all parts together. */
  readonly count: number
  /** The strictest marking among them. */
  readonly tlp?: Tlp | undefined
  /** Names of the sources, in order. */
  readonly sources: readonly string[]
  /** The newest `lastSeen` among them. */
  readonly newest?: string | undefined
}

export interface FormatOptions {
  /** Comment lines that say count, time, TLP and sources, where the format has comments. */
  readonly header: boolean
  /** `hxxp`, `[.]`: for people, never for machines. */
  readonly defang: boolean
  /** Cells as they are, also those that a spreadsheet would run. */
  readonly rawCsv: boolean
  /** What sets, zones and rules of this export are called. */
  readonly name: string
  /** Number of the first rule (Suricata). */
  readonly firstSid: number
}

/** One file of an export. Head and foot are made when all lines are known. */
export interface FormatPart {
  /** File name in a folder, for formats of several files; the only part of others has any. */
  readonly file: string
  /** The indicator as text, whole with its line ends; undefined: this part has no place for it. */
  line(indicator: Indicator): string | undefined
  /** Put between two lines. Default nothing. */
  readonly separator?: string | undefined
  head?(summary: ExportSummary): string
  foot?(summary: ExportSummary): string
  /** Lines of the head that differ between two exports of the same content. */
  readonly volatile?: RegExp | undefined
}

/** A way of writing indicators for a consumer. */
export interface IndicatorFormat {
  readonly name: string
  readonly summary: string
  readonly extension: string
  /** Its parts are files of their own, so that it is written to a folder. */
  readonly severalFiles?: boolean | undefined
  /** It makes sense to a person, so that values may be defanged. */
  readonly forPeople?: boolean | undefined
  /** One file can be cut into several. */
  readonly canSplit: boolean
  parts(options: FormatOptions): Promise<readonly FormatPart[]> | readonly FormatPart[]
}
