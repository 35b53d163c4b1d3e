import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { identifierPattern } from '../director/assumptions.ts'
import { checkProfileName } from '../profile/names.ts'
import type { DirectorProfile } from '../profile/profile.ts'
import { readSourceUrl } from '../profile/url.ts'
import { askSecretPlace } from './authentication-wizard.ts'
import { confirmDirectorRisks, tokenFromFlags } from './director-request.ts'
import type { DirectorConfigureParts, DirectorRequest, MadeDirector } from './director-request.ts'
import { blankDirector, directorFromFlags } from './director-definition.ts'
import { equivalentDirectorCommand } from './director-equivalent.ts'
import { directoryNamePattern } from './director-pairs.ts'
import { stageSecrets } from './keep-secrets.ts'
import { explain } from './source-wizard.ts'
import { untested, visitDirector } from './try-director.ts'
import type { TriedDirector } from './try-director.ts'

interface Asked extends DirectorRequest {
  readonly former: DirectorProfile | undefined
}

/**
 * Asks a person for everything that no flag has said, tries it, and says which command does the same without questions.
 * When the try fails, the answers can be changed, kept all the same, or left.
 */
export async function askForDirector(request: Asked, parts: DirectorConfigureParts): Promise<MadeDirector> {
  let draft = await askBeginning(request, parts)
  for (let round = 0; ; round++) {
    if (round > 0) draft = { ...draft, url: await askUrl(draft.url, parts) }
    draft = await askTrust(draft, request, parts)
    draft = await askDirectory(draft, request, parts)
    await confirmDirectorRisks(draft, request.former, parts)
    const outcome = request.test ? await attempt(draft, parts) : 'save'
    if (outcome === 'again') continue
    const profile = await stageSecrets(draft, request.flags.credentialStore, await parts.credentials())
    parts.terminal.note('The same without questions:')
    parts.terminal.note(`  ${equivalentDirectorCommand(profile)}`)
    return { profile, tried: outcome === 'save' ? undefined : outcome }
  }
}

/** Name, address and token settled, flags applied. */
async function askBeginning(request: Asked, parts: DirectorConfigureParts): Promise<DirectorProfile> {
  const { flags, settings, former } = request
  const { workingDirectory, clock } = parts
  const url = flags.url ?? (await askUrl(former?.url, parts))
  const name = request.name ?? (await askName(parts))
  const identity = former ?? { id: randomUUID(), name: checkProfileName(name) }
  const token =
    (await tokenFromFlags(identity, flags, parts)) ?? (await askSecretPlace(identity, 'token', former?.token, parts))
  const base = former ?? blankDirector(identity, url, token)
  const isNew = token !== former?.token
  const given = { workingDirectory, clock, token: isNew ? token : undefined }
  const draft = await directorFromFlags(base, { ...flags, url }, settings, given)
  if (settings.tokenAlwaysActive !== undefined || !isNew) return draft
  const lasting = await parts.terminal.confirm({
    message: 'Was the token made with "Always Active"? (otherwise it ends after 8 hours)',
    default: former?.tokenAlwaysActive ?? false,
  })
  return { ...draft, tokenAlwaysActive: lasting }
}

async function askUrl(initial: string | undefined, { terminal }: DirectorConfigureParts): Promise<string> {
  const answer = await terminal.ask({
    message: "Director's address (the API server's)",
    default: initial,
    validate: (text) => explain(() => readSourceUrl('The address', text)),
  })
  return answer.trim()
}

async function askName({ terminal, profiles }: DirectorConfigureParts): Promise<string> {
  const taken = new Set((await (await profiles()).list()).map((profile) => profile.name.toLowerCase()))
  return terminal.ask({
    message: 'Name of the profile',
    default: 'hq',
    validate: (text) => (taken.has(text.toLowerCase()) ? 'That name is taken' : explain(() => checkProfileName(text))),
  })
}

