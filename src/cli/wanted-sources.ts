import { StixTaxiiError } from '../core/errors.ts'
import type { ProfileStore, TaxiiProfile } from '../profile/profile.ts'
import type { GlobalOptions, Runtime } from './runtime.ts'

interface Given {
  readonly options: Pick<GlobalOptions, 'profile'>
  readonly environment: Runtime['environment']
  /** Without names take the disabled ones too, and none is not an error. */
  readonly disabled?: boolean | undefined
}

/**
 * The TAXII profiles a command with `[SOURCE...]` means: those named, else `--profile`, else every enabled one in order
 * of name.
 * @throws CLI_PROFILE_TWICE (usage) for names together with `--profile`; PROFILE_UNKNOWN (not-found); CLI_SOURCE_KIND
 * (usage) for a Director profile; CLI_NO_SOURCE (config) when there is none to take.
 */
export async function wantedSources(
  names: readonly string[],
  profiles: ProfileStore,
  given: Given,
): Promise<readonly TaxiiProfile[]> {
  const named = namesOf(names, await profileOf(given, profiles, names))
  if (named.length > 0) return Promise.all(named.map((name) => taxiiProfile(name, profiles)))
  const all = (await profiles.list()).filter((profile) => profile.kind === 'taxii')
  if (given.disabled) return all
  const enabled = all.filter((profile) => profile.enabled)
  if (enabled.length > 0) return enabled
  if (all.length === 0) throw noSource('There is no source yet', 'Make one with: stixtaxii configure')
  throw noSource('Every source is disabled', 'Name one (stixtaxii fetch NAME), or enable it with: stixtaxii configure')
}

/** The one TAXII profile a command with `SOURCE` means. Throws as `wantedSources` does. */
export async function wantedSource(name: string, profiles: ProfileStore, given: Given): Promise<TaxiiProfile> {
  namesOf([name], await profileOf(given, profiles, [name]))
  return taxiiProfile(name, profiles)
}

/** What is in the environment gives way to names, and is for commands of its profile's kind only. */
async function profileOf(
  { options, environment }: Given,
  profiles: ProfileStore,
  names: readonly string[],
): Promise<string | undefined> {
  const { profile } = options
  if (profile === undefined || profile !== environment.STIXTAXII_PROFILE) return profile
  if (names.length > 0) return undefined
  return (await profiles.find(profile))?.kind === 'director' ? undefined : profile
}

function namesOf(names: readonly string[], profile: string | undefined): readonly string[] {
  if (names.length === 0) return profile === undefined ? [] : [profile]
  if (profile === undefined) return [...new Set(names)]
  throw new StixTaxiiError('CLI_PROFILE_TWICE', `Both --profile ${profile} and "${names.join(' ')}" name a source`, {
    kind: 'usage',
    hint: 'Give the one or the other.',
    context: { profile, sources: names },
  })
}

async function taxiiProfile(name: string, profiles: ProfileStore): Promise<TaxiiProfile> {
  const profile = await profiles.get(name)
  if (profile.kind === 'taxii') return profile
  throw new StixTaxiiError('CLI_SOURCE_KIND', `"${name}" is a Director profile, not a source`, {
    kind: 'usage',
    hint: 'List the sources with: stixtaxii profile list',
    context: { name },
  })
}

function noSource(message: string, hint: string): StixTaxiiError {
  return new StixTaxiiError('CLI_NO_SOURCE', message, { kind: 'config', hint })
}
