import { randomUUID } from 'node:crypto'
import { isTimestamp, timestampKey } from '../../core/timestamp.ts'
import type { ManifestRecord, StixObjectRecord, Taxii2Collection } from '../taxii2-persistence.ts'

/** What a page says of itself in 2.1. `next` only with `more`. */
export interface PageFacts {
  readonly more: boolean
  readonly next?: string | undefined
}

/**
 * The envelope of 2.1: every object as the bytes it came as. Without objects it has no list.
 * @see TAXII 2.1, 3.7
 */
export function writeEnvelope(objects: readonly StixObjectRecord[], facts: PageFacts): Buffer {
  return writeObjects(factsOf(facts), objects)
}

/** The bundle of 2.0. @see TAXII 2.0, 3.7; STIX 2.0, 5 */
export function writeBundle(objects: readonly StixObjectRecord[]): Buffer {
  return writeObjects(['"type":"bundle"', `"id":"bundle--${randomUUID()}"`, '"spec_version":"2.0"'], objects)
}

function writeObjects(members: readonly string[], objects: readonly StixObjectRecord[]): Buffer {
  if (objects.length === 0) return Buffer.from(`{${members.join(',')}}`)
  const head = `{${[...members, '"objects":['].join(',')}`
  const length = objects.reduce((sum, { raw }) => sum + raw.length + 1, Buffer.byteLength(head) + 1)
  const bytes = Buffer.allocUnsafe(length)
  let at = bytes.write(head)
  for (const { raw } of objects) {
    at += raw.copy(bytes, at)
    bytes[at++] = 0x2c
  }
  // In the place of the last comma.
  bytes[at - 1] = 0x5d
  bytes[at] = 0x7d
  return bytes
}

function factsOf({ more, next }: PageFacts): string[] {
  if (!more) return []
  return ['"more":true', ...(next === undefined ? [] : [`"next":${JSON.stringify(next)}`])]
}

/** A list of 2.1 with what is known of its page; empty lists are left out. @see TAXII 2.1, 5.3.1 and 5.8.1 */
export function listResource(name: 'objects' | 'versions', list: readonly unknown[], { more, next }: PageFacts) {
  return {
    ...(more && { more, ...(next !== undefined && { next }) }),
    ...(list.length > 0 && { [name]: list }),
  }
}

/**
 * A version as a timestamp: what has none of its own counts as made when it was added. Six digits, unless it has more.
 * @see TAXII 2.1, 2 (timestamp) and 3.4.1
 */
export function versionStamp(version: string, dateAdded: string): string {
  const key = timestampKey(version)
  if (key === undefined) return dateAdded
  return key.endsWith('000Z') && key.length === 30 ? `${key.slice(0, 26)}Z` : key
}

/** The version as the object has it, else when it was added. */
export function versionText(version: string, dateAdded: string): string {
  return isTimestamp(version) ? version : dateAdded
}

const defaultMediaTypes = ['application/stix+json;version=2.1', 'application/stix+json;version=2.0']

/** @see TAXII 2.1, 5.2.1 (what a collection is offered as) */
export function mediaTypes21({ mediaTypes }: Taxii2Collection): readonly string[] {
  return mediaTypes && mediaTypes.length > 0 ? mediaTypes : defaultMediaTypes
}

/** Writes records of a manifest; the media type is one of the collection's, or left out. @see TAXII 2.1, 5.3.1 */
export function manifestEntries21(records: readonly ManifestRecord[], collection: Taxii2Collection): readonly object[] {
  const offered = mediaTypes21(collection)
  const offeredAs = (specVersion: string): string | undefined => {
    const wanted = `application/stix+json;version=${specVersion}`
    return offered.find((each) => each.replaceAll(' ', '').toLowerCase() === wanted)
  }
  const types = { '2.0': offeredAs('2.0'), '2.1': offeredAs('2.1') }
  return records.map(({ id, dateAdded, version, specVersion }) => {
    const type = types[specVersion]
    const entry = { id, date_added: dateAdded, version: versionStamp(version, dateAdded) }
    return type === undefined ? entry : { ...entry, media_type: type }
  })
}

export const mediaType20 = 'application/vnd.oasis.stix+json; version=2.0'

/** An entry of 2.0's manifest, which has all versions of an object, newest first. @see TAXII 2.0, 5.6 */
export function manifestEntry20({ id, dateAdded }: ManifestRecord, versions: readonly ManifestRecord[]) {
  const newestFirst = [...versions].sort((a, b) => (sortKey(a) < sortKey(b) ? 1 : -1))
  return {
    id,
    date_added: dateAdded,
    versions: newestFirst.map((each) => versionText(each.version, each.dateAdded)),
    media_types: [mediaType20],
  }
}

function sortKey({ version, dateAdded }: ManifestRecord): string {
  return timestampKey(version) ?? timestampKey(dateAdded) ?? ''
}
