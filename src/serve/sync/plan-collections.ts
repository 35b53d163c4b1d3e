import { uuid5 } from '../../stix/uuid5.ts'
import type { CollectionKey, StoredCollection } from '../../store/store.ts'
import { defaultRootId, type ServedCollection } from '../persistence/served-collection.ts'
import { differences, kept, said, type SyncParts, type SyncStep } from './plan.ts'
import type { CollectionText, ServerDataText } from './schema.ts'

const kind = 'collection'

/** What rights are given in: a collection that is there, or will be. */
export interface NamedCollection {
  readonly id: string
  readonly name: string
  readonly alias?: string | undefined
}

export async function planCollections(
  { collections: wanted = undefined, api_roots: roots = [] }: ServerDataText,
  parts: SyncParts,
  prune: boolean,
): Promise<{ readonly steps: readonly SyncStep[]; readonly served: readonly NamedCollection[] }> {
  const { catalogue, taxii2 } = parts.persistence
  const present = await catalogue.list()
  if (!wanted) return { steps: [], served: present }
  const knownRoots = new Set([...(await taxii2.getApiRoots()), ...roots].map(({ id }) => id))
  const steps = wanted.map((text, index) => {
    if (!knownRoots.has(text.api_root ?? defaultRootId))
      throw parts.errorAt(['collections', index, 'api_root'], `: there is no API root "${text.api_root}"`)
    return stepFor(text, index, { ...parts, present })
  })
  const names = new Set(wanted.map(({ name }) => name))
  const unwanted = prune ? present.filter(({ isAutomatic, name }) => !isAutomatic && !names.has(name)) : []
  const deleted = unwanted.map(({ id, name }): SyncStep => ({
    kind,
    name,
    action: 'delete',
    fields: [],
    run: () => catalogue.remove(id),
  }))
  const others = present.filter(({ name }) => !names.has(name) && !unwanted.some((each) => each.name === name))
  const own = wanted.map((text) => ({ ...text, id: idOf(text, present) }))
  return { steps: [...steps, ...deleted], served: [...others, ...own] }
}

interface Ground extends SyncParts {
  readonly present: readonly ServedCollection[]
}

function stepFor(text: CollectionText, index: number, ground: Ground): SyncStep {
  const { catalogue } = ground.persistence
  const { name } = text
  const found = ground.present.find((collection) => collection.name === name)
  const viewOf = text.from && storedAt(text.from, index, ground).key
  if (!found) {
    const made = { ...fieldsOf(text), id: idOf(text, ground.present), name, title: text.title ?? name, viewOf }
    return {
      kind,
      name,
      action: 'create',
      fields: [],
      run: () => catalogue.create({ ...made, apiRootId: text.api_root ?? defaultRootId }),
    }
  }
  checkFixed(text, index, { found, viewOf, errorAt: ground.errorAt })
  const fields = differences({ ...text, supported_content: bindingsOf(text) }, textOf(found))
  if (fields.length === 0) return kept(kind, name)
  const run = () => catalogue.change(found.id, (was) => ({ ...was, ...fieldsOf(text) }))
  return { kind, name, action: 'change', fields, run }
}

/** What cannot change without losing what clients know it by. */
function checkFixed(
  text: CollectionText,
  index: number,
  {
    found,
    viewOf,
    errorAt,
  }: { found: ServedCollection; viewOf: CollectionKey | undefined; errorAt: SyncParts['errorAt'] },
): void {
  const hint = 'Delete it first, or give the new one another name.'
  if (text.id !== undefined && text.id !== found.id)
    throw errorAt(['collections', index, 'id'], `: "${text.name}" is there with the id ${found.id}`, hint)
  if (text.api_root !== undefined && text.api_root !== found.apiRootId)
    throw errorAt(['collections', index, 'api_root'], `: "${text.name}" is in the API root "${found.apiRootId}"`, hint)
  if (found.isAutomatic) return
  const isSame = viewOf === undefined ? !found.isView : found.isView && isSameKey(viewOf, found.key)
  if (!isSame) throw errorAt(['collections', index, 'from'], `: "${text.name}" is there and shows something else`, hint)
}

function storedAt(from: NonNullable<CollectionText['from']>, index: number, ground: Ground): StoredCollection {
  const ofSource = ground.stored.filter(({ source }) => source.name === from.source || source.id === from.source)
  const found = ofSource.filter(({ key }) => from.collection === undefined || key.collection === from.collection)
  const [only, another] = found
  if (only && !another) return only
  const known = ofSource.map(({ key }) => key.collection).join(', ')
  const what = another ? `: name one of the collections of ${from.source}` : ': nothing is stored of that'
  const hint = known === '' ? 'Fetch the source first.' : `Stored of it: ${known}`
  throw ground.errorAt(['collections', index, 'from'], what, hint)
}

const namespace = '5d0b3e38-7f0c-5c0e-8a7e-0c3f7c1d9b64'

/** The same on every machine that is given the same file. */
function idOf(text: CollectionText, present: readonly ServedCollection[]): string {
  const found = present.find(({ name }) => name === text.name)
  return found?.id ?? text.id ?? uuid5(namespace, JSON.stringify([text.api_root ?? defaultRootId, text.name]))
}

function bindingsOf({ supported_content: bindings }: CollectionText) {
  return bindings?.map((one) => (typeof one === 'string' ? { binding: one, subtypes: [] } : one))
}

function fieldsOf(text: CollectionText) {
  return said({
    title: text.title,
    description: text.description,
    alias: text.alias,
    isPublic: text.public,
    isPublicWrite: text.public_write,
    isAvailable: text.available,
    type: text.type,
    acceptAllContent: text.accept_all_content,
    supportedContent: bindingsOf(text),
    services: text.services,
  })
}

function textOf(found: ServedCollection): Readonly<Record<string, unknown>> {
  return {
    name: found.name,
    title: found.title,
    description: found.description,
    alias: found.alias,
    public: found.isPublic,
    public_write: found.isPublicWrite,
    available: found.isAvailable,
    type: found.type,
    accept_all_content: found.acceptAllContent,
    supported_content: found.supportedContent,
    services: found.services,
  }
}

function isSameKey(a: CollectionKey, b: CollectionKey): boolean {
  return a.source === b.source && a.root === b.root && a.collection === b.collection
}
