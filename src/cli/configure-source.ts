import { StixTaxiiError } from '../core/errors.ts'
import { checkProfileName } from '../profile/names.ts'
import type { TaxiiProfile } from '../profile/profile.ts'
import { wrongKind } from '../profile/store.ts'
import type { Preset } from '../taxii/settings.ts'
import { stageSecrets } from './keep-secrets.ts'
import { confirmRisks, missingFlag, saveConfigured } from './save-source.ts'
import type { Configured, ConfigureParts, SourceRequest } from './save-source.ts'
import { blankSource, fixedUrl, sourceFromFlags } from './source-definition.ts'
import { presetOf, secretFromFlags } from './source-flags.ts'
import { askForSource } from './source-wizard.ts'
import { trySource, withFoundVersion } from './try-source.ts'
import type { TriedSource } from './try-source.ts'

/**
 * Makes or changes a TAXII profile: by flags where they say enough, by questions on a terminal where they do not.
 *
 * Order: build, stage secrets, connect, write secrets, write the profile. A failure before the last two leaves everything as
 * it was.
 */
export async function configureSource(
  request: SourceRequest,
  parts: ConfigureParts,
): Promise<Configured<TaxiiProfile>> {
  const former = await formerSource(request.name, parts)
  const preset = await presetOf(request.flags.preset ?? former?.preset)
  const ask = parts.terminal.canAsk && !saysEnough(request, former, preset)
  const made = ask
    ? await askForSource({ ...request, former, preset }, parts)
    : await sourceByFlags(request, former, preset, parts)
  const configured = { ...made, former }
  await saveConfigured(configured, parts)
  return configured
}

async function sourceByFlags(
  { name, flags, test }: SourceRequest,
  former: TaxiiProfile | undefined,
  preset: Preset | undefined,
  parts: ConfigureParts,
): Promise<{ profile: TaxiiProfile; tried: TriedSource | undefined }> {
  if (name === undefined)
    throw missingFlag('The name of the profile', withWhy(parts, 'Write: stixtaxii configure taxii NAME --url URL'))
  const url = flags.url ?? former?.url ?? fixedUrl(preset)
  if (url === undefined) throw missingFlag('--url', withWhy(parts, urlHint(preset)))
  if (flags.secretStdin && flags.credentialStore === undefined) throw noPlace()
  const base = former ?? blankSource(checkProfileName(name), url)
  const secret = await secretFromFlags(base, flags, parts)
  const draft = sourceFromFlags(base, { ...flags, url }, { workingDirectory: parts.workingDirectory, preset, secret })
  await confirmRisks(draft, former, preset, parts)
  const staged = await stageSecrets(draft, flags.credentialStore, await parts.credentials())
  const tried = test ? await trySource(staged, parts) : undefined
  return { profile: withFoundVersion(staged, flags, tried), tried }
}

async function formerSource(name: string | undefined, parts: ConfigureParts): Promise<TaxiiProfile | undefined> {
  const former = name === undefined ? undefined : await (await parts.profiles()).find(name)
  if (former?.kind === 'director') throw wrongKind(former, 'taxii')
  return former
}

/** A new profile needs a name and an address, an old one any change; then nobody is asked for the rest. */
function saysEnough(
  { name, flags }: SourceRequest,
  former: TaxiiProfile | undefined,
  preset: Preset | undefined,
): boolean {
  if (name === undefined) return false
  if (!former) return flags.url !== undefined || fixedUrl(preset) !== undefined
  return Object.values(flags).some((value) => value !== undefined && value !== false)
}

function urlHint(preset: Preset | undefined): string {
  return preset
    ? `Give the address of your ${preset.title} as --url ${preset.url}`
    : 'Give any address of the server: --url https://host/taxii2/'
}

function noPlace(): StixTaxiiError {
  return new StixTaxiiError('PROFILE_STORE_MISSING', '--secret-stdin does not say where to keep the secret', {
    kind: 'usage',
    hint: 'Choose: --credential-store keyring, sealed or file.',
  })
}

function withWhy({ terminal }: Pick<ConfigureParts, 'terminal'>, hint: string): string {
  return terminal.whyNobody === undefined ? hint : `${terminal.whyNobody} ${hint}`
}
