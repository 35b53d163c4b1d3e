import { StixTaxiiError } from '../core/errors.ts'
import { isKeyParameter, redactUrl } from '../core/redact.ts'
import { readUrl } from '../core/url.ts'

/**
 * Reads an address that a user gave, `flag` says where. It must be http or https and carry no secret.
 * @throws PROFILE_URL_INVALID, PROFILE_URL_SECRET (usage); the value is shown without what it should not have held.
 */
export function readSourceUrl(flag: string, text: string): URL {
  const trimmed = text.trim()
  const url = readUrl(trimmed)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || /[\0\r\n\t\\]/.test(trimmed)) {
    throw new StixTaxiiError('PROFILE_URL_INVALID', `${flag} "${redactUrl(trimmed)}" is not an http or https URL`, {
      kind: 'usage',
      hint:
        !/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) && readUrl(`https://${trimmed}`)
          ? `Did you mean https://${redactUrl(trimmed)} ?`
          : 'Write it as https://host/path/',
      context: { flag },
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw secretInUrl(flag, url, 'a user name or password', 'Give them as --username NAME --password-file FILE.')
  }
  const name = [...url.searchParams.keys()].find(isKeyParameter)
  if (name !== undefined) {
    throw secretInUrl(flag, url, `a key ("${name}")`, `Give it as --query-key ${name} --query-key-file FILE.`)
  }
  url.hash = ''
  return url
}

/** Reads an origin such as `https://host:8443`; a path after it is refused, since it would promise a bound there is not. */
export function readOrigin(flag: string, text: string): string {
  const url = readSourceUrl(flag, text)
  if (url.pathname === '/' && url.search === '') return url.origin
  // An @ behind a slash may end a password that holds one.
  const shown = text.includes('@') ? `${url.origin}/***` : text
  throw new StixTaxiiError('PROFILE_URL_INVALID', `${flag} "${shown}" is more than an origin`, {
    kind: 'usage',
    hint: `Write scheme, host and port only: ${url.origin}`,
    context: { flag },
  })
}

/**
 * Reads the address of a proxy: http, https or socks5, without a path and without a secret.
 * @throws PROFILE_URL_INVALID, PROFILE_URL_SECRET (usage)
 */
export function readProxyUrl(flag: string, text: string): string {
  const full = (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`).replace(/^socks5h:/i, 'socks5:')
  const url = readUrl(full)
  if (!url || !['http:', 'https:', 'socks5:'].includes(url.protocol) || url.hostname === '') {
    throw new StixTaxiiError('PROFILE_URL_INVALID', `${flag} "${redactUrl(full)}" is no proxy's address`, {
      kind: 'usage',
      hint: 'Write it as http://host:port, https://host:port or socks5://host:port.',
      context: { flag },
    })
  }
  if (url.username === '' && url.password === '') return `${url.protocol}//${url.host}`
  const hint = 'Give them as --proxy-username NAME --proxy-password-file FILE.'
  throw secretInUrl(flag, url, 'a user name or password', hint)
}

/** Whether the host is this machine. */
export function isLoopback(url: URL): boolean {
  const host = url.hostname.replace(/\.$/, '')
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

function secretInUrl(flag: string, url: URL, what: string, hint: string): StixTaxiiError {
  return new StixTaxiiError('PROFILE_URL_SECRET', `${flag} ${redactUrl(url)} has ${what} in it`, {
    kind: 'usage',
    hint: `A URL is kept and shown in clear. ${hint}`,
    context: { flag },
  })
}
