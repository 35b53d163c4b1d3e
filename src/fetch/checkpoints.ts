import { beforeInstant } from '../core/duration.ts'
import type { Duration } from '../core/duration.ts'
import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import type { Checkpoint, CollectionKey, SourceRef, Store } from '../store/store.ts'

/** What is done to a checkpoint by hand. */
export type CheckpointChange =
  /** To this stamp, forward or back. */
  | { readonly verb: 'set'; readonly stamp: string }
  /** Back by so much. One without a stamp stays. */
  | { readonly verb: 'rewind'; readonly by: Duration }
  /** Forgotten: the next fetch begins as the first did. */
  | { readonly verb: 'reset' }

/** A checkpoint before and after a change; null = none. */
export interface ChangedCheckpoint {
  readonly collection: string
  readonly root: string
  readonly before: string | null
  readonly after: string | null
}

/** Whose checkpoints are changed, and how long to wait for a fetch that is running. */
export interface CheckpointTarget {
  readonly source: SourceRef
  /** Collection ids; empty = all that have been read. */
  readonly collections: readonly string[]
  readonly lockTimeoutMs: number
}

/**
 * Changes checkpoints of a source under its lock. A half-read run ends with it. What is stored stays stored.
 * @throws STORE_SOURCE_LOCKED (conflict) while it is being fetched; FETCH_CHECKPOINT_UNKNOWN (not-found).
 */
export async function changeCheckpoints(
  store: Store,
  target: CheckpointTarget,
  change: CheckpointChange,
): Promise<readonly ChangedCheckpoint[]> {
  const lock = await store.lockSource(target.source, { timeoutMs: target.lockTimeoutMs })
  try {
    const changed: ChangedCheckpoint[] = []
    for (const key of await keysOf(store, target)) {
      const before = await store.checkpoint(key)
      changed.push(await changeOne(store, key, before, change))
    }
    return changed
  } finally {
    await lock[Symbol.asyncDispose]()
  }
}

async function changeOne(
  store: Store,
  key: CollectionKey,
  checkpoint: Checkpoint | undefined,
  change: CheckpointChange,
): Promise<ChangedCheckpoint> {
  const { collection, root } = key
  const before = checkpoint?.stamp ?? null
  if (change.verb === 'reset') {
    await store.removeCheckpoint(key)
    return { collection, root, before, after: null }
  }
  const after = change.verb === 'set' ? change.stamp : before && beforeInstant(before, change.by)
  await store.setCheckpoint(key, { stamp: after ?? undefined, run: null })
  return { collection, root, before, after }
}

/** Collections that were read or tried before, in the order of the store. */
async function keysOf(store: Store, { source, collections }: CheckpointTarget): Promise<readonly CollectionKey[]> {
  const known = new Map<string, CollectionKey>()
  for (const { key } of await store.checkpoints({ source: source.id })) known.set(nameOf(key), key)
  if (known.size === 0 || collections.some((wanted) => ![...known.values()].some((key) => key.collection === wanted))) {
    for (const { key } of await store.runs({ source: source.id })) {
      if (key.collection !== '') known.set(nameOf(key), key)
    }
  }
  const keys = [...known.values()]
  if (collections.length === 0) {
    if (keys.length > 0) return keys
    throw unknown(`Nothing of "${source.name}" has been fetched yet`, `Fetch it first: stixtaxii fetch ${source.name}`)
  }
  return collections.flatMap((wanted) => {
    const found = keys.filter((key) => key.collection === wanted)
    if (found.length > 0) return found
    const near = nearestName(wanted, new Set(keys.map((key) => key.collection)))
    const hint = near ? `Did you mean "${near}"?` : 'List them with: stixtaxii checkpoint list'
    throw unknown(`Collection "${wanted}" of "${source.name}" has no checkpoint`, hint)
  })
}

function nameOf(key: CollectionKey): string {
  return `${key.root}\n${key.collection}`
}

function unknown(message: string, hint: string): StixTaxiiError {
  return new StixTaxiiError('FETCH_CHECKPOINT_UNKNOWN', message, { kind: 'not-found', hint })
}
