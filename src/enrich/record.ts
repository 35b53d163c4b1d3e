import { escapeDangerous } from '../core/json-text.ts'
import type { Indicator } from '../indicators/indicator.ts'
import type { Tlp, Value, ValueKind } from '../stix/statement.ts'

/** What the index keeps of an indicator: what a line is enriched with. */
export interface IndexRecord extends Value {
  /** The id of the indicator that decides. */
  readonly id: string
  readonly name?: string | undefined
  readonly category?: string | undefined
  /** 0 to 100. */
  readonly severity?: number | undefined
  readonly confidence?: number | undefined
  /** Names of the sources, separated by `, `. */
  readonly source: string
  readonly tlp?: Tlp | undefined
  readonly firstSeen: string
  readonly lastSeen: string
  /** Milliseconds since 1970; inclusive. */
  readonly validFrom?: number | undefined
  /** The same, exclusive. */
  readonly validUntil?: number | undefined
}

/** Longest text kept of a name or category, in UTF-16 units. */
const longestText = 300

/** What is kept of an indicator; `timeless`: without when it is valid. */
export function recordOf(indicator: Indicator, timeless = false): IndexRecord {
  return {
    kind: indicator.kind,
    value: indicator.value,
    id: indicator.ids[0] ?? '',
    name: shortened(indicator.name),
    category: shortened(indicator.category),
    severity: indicator.severity,
    confidence: indicator.confidence,
    source: indicator.sources.join(', '),
    tlp: indicator.tlp,
    firstSeen: indicator.firstSeen,
    lastSeen: indicator.lastSeen,
    validFrom: timeless ? undefined : momentOf(indicator.validFrom),
    validUntil: timeless ? undefined : momentOf(indicator.validUntil),
  }
}

function momentOf(time: string | undefined): number | undefined {
  const ms = time === undefined ? NaN : Date.parse(time)
  return Number.isNaN(ms) ? undefined : ms
}

function shortened(text: string | undefined): string | undefined {
  return text !== undefined && text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text
}

/** Written as a list, in the order in which they are added to a line, so that a million of them do not repeat their names. */
const members = [
  'value',
  'kind',
  'id',
  'name',
  'category',
  'severity',
  'confidence',
  'source',
  'tlp',
  'firstSeen',
  'lastSeen',
] as const satisfies readonly (keyof IndexRecord)[]

/** Bytes of when a record is valid, before its text. */
export const validityBytes = 16

const notPlain = /[^ -~]/

/** The text of a record: JSON that can be put into a line as it is. */
export function encodeRecord(record: IndexRecord): string {
  const text = JSON.stringify(members.map((member) => record[member] ?? null))
  return notPlain.test(text) ? escapeDangerous(text) : text
}

/** Writes from when and until when a record is valid: two doubles, infinite where it does not say. */
export function writeValidity(bytes: Buffer, at: number, { validFrom, validUntil }: IndexRecord): void {
  bytes.writeDoubleLE(validFrom ?? -Infinity, at)
  bytes.writeDoubleLE(validUntil ?? Infinity, at + 8)
}

/** Reads validity and text; undefined when it is no record. */
export function decodeRecord(bytes: Buffer): IndexRecord | undefined {
  let values: unknown
  try {
    values = JSON.parse(bytes.toString('utf8', validityBytes))
  } catch {
    return undefined
  }
  if (!Array.isArray(values) || values.length !== members.length) return undefined
  // One after the other, not by name: records are made by the ten thousand.
  const [value, kind, id, name, category, severity, confidence, source, tlp, ...times] = values as never[]
  const [firstSeen, lastSeen] = times as unknown as readonly never[]
  if (typeof kind !== 'string' || typeof value !== 'string') return undefined
  const [validFrom, validUntil] = [bytes.readDoubleLE(0), bytes.readDoubleLE(8)]
  return {
    kind,
    value,
    id: id as unknown as string,
    name: name ?? undefined,
    category: category ?? undefined,
    severity: severity ?? undefined,
    confidence: confidence ?? undefined,
    source: source as unknown as string,
    tlp: tlp ?? undefined,
    firstSeen: firstSeen as unknown as string,
    lastSeen: lastSeen as unknown as string,
    validFrom: validFrom === -Infinity ? undefined : validFrom,
    validUntil: validUntil === Infinity ? undefined : validUntil,
  }
}

const addresses: ReadonlySet<ValueKind> = new Set(['ipv4', 'ipv6'])

/** Whether a value is a network and not one address. */
export function isNetwork({ kind, value }: Value): boolean {
  return addresses.has(kind) && value.includes('/')
}
