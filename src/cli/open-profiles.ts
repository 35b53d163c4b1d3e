import type { Clock } from '../core/ports.ts'
import type { ProfileStore } from '../profile/profile.ts'
import type { Environment } from './environment.ts'
import type { Folders } from './folders.ts'
import { processTable } from './process-table.ts'

export interface OpenProfilesOptions {
  readonly folders: Folders
  readonly clock: Clock
  readonly environment: Environment
  readonly workingDirectory: string
}

/** The user's saved profiles, with those that STIXTAXII_URL, STIXTAXII_DIRECTOR_URL and their companions make, where those are set. */
export async function openProfiles(options: OpenProfilesOptions): Promise<ProfileStore> {
  const { folders, clock, environment, workingDirectory } = options
  const open = async (): Promise<ProfileStore> => {
    const { openProfileStore } = await import('../profile/store.ts')
    return openProfileStore({ directory: folders.config, clock, processes: processTable })
  }
  const withDirector = environment.STIXTAXII_DIRECTOR_URL ? await addDirector(options, open) : undefined
  const openSaved = withDirector === undefined ? open : () => Promise.resolve(withDirector)
  if (!environment.STIXTAXII_URL) return openSaved()
  const [{ sourceFromEnvironment }, { withPassingProfile }, { findPreset }] = await Promise.all([
    import('./source-environment.ts'),
    import('../profile/with-passing.ts'),
    import('../taxii/presets/registry.ts'),
  ])
  const passing = await sourceFromEnvironment(environment, { workingDirectory, findPreset })
  return passing ? withPassingProfile(passing, openSaved) : openSaved()
}

async function addDirector(
  { environment, workingDirectory }: OpenProfilesOptions,
  open: () => Promise<ProfileStore>,
): Promise<ProfileStore> {
  const [{ directorFromEnvironment }, { withPassingProfile }] = await Promise.all([
    import('./director-environment.ts'),
    import('../profile/with-passing.ts'),
  ])
  const passing = await directorFromEnvironment(environment, { workingDirectory })
  return passing ? withPassingProfile(passing, open) : open()
}
