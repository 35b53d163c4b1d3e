import { StixTaxiiError } from '../core/errors.ts'
import { readSourceUrl } from '../profile/url.ts'
import type { AuthenticationSettings, SecretReference } from '../profile/profile.ts'
import { mainField } from '../profile/secret-fields.ts'
import type { SourceFlags } from './source-fields.ts'

type Scheme = AuthenticationSettings['scheme']
type AuthenticationFlags = Pick<
  SourceFlags,
  | 'auth'
  | 'username'
  | 'passwordFile'
  | 'tokenFile'
  | 'queryKey'
  | 'queryKeyFile'
  | 'jwtUrl'
  | 'oauthTokenUrl'
  | 'clientId'
  | 'clientSecretFile'
  | 'oauthScope'
>

/** Flags that settle the scheme by themselves, in the words of the command line. */
const flagsOfScheme: readonly { scheme: Scheme; keys: readonly (keyof AuthenticationFlags)[] }[] = [
  { scheme: 'oauth2', keys: ['oauthTokenUrl', 'clientId', 'clientSecretFile', 'oauthScope'] },
  { scheme: 'jwt', keys: ['jwtUrl'] },
  { scheme: 'query', keys: ['queryKey', 'queryKeyFile'] },
  { scheme: 'bearer', keys: ['tokenFile'] },
  { scheme: 'basic', keys: ['username', 'passwordFile'] },
]

/**
 * Authentication as the flags say, over what the profile had. `secret` is the one secret of the scheme where it does not
 * come from the scheme's own file flag; `pathOf` makes a reference of a file's name.
 * @throws PROFILE_AUTH_CONFLICT, PROFILE_AUTH_INCOMPLETE (usage)
 */
export function authenticationFromFlags(
  flags: AuthenticationFlags,
  current: AuthenticationSettings,
  secret: SecretReference | undefined,
  pathOf: (file: string) => SecretReference,
): AuthenticationSettings {
  const scheme = schemeOf(flags, current.scheme)
  const kept = mainField(current.scheme === scheme ? current : { scheme: 'none' })?.reference
  const file = fileFlagOf(scheme, flags)
  if (file !== undefined && secret !== undefined) throw conflict(['--secret-...', `--${file.flag}`])
  const found = (file && pathOf(file.value)) ?? secret ?? kept
  const wanted = (what: string): SecretReference => {
    if (found) return found
    throw incomplete(scheme, what)
  }
  switch (scheme) {
    case 'none':
      if (secret) throw incomplete('none', '--auth SCHEME (what the secret is for)')
      return { scheme }
    case 'basic':
      return { scheme, username: flags.username ?? usernameOf(current) ?? '', password: found ?? null }
    case 'bearer':
    case 'token':
      return { scheme, token: wanted('--token-file FILE') }
    case 'query': {
      const name = flags.queryKey ?? (current.scheme === 'query' ? current.name : undefined)
      if (name === undefined) throw incomplete(scheme, '--query-key NAME')
      return { scheme, name, key: wanted('--query-key-file FILE') }
    }
    case 'jwt': {
      const username = flags.username ?? usernameOf(current)
      if (username === undefined) throw incomplete(scheme, '--username NAME')
      const url = flags.jwtUrl === undefined ? undefined : readSourceUrl('--jwt-url', flags.jwtUrl).href
      const password = found ?? (current.scheme === 'basic' ? (current.password ?? undefined) : undefined)
      if (!password) throw incomplete(scheme, '--password-file FILE')
      return { scheme, url: url ?? (current.scheme === 'jwt' ? current.url : undefined), username, password }
    }
    case 'oauth2': {
      const former = current.scheme === 'oauth2' ? current : undefined
      const tokenUrl = flags.oauthTokenUrl
        ? readSourceUrl('--oauth-token-url', flags.oauthTokenUrl).href
        : former?.tokenUrl
      const clientId = flags.clientId ?? former?.clientId
      if (tokenUrl === undefined) throw incomplete(scheme, '--oauth-token-url URL')
      if (clientId === undefined) throw incomplete(scheme, '--client-id ID')
      const clientSecret = wanted('--client-secret-file FILE')
      return { scheme, tokenUrl, clientId, clientSecret, scope: flags.oauthScope ?? former?.scope }
    }
  }
}

/** Authentication for discovery alone; undefined when the flags do not name any and there was none. */
export function discoveryFromFlags(
  flags: Pick<SourceFlags, 'discoveryUsername' | 'discoveryPasswordFile' | 'discoveryTokenFile'>,
  current: AuthenticationSettings | undefined,
  pathOf: (file: string) => SecretReference,
): AuthenticationSettings | undefined {
  const { discoveryUsername: username, discoveryPasswordFile: passwordFile, discoveryTokenFile: tokenFile } = flags
  if (username === undefined && passwordFile === undefined && tokenFile === undefined) return current
  return authenticationFromFlags(
    { username, passwordFile, tokenFile },
    current ?? { scheme: 'none' },
    undefined,
    pathOf,
  )
}

function schemeOf(flags: AuthenticationFlags, current: Scheme): Scheme {
  const named = flagsOfScheme.filter(({ keys }) => keys.some((key) => flags[key] !== undefined))
  const schemes = named.map(({ scheme }) => scheme)
  // A user name and a password serve JWT too, and a token file both words before the token.
  const fits = (scheme: Scheme, chosen: Scheme): boolean =>
    scheme === chosen || (scheme === 'basic' && chosen === 'jwt') || (scheme === 'bearer' && chosen === 'token')
  const chosen = flags.auth ?? schemes[0]
  if (chosen === undefined) return current
  const odd = named.find(({ scheme }) => !fits(scheme, chosen))
  if (odd) {
    const flag = (keys: readonly (keyof AuthenticationFlags)[]): string =>
      `--${kebab(keys.find((key) => flags[key] !== undefined) ?? '')}`
    const other = flags.auth ? `--auth ${flags.auth}` : flag(named[0]?.keys ?? [])
    throw conflict([other, flag(odd.keys)])
  }
  // Without --auth, what fits the profile's present scheme changes that instead of replacing it.
  return flags.auth === undefined && fits(chosen, current) ? current : chosen
}

function fileFlagOf(scheme: Scheme, flags: AuthenticationFlags): { flag: string; value: string } | undefined {
  const keys: Partial<Record<Scheme, keyof AuthenticationFlags>> = {
    basic: 'passwordFile',
    jwt: 'passwordFile',
    bearer: 'tokenFile',
    token: 'tokenFile',
    query: 'queryKeyFile',
    oauth2: 'clientSecretFile',
  }
  const key = keys[scheme]
  const value = key && flags[key]
  return key && value !== undefined ? { flag: kebab(key), value } : undefined
}

function usernameOf(settings: AuthenticationSettings): string | undefined {
  return settings.scheme === 'basic' || settings.scheme === 'jwt' ? settings.username : undefined
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function conflict(flags: readonly string[]): StixTaxiiError {
  return new StixTaxiiError(
    'PROFILE_AUTH_CONFLICT',
    `${flags.join(' and ')} belong to different ways to authenticate`,
    {
      kind: 'usage',
      hint: 'Give the flags of one. A client certificate and --header go with any of them.',
      context: { flags },
    },
  )
}

function incomplete(scheme: Scheme, what: string): StixTaxiiError {
  return new StixTaxiiError('PROFILE_AUTH_INCOMPLETE', `Authentication "${scheme}" needs ${what}`, {
    kind: 'usage',
    hint: 'Its secret can also come from --secret-env NAME, --secret-command COMMAND or --secret-stdin.',
    context: { scheme },
  })
}
