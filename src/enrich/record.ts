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
  /** Inclusive. */
  readonly validFrom?: string | undefined
  /** Exclusive. */
  readonly validUntil?: string | undefined
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
    validFrom: timeless ? undefined : indicator.validFrom,
    validUntil: timeless ? undefined : indicator.validUntil,
  }
}

function shortened(text: string | undefined): string | undefined {
  return text !== undefined && text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text
}

/** Written as an array, so that a million of them do not repeat their names. */
const members = [
  'kind',
  'value',
  'id',
  'name',
  'category',
  'severity',
  'confidence',
  'source',
  'tlp',
  'firstSeen',
  'lastSeen',
  'validFrom',
  'validUntil',
] as const satisfies readonly (keyof IndexRecord)[]

export function encodeRecord(record: IndexRecord): string {
  return JSON.stringify(members.map((member) => record[member] ?? null))
}

/** Undefined when it is no record. */
export function decodeRecord(text: string): IndexRecord | undefined {
  let values: unknown
  try {
    values = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(values) || values.length !== members.length) return undefined
  // One after the other, not by name: records are made by the ten thousand.
  const [kind, value, id, name, category, severity, confidence, source, tlp, ...times] = values as never[]
  const [firstSeen, lastSeen, validFrom, validUntil] = times as unknown as readonly never[]
  if (typeof kind !== 'string' || typeof value !== 'string') return undefined
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
    validFrom: validFrom ?? undefined,
    validUntil: validUntil ?? undefined,
  }
}

const addresses: ReadonlySet<ValueKind> = new Set(['ipv4', 'ipv6'])

/** Whether a value is a network and not one address. */
export function isNetwork({ kind, value }: Value): boolean {
  return addresses.has(kind) && value.includes('/')
}
