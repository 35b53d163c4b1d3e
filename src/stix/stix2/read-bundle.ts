import type { Reading, Tlp } from '../statement.ts'
import { isObject, type JsonObject, textAt, textsAt } from './fields.ts'
import { markingsOf, strictest, tlpOfDefinition } from './markings.ts'
import { emptyReading, readObject } from './read-object.ts'

const maxObjects = 200_000

/**
 * Reads STIX 2 that came as the content of a TAXII 1.x block: a bundle, a list of objects or a single one. Never throws;
 * what is no JSON says so in `losses`.
 */
export function readBundle(raw: Buffer): Reading {
  let document: unknown
  try {
    document = JSON.parse(raw.toString('utf8').replace(/^\ufeff/, ''))
  } catch {
    return { ...emptyReading, losses: ['The content is neither XML nor JSON that can be read'] }
  }
  const objects = objectsOf(document)
  const readings = objects.slice(0, maxObjects).flatMap((object) => (isObject(object) ? [ofBundled(object)] : []))
  const losses = objects.length > maxObjects ? [`Only ${maxObjects} of its ${objects.length} objects were read`] : []
  return {
    statements: readings.flatMap((reading) => reading.statements),
    relations: readings.flatMap((reading) => reading.relations),
    named: readings.flatMap((reading) => reading.named),
    losses,
    tlp: strictestIn(objects.filter(isObject)),
  }
}

/** Of all markings in a bundle, those by its own marking definitions included. */
function strictestIn(objects: readonly JsonObject[]): Tlp | undefined {
  const defined = new Map<string, Tlp | undefined>()
  for (const object of objects) {
    if (object['type'] === 'marking-definition') defined.set(textAt(object, 'id') ?? '', tlpOfDefinition(object))
  }
  let strictestSoFar: Tlp | undefined
  for (const object of objects) {
    const { tlp, refs } = markingsOf(object, textsAt(object, 'labels'))
    strictestSoFar = strictest([strictestSoFar, tlp, ...refs.map((ref) => defined.get(ref))])
  }
  return strictestSoFar
}

function objectsOf(document: unknown): readonly unknown[] {
  if (Array.isArray(document)) return document
  if (!isObject(document)) return []
  return Array.isArray(document['objects']) ? document['objects'] : [document]
}

/** Its version by the rule that `describeObject` follows (STX-1). */
function ofBundled(object: JsonObject): Reading {
  const [id, type] = [textAt(object, 'id') ?? '', textAt(object, 'type') ?? '']
  const own = textAt(object, 'spec_version')
  const hasDate = textAt(object, 'modified') !== undefined || textAt(object, 'created') !== undefined
  const specVersion = own === undefined ? (hasDate ? '2.0' : '2.1') : own.startsWith('2.0') ? '2.0' : '2.1'
  return readObject(object, { id, type, specVersion, revoked: object['revoked'] === true })
}
