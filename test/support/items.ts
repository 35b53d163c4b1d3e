import { createHash } from 'node:crypto'
import type { ContentBlock, Damaged, StixObject } from '../../src/stix/item.ts'

/** Makers of received things, for tests that need items but no server. */

let made = 0

/** A UUID of version 4's shape that no other call returns. */
export function aUuid(number = ++made): string {
  const hex = number.toString(16).padStart(12, '0')
  return `00000000-0000-4000-8000-${hex}`
}

/** An indicator as `describeObject` would give it; what `properties` says goes into its bytes as well. */
export function anObject(
  properties: { id?: string; type?: string; modified?: string; revoked?: boolean } & Record<string, unknown> = {},
): StixObject {
  const type = properties.type ?? 'indicator'
  const id = properties.id ?? `${type}--${aUuid()}`
  const modified = properties.modified ?? '2026-01-01T00:00:00.000Z'
  const body = { type, spec_version: '2.1', created: '2026-01-01T00:00:00.000Z', ...properties, id, modified }
  return {
    kind: 'object',
    id,
    type,
    version: modified,
    specVersion: '2.1',
    revoked: properties.revoked === true,
    raw: Buffer.from(JSON.stringify(body)),
  }
}

export function aBlock(content = `<Package n="${++made}"/>`, more: Partial<ContentBlock> = {}): ContentBlock {
  const binding = more.binding ?? 'urn:stix.mitre.org:xml:1.1.1'
  const digest = createHash('sha256').update(`${binding}\n${content}`).digest('hex')
  return { kind: 'block', id: `block--${digest}`, binding, raw: Buffer.from(content), ...more }
}

export function somethingDamaged(text = `{"n":${++made}}`): Damaged {
  return { reason: 'STIX_ID_MISSING', detail: 'an object without an id', raw: Buffer.from(text) }
}
