import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import type { SecretReference, TaxiiProfile } from '../profile/profile.ts'
import { firstLine, secretOf } from '../profile/credentials/credentials.ts'
import { splitCommand } from '../profile/credentials/helper.ts'
import { entryName } from '../profile/secret-fields.ts'
import { wrongKind } from '../profile/store.ts'
import { readSourceUrl } from '../profile/url.ts'
import type { Preset } from '../taxii/settings.ts'
import type { Runtime } from './runtime.ts'
import { blankSource, sourceFromFlags } from './source-definition.ts'
import { stableId } from './source-environment.ts'
import { accessFlagNames } from './source-fields.ts'
import type { AccessFlags, SourceFlags } from './source-fields.ts'

export { accessFields, definitionFields, sourceFlagNames } from './source-fields.ts'
export type { AccessFlags, SourceFlags } from './source-fields.ts'

/** Parts of the runtime that `resolveSource` works with; name them all in `needs`. */
export type SourceParts = Pick<
  Runtime,
  'options' | 'environment' | 'workingDirectory' | 'profiles' | 'credentials' | 'stdin'
>

/**
 * The one source a command is about: a URL (a profile that is not kept), a saved name, `--profile`, the environment's, the
 * default, or the only one there is. Access flags change it for this run.
 *
 * @throws PROFILE_UNKNOWN (not-found), PROFILE_KIND_WRONG, PROFILE_TWICE, PROFILE_UNNAMED, PROFILE_URL_SECRET (usage)
 */
export async function resolveSource(
  nameOrUrl: string | undefined,
  input: Partial<AccessFlags>,
  parts: SourceParts,
): Promise<TaxiiProfile> {
  // A command's own flags may have the names of definition flags (--collection) and mean something else.
  const own = Object.entries(input).filter(([key]) => accessFlagNames.includes(key))
  const flags: Partial<AccessFlags> = Object.fromEntries(own)
  const base =
    nameOrUrl !== undefined && looksLikeUrl(nameOrUrl) ? passingSource(nameOrUrl) : await savedSource(nameOrUrl, parts)
  if (isUrlFor(base) && isProfileTyped(parts)) throw twice(parts.options.profile ?? '', nameOrUrl ?? '')
  const preset = await presetOf(flags.preset)
  const secret = await secretFromFlags(base, flags, parts)
  return sourceFromFlags(base, flags, { workingDirectory: parts.workingDirectory, preset, secret })
}

/** Whether an argument is meant as a URL: names of profiles have neither a slash nor a colon in them. */
export function looksLikeUrl(text: string): boolean {
  return /[/:@?]/.test(text)
}

/** A profile for a URL that someone typed. Its id comes from the URL. */
export function passingSource(text: string): TaxiiProfile {
  const url = readSourceUrl('URL', text)
  return blankSource(url.host, url.href, stableId('passing', url.href))
}

/** The preset of that name. @throws PROFILE_PRESET_UNKNOWN (usage) with the nearest name. */
export async function presetOf(name: string | undefined): Promise<Preset | undefined> {
  if (name === undefined) return undefined
  const { findPreset, presets } = await import('../taxii/presets/registry.ts')
  const preset = findPreset(name)
  if (preset) return preset
  const names = presets.map((known) => known.name)
  const near = nearestName(name, names)
  throw new StixTaxiiError('PROFILE_PRESET_UNKNOWN', `There is no preset "${name}"`, {
    kind: 'usage',
    hint: near ? `Did you mean "${near}"?` : `There are: ${names.join(', ')}`,
    context: { preset: name },
  })
}

/**
 * Where the authentication's secret is when a variable, a helper or standard input was named for it. What comes from
 * standard input is staged: it can be used in this run, and is written to a store only when the command says so.
 */
