import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import { printable } from '../core/printable.ts'
import type { OutputRecord, Shape } from '../output/writer.ts'
import { servedId } from '../serve/collection-id.ts'
import { openStorePersistence, type StorePersistence } from '../serve/persistence/open.ts'
import type { ServedCollection } from '../serve/persistence/served-collection.ts'
import type { ApiRoot } from '../serve/taxii2-persistence.ts'
import type { Store } from '../store/store.ts'
import type { Runtime } from './runtime.ts'

/** What commands about collections and API roots work on: the store itself, whether a server runs or not. */
export async function openServed(
  parts: Pick<Runtime, 'store' | 'clock'>,
): Promise<StorePersistence & { store: Store }> {
  const store = await parts.store()
  return { store, ...openStorePersistence({ store, clock: parts.clock }) }
}

/**
 * The served collection that a word means: by id, TAXII 1 name or alias.
 * @throws SERVE_COLLECTION_UNKNOWN (not-found), CLI_COLLECTION_AMBIGUOUS (usage)
 */
export function findServed(word: string, served: readonly ServedCollection[]): ServedCollection {
  const found = served.filter(({ id, name, alias }) => word === id || word === name || word === alias)
  const [only, another] = found
  if (only && !another) return only
  if (!only) throw unknownCollection(word, served)
  throw new StixTaxiiError(
    'CLI_COLLECTION_AMBIGUOUS',
    `"${printable(word)}" is a name of ${found.length} collections`,
    {
      kind: 'usage',
      hint: `Name it by its id: ${found.map(({ id }) => id).join(', ')}`,
      context: { collection: word },
    },
  )
}

function unknownCollection(word: string, served: readonly ServedCollection[]): StixTaxiiError {
  const near = nearestName(
    word,
    served.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias])),
  )
  return new StixTaxiiError('SERVE_COLLECTION_UNKNOWN', `No collection "${printable(word)}" is served`, {
    kind: 'not-found',
    hint: `${near === undefined ? '' : `Did you mean "${near}"? `}List them with: stixtaxii server collection list`,
    context: { collection: word },
  })
}

/** @throws SERVE_API_ROOT_UNKNOWN (not-found) */
export async function findApiRoot(word: string, { taxii2 }: Pick<StorePersistence, 'taxii2'>): Promise<ApiRoot> {
  const found = await taxii2.getApiRoot(word)
  if (found) return found
  const near = nearestName(
    word,
    (await taxii2.getApiRoots()).map(({ id }) => id),
  )
  throw new StixTaxiiError('SERVE_API_ROOT_UNKNOWN', `There is no API root "${printable(word)}"`, {
    kind: 'not-found',
    hint: near === undefined ? 'List them with: stixtaxii server api-root list' : `Did you mean "${near}"?`,
    context: { apiRoot: word },
  })
}

/** Whether it is served because it was fetched, changed since or not. */
export function isFetched({ id, key }: ServedCollection): boolean {
  return id === servedId(key)
}

export function collectionRow(collection: ServedCollection): OutputRecord {
  const { id, apiRootId, name, title, description, alias, isPublic, isPublicWrite, isWritable, type, key } = collection
  return {
    id,
    apiRoot: apiRootId,
    name,
    alias: alias ?? null,
    title,
    description: description ?? null,
    kind: isFetched(collection) ? 'fetched' : collection.isView ? 'view' : 'own',
    type,
    writable: isWritable,
    public: isPublic,
    publicWrite: isPublicWrite,
    available: collection.isAvailable,
    from: collection.isView ? key.source : null,
    fromCollection: collection.isView ? key.collection : null,
  }
}

const collectionColumns: Shape['columns'] = [
  { field: 'name', head: 'Name', long: 'whole' },
  { field: 'id', head: 'Id', long: 'whole' },
  { field: 'apiRoot', head: 'API root', minor: 1 },
  { field: 'alias', head: 'Alias', minor: 1 },
  { field: 'title', head: 'Title', long: 'wrap', minor: 2 },
  { field: 'kind', head: 'Kind' },
  { field: 'writable', head: 'Writable', minor: 1 },
  { field: 'public', head: 'Public', minor: 1 },
]

export const collectionShape: Shape = { columns: collectionColumns, name: 'id' }

export const collectionListShape: Shape = {
  ...collectionShape,
  empty: 'Nothing is stored yet, and no collection was made. Fetch something: stixtaxii fetch',
}

export function apiRootRow({ id, isDefault, title, description, isPublic }: ApiRoot): OutputRecord {
  return { id, default: isDefault, title, description: description ?? null, public: isPublic }
}

export const apiRootShape: Shape = {
  columns: [
    { field: 'id', head: 'Id', long: 'whole' },
    { field: 'default', head: 'Default' },
    { field: 'title', head: 'Title', long: 'wrap' },
    { field: 'public', head: 'Public' },
    { field: 'description', head: 'Description', long: 'wrap', minor: 0 },
  ],
  name: 'id',
}
