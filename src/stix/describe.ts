import { createHash } from 'node:crypto'
import { readTopLevel, wantedNames } from '../scan/top-level.ts'
import { canonicalJson } from './canonical.ts'
import type { Damaged, StixObject } from './item.ts'

/** Oddities of a provider that can be mended in an object. */
export type ObjectRepair =
  /** A bare UUID as id becomes `{type}--{id}`, in the raw bytes too; the original is kept in `originalId`. */
  'prefix-bare-ids'

export interface DescribeOptions {
  readonly repairs?: readonly ObjectRepair[] | undefined
}

/** Why something that came as an object is none. */
export const damageReasons = {
  /** Not JSON, or JSON deeper than 100 levels. */
  syntax: 'STIX_SYNTAX',
  notAnObject: 'STIX_NOT_AN_OBJECT',
  idMissing: 'STIX_ID_MISSING',
  typeMissing: 'STIX_TYPE_MISSING',
  /** An id, type or version that no database could keep: control characters, half characters, or far too long. */
  unreadable: 'STIX_NAME_UNREADABLE',
} as const

const wanted = wantedNames(['id', 'type', 'spec_version', 'created', 'modified', 'revoked'])
type Field = 0 | 1 | 2 | 3 | 4 | 5

/**
 * Reads off an object's bytes what identifies it, or says why it cannot be kept.
 *
 * The bytes are checked to be JSON by the whole grammar; only the six top-level values are read. Ids that are not
 * `type--uuid` are kept as they are. A date that is no text counts as absent.
 * `raw` must have no insignificant white space (the slicer's members have none).
 * @see STIX 2.1, 3.2 and 3.6 (common properties, versioning); for `specVersion` STX-1: an object's own word, else 2.1 for
 * what has neither created nor modified (cyber-observables), else 2.0
 */
export function describeObject(raw: Buffer, options: DescribeOptions = {}): StixObject | Damaged {
  const found = readTopLevel(raw, wanted)
  if (found.kind === 'invalid') return damaged(raw, damageReasons.syntax, `The object ${found.problem}`)
  if (found.kind === 'other') return damaged(raw, damageReasons.notAnObject, 'A value that is no object')
  const text = (field: Field) => textAt(raw, found.spans, field)
  const [id, type] = [text(0), text(1)]
  if (!id) return damaged(raw, damageReasons.idMissing, 'The object has no id')
  if (!type) return damaged(raw, damageReasons.typeMissing, 'The object has no type')
  const date = text(4) || text(3)
  const version = date || canonicalDigest(raw)
  const badName = [id, type, version].find((name) => !isKeepable(name))
  if (badName !== undefined) return damaged(raw, damageReasons.unreadable, 'An id, type or date that cannot be kept')
  const described: StixObject = {
    kind: 'object',
    id,
    type,
    version,
    specVersion: specVersionOf(text(2), date || undefined),
    revoked: literalAt(raw, found.spans, 5) === 'true',
    raw,
  }
  return options.repairs?.includes('prefix-bare-ids') ? prefixed(described, found.spans[0] as number) : described
}

/** Whether a described thing is damaged. */
export function isDamaged(described: StixObject | Damaged): described is Damaged {
  return 'reason' in described
}

// Numbers with an exponent of ten digits have no canonical form: then the bytes themselves count.
function canonicalDigest(raw: Buffer): string {
  return `sha256:${createHash('sha256')
    .update(canonicalJson(raw) ?? raw)
    .digest('hex')}`
}

function damaged(raw: Buffer, reason: string, detail: string): Damaged {
  return { reason, detail, raw }
}

function specVersionOf(own: string | undefined, date: string | undefined): StixObject['specVersion'] {
  if (own !== undefined) return own.startsWith('2.0') ? '2.0' : '2.1'
  return date === undefined ? '2.1' : '2.0'
}

function literalAt(raw: Buffer, spans: Int32Array, field: Field): string | undefined {
  const start = spans[field * 2] as number
  return start < 0 ? undefined : raw.toString('latin1', start, spans[field * 2 + 1])
}

// The value where it is a string; undefined for anything else.
function textAt(raw: Buffer, spans: Int32Array, field: Field): string | undefined {
  const start = spans[field * 2] as number
  const end = spans[field * 2 + 1] as number
  if (start < 0 || raw[start] !== 0x22) return undefined
  const escape = raw.indexOf(0x5c, start)
  if (escape < 0 || escape >= end) return raw.toString('utf8', start + 1, end - 1)
  return JSON.parse(raw.toString('utf8', start, end)) as string
}

const hostile = /[\u0000-\u001f\u007f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

function isKeepable(name: string): boolean {
  return name.length <= 1024 && !hostile.test(name)
}

const bareUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function prefixed(object: StixObject, idStart: number): StixObject {
  if (!bareUuid.test(object.id)) return object
  const id = `${object.type}--${object.id}`
  // A type with a quote in it has to stay JSON: the text is written as JSON writes it.
  const prefix = JSON.stringify(`${object.type}--`).slice(1, -1)
  const raw = Buffer.concat([
    object.raw.subarray(0, idStart + 1),
    Buffer.from(prefix),
    object.raw.subarray(idStart + 1),
  ])
  return { ...object, id, originalId: object.id, raw }
}
