import type { AuthenticationSettings, SecretReference, TaxiiProfile } from '../profile/profile.ts'

/** The command line that saves the same profile without a terminal. Secrets that were typed come from standard input. */
export function equivalentCommand(profile: TaxiiProfile): string {
  const words = ['stixtaxii', 'configure', 'taxii', profile.name, '--url', profile.url]
  const add = (flag: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(flag, String(value))
  }
  add('--preset', profile.preset)
  if (profile.version !== 'auto') add('--taxii-version', profile.version)
  add('--stix-version', profile.stixVersion)
  add('--api-root', profile.apiRoot)
  for (const collection of profile.collections) add('--collection', collection)
  words.push(...authenticationWords(profile.authentication))
  if (!profile.useBasic) words.push('--no-use-basic')
  for (const { name, value } of profile.headers) if (value.from === 'path') add('--header', `${name}=${value.path}`)
  add('--certificate', profile.certificate?.certificate)
  add('--key', profile.certificate?.key)
  const passphrase = profile.certificate?.passphrase
  if (passphrase?.from === 'path') add('--key-passphrase-file', passphrase.path)
  if (profile.certificate && !profile.certificate.use) words.push('--no-use-certificate')
  if (profile.certificate?.location === 'public') add('--certificate-location', 'public')
  add('--proxy', profile.proxy?.url)
  add('--proxy-username', profile.proxy?.username)
  if (profile.proxy?.password?.from === 'path') add('--proxy-password-file', profile.proxy.password.path)
  add('--proxy-bypass', profile.proxy?.noProxy)
  if (profile.proxy && !profile.proxy.use) words.push('--no-use-proxy')
  for (const ca of profile.tls.ca ?? []) add('--ca', ca)
  add('--pin', profile.tls.pin)
  if (profile.tls.insecure) words.push('--insecure', '--yes')
  for (const origin of profile.allowOrigins) add('--allow-origin', origin)
  if (profile.allowHttp) words.push('--allow-http')
  add('--begin', profile.begin)
  add('--fetch-interval', profile.fetchInterval)
  add('--page-size', profile.pageSize)
  add('--max-window', profile.maxWindow)
  if (!profile.enabled) words.push('--disabled')
  return words.map(quote).join(' ')
}

function authenticationWords(settings: AuthenticationSettings): string[] {
  switch (settings.scheme) {
    case 'none':
      return []
    case 'basic':
      return ['--username', settings.username, ...secretWords(settings.password ?? undefined, '--password-file')]
    case 'jwt': {
      const url = settings.url === undefined ? [] : ['--jwt-url', settings.url]
      return [
        '--auth',
        'jwt',
        '--username',
        settings.username,
        ...url,
        ...secretWords(settings.password, '--password-file'),
      ]
    }
    case 'bearer':
    case 'token':
      return ['--auth', settings.scheme, ...secretWords(settings.token, '--token-file')]
    case 'query':
      return ['--query-key', settings.name, ...secretWords(settings.key, '--query-key-file')]
    case 'oauth2': {
      const scope = settings.scope === undefined ? [] : ['--oauth-scope', settings.scope]
      const { tokenUrl, clientId, clientSecret } = settings
      const secret = secretWords(clientSecret, '--client-secret-file')
      return ['--oauth-token-url', tokenUrl, '--client-id', clientId, ...scope, ...secret]
    }
  }
}

/** The flags that name where a secret is; a typed one comes from standard input. */
export function secretWords(reference: SecretReference | undefined, fileFlag: string): string[] {
  if (!reference) return []
  switch (reference.from) {
    case 'path':
      return [fileFlag, reference.path]
    case 'env':
      return ['--secret-env', reference.name]
    case 'command':
      return ['--secret-command', reference.command.map(quote).join(' ')]
    case 'keyring':
    case 'sealed':
    case 'file':
      return ['--credential-store', reference.from, '--secret-stdin']
  }
}

/** A word as a POSIX shell takes it. */
export function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
