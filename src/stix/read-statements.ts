import type { Item, StixObject } from './item.ts'
import type { Reading } from './statement.ts'
import { isObject } from './stix2/fields.ts'
import { readBundle } from './stix2/read-bundle.ts'
import { emptyReading, readObject, saysSomething } from './stix2/read-object.ts'

/**
 * What an item says about values, objects and names. Never throws, whatever the item holds. On the path of every commit:
 * objects of a type that says nothing are not parsed.
 */
export function readStatements(item: Item): Reading {
  if (item.kind === 'object') return saysSomething(item.type) ? ofObject(item) : emptyReading
  return readBundle(item.raw)
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
