import type { Item, StixObject } from './item.ts'
import type { Reading } from './statement.ts'
import { readStix1 } from './stix1/read.ts'
import { isObject } from './stix2/fields.ts'
import { readBundle } from './stix2/read-bundle.ts'
import { emptyReading, readObject, saysSomething } from './stix2/read-object.ts'

/**
 * What an item says about values, objects and names. Never throws, whatever the item holds. On the path of every commit:
 * objects of a type that says nothing are not parsed.
 */
export function readStatements(item: Item): Reading {
  if (item.kind === 'object') return saysSomething(item.type) ? ofObject(item) : emptyReading
  return isXml(item.raw) ? readStix1(item.raw) : readBundle(item.raw)
}

/** UTF-16 has a zero byte beside the mark. */
function isXml(raw: Buffer): boolean {
  return /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*</.test(raw.toString('latin1', 0, 4096))
}

function ofObject(item: StixObject): Reading {
  try {
    const object: unknown = JSON.parse(item.raw.toString('utf8'))
    return isObject(object) ? readObject(object, item) : emptyReading
  } catch (error) {
    // Items were checked to be JSON, but the store may hold what an older release let through.
    return { ...emptyReading, losses: [`The object cannot be read: ${(error as Error).name}`] }
  }
}
