import type { FetchRequest } from '../fetch/fetch.ts'
import type { ProfileStore, TaxiiProfile } from '../profile/profile.ts'
import type { Store } from '../store/store.ts'
import { fetchProfile } from '../workflow/fetch-profile.ts'
import type { WatchDependencies } from '../workflow/watch.ts'
import type { Runtime } from './runtime.ts'

type Parts = Pick<Runtime, 'clock' | 'connect' | 'notices' | 'options' | 'random'>

interface Watched {
  readonly store: Store
  readonly profileStore: ProfileStore
  /** Which of the TAXII profiles; default: every one. */
  readonly isWanted?: ((profile: TaxiiProfile) => boolean) | undefined
  readonly onFetched: WatchDependencies['onFetched']
  readonly onHealth?: WatchDependencies['onHealth'] | undefined
}

/** What `watchSources` needs to keep profiles fetched into a store; they are read anew each round. */
export function watchDependencies(parts: Parts, watched: Watched): WatchDependencies {
  const { clock, connect, notices, random } = parts
  const { store, profileStore, isWanted = () => true } = watched
  const request: FetchRequest = { lockTimeoutMs: parts.options.lockTimeoutMs }
  return {
    clock,
    notices,
    random,
    profiles: async () => {
      const all = (await profileStore.list()).filter((profile) => profile.kind === 'taxii')
      return all.filter(isWanted)
    },
    fetch: (profile, stop) => fetchProfile(profile, request, { store, clock, notices, connect }, stop),
    newestRun: async (profile) => (await store.runs({ source: profile.id, limit: 1 }))[0],
    onFetched: watched.onFetched,
    onHealth: watched.onHealth ?? (() => Promise.resolve()),
  }
}
