import { setImmediate as nextTurn } from 'node:timers/promises'
import { StixTaxiiError } from '../../core/errors.ts'
import { damageReasons, describeObject, isDamaged } from '../../stix/describe.ts'
import { cutEnvelope } from '../../taxii/v2/cut-envelope.ts'
import type { Taxii2Version } from './media-type.ts'
import { bodyNotJson, bodyUnusable } from './refusals.ts'

/** Objects of one request: each costs a line of the job, however small it is. */
const maxObjects = 100_000
/** Bytes that are looked at before others get their turn. */
const turnBytes = 512 * 1024
/** What looking at an object costs, however small it is, in bytes. */
const bytesOfObject = 1024

/**
 * The objects of a posted envelope (2.1) or bundle (2.0), each as its own bytes without insignificant white space.
 *
 * What is not an object, or has no id, is among them: it fails for itself. Without `allowCustomProperties` nothing is
 * taken when the envelope or one of its objects has a property that no standard knows.
 * @throws SERVE_BODY_NOT_JSON, SERVE_BODY_UNUSABLE
 * @see TAXII 2.1, 3.7, 5.5 and 7.1; TAXII 2.0, 5.4
 */
export async function readPosted(
  body: Buffer,
  format: Taxii2Version,
  allowCustomProperties: boolean,
): Promise<readonly Buffer[]> {
  const { members, damaged, envelope } = cut(body)
  if (damaged !== undefined) throw bodyUnusable(`object ${damaged.number} ${damaged.problem}`)
  if (!Array.isArray(envelope['objects'])) throw bodyUnusable('it has no list of objects')
  if (format === '2.0' && envelope['type'] !== 'bundle') throw bodyUnusable('it is no bundle')
  if (members.length === 0) throw bodyUnusable('its list of objects is empty')
  if (!allowCustomProperties) refuseForeign(envelope, format)
  let bytes = 0
  for (const [index, raw] of members.entries()) {
    const described = describeObject(raw)
    if (isDamaged(described) && described.reason === damageReasons.syntax)
      throw bodyNotJson(`object ${index + 1}: ${described.detail}`)
    if (!allowCustomProperties) refuseCustom(raw, index)
    if ((bytes += raw.length + bytesOfObject) < turnBytes) continue
    bytes = 0
    await nextTurn()
  }
  return members
}

function cut(body: Buffer) {
  try {
    return cutEnvelope(body, { maxMembers: maxObjects })
  } catch (error) {
    if (!(error instanceof StixTaxiiError)) throw error
    throw error.code === 'TAXII_ENVELOPE_TOO_MUCH' ? bodyUnusable(error.message) : bodyNotJson(error.message)
  }
}

const envelopeProperties: Readonly<Record<Taxii2Version, readonly string[]>> = {
  '2.1': ['more', 'next', 'objects'],
  '2.0': ['type', 'id', 'spec_version', 'objects'],
}

function refuseForeign(envelope: Readonly<Record<string, unknown>>, format: Taxii2Version): void {
  const foreign = Object.keys(envelope).find((name) => !envelopeProperties[format].includes(name))
  if (foreign !== undefined) throw bodyUnusable(`its property "${foreign}" is not the standard's`)
}

function refuseCustom(raw: Buffer, index: number): void {
  const custom = customProperty(raw)
  if (custom !== undefined) throw bodyUnusable(`object ${index + 1} has the custom property "${custom}"`)
}

// Properties of the standard never begin so, and have no other letters. STIX 2.1, 11.1; TAXII 2.1, 7.1.1
function customProperty(raw: Buffer): string | undefined {
  const value: unknown = JSON.parse(raw.toString('utf8'))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.keys(value).find((name) => name.startsWith('x_') || !/^[a-z0-9_]{2,250}$/.test(name))
}
