import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import { printable } from '../core/printable.ts'
import type { CollectionKey } from '../store/store.ts'
import type { Collection, TaxiiClient } from '../taxii/client.ts'

/** A collection to be read, or one that was wanted and cannot be. */
export type Choice =
  | { readonly kind: 'readable'; readonly collection: Collection; readonly key: CollectionKey }
  | {
      readonly kind: 'unreadable'
      readonly name: string
      readonly key: CollectionKey | undefined
      readonly error: StixTaxiiError
    }

export interface Wanted {
  readonly sourceId: string
  /** Ids, aliases or names; empty = every readable one. */
  readonly names: readonly string[]
  readonly apiRoot: string | undefined
  /** Collections of this source that have been read before: one that is gone now is said, and keeps its checkpoint. */
  readonly known: readonly CollectionKey[]
}

/**
 * Which collections are read: those that were named (by id, alias or title), else every readable one of the default or
 * only API root. A collection that is not offered, or not readable, does not stop the others.
 * @throws what the listing throws, unless every collection was named and can be asked for alone.
 */
export async function chooseCollections(
  client: TaxiiClient,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<readonly Choice[]> {
  const listed = await listCollections(client, wanted, signal)
  if (wanted.names.length > 0) {
    const choices = await Promise.all(wanted.names.map((name) => byName(client, name, listed, wanted, signal)))
    return withoutRepeats(choices)
  }
  const readable = listed.filter((collection) => collection.canRead)
  return [...readable.map((collection) => asChoice(client, collection, wanted)), ...gone(client, listed, wanted)]
}

async function listCollections(
  client: TaxiiClient,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<readonly Collection[]> {
  try {
    return await client.collections(wanted.apiRoot, signal)
  } catch (error) {
    // Some servers hide the listing and serve a collection to whoever knows its id.
    const hidden = error instanceof StixTaxiiError && (error.kind === 'not-found' || error.kind === 'remote')
    if (hidden && (client.v2 ?? client.v1?.collection) && wanted.names.length > 0) return []
    throw error
  }
}

async function byName(
  client: TaxiiClient,
  name: string,
  listed: readonly Collection[],
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Choice> {
  const found = findCollection(listed, name)
  if (found) return asChoice(client, found, wanted)
  const key = wanted.known.find((known) => known.collection === name)
  try {
    return asChoice(client, await unlisted(client, name, listed, wanted, signal), wanted)
  } catch (error) {
    if (!(error instanceof StixTaxiiError)) throw error
    if (error.kind === 'cancelled') throw error
    const unknown = error.kind === 'not-found' ? unknownCollection(name, listed, error) : error
    return { kind: 'unreadable', name, key, error: unknown }
  }
}

/** 2.x can be asked for one collection; 1.x can be polled by name where the server lists none at all. */
async function unlisted(
  client: TaxiiClient,
  name: string,
  listed: readonly Collection[],
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Collection> {
  if (client.v2) return client.v2.collection(name, wanted.apiRoot, signal)
  if (listed.length === 0 && client.v1?.collection) return client.v1.collection(name, signal)
  throw unknownCollection(name, listed)
}

/** By id, alias, title; at last by title in any case, if only one has it. */
export function findCollection(listed: readonly Collection[], name: string): Collection | undefined {
  const exact =
    listed.find((collection) => collection.id === name) ??
    listed.find((collection) => collection.alias === name) ??
    listed.find((collection) => collection.title === name)
  if (exact) return exact
  const folded = listed.filter((collection) => collection.title?.toLowerCase() === name.toLowerCase())
  return folded.length === 1 ? folded[0] : undefined
}

function asChoice(client: TaxiiClient, collection: Collection, wanted: Wanted): Choice {
  const key = keyOf(client, collection, wanted)
  if (collection.canRead) return { kind: 'readable', collection, key }
  const error = new StixTaxiiError(
    'FETCH_COLLECTION_UNREADABLE',
    `Collection "${printable(collection.id)}" may not be read with these credentials`,
    {
      kind: 'auth',
      hint: 'Ask the provider for read access, or leave this collection out. Its checkpoint is kept.',
      context: { collection: collection.id },
    },
  )
  return { kind: 'unreadable', name: collection.id, key, error }
}

/**
 * What a checkpoint of this collection belongs to. 1.x: the poll address under which it was read before, if it is still one
 * of its addresses, whatever their order.
 */
export function keyOf(
  client: TaxiiClient,
  { id, root, pollAddresses }: Collection,
  { sourceId, known }: Pick<Wanted, 'sourceId' | 'known'>,
): CollectionKey {
  const isKnown = (address: string): boolean => known.some((key) => key.collection === id && key.root === address)
  const address = pollAddresses.find(isKnown) ?? pollAddresses[0] ?? root
  return { source: sourceId, root: client.v1 ? address : root, collection: id }
}

/** Collections that were read before and are offered no more, or may be read no more. */
function gone(client: TaxiiClient, listed: readonly Collection[], wanted: Wanted): readonly Choice[] {
  const offered = new Map(listed.map((collection) => [collection.id, collection]))
  const roots = new Set(listed.map((collection) => keyOf(client, collection, wanted).root))
  const here = wanted.known.filter((key) => roots.has(key.root) || listed.length === 0)
  return here.flatMap((key): readonly Choice[] => {
    const collection = offered.get(key.collection)
    if (collection?.canRead) return []
    if (collection) return [asChoice(client, collection, wanted)]
    return [{ kind: 'unreadable', name: key.collection, key, error: removed(key.collection) }]
  })
}

function removed(name: string): StixTaxiiError {
  return new StixTaxiiError('FETCH_COLLECTION_GONE', `Collection "${printable(name)}" is offered no more`, {
    kind: 'not-found',
    hint: 'What was read of it stays stored, and so does its checkpoint; "stixtaxii checkpoint reset" forgets it.',
    context: { collection: name },
  })
}

function unknownCollection(name: string, listed: readonly Collection[], cause?: StixTaxiiError): StixTaxiiError {
  const names = listed.flatMap(({ id, alias, title }) => [id, alias, title]).filter((each) => each !== undefined)
  const nearest = nearestName(name, names)
  const hint = nearest === undefined ? cause?.hint : `Did you mean "${printable(nearest)}"?`
  return new StixTaxiiError('FETCH_COLLECTION_UNKNOWN', `Collection "${printable(name)}" is not offered`, {
    kind: 'not-found',
    hint: hint ?? 'List what is offered with: stixtaxii collections',
    context: { collection: name },
    cause,
  })
}

function withoutRepeats(choices: readonly Choice[]): readonly Choice[] {
  const seen = new Set<string>()
  return choices.filter((choice) => {
    const name = choice.kind === 'readable' ? `${choice.key.root} ${choice.key.collection}` : choice.name
    if (seen.has(name)) return false
    seen.add(name)
    return true
  })
}
