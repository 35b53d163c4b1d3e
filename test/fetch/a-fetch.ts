import { fetchSource } from '../../src/fetch/engine.ts'
import type { FetchDependencies, FetchRequest, FetchResult, FetchSource } from '../../src/fetch/fetch.ts'
import { openMemoryStore } from '../../src/store/memory/driver.ts'
import type { Store } from '../../src/store/store.ts'
import type { TaxiiClient } from '../../src/taxii/client.ts'
import { fakeClock } from '../support/fake-clock.ts'
import type { FakeClock } from '../support/fake-clock.ts'

/** A source, a store and a clock to fetch with; `run` fetches once. */
export interface FetchFixture {
  readonly store: Store
  readonly clock: FakeClock
  run(request?: Partial<FetchRequest>, more?: RunOptions): Promise<readonly FetchResult[]>
}

export interface RunOptions {
  readonly signal?: AbortSignal | undefined
  readonly source?: Partial<FetchSource> | undefined
  readonly dependencies?: Partial<FetchDependencies> | undefined
}

export const acme = { id: '11111111-1111-4111-8111-111111111111', name: 'acme' }

export function aFetch(client: TaxiiClient, given: { store?: Store; clock?: FakeClock } = {}): FetchFixture {
  const clock = given.clock ?? fakeClock({ start: '2026-03-01T12:00:00.000Z', autoAdvance: false })
  const store = given.store ?? openMemoryStore({ clock, identity: { pid: 1, host: 'host.example' } })
  return {
    store,
    clock,
    run: (request = {}, more = {}) =>
      fetchSource(
        { ref: acme, connect: () => Promise.resolve(client), collections: [], begin: '20d', ...more.source },
        { lockTimeoutMs: 0, ...request },
        { store, clock, notices: () => undefined, ...more.dependencies },
        more.signal ?? new AbortController().signal,
      ),
  }
}

/** Ids of what is stored, oldest first. */
export async function storedIds(store: Store): Promise<string[]> {
  const ids: string[] = []
  for await (const { item } of store.versions({})) ids.push(item.id)
  return ids
}