export async function secretFromFlags(
  profile: Pick<TaxiiProfile, 'id' | 'name'>,
  flags: Partial<SourceFlags>,
  parts: Pick<Runtime, 'credentials' | 'stdin'>,
): Promise<SecretReference | undefined> {
  const named = [flags.secretEnv, flags.secretCommand, flags.secretStdin || undefined].filter(
    (one) => one !== undefined,
  )
  if (named.length > 1) throw tooManySecrets()
  if (flags.secretEnv !== undefined) return { from: 'env', name: flags.secretEnv }
  if (flags.secretCommand !== undefined) return { from: 'command', command: splitCommand(flags.secretCommand) }
  if (!flags.secretStdin) return undefined
  const reference = { from: flags.credentialStore ?? 'file', entry: entryName(profile, 'secret') } as const
  const credentials = await parts.credentials()
  credentials.stage(reference, secretOf(await readSecretLine(parts.stdin), { what: 'the secret on standard input' }))
  return reference
}

/** First line of standard input, at most 64 KiB of it. @throws CLI_STDIN_TERMINAL (usage) */
export async function readSecretLine(stdin: Runtime['stdin']): Promise<string> {
  if ((stdin as { isTTY?: boolean }).isTTY) {
    throw new StixTaxiiError(
      'CLI_STDIN_TERMINAL',
      'Standard input is a terminal, and a secret typed there would show',
      {
        kind: 'usage',
        hint: 'Pipe it in, or leave the flag out to be asked.',
      },
    )
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk as Buffer))
    bytes += chunks.at(-1)?.length ?? 0
    if (bytes > 65_536) break
  }
  return firstLine(Buffer.concat(chunks))
}

async function savedSource(name: string | undefined, parts: SourceParts): Promise<TaxiiProfile> {
  const { options } = parts
  const profiles = await parts.profiles()
  if (name !== undefined) {
    if (isProfileTyped(parts)) throw twice(options.profile ?? '', name)
    return taxiiOnly(await profiles.get(name))
  }
  if (options.profile !== undefined) {
    const profile = await profiles.get(options.profile)
    // A variable set for `director` commands does not concern this one.
    if (profile.kind === 'taxii' || isProfileTyped(parts)) return taxiiOnly(profile)
  }
  const chosen = await profiles.defaultName('taxii')
  if (chosen !== undefined) return taxiiOnly(await profiles.get(chosen))
  const sources = (await profiles.list()).filter((profile) => profile.kind === 'taxii')
  const [only] = sources
  if (only && sources.length === 1) return only
  throw new StixTaxiiError('PROFILE_UNNAMED', only ? 'Several sources, and no default' : 'There is no source yet', {
    kind: 'usage',
    hint: only
      ? `Name one (${sources.map((source) => source.name).join(', ')}), or choose: stixtaxii profile use NAME`
      : 'Give a URL, set STIXTAXII_URL, or make a profile with: stixtaxii configure',
  })
}

function taxiiOnly(profile: Awaited<ReturnType<Awaited<ReturnType<Runtime['profiles']>>['get']>>): TaxiiProfile {
  if (profile.kind === 'taxii') return profile
  throw wrongKind(profile, 'taxii')
}

function isProfileTyped({ options, environment }: Pick<Runtime, 'options' | 'environment'>): boolean {
  return options.profile !== undefined && options.profile !== environment.STIXTAXII_PROFILE
}

function isUrlFor(profile: TaxiiProfile): boolean {
  return profile.id === stableId('passing', profile.url)
}

function twice(profile: string, source: string): StixTaxiiError {
  return new StixTaxiiError('PROFILE_TWICE', `Both --profile ${profile} and "${source}" name a source`, {
    kind: 'usage',
    hint: 'Give the one or the other.',
  })
}

function tooManySecrets(): StixTaxiiError {
  return new StixTaxiiError(
    'PROFILE_AUTH_CONFLICT',
    '--secret-env, --secret-command and --secret-stdin say the same thing',
    {
      kind: 'usage',
      hint: 'Give one of them.',
    },
  )
}
