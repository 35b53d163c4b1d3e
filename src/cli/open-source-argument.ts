import { StixTaxiiError } from '../core/errors.ts'
import type { TaxiiProfile } from '../profile/profile.ts'
import type { TaxiiClient } from '../taxii/client.ts'
import type { Runtime } from './runtime.ts'
import { accessFields, resolveSource, type SourceFlags, type SourceParts } from './source-flags.ts'

/** Parts of the runtime that commands about one source or URL name in `needs`. */
export const sourceNeeds = [
  'options',
  'environment',
  'workingDirectory',
  'profiles',
  'credentials',
  'stdin',
  'connect',
  'signal',
] as const

export type SourceCommandParts = SourceParts & Pick<Runtime, 'connect' | 'signal'>

/** The flags that say how to reach and enter a server. */
export type AccessFlags = Partial<Pick<SourceFlags, keyof typeof accessFields>>

/** An open source that a command line named. */
export interface OpenSourceArgument {
  readonly profile: TaxiiProfile
  readonly client: TaxiiClient
}

/** Opens what a SOURCE argument and its flags name, gives it to `use`, and closes it whatever comes. */
export async function withSource<T>(
  nameOrUrl: string | undefined,
  flags: AccessFlags,
  parts: SourceCommandParts,
  use: (source: OpenSourceArgument) => Promise<T>,
): Promise<T> {
  // What else a command's input holds (its collection, its window) is not the definition's.
  const access: AccessFlags = Object.fromEntries(Object.entries(flags).filter(([name]) => name in accessFields))
  const profile = await resolveSource(nameOrUrl, access, parts)
  await using connection = await parts.connect(profile, parts.signal)
  return await use({ profile, client: connection.client })
}

/**
 * The same for what TAXII 1.x alone has: where the version is to be found out and the server speaks 2.x too, it is asked by
 * 1.1. `use` gets the 2.x client where it does not.
 */
export async function withSource1<T>(
  nameOrUrl: string | undefined,
  flags: AccessFlags,
  parts: SourceCommandParts,
  use: (source: OpenSourceArgument) => Promise<T>,
): Promise<T> {
  return withSource(nameOrUrl, flags, parts, async (source) => {
    if (source.client.v1 || source.profile.version !== 'auto') return use(source)
    const older = { ...source.profile, version: '1.1' } as const
    await using connection = await parts.connect(older, parts.signal).catch(ifStopped)
    const discovery = await connection?.client.discovery(parts.signal).catch(ifStopped)
    return await use(connection && discovery ? { profile: older, client: connection.client } : source)
  })
}

/** What was tried besides is no fault when it fails, unless it was stopped. */
function ifStopped(error: unknown): undefined {
  if (!(error instanceof StixTaxiiError) || error.kind === 'cancelled') throw error
}
