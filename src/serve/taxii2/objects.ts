import type { ObjectPage, PageKey, StixObjectRecord } from '../taxii2-persistence.ts'
import { reachToRead } from './access.ts'
import { answerBytes, answerJson, type Visit } from './answers.ts'
import { listResource, versionStamp, writeBundle, writeEnvelope, type PageFacts } from './containers.ts'
import { fieldsOfCollection, fieldsOfObject, writeNext } from './filters.ts'
import { itemHeaders, itemStatus, readItemRange, readItems } from './item-range.ts'
import { notFound } from './refusals.ts'
import { dateHeaders, prepareReading, type Reading } from './reading.ts'

/** @see TAXII 2.1, 5.4; TAXII 2.0, 5.3 */
export async function getObjects(visit: Visit): Promise<Response> {
  const collection = await reachToRead(visit)
  const reading = prepareReading(visit, collection, { collection: collection.id, fields: fieldsOfCollection })
  return answerObjects(visit, reading)
}

/** @see TAXII 2.1, 5.6; TAXII 2.0, 5.5 */
export async function getObject(visit: Visit): Promise<Response> {
  const collection = await reachToRead(visit)
  const object = visit.c.req.param('object') ?? ''
  const reading = prepareReading(visit, collection, { collection: collection.id, object, fields: fieldsOfObject })
  return answerObjects(visit, reading, () => isHidden(visit, reading))
}

/** @see TAXII 2.1, 5.8 */
export async function getVersions(visit: Visit): Promise<Response> {
  const collection = await reachToRead(visit)
  const object = visit.c.req.param('object') ?? ''
  const place = { collection: collection.id, object, fields: ['spec_version'] as const }
  const { query, objects } = prepareReading(visit, collection, place)
  const { filter, limit, next } = query
  const page = await objects({ ...filter, versions: ['all'], limit, next })
  if (page === undefined || (page.entries.length === 0 && (await isHidden(visit, { objects })))) throw notFound()
  const versions = page.entries.map(({ version, dateAdded }) => versionStamp(version, dateAdded))
  visit.c.set('objectsSent', versions.length)
  const resource = listResource('versions', versions, factsOf(visit, page, query.key))
  return answerJson(visit, resource, { headers: dateHeaders(page.entries) })
}

async function answerObjects(visit: Visit, reading: Reading, isMissing?: () => Promise<boolean>): Promise<Response> {
  return visit.version === '2.0' ? answerItems(visit, reading, isMissing) : answerEnvelope(visit, reading, isMissing)
}

async function answerEnvelope(
  visit: Visit,
  { query, objects }: Reading,
  isMissing?: () => Promise<boolean>,
): Promise<Response> {
  const { filter, limit, next, key } = query
  const page = await objects({ ...filter, limit, next })
  if (page === undefined || (page.entries.length === 0 && (await isMissing?.()))) throw notFound()
  visit.c.set('objectsSent', page.entries.length)
  const bytes = writeEnvelope(page.entries, factsOf(visit, page, key))
  return answerBytes(visit, bytes, { kind: 'objects', headers: dateHeaders(page.entries) })
}

async function answerItems(visit: Visit, reading: Reading, isMissing?: () => Promise<boolean>): Promise<Response> {
  const { query, objects, records, count, key } = reading
  const slice = await readItems<StixObjectRecord>(readItemRange(visit.c.req.header('range')), {
    read: objects,
    skim: records,
    count,
    filter: query.filter,
    maxItems: query.limit,
    key,
    places: visit.places,
  })
  if (slice.entries.length === 0 && (await isMissing?.())) throw notFound()
  visit.c.set('objectsSent', slice.entries.length)
  return answerBytes(visit, writeBundle(slice.entries), {
    kind: 'objects',
    status: itemStatus(slice),
    headers: { ...dateHeaders(slice.entries), ...itemHeaders(slice) },
  })
}

/** Whether nothing of an object may be seen in this version, though it is there: then it is not there. */
async function isHidden({ version }: Visit, { objects }: Pick<Reading, 'objects'>): Promise<boolean> {
  const specVersions = version === '2.0' ? (['2.0'] as const) : (['2.0', '2.1'] as const)
  const any = await objects({ limit: 1, versions: ['all'], specVersions })
  return any === undefined || any.entries.length === 0
}

/** What a page says of itself, its cursor tied to the filters that `key` stands for. */
export function factsOf(visit: Visit, { more, next }: ObjectPage<unknown>, key: string): PageFacts {
  return { more, next: more && next ? writeNext(next satisfies PageKey, key, visit.parts.taxii2) : undefined }
}
