import { StixTaxiiError } from '../core/errors.ts'
import { allLogpoints } from '../director/directory.ts'
import type { DirectorProfile } from '../profile/profile.ts'
import type { Runtime } from './runtime.ts'
import { withUnsavedAdvice } from './try-source.ts'

/** What a first visit to a Director found. */
export interface TriedDirector {
  /** Name of the Logpoint that was asked. */
  readonly logpoint: string
}

/**
 * Reads the fetch status of the first Logpoint, which proves address, TLS, token, pool and Logpoint in one call; undefined
 * where no Logpoint is known, since Director has nothing else that any token may ask.
 * @throws whatever connecting and reading throw
 */
export async function visitDirector(
  profile: DirectorProfile,
  { connectDirector, signal }: Pick<Runtime, 'connectDirector' | 'signal'>,
): Promise<TriedDirector | undefined> {
  const [first] = allLogpoints(profile)
  if (!first) return undefined
  await using connection = await connectDirector(profile, signal)
  await connection.client.sources.status(first, { signal })
  return { logpoint: first.name }
}

/** `visitDirector` before something is saved: errors say that nothing was saved, and what could not be tested is told. */
export async function tryDirector(
  profile: DirectorProfile,
  parts: Pick<Runtime, 'connectDirector' | 'signal' | 'terminal'>,
): Promise<TriedDirector | undefined> {
  try {
    const tried = await visitDirector(profile, parts)
    if (!tried) parts.terminal.warn(untested(profile))
    return tried
  } catch (error) {
    throw error instanceof StixTaxiiError ? withUnsavedAdvice(error) : error
  }
}

/** What a profile without a Logpoint leaves open. */
export function untested({ name }: DirectorProfile): string {
  return `no Logpoint of ${name} is known: its address and token were not tested (add one with --pool and --logpoint)`
}
