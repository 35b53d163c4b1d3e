import { StixTaxiiError } from '../core/errors.ts'
import { redactUrl } from '../core/redact.ts'
import { Secret } from '../core/secret.ts'
import { readUrl } from '../core/url.ts'
import type { ProxyOptions } from '../http/options.ts'
import type { Credentials, ProxySettings } from '../profile/profile.ts'

export interface ProxyDependencies {
  readonly credentials: Pick<Credentials, 'resolve'>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * The proxy for a profile: its own where it has one (kept but not used when its switch is off), else what HTTPS_PROXY,
 * HTTP_PROXY, ALL_PROXY and NO_PROXY say, in capitals or not.
 * @throws PROFILE_PROXY_INVALID (config) naming the variable.
 */
export async function proxyOf(
  profile: { readonly name: string; readonly url: string; readonly proxy?: ProxySettings | undefined },
  ca: readonly Buffer[] | undefined,
  { credentials, environment }: ProxyDependencies,
): Promise<ProxyOptions | undefined> {
  const settings = profile.proxy
  if (!settings) return fromEnvironment(new URL(profile.url), ca, environment)
  if (!settings.use || settings.url === undefined) return undefined
  const purpose = { what: "the proxy's password", profile: profile.name }
  const password = settings.password && (await credentials.resolve(settings.password, purpose))
  const username = settings.username === undefined ? undefined : new Secret(settings.username)
  return { url: new URL(settings.url), username, password, noProxy: settings.noProxy, ca }
}

function fromEnvironment(
  target: URL,
  ca: readonly Buffer[] | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): ProxyOptions | undefined {
  // Under CGI a request's "Proxy" header arrives as HTTP_PROXY: there only the small one is trusted.
  const plain = environment.REQUEST_METHOD === undefined ? ['http_proxy', 'HTTP_PROXY'] : ['http_proxy']
  const names = [...(target.protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : plain), 'all_proxy', 'ALL_PROXY']
  const name = names.find((candidate) => environment[candidate])
  const text = name && environment[name]
  if (!name || !text) return undefined
  const url = readProxyUrl(name, text)
  const [username, password] = [url.username, url.password].map((part) => new Secret(decode(part)))
  const withUser = url.username !== ''
  url.username = ''
  url.password = ''
  const noProxy = environment.no_proxy ?? environment.NO_PROXY
  return { url, ...(withUser ? { username, password } : {}), noProxy, ca }
}

function readProxyUrl(name: string, text: string): URL {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = readUrl(full.replace(/^socks5h:/i, 'socks5:'))
  if (url && ['http:', 'https:', 'socks5:'].includes(url.protocol) && url.hostname !== '') return url
  throw new StixTaxiiError('PROFILE_PROXY_INVALID', `${name} "${redactUrl(full)}" is no proxy's address`, {
    kind: 'config',
    hint: 'Write it as http://host:port, https://host:port or socks5://host:port.',
    context: { variable: name },
  })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
