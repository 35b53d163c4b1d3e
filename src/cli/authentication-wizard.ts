import { resolve } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { secretOf } from '../profile/credentials/credentials.ts'
import { splitCommand } from '../profile/credentials/helper.ts'
import { credentialStoreRegistry } from '../profile/credentials/registry.ts'
import type { AuthenticationSettings, CredentialStoreName, SecretReference, TaxiiProfile } from '../profile/profile.ts'
import { describeReference, entryName, mainField, secretFields } from '../profile/secret-fields.ts'
import type { Preset } from '../taxii/settings.ts'
import type { ConfigureParts } from './save-source.ts'
import { authenticationFromFlags } from './source-authentication.ts'
import type { SourceFlags } from './source-fields.ts'

type Way = AuthenticationSettings['scheme'] | 'header' | 'certificate'

const ways: readonly { readonly value: Way; readonly name: string }[] = [
  { value: 'none', name: 'None' },
  { value: 'basic', name: 'User name and password (Basic)' },
  { value: 'bearer', name: 'Token (Authorization: Bearer)' },
  { value: 'token', name: 'Token (Authorization: Token)' },
  { value: 'header', name: 'Key in a header of its own' },
  { value: 'query', name: 'Key in the URL' },
  { value: 'jwt', name: 'User name and password for a token (JWT, OpenTAXII)' },
  { value: 'oauth2', name: 'OAuth2 client credentials' },
  { value: 'certificate', name: 'Client certificate alone' },
]

const settled: readonly (keyof SourceFlags)[] = [
  'auth',
  'username',
  'passwordFile',
  'tokenFile',
  'header',
  'queryKey',
  'jwtUrl',
  'oauthTokenUrl',
  'certificate',
]

export interface AuthenticationQuestion {
  readonly flags: Partial<SourceFlags>
  readonly preset: Preset | undefined
  /** What the server asked for when it was tried before, as `Basic`. */
  readonly challenge?: readonly string[] | undefined
}

function wayOf(challenge: readonly string[] = []): Way {
  const [first] = challenge.map((scheme) => scheme.toLowerCase())
  return ways.find(({ value }) => value === first)?.value ?? 'none'
}

/** The profile with the authentication a person chooses; as it is when flags have settled that. */
export async function askAuthentication(
  profile: TaxiiProfile,
  { flags, preset, challenge }: AuthenticationQuestion,
  parts: ConfigureParts,
): Promise<TaxiiProfile> {
  if (settled.some((key) => flags[key] !== undefined)) return profile
  if (preset?.authenticationHint) parts.terminal.note(preset.authenticationHint)
  const way = await parts.terminal.choose({
    message: 'How does one log in?',
    choices: ways,
    default: presentWay(profile) ?? preset?.authentication ?? wayOf(challenge),
  })
  if (way === 'header') return askHeader(profile, preset, parts)
  if (way === 'certificate') return askCertificate({ ...profile, authentication: { scheme: 'none' } }, parts)
  const words = await askWords(way, profile.authentication, preset, parts)
  const present = profile.authentication.scheme === way ? mainField(profile.authentication)?.reference : undefined
  const secret = way === 'none' ? undefined : await askSecretPlace(profile, secretWord(way), present, parts)
  const current: AuthenticationSettings =
    profile.authentication.scheme === way ? profile.authentication : { scheme: 'none' }
  const unused = (file: string): SecretReference => ({ from: 'path', path: file })
  return { ...profile, authentication: authenticationFromFlags({ ...words, auth: way }, current, secret, unused) }
}

function presentWay(profile: TaxiiProfile): Way | undefined {
  if (profile.authentication.scheme !== 'none') return profile.authentication.scheme
  if (profile.headers.length > 0) return 'header'
  return profile.certificate ? 'certificate' : undefined
}

/** What goes with the secret and is none itself. */
async function askWords(
  way: AuthenticationSettings['scheme'],
  current: AuthenticationSettings,
  preset: Preset | undefined,
  { terminal }: ConfigureParts,
): Promise<Partial<SourceFlags>> {
  switch (way) {
    case 'basic':
    case 'jwt': {
      const present = current.scheme === 'basic' || current.scheme === 'jwt' ? current.username : preset?.username
      return { username: await terminal.ask({ message: 'User name', default: present }) }
    }
    case 'query': {
      const present = current.scheme === 'query' ? current.name : (preset?.queryName ?? 'key')
      return { queryKey: await terminal.ask({ message: 'Name of the parameter', default: present }) }
    }
    case 'oauth2': {
      const present = current.scheme === 'oauth2' ? current : undefined
      const oauthTokenUrl = await terminal.ask({ message: 'Where tokens are given (URL)', default: present?.tokenUrl })
      const clientId = await terminal.ask({ message: 'Client id', default: present?.clientId })
      const scope = await terminal.ask({ message: 'Scope (may be empty)', default: present?.scope ?? '' })
      return { oauthTokenUrl, clientId, ...(scope === '' ? {} : { oauthScope: scope }) }
    }
    default:
      return {}
  }
}

