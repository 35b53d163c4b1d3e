import { createLineCore, hasLineCore } from './line-core.ts'
import { createLineTwin } from './line-twin.ts'
import type { TableShape } from './value-table.ts'

/** What the tables hold, beyond plain text, that lines are looked at for. */
export interface LineTables extends TableShape {
  /** Domains or e-mail addresses: parents of names count. */
  readonly domains: boolean
  readonly urls: boolean
  /** IPv6 addresses or networks. */
  readonly ipv6: boolean
  /** IPv4 networks. */
  readonly networks: boolean
  /** Texts with bytes that no domain name has and that are no URL, mail or IPv6 address. */
  readonly odd: boolean
  /** Which lengths texts in the table have, by their shape: `createLengths`. */
  readonly lengths: string
}

/**
 * What is a value in a line: each run of letters, digits, `.`, `-`, `_` and `@`, or each string of JSON that is no key, and
 * each such run in one that has a blank, comma, semicolon, bar or backslash. As JSON a line that is no object is a candidate.
 */
export type LineKind = 'json' | 'text'

/**
 * Goes over whole log lines and says which may hold a value that the tables know. It says so too often, never too seldom:
 * who asked looks closer.
 */
export interface LineScan {
  /** Bitmap and table, to be filled before the first line. */
  readonly tables: Uint8Array
  /** A bit for each /16 that a network touches (8 KiB), then for each /24 (2 MiB); empty without networks. */
  readonly networks: Uint8Array
  /** Only the WebAssembly core has it. */
  readonly extender?: LineExtender | undefined
  /** Sum over the tables (`tableChecksum`). */
  checksum(): number
  /** Whether one value may be known; when not, it is not. Quick. */
  mayKnow(text: string): boolean
  /**
   * Reads lines of `chunk` from `from` to `to`; the last may lack its end. Calls back for each candidate with its first byte
   * and the one behind it (behind the line feed), and, of JSON, with the inside of the string that alone makes it one, or -1
   * and -1: nothing else in the line is known. Returns how many lines there were.
   */
  read(kind: LineKind, chunk: Uint8Array, from: number, to: number, onCandidate: OnCandidate): number
}

/**
 * `reference`: what the table refers to for the named value, where nothing else can be known about it; 0 where that is not so
 * or not looked for.
 */
export type OnCandidate = (start: number, end: number, valueStart: number, valueEnd: number, reference: number) => void

/** Records are put into slots of so many bytes each. */
export const recordSlotBytes = 1024
export const recordSlots = 1023

/**
 * Adds fields to a line of JSON where the bytes are, for the most frequent kind of hit: the one value that is known stands there
 * as its record has it.
 *
 * A record begins with its length and a sum (both not looked at here: four bytes each), then from when and until when it is
 * valid (milliseconds, doubles; infinite where it does not say), then the values of a line's fields as a list of JSON, the
 * matched one first, with null for what is not known.
 */
export interface LineExtender {
  /** Slot after slot. */
  readonly records: Buffer
  /** Whether these can be the names of added fields: those of the record's values, then for the path, how it matched, hits. */
  canName(names: readonly string[]): boolean
  /**
   * The line of the candidate that is called back for now (and only then) with the record at `slot`. `expired`: the record
   * does not count at this moment. Undefined: the line has to be looked at closer.
   */
  extend(names: readonly string[], slot: number, nowMs: number): Buffer | 'expired' | undefined
  /** The path of the value for which `extend` has made a line or said `expired`, just now. */
  field(): string
}

/** Opens a scan with empty tables, by the WebAssembly core where this Node has it (the default) or its twin in TypeScript. */
export function createLineScan(tables: LineTables, core?: 'webassembly' | 'typescript'): LineScan {
  return hasLineCore && core !== 'typescript' ? createLineCore(tables) : createLineTwin(tables)
}
