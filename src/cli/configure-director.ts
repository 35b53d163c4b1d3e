import { randomUUID } from 'node:crypto'
import { checkProfileName } from '../profile/names.ts'
import type { DirectorProfile } from '../profile/profile.ts'
import { wrongKind } from '../profile/store.ts'
import { blankDirector, directorFromFlags } from './director-definition.ts'
import { confirmDirectorRisks, tokenFromFlags } from './director-request.ts'
import type { DirectorConfigureParts, DirectorRequest, MadeDirector } from './director-request.ts'
import { askForDirector } from './director-wizard.ts'
import { stageSecrets } from './keep-secrets.ts'
import { missingFlag, saveConfigured } from './save-source.ts'
import type { Configured, ConfigureParts } from './save-source.ts'
import { tryDirector } from './try-director.ts'

/**
 * Makes or changes a Director profile: by flags where they say enough, by questions on a terminal where they do not.
 *
 * The order is that of `configureSource`: nothing is written before the test has passed.
 */
export async function configureDirector(
  request: DirectorRequest,
  parts: DirectorConfigureParts,
): Promise<Configured<DirectorProfile>> {
  const former = await formerDirector(request.name, parts)
  const ask = parts.terminal.canAsk && !saysEnough(request, former)
  const made = ask ? await askForDirector({ ...request, former }, parts) : await directorByFlags(request, former, parts)
  const configured = { ...made, former }
  await saveConfigured(configured, parts)
  return configured
}

async function directorByFlags(
  { name, flags, settings, test }: DirectorRequest,
  former: DirectorProfile | undefined,
  parts: DirectorConfigureParts,
): Promise<MadeDirector> {
  if (name === undefined)
    throw missingFlag('The name of the profile', 'Write: stixtaxii configure director NAME --url URL')
  const url = flags.url ?? former?.url
  if (url === undefined) throw missingFlag('--url', "Give the Director's address: --url https://director.example")
  const identity = former ?? { id: randomUUID(), name: checkProfileName(name) }
  const token = await tokenFromFlags(identity, flags, parts)
  const base = former ?? blankDirector(identity, url, token ?? missingToken())
  const { workingDirectory, clock } = parts
  const draft = await directorFromFlags(base, { ...flags, url }, settings, { workingDirectory, clock, token })
  await confirmDirectorRisks(draft, former, parts)
  const profile = await stageSecrets(draft, flags.credentialStore, await parts.credentials())
  return { profile, tried: test ? await tryDirector(profile, parts) : undefined }
}

async function formerDirector(name: string | undefined, parts: ConfigureParts): Promise<DirectorProfile | undefined> {
  const former = name === undefined ? undefined : await (await parts.profiles()).find(name)
  if (former?.kind === 'taxii') throw wrongKind(former, 'director')
  return former
}

/** A new profile needs a name, an address and a token, an old one any change; then nobody is asked for the rest. */
function saysEnough({ name, flags, settings }: DirectorRequest, former: DirectorProfile | undefined): boolean {
  if (name === undefined) return false
  if (!former) {
    const { url, tokenFile, secretEnv, secretCommand, secretStdin } = flags
    const hasToken = tokenFile ?? secretEnv ?? secretCommand ?? (secretStdin ? '' : undefined)
    return url !== undefined && hasToken !== undefined
  }
  const given = [...Object.values(flags), ...Object.values(settings)] as readonly unknown[]
  return given.some((value) => value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0))
}

function missingToken(): never {
  throw missingFlag(
    '--token-file',
    'Put the API token into a file, or give --secret-env NAME or --secret-command COMMAND.',
  )
}
