import { normaliseAddress } from './addresses.ts'
import { readUrl } from '../../core/url.ts'
import { normaliseDomain } from './domains.ts'

const withoutScheme = /^(\[[0-9a-fA-F:.]+\]|[^\s/?#:@[\]\\]+)(?::(\d{1,5}))?(?=$|[/?#])([^]*)$/u
const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]+:/

/**
 * A URL as the WHATWG URL Standard writes it, without its fragment, which no server and no log sees: scheme and host in
 * lower case, default ports dropped, `/` for an empty path, path and query as they are (also a `/` at their end:
 * `urlLookupForms` is what makes looking up forgiving). Undefined when it is none.
 *
 * A URL without a scheme (`bad.example/x`, common in feeds) keeps none; its host has to be a name with a dot or an address.
 */
export function normaliseUrl(text: string): string | undefined {
  const bare = withoutScheme.exec(text)
  if (bare && isHost(bare[1] ?? '')) {
    const url = parse(`http://${text}`)
    return url?.slice('http://'.length)
  }
  return scheme.test(text) ? parse(text) : undefined
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) return normaliseAddress(host.slice(1, -1)) !== undefined
  return normaliseAddress(host)?.kind === 'ipv4' || (normaliseDomain(host)?.includes('.') ?? false)
}

function parse(text: string): string | undefined {
  const url = readUrl(text)
  if (!url) return undefined
  const { href, host, protocol } = url
  // Without an authority it is a mailto:, a urn: or a Windows path.
  if (host === '' && !/^[a-z][a-z0-9+.-]+:\/\//.test(href) && protocol !== 'magnet:' && protocol !== 'urn:') {
    return undefined
  }
  const mark = href.indexOf('#')
  return (mark < 0 ? href : href.slice(0, mark)).trimEnd()
}

/**
 * The forms under which a URL in normal form may be known: itself; with and without a `/` at the end of its path; without
 * its scheme, or with `http` and `https` where it has none. The closest first.
 */
export function urlLookupForms(url: string): readonly string[] {
  const found = /^([a-z][a-z0-9+.-]*):\/\/([^]*)$/.exec(url)
  const forms = slashForms(found?.[2] ?? url)
  const web = ['http', 'https']
  const schemes = found ? [`${found[1] ?? ''}://`] : ['']
  if (!found) schemes.push(...web.map((name) => `${name}://`))
  else if (web.includes(found[1] ?? '')) schemes.push('')
  return schemes.flatMap((start) => forms.map((form) => `${start}${form}`))
}

function slashForms(rest: string): readonly string[] {
  const query = rest.indexOf('?')
  const [path, tail] = query < 0 ? [rest, ''] : [rest.slice(0, query), rest.slice(query)]
  const first = path.indexOf('/')
  if (first < 0 || first === path.length - 1) return [rest]
  return [rest, `${path.endsWith('/') ? path.slice(0, -1) : `${path}/`}${tail}`]
}
