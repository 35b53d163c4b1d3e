import type { Logpoint, Storage } from '../director/client.ts'
import { allLogpoints } from '../director/directory.ts'
import type { DirectorProfile } from '../profile/profile.ts'
import { onEach } from './director-targets.ts'
import type { DirectorParts } from './director-targets.ts'

/**
 * The Logpoints in reach of a storage (those of its pool; all of them for the public one) that use something of it. One
 * that cannot be asked is told, and counts as not using it.
 */
export async function dependentsOf(
  profile: DirectorProfile,
  storage: Storage,
  parts: Pick<DirectorParts, 'signal' | 'progress' | 'terminal'>,
  uses: (logpoint: Logpoint) => Promise<boolean>,
): Promise<readonly Logpoint[]> {
  const reached = allLogpoints(profile).filter(
    ({ pool }) => storage.location === 'public' || pool.id === storage.pool.id,
  )
  const { signal, progress } = parts
  const outcomes = await onEach(reached, { parallel: 8, signal, progress, doing: 'Asking' }, uses)
  for (const { logpoint, error } of outcomes) {
    if (error) parts.terminal.warn(`what ${logpoint.name} uses is not known: ${error.message}`)
  }
  return outcomes.filter(({ value }) => value).map(({ logpoint }) => logpoint)
}
