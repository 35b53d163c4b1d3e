import type { ManifestRecord, ObjectFilter, Taxii2Collection } from '../taxii2-persistence.ts'
import { reachToRead } from './access.ts'
import { answerJson, type Visit } from './answers.ts'
import { listResource, manifestEntries21, manifestEntry20 } from './containers.ts'
import { fieldsOfCollection } from './filters.ts'
import { itemHeaders, itemStatus, readItemRange, readItems } from './item-range.ts'
import { factsOf } from './objects.ts'
import { notFound } from './refusals.ts'
import { dateHeaders, prepareReading, type Reading } from './reading.ts'

/** @see TAXII 2.1, 5.3; TAXII 2.0, 5.6 */
export async function getManifest(visit: Visit): Promise<Response> {
  const collection = await reachToRead(visit)
  const reading = prepareReading(visit, collection, { collection: collection.id, fields: fieldsOfCollection })
  return visit.version === '2.0' ? answerItems(visit, reading) : answerRecords(visit, reading, collection)
}

async function answerRecords(visit: Visit, reading: Reading, collection: Taxii2Collection): Promise<Response> {
  const { filter, limit, next, key } = reading.query
  const page = await reading.records({ ...filter, limit, next })
  if (page === undefined) throw notFound()
  visit.c.set('objectsSent', page.entries.length)
  const list = manifestEntries21(page.entries, collection)
  const resource = listResource('objects', list, factsOf(visit, page, key))
  return answerJson(visit, resource, { headers: dateHeaders(page.entries) })
}

// One entry an object, with every version that there is: a filter of versions says which objects are meant.
async function answerItems(visit: Visit, { query, records, count, key }: Reading): Promise<Response> {
  const filter = { ...query.filter, versions: oneVersionEach(query.filter.versions) }
  const isSame = filter.versions === query.filter.versions
  const slice = await readItems<ManifestRecord>(readItemRange(visit.c.req.header('range')), {
    read: records,
    skim: records,
    count: isSame ? count : undefined,
    filter,
    maxItems: query.limit,
    key: isSame ? key : `${key} one version each`,
    places: visit.places,
  })
  const versions = await versionsOf(slice.entries, records, query.limit)
  const list = slice.entries.map((record) => manifestEntry20(record, versions.get(record.id) ?? [record]))
  visit.c.set('objectsSent', list.length)
  return answerJson(visit, listResource('objects', list, { more: false }), {
    status: itemStatus(slice),
    headers: { ...dateHeaders(slice.entries), ...itemHeaders(slice) },
  })
}

/** `all`, or first and last: every object. Its newest version says when it was added. */
function oneVersionEach(versions: readonly string[] | undefined): readonly string[] | undefined {
  if (versions === undefined || (!versions.includes('all') && !versions.includes('last'))) return versions
  return versions.length === 1 && versions[0] === 'last' ? versions : ['last']
}

async function versionsOf(
  entries: readonly ManifestRecord[],
  read: Reading['records'],
  limit: number,
): Promise<ReadonlyMap<string, readonly ManifestRecord[]>> {
  const byId = new Map<string, ManifestRecord[]>()
  const ids = [...new Set(entries.map(({ id }) => id))]
  if (ids.length === 0) return byId
  const filter: ObjectFilter = { ids, versions: ['all'], specVersions: ['2.0'], limit }
  for (let next: ObjectFilter['next']; ;) {
    const page = await read({ ...filter, next })
    for (const record of page?.entries ?? []) byId.set(record.id, [...(byId.get(record.id) ?? []), record])
    if (!page?.more || page.next === undefined) return byId
    next = page.next
  }
}
