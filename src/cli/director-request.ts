import { resolve } from 'node:path'
import type { DirectorProfile, SecretReference } from '../profile/profile.ts'
import { confirmOrStop } from './confirm.ts'
import type { DirectorSettings } from './director-definition.ts'
import type { Runtime } from './runtime.ts'
import type { ConfigureParts } from './save-source.ts'
import type { SourceFlags } from './source-fields.ts'
import { secretFromFlags } from './source-flags.ts'
import type { TriedDirector } from './try-director.ts'

export type DirectorConfigureParts = ConfigureParts & Pick<Runtime, 'connectDirector' | 'clock'>

export interface DirectorRequest {
  readonly name: string | undefined
  readonly flags: Partial<SourceFlags>
  readonly settings: DirectorSettings
  /** Whether to connect before anything is saved. */
  readonly test: boolean
}

/** A Director profile that is ready to be saved, and what trying it found. */
export interface MadeDirector {
  readonly profile: DirectorProfile
  readonly tried: TriedDirector | undefined
}

/** Where flags say that the token is; undefined when they do not. */
export async function tokenFromFlags(
  identity: Pick<DirectorProfile, 'id' | 'name'>,
  flags: Partial<SourceFlags>,
  parts: ConfigureParts,
): Promise<SecretReference | undefined> {
  if (flags.tokenFile !== undefined) return { from: 'path', path: resolve(parts.workingDirectory, flags.tokenFile) }
  return secretFromFlags(identity, flags, parts)
}

/**
 * Asks before verification is switched off, and says when the token will go somewhere else.
 * @throws CLI_CANNOT_ASK (usage) when verification is to be off and nobody confirms it.
 */
export async function confirmDirectorRisks(
  profile: DirectorProfile,
  former: DirectorProfile | undefined,
  parts: ConfigureParts,
): Promise<void> {
  const { host, origin } = new URL(profile.url)
  if (profile.tls.insecure && !former?.tls.insecure) {
    await confirmOrStop(
      parts,
      `Do not verify who ${host} is? Whoever sits in between can use the token for everything.`,
    )
  }
  if (former && new URL(former.url).origin !== origin) {
    parts.terminal.warn(`the token of ${profile.name} will now be sent to ${origin}`)
  }
}
