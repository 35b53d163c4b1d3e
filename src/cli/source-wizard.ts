import { parseDuration } from '../core/duration.ts'
import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { checkProfileName } from '../profile/names.ts'
import type { TaxiiProfile } from '../profile/profile.ts'
import { readSourceUrl } from '../profile/url.ts'
import type { Collection } from '../taxii/client.ts'
import type { Preset } from '../taxii/settings.ts'
import { askAuthentication } from './authentication-wizard.ts'
import { equivalentCommand } from './equivalent-command.ts'
import { stageSecrets } from './keep-secrets.ts'
import { confirmRisks } from './save-source.ts'
import type { ConfigureParts, SourceRequest } from './save-source.ts'
import { blankSource, fixedUrl, sourceFromFlags } from './source-definition.ts'
import { secretFromFlags } from './source-flags.ts'
import { visitSource, withFoundVersion } from './try-source.ts'
import type { TriedSource } from './try-source.ts'

interface Asked extends SourceRequest {
  readonly former: TaxiiProfile | undefined
  readonly preset: Preset | undefined
}

/**
 * Asks a person for everything that no flag has said, tries it, and says which command does the same without questions.
 * Each question shows what the profile has now. When the try fails, the answers can be changed, kept all the same, or left.
 */
export async function askForSource(
  request: Asked,
  parts: ConfigureParts,
): Promise<{ profile: TaxiiProfile; tried: TriedSource | undefined }> {
  const preset = request.preset ?? (request.former ? undefined : await askPreset(request, parts))
  let draft = await askAddress(request, preset, parts)
  let challenge: readonly string[] = []
  for (;;) {
    draft = await askAuthentication(draft, { flags: request.flags, preset, challenge }, parts)
    const outcome = request.test ? await attempt(draft, parts) : 'save'
    if (outcome !== 'save' && 'challenge' in outcome) {
      challenge = outcome.challenge
      draft = { ...draft, url: await askUrl(draft.url, parts) }
      continue
    }
    const tried = outcome === 'save' ? undefined : outcome
    const profile = await askRest(draft, { request, tried, preset }, parts)
    parts.terminal.note('The same without questions:')
    parts.terminal.note(`  ${equivalentCommand(profile)}`)
    return { profile, tried }
  }
}

async function askPreset(request: Asked, { terminal }: ConfigureParts): Promise<Preset | undefined> {
  if (request.flags.url !== undefined) return undefined
  const { findPreset, presets } = await import('../taxii/presets/registry.ts')
  const chosen = await terminal.choose({
    message: 'Where does the intelligence come from?',
    choices: [
      { value: '', name: 'A TAXII server whose address I have' },
      ...presets.map(({ name, title }) => ({ value: name, name: title })),
    ],
  })
  const preset = findPreset(chosen)
  for (const note of preset?.notes ?? []) terminal.note(note)
  return preset
}

/** Name and address settled, other flags applied. */
async function askAddress(request: Asked, preset: Preset | undefined, parts: ConfigureParts): Promise<TaxiiProfile> {
  const { former, flags } = request
  const url = flags.url ?? (await askUrl(former?.url ?? (await presetUrl(preset, parts)), parts))
  const name = request.name ?? (await askName(preset?.name ?? nameFromHost(url), parts))
  const base = former ?? { ...blankSource(checkProfileName(name), url), preset: preset?.name }
  const secret = await secretFromFlags(base, flags, parts)
  return sourceFromFlags(base, { ...flags, url }, { workingDirectory: parts.workingDirectory, preset, secret })
}

async function askUrl(initial: string | undefined, { terminal }: ConfigureParts): Promise<string> {
  const answer = await terminal.ask({
    message: 'Address (discovery, API root, collection or poll service)',
    default: initial,
    validate: (text) => explain(() => readSourceUrl('The address', text)),
  })
  return answer.trim()
}

/** Fills in the parts of a preset's address that differ from customer to customer. */
async function presetUrl(preset: Preset | undefined, { terminal }: ConfigureParts): Promise<string | undefined> {
  if (!preset || fixedUrl(preset) !== undefined) return preset?.url
  let url = preset.url
  for (const [placeholder, word = ''] of preset.url.matchAll(/\{(\w+)\}/g)) {
    const answer = await terminal.ask({
      message: `Your ${word} in ${preset.url}`,
      validate: (text) =>
        /^[A-Za-z0-9.:_-]+$/.test(text.trim()) || `Only the ${word}, without https:// and without path`,
    })
    url = url.replace(placeholder, answer.trim())
  }
  return url
}

