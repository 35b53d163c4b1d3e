import type {
  ManifestRecord,
  ObjectFilter,
  ObjectPage,
  PageKey,
  StixObjectRecord,
  Taxii2Collection,
} from '../taxii2-persistence.ts'
import type { Visit } from './answers.ts'
import { ceilingKey, permissionIn } from './ceiling.ts'
import { readQuery, type QueryPlace, type ReadQuery } from './filters.ts'
import { readPermitted, type ReadPage } from './pages.ts'

/** How one visit reads a collection, or one object of it: nothing above the account's ceiling is among what it gets. */
export interface Reading {
  readonly query: ReadQuery
  readonly objects: ReadPage<StixObjectRecord>
  /** The same without bodies, where nobody has to look into them. */
  readonly records: ReadPage<ManifestRecord>
  /** How many there are in all; undefined where that is not known without reading. */
  readonly count?: (() => Promise<number>) | undefined
  /** Stands for the list: filters and ceiling. */
  readonly key: string
}

/** Reads the query and prepares the reading. @throws what `readQuery` throws */
export function prepareReading(visit: Visit, collection: Taxii2Collection, place: QueryPlace): Reading {
  const { c, parts, version } = visit
  const { taxii2: persistence, settings } = parts
  const query = readQuery(c, place, { version, persistence, maxPageSize: settings.taxii2.maxPageSize })
  const permits = permissionIn(visit, collection)
  const objects: ReadPage<StixObjectRecord> = (filter) =>
    readPermitted(rawObjects(visit, collection, place.object), filter, permits)
  const isPlain = permits === undefined && place.object === undefined
  const records: ReadPage<ManifestRecord> = isPlain
    ? (filter) => (isVoid(filter) ? nothing : persistence.getManifest(collection, filter))
    : objects
  const count = permits === undefined ? counterOf(visit, collection, place.object, query.filter) : undefined
  return { query, objects, records, count, key: `${query.key} ${ceilingKey(visit)}` }
}

const nothing = Promise.resolve<ObjectPage<never>>({ entries: [], more: false })

// Asked for versions of the specification that are nobody's. One object has to be looked for all the same: 404 if unknown.
const isVoid = ({ specVersions }: Pick<ObjectFilter, 'specVersions'>): boolean => specVersions?.length === 0

function rawObjects(
  { parts }: Visit,
  collection: Taxii2Collection,
  object: string | undefined,
): ReadPage<StixObjectRecord> {
  const { taxii2: persistence } = parts
  if (object === undefined) return (filter) => (isVoid(filter) ? nothing : persistence.getObjects(collection, filter))
  return async (filter) => {
    if (!isVoid(filter)) return persistence.getObject(collection, object, filter)
    const known = await persistence.getObject(collection, object, { limit: 1 })
    return known && { entries: [], more: false }
  }
}

function counterOf(
  { parts }: Visit,
  collection: Taxii2Collection,
  object: string | undefined,
  filter: ReadQuery['filter'],
): (() => Promise<number>) | undefined {
  const { taxii2: persistence } = parts
  if (persistence.countObjects === undefined) return undefined
  const counted = object === undefined ? filter : { ...filter, ids: [object] }
  return () => persistence.countObjects?.(collection, counted) ?? Promise.resolve(0)
}

/** First and last date of a page, as headers. An empty page has none. @see TAXII 2.1, 3.2; TAXII 2.0, 3.2 */
export function dateHeaders(entries: readonly Pick<PageKey, 'dateAdded'>[]): Record<string, string> {
  const [first, last] = [entries[0], entries.at(-1)]
  if (!first || !last) return {}
  return { 'x-taxii-date-added-first': first.dateAdded, 'x-taxii-date-added-last': last.dateAdded }
}
