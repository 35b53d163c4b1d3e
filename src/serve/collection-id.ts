import { uuid5 } from '../stix/uuid5.ts'
import type { CollectionKey } from '../store/store.ts'

const namespace = '6a3a2f4e-6b0f-5c1d-9a51-3d0c8b7e4f20'

/**
 * The id under which a stored collection is served: the same on every machine that fetched it with the same profile.
 * `contracts.md`, 5: a UUID version 5 of source and collection; the root belongs to it where two roots have one id.
 */
export function servedId({ source, root, collection }: CollectionKey): string {
  return uuid5(namespace, JSON.stringify([source, root, collection]))
}

/**
 * Its name in TAXII 1.x: SOURCE.COLLECTION, with `_` for what cannot stand in a file's name. libtaxii's `poll_client` makes
 * one of it, and fails at a slash.
 */
export function servedName(sourceName: string, { collection }: CollectionKey): string {
  return `${sourceName}.${collection}`.replace(/[^\p{L}\p{N}._~-]/gu, '_')
}
