import { fetchSource } from '../fetch/engine.ts'
import type { FetchDependencies, FetchRequest, FetchResult } from '../fetch/fetch.ts'
import type { TaxiiProfile } from '../profile/profile.ts'
import type { TaxiiClient } from '../taxii/client.ts'
import type { Preset } from '../taxii/settings.ts'

/** An open connection, as `openSource` gives it. */
interface Connection extends AsyncDisposable {
  readonly client: TaxiiClient
}

export interface FetchProfileDependencies extends FetchDependencies {
  readonly connect: (profile: TaxiiProfile, signal: AbortSignal) => Promise<Connection>
}

/** Fetches what a profile describes: connects once the source is locked, closes the connection in the end. See `FetchOne`. */
export async function fetchProfile(
  profile: TaxiiProfile,
  request: FetchRequest,
  dependencies: FetchProfileDependencies,
  signal: AbortSignal,
): Promise<readonly FetchResult[]> {
  let connection: Connection | undefined
  const preset = profile.preset === undefined ? undefined : await presetOf(profile.preset)
  const source = {
    ref: { id: profile.id, name: profile.name },
    collections: profile.collections,
    begin: profile.begin,
    repairs: preset?.repairs,
    connect: async (stop: AbortSignal) => {
      connection = await dependencies.connect(profile, stop)
      return connection.client
    },
  }
  try {
    return await fetchSource(source, request, dependencies, signal)
  } finally {
    await connection?.[Symbol.asyncDispose]()
  }
}

async function presetOf(name: string): Promise<Preset | undefined> {
  const { findPreset } = await import('../taxii/presets/registry.ts')
  return findPreset(name)
}
