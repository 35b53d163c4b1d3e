import type { PageEntry, PageQuery, StoredPage } from '../../store/page-query.ts'
import type { CollectionKey, Store } from '../../store/store.ts'
import { pageBytes } from '../page-bytes.ts'
import type {
  ManifestRecord,
  ObjectFilter,
  ObjectPage,
  StixObjectRecord,
  VersionRecord,
} from '../taxii2-persistence.ts'

/** Pages of STIX 2 objects out of the store; one read each. */

/** A filter as the store's question, bounded in bytes too. A cursor is where the last page ended: dates are unique, so its date says it all. */
export function queryOf(filter: ObjectFilter): PageQuery {
  const { limit, addedAfter, next, ids, types, versions = ['last'], specVersions } = filter
  return {
    kind: 'object',
    addedAfter: next?.dateAdded ?? addedAfter,
    ids,
    types,
    versions,
    specVersions: specVersions ?? 'newest',
    limit,
    maxBytes: pageBytes,
  }
}

export async function readObjects(
  store: Store,
  key: CollectionKey,
  filter: ObjectFilter,
): Promise<ObjectPage<StixObjectRecord>> {
  return pageOf(await store.readPage(key, queryOf(filter)), objectOf)
}

export async function readManifest(
  store: Store,
  key: CollectionKey,
  filter: ObjectFilter,
): Promise<ObjectPage<ManifestRecord>> {
  return pageOf(await store.readPage(key, { ...queryOf(filter), bodies: false }), manifestOf)
}

export async function readVersions(
  store: Store,
  key: CollectionKey,
  filter: ObjectFilter,
): Promise<ObjectPage<VersionRecord>> {
  const query = { ...queryOf({ ...filter, versions: filter.versions ?? ['all'] }), bodies: false }
  return pageOf(await store.readPage(key, query), ({ version, addedAt }) => ({ version, dateAdded: addedAt }))
}

/** How many objects all pages of a filter have. */
export function countObjects(
  store: Store,
  key: CollectionKey,
  filter: Omit<ObjectFilter, 'limit' | 'next'>,
): Promise<number> {
  return store.countPage(key, queryOf({ ...filter, limit: 1 }))
}

/** Whether anything is stored of an id, whatever a filter says. */
export async function isKnown(store: Store, key: CollectionKey, id: string): Promise<boolean> {
  const page = await store.readPage(key, { kind: 'object', ids: [id], limit: 1, bodies: false })
  return page.entries.length > 0
}

function pageOf<Entry>({ entries, more }: StoredPage, entryOf: (entry: PageEntry) => Entry): ObjectPage<Entry> {
  const last = entries.at(-1)
  const shown = entries.map(entryOf)
  if (!more || !last) return { entries: shown, more: false }
  return { entries: shown, more, next: { dateAdded: last.addedAt, id: last.item.id, version: last.version } }
}

function objectOf({ item, version, addedAt }: PageEntry): StixObjectRecord {
  if (item.kind !== 'object') throw new TypeError('a page of objects has a content block')
  return { id: item.id, type: item.type, specVersion: item.specVersion, version, dateAdded: addedAt, raw: item.raw }
}

function manifestOf({ item, version, addedAt }: PageEntry): ManifestRecord {
  if (item.kind !== 'object') throw new TypeError('a page of objects has a content block')
  return { id: item.id, version, specVersion: item.specVersion, dateAdded: addedAt }
}
