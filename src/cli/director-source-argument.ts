import { StixTaxiiError } from '../core/errors.ts'
import type { TaxiiProfile } from '../profile/profile.ts'
import { wrongKind } from '../profile/store.ts'
import type { Runtime } from './runtime.ts'
import { missingFlag } from './save-source.ts'
import { blankSource, sourceFromFlags } from './source-definition.ts'
import { accessFields, definitionFields } from './source-fields.ts'
import type { SourceFlags } from './source-fields.ts'
import { looksLikeUrl, passingSource, presetOf, secretFromFlags } from './source-flags.ts'

/** The flags of a definition; what a plugin cannot be told is refused by name later on. */
export const definitionFlags = (({ credentialStore: _, ...rest }) => rest)({ ...accessFields, ...definitionFields })

type Parts = Pick<Runtime, 'profiles' | 'credentials' | 'workingDirectory' | 'stdin'>

/** A definition that a command line named, and whether it is a saved profile as it stands. */
export interface NamedDefinition {
  readonly profile: TaxiiProfile
  /** Undefined when flags changed it, or when it is not saved: its secrets may then not be found again. */
  readonly saved: TaxiiProfile | undefined
}

/**
 * The definition that SOURCE and its flags mean: a saved TAXII profile, a URL, or flags alone with `--url`. In this group
 * `--profile` names the Director.
 * @throws PROFILE_UNKNOWN (not-found), PROFILE_KIND_WRONG, PROFILE_FLAG_* (usage)
 */
export async function namedDefinition(
  name: string | undefined,
  input: Partial<SourceFlags>,
  parts: Parts,
): Promise<NamedDefinition> {
  const flags = pickDefinition(input)
  const saved = name === undefined || looksLikeUrl(name) ? undefined : await savedSource(name, parts)
  const base = saved ?? (name === undefined ? fromUrlFlag(flags) : passingSource(name))
  const preset = await presetOf(flags.preset ?? base.preset)
  const secret = await secretFromFlags(base, flags, parts)
  const { workingDirectory } = parts
  const profile = sourceFromFlags(base, flags, { workingDirectory, preset, secret })
  const isChanged = Object.values(flags).some((value) => value !== undefined && value !== false)
  return { profile, saved: isChanged ? undefined : saved }
}

/** Only the flags that define a source, out of a command's whole input. */
export function pickDefinition(input: Partial<SourceFlags>): Partial<SourceFlags> {
  return Object.fromEntries(Object.entries(input).filter(([key]) => key in definitionFlags))
}

async function savedSource(name: string, { profiles }: Parts): Promise<TaxiiProfile> {
  const profile = await (await profiles()).get(name)
  if (profile.kind === 'taxii') return profile
  throw wrongKind(profile, 'taxii')
}

function fromUrlFlag({ url }: Partial<SourceFlags>): TaxiiProfile {
  if (url === undefined) {
    throw missingFlag('SOURCE', 'Name a profile (stixtaxii profile list), or define the source by --url and its flags.')
  }
  const passing = passingSource(url)
  return blankSource(passing.name, passing.url, passing.id)
}

/** A definition that loses what it needs on the way to the plugin is not sent. */
export function refuseLacks(
  profile: TaxiiProfile,
  lacks: readonly { readonly message: string; readonly isNeeded: boolean }[],
): void {
  const needed = lacks.filter(({ isNeeded }) => isNeeded)
  if (needed.length === 0) return
  throw new StixTaxiiError(
    'CLI_PLUGIN_LACKS',
    `The plugin cannot be told all of "${profile.name}": ${needed.map(({ message }) => message).join('; ')}`,
    {
      kind: 'usage',
      hint: `See what it would get: stixtaxii director source test ${profile.name}. To create it without: --force`,
      context: { source: profile.name, lacks: needed.map(({ message }) => message) },
    },
  )
}
