import { Secret } from '../core/secret.ts'
import type { AccessRule, Authentication } from '../http/options.ts'
import type { AuthenticationSettings, Credentials, TaxiiProfile } from '../profile/profile.ts'

type Resolver = Pick<Credentials, 'resolve'>

/**
 * Who may see which of a profile's secrets: one rule for each origin that the profile names, and exact ones for the paths of
 * discovery where it has credentials of its own.
 */
export async function accessOf(
  profile: TaxiiProfile,
  { credentials }: { credentials: Resolver },
): Promise<AccessRule[]> {
  const authentication = await authenticationOf(profile, profile.authentication, 'the', credentials)
  const headers = await Promise.all(
    profile.headers.map(async ({ name, value }) => ({
      name,
      value: await credentials.resolve(value, { what: `the header ${name}`, profile: profile.name }),
    })),
  )
  const rules: AccessRule[] = secretOrigins(profile).map((origin) => ({
    origin,
    pathPrefix: '/',
    authentication,
    headers,
  }))
  if (!profile.discoveryAuthentication) return rules
  const discovery = await authenticationOf(profile, profile.discoveryAuthentication, "discovery's", credentials)
  const { origin } = new URL(profile.url)
  return [
    ...discoveryPaths(profile).map((pathPrefix) => ({
      origin,
      pathPrefix,
      exact: true,
      authentication: discovery,
      headers,
    })),
    ...rules,
  ]
}

/** Origins that requests may go to: those that see secrets, and those where a token is fetched. */
export function originsOf(profile: TaxiiProfile): string[] {
  const tokens = [profile.authentication, profile.discoveryAuthentication].map((settings) =>
    tokenUrlOf(profile, settings),
  )
  return [...new Set([...ownOrigins(profile), ...tokens.flatMap((url) => (url ? [url.origin] : []))])]
}

/** Whether anything secret would be sent. */
export function hasSecrets(profile: TaxiiProfile): boolean {
  const used = (settings: AuthenticationSettings | undefined): boolean =>
    settings !== undefined && settings.scheme !== 'none' && (settings.scheme !== 'basic' || profile.useBasic)
  return (
    used(profile.authentication) ||
    used(profile.discoveryAuthentication) ||
    profile.headers.length > 0 ||
    profile.certificate?.use === true
  )
}

function ownOrigins(profile: TaxiiProfile): string[] {
  const { apiRoot, url } = profile
  return [new URL(url).origin, ...(apiRoot === undefined ? [] : [new URL(apiRoot, url).origin])]
}

function secretOrigins(profile: TaxiiProfile): string[] {
  const allowed = profile.allowOrigins.map((origin) => new URL(origin).origin)
  return [...new Set([...ownOrigins(profile), ...allowed])]
}

/** The profile's own address and where discovery is looked for when that is only a host; with and without slash. */
function discoveryPaths(profile: TaxiiProfile): string[] {
  const own = new URL(profile.url).pathname
  const bare = [own, ...(own === '/' ? ['/taxii2/', '/taxii/', '/services/discovery'] : [])]
  return [...new Set(bare.flatMap((path) => [path, path.endsWith('/') ? path.slice(0, -1) || '/' : `${path}/`]))]
}

function tokenUrlOf(profile: TaxiiProfile, settings: AuthenticationSettings | undefined): URL | undefined {
  if (settings?.scheme === 'oauth2') return new URL(settings.tokenUrl)
  if (settings?.scheme !== 'jwt') return undefined
  // OpenTAXII's place for it, whatever the path of its services.
  return settings.url === undefined ? new URL('/management/auth', profile.url) : new URL(settings.url)
}

async function authenticationOf(
  profile: TaxiiProfile,
  settings: AuthenticationSettings,
  whose: string,
  credentials: Resolver,
): Promise<Authentication> {
  const secret = (reference: Parameters<Resolver['resolve']>[0], what: string): Promise<Secret> =>
    credentials.resolve(reference, { what: `${whose} ${what}`, profile: profile.name })
  switch (settings.scheme) {
    case 'none':
      return { scheme: 'none' }
    case 'basic': {
      if (!profile.useBasic) return { scheme: 'none' }
      const password = settings.password ? await secret(settings.password, 'password') : new Secret('')
      return { scheme: 'basic', username: new Secret(settings.username), password }
    }
    case 'bearer':
    case 'token':
      return { scheme: settings.scheme, token: await secret(settings.token, 'token') }
    case 'query':
      return { scheme: 'query', name: settings.name, key: await secret(settings.key, 'key') }
    case 'jwt':
      return {
        scheme: 'jwt',
        url: tokenUrlOf(profile, settings) as URL,
        username: new Secret(settings.username),
        password: await secret(settings.password, 'password'),
      }
    case 'oauth2':
      return {
        scheme: 'oauth2',
        tokenUrl: new URL(settings.tokenUrl),
        clientId: new Secret(settings.clientId),
        clientSecret: await secret(settings.clientSecret, 'client secret'),
        scope: settings.scope,
      }
  }
}