async function askName(initial: string, { terminal, profiles }: ConfigureParts): Promise<string> {
  const taken = new Set((await (await profiles()).list()).map((profile) => profile.name.toLowerCase()))
  return terminal.ask({
    message: 'Name of the profile',
    default: initial,
    validate: (text) => (taken.has(text.toLowerCase()) ? 'That name is taken' : explain(() => checkProfileName(text))),
  })
}

function nameFromHost(url: string): string {
  const labels = new URL(url).hostname
    .split('.')
    .filter((label) => !['www', 'taxii', 'taxii2', 'api', 'stix2'].includes(label))
  const [first = ''] = labels
  return /^[a-z][a-z0-9-]*$/i.test(first) ? first : 'source'
}

/** `challenge`: the answers are to be changed; the schemes that the server asked for. */
type Outcome = TriedSource | { readonly challenge: readonly string[] } | 'save'

async function attempt(profile: TaxiiProfile, parts: ConfigureParts): Promise<Outcome> {
  parts.terminal.note(`Connecting to ${new URL(profile.url).host} ...`)
  try {
    return await visitSource({ ...profile, collections: [] }, parts)
  } catch (error) {
    if (!(error instanceof StixTaxiiError) || error.kind === 'cancelled') throw error
    parts.terminal.warn(error.message)
    if (error.hint !== undefined) parts.terminal.note(error.hint)
    const next = await parts.terminal.choose({
      message: 'What now?',
      choices: [
        { value: 'again', name: 'Change the answers' },
        { value: 'save', name: 'Save it all the same' },
        { value: 'stop', name: 'Stop; nothing is saved' },
      ],
    })
    if (next === 'stop') throw error
    return next === 'save' ? 'save' : { challenge: challengeOf(error) }
  }
}

function challengeOf({ context }: StixTaxiiError): readonly string[] {
  return Array.isArray(context['challenge']) ? context['challenge'].map(String) : []
}

async function askRest(
  draft: TaxiiProfile,
  { request, tried, preset }: { request: Asked; tried: TriedSource | undefined; preset: Preset | undefined },
  parts: ConfigureParts,
): Promise<TaxiiProfile> {
  const { flags, former } = request
  const known = withFoundVersion(draft, flags, tried)
  if (tried) parts.terminal.note(`It speaks TAXII ${tried.version} and offers ${offerOf(tried.collections)}.`)
  const collections =
    flags.collection || !tried ? known.collections : await askCollections(known.collections, tried.collections, parts)
  const begin = flags.begin ?? (await askDuration('How far back does the first fetch go?', known.begin, parts))
  const fetchInterval =
    flags.fetchInterval ?? (await askDuration('How often is it fetched?', known.fetchInterval, parts))
  const profile = { ...known, collections, begin, fetchInterval }
  await confirmRisks(profile, former, preset, parts)
  return stageSecrets(profile, flags.credentialStore, await parts.credentials())
}

function offerOf(collections: readonly Collection[]): string {
  const unreadable = collections.filter(({ canRead }) => !canRead).length
  const count = collections.length === 1 ? 'one collection' : `${collections.length} collections`
  return unreadable === 0 ? count : `${count}, ${unreadable} of them not to be read`
}

async function askCollections(
  chosen: readonly string[],
  offered: readonly Collection[],
  { terminal }: ConfigureParts,
): Promise<readonly string[]> {
  const readable = offered.filter(({ canRead }) => canRead)
  if (readable.length === 0) return chosen
  return terminal.chooseMany({
    message: 'Which collections? (none: every readable one)',
    choices: readable.map(({ id, title }) => ({
      value: id,
      name: printable(title === undefined || title === id ? id : `${title} (${id})`, { maxLength: 120 }),
    })),
    default: chosen,
  })
}

function askDuration(message: string, initial: string, { terminal }: ConfigureParts): Promise<string> {
  return terminal.ask({
    message,
    default: initial,
    validate: (text) => parseDuration(text) !== undefined || 'Write a duration: 2h, 20d, 1w, 3mo',
  })
}

/** A check that throws, as a validator that says why. */
export function explain(check: () => unknown): true | string {
  try {
    check()
    return true
  } catch (error) {
    if (!(error instanceof StixTaxiiError)) throw error
    return [error.message, error.hint].filter((text) => text !== undefined).join('. ')
  }
}
