import type { Clock } from '../../core/ports.ts'
import { timestampOfDate } from '../../core/timestamp.ts'
import type { CollectionKey, Store } from '../../store/store.ts'
import { ownSource } from './served-collection.ts'

/** The run under which everything is stored that arrives in a collection. */
export type ServerRuns = (key: CollectionKey, title: string) => Promise<string>

/**
 * One run for a collection, not one for each POST: they would hide the fetches in every listing. It is finished when it
 * is made, since nobody holds the source's lock and it must not look dead; counts go on.
 */
export function serverRuns({ store, clock }: { readonly store: Store; readonly clock: Clock }): ServerRuns {
  const runs = new Map<string, Promise<string>>()

  async function findOrBegin(key: CollectionKey, title: string): Promise<string> {
    const stored = await store.runs({ source: key.source, collection: key.collection, limit: 1 })
    const found = stored.find((run) => run.key.root === key.root)
    if (found) return found.id
    const startedAt = timestampOfDate(clock.now())
    const id = await store.beginRun({ source: ownSource, key, version: '2.1', startedAt, title })
    await store.finishRun(id, { finishedAt: startedAt, status: 'ok' })
    return id
  }

  return (key, title) => {
    const name = JSON.stringify([key.root, key.collection])
    const known = runs.get(name)
    if (known) return known
    const finding = findOrBegin(key, title)
    runs.set(name, finding)
    finding.catch(() => runs.delete(name))
    return finding
  }
}