/** A Director's certificate is often its own: then it is the authority that has to be named. */
async function askTrust(
  draft: DirectorProfile,
  { flags }: Asked,
  { terminal, workingDirectory }: DirectorConfigureParts,
): Promise<DirectorProfile> {
  const isSettled = flags.ca !== undefined || flags.pin !== undefined || flags.insecure !== undefined
  if (isSettled || new URL(draft.url).protocol === 'http:') return draft
  const chosen = await terminal.choose({
    message: "Who vouches for Director's certificate?",
    choices: [
      { value: 'known', name: 'An authority that this machine knows' },
      { value: 'file', name: 'An authority, or the certificate itself, in a PEM file of mine' },
      { value: 'nobody', name: 'Nobody: do not verify who it is' },
    ],
    default: draft.tls.insecure ? 'nobody' : draft.tls.ca?.length ? 'file' : 'known',
  })
  if (chosen === 'known') return { ...draft, tls: { ...draft.tls, ca: undefined, insecure: undefined } }
  if (chosen === 'nobody') return { ...draft, tls: { ...draft.tls, insecure: true } }
  const file = await terminal.ask({ message: 'PEM file', default: draft.tls.ca?.[0] })
  return { ...draft, tls: { ...draft.tls, ca: [resolve(workingDirectory, file)], insecure: undefined } }
}

/** Director lists neither pools nor Logpoints, so they are named here, with the identifiers of the Search Master. */
async function askDirectory(
  draft: DirectorProfile,
  { settings }: Asked,
  { terminal }: DirectorConfigureParts,
): Promise<DirectorProfile> {
  const isSettled = settings.directory !== undefined || settings.pools.length + settings.logpoints.length > 0
  if (isSettled) return draft
  terminal.note('UUIDs and identifiers are in the Search Master: Settings, Configuration, LogPoint Pool.')
  const pools = { ...draft.pools }
  const logpoints = { ...draft.logpoints }
  const known = Object.keys(logpoints)
  if (known.length > 0) terminal.note(`Known: ${known.join(', ')}`)
  for (;;) {
    const pool = await askDirectoryName('Name of a pool', known.length > 0, terminal)
    if (pool === '') break
    pools[pool] = await askIdentifier(`UUID of ${pool}`, pools[pool], terminal)
    for (;;) {
      const logpoint = await askDirectoryName(`Name of a Logpoint in ${pool}`, true, terminal)
      if (logpoint === '') break
      const path = `${pool}/${logpoint}`
      logpoints[path] = await askIdentifier(`Identifier of ${path}`, logpoints[path], terminal)
    }
    known.push(pool)
  }
  return { ...draft, pools, logpoints }
}

type Asking = DirectorConfigureParts['terminal']

async function askDirectoryName(what: string, canStop: boolean, terminal: Asking): Promise<string> {
  const answer = await terminal.ask({
    message: canStop ? `${what} (empty: no further one)` : what,
    validate: (text) =>
      text.trim() === '' || directoryNamePattern.test(text.trim()) || 'No blanks, slashes, commas or wildcards',
  })
  return answer.trim()
}

async function askIdentifier(message: string, initial: string | undefined, terminal: Asking): Promise<string> {
  const answer = await terminal.ask({
    message,
    default: initial,
    validate: (text) => identifierPattern.test(text.trim()) || 'As 0123456789abcdef0123456789abcdef',
  })
  return answer.trim()
}

async function attempt(
  profile: DirectorProfile,
  parts: DirectorConfigureParts,
): Promise<TriedDirector | 'save' | 'again'> {
  const { terminal } = parts
  terminal.note(`Connecting to ${new URL(profile.url).host} ...`)
  try {
    const tried = await visitDirector(profile, parts)
    if (tried) terminal.note(`Its token may read ${tried.logpoint}.`)
    else terminal.warn(untested(profile))
    return tried ?? 'save'
  } catch (error) {
    if (!(error instanceof StixTaxiiError) || error.kind === 'cancelled') throw error
    terminal.warn(error.message)
    if (error.hint !== undefined) terminal.note(error.hint)
    const next = await terminal.choose({
      message: 'What now?',
      choices: [
        { value: 'again', name: 'Change the answers' },
        { value: 'save', name: 'Save it all the same' },
        { value: 'stop', name: 'Stop; nothing is saved' },
      ],
    })
    if (next === 'stop') throw error
    return next
  }
}