function secretWord(way: AuthenticationSettings['scheme']): string {
  return {
    none: 'secret',
    basic: 'password',
    jwt: 'password',
    bearer: 'token',
    token: 'token',
    query: 'key',
    oauth2: 'client-secret',
  }[way]
}

async function askHeader(
  profile: TaxiiProfile,
  preset: Preset | undefined,
  parts: ConfigureParts,
): Promise<TaxiiProfile> {
  const [former] = profile.headers
  const name = await parts.terminal.ask({
    message: 'Name of the header',
    default: former?.name ?? preset?.headerName,
    validate: (text) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text) || 'That is no name of a header',
  })
  const field = `header-${name}`
  const present = secretFields(profile).find((candidate) => candidate.field === field)?.reference
  const value = await askSecretPlace(profile, field, present, parts)
  const others = profile.headers.filter((header) => header.name.toLowerCase() !== name.toLowerCase())
  return { ...profile, headers: [...others, { name, value }] }
}

async function askCertificate(profile: TaxiiProfile, parts: ConfigureParts): Promise<TaxiiProfile> {
  const { terminal, workingDirectory } = parts
  const former = profile.certificate
  const file = await terminal.ask({ message: 'Certificate file (PEM or PKCS#12)', default: former?.certificate })
  const key = await terminal.ask({ message: 'Key file (empty: it is in the same file)', default: former?.key ?? '' })
  const withPassphrase = await terminal.confirm({ message: 'Is the key protected by a passphrase?', default: false })
  const passphrase = withPassphrase
    ? await askSecretPlace(profile, 'key-passphrase', former?.passphrase, parts)
    : undefined
  const certificate = {
    certificate: resolve(workingDirectory, file),
    key: key === '' ? undefined : resolve(workingDirectory, key),
    passphrase,
    use: true,
    location: former?.location ?? 'private',
  } as const
  return { ...profile, certificate }
}

/**
 * Asks where a secret is, or for the secret itself and where to keep it. What was typed is staged, not written. A store that
 * cannot be used is said, and no longer among the choices.
 */
export async function askSecretPlace(
  profile: Pick<TaxiiProfile, 'id' | 'name'>,
  field: string,
  present: SecretReference | undefined,
  parts: Pick<ConfigureParts, 'terminal' | 'credentials' | 'workingDirectory'>,
): Promise<SecretReference> {
  const { terminal, workingDirectory } = parts
  const unusable = new Set<string>()
  for (;;) {
    const place = await choosePlace(field, present, unusable, parts)
    if (place === 'present' && present) return present
    if (place === 'path')
      return { from: 'path', path: resolve(workingDirectory, await terminal.ask({ message: 'File' })) }
    if (place === 'env') return { from: 'env', name: await terminal.ask({ message: 'Name of the variable' }) }
    if (place === 'command')
      return { from: 'command', command: splitCommand(await terminal.ask({ message: 'Command' })) }
    const from = place as CredentialStoreName
    const credentials = await parts.credentials()
    try {
      // Opened first: a keyring that does not answer is known before anything is typed.
      await credentials.open(from)
    } catch (error) {
      if (!(error instanceof StixTaxiiError) || error.kind === 'cancelled') throw error
      terminal.warn(error.message)
      unusable.add(from)
      continue
    }
    const typed = await terminal.askSecret({ message: field.charAt(0).toUpperCase() + field.slice(1) })
    const reference = { from, entry: entryName(profile, field) }
    credentials.stage(reference, secretOf(Secret.open(typed), { what: `the ${field}`, profile: profile.name }))
    return reference
  }
}

function choosePlace(
  field: string,
  present: SecretReference | undefined,
  unusable: ReadonlySet<string>,
  { terminal }: Pick<ConfigureParts, 'terminal'>,
): Promise<string> {
  return terminal.choose<string>({
    message: `Where is the ${field} kept?`,
    choices: [
      ...(present ? [{ value: 'present', name: `As now: ${describeReference(present)}` }] : []),
      ...credentialStoreRegistry
        .filter(({ name }) => !unusable.has(name))
        .map(({ name, title, warning }) => ({
          value: name as string,
          name: `Type it now; keep it in ${title}`,
          ...(warning === undefined ? {} : { description: warning }),
        })),
      { value: 'path', name: 'In a file of mine (its first line)' },
      { value: 'env', name: 'In a variable of the environment' },
      { value: 'command', name: 'A program prints it' },
    ],
  })
}
