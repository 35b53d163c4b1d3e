import { StixTaxiiError } from '../core/errors.ts'
import type { NoticeSink } from '../core/notice.ts'
import { printable } from '../core/printable.ts'
import { redactUrl } from '../core/redact.ts'
import { readUrl, urlAt } from '../core/url.ts'

/** Which origins a profile's requests may go to. */
export interface AddressPolicy {
  /** The configured URL; its origin is home. */
  readonly home: URL
  readonly allowOrigins?: readonly string[] | undefined
  readonly notices: NoticeSink
  /** API roots have no query (TAXII 2.1, 4.1.1). */
  readonly forbidQuery?: boolean | undefined
}

/** An address that a server named, as it may be used. */
export interface NamedAddress {
  /** Where to ask: the named address, or the same path at home. */
  readonly url: URL
  /** The origin that was named and is not used; undefined when the address was used as it was named. */
  readonly foreign?: string | undefined
}

/**
 * Turns an address that a server named (API root, service, poll address) into one that may be asked.
 *
 * An address on another origin becomes the same path at the configured origin, with a notice: behind a proxy, servers
 * often name themselves wrongly. If that then fails, the caller throws `foreignAddress`. Never leads from https to http.
 * @throws TAXII_ADDRESS_REFUSED (refused) for anything but http(s), user information, `//host`, a climb by `..`, a
 * line end, tab or backslash in it.
 * @see contracts.md, section 3; TAXII 2.1, 4.1.1 (api_roots)
 */
export function namedAddress(named: string, base: URL, policy: AddressPolicy): NamedAddress {
  const url = readUrl(named.trim(), base)
  const problem = url === undefined ? 'is no address' : problemOf(named.trim(), url, policy)
  if (url === undefined || problem !== undefined) throw refusedAddress(named, problem ?? 'is no address')
  if (url.origin === policy.home.origin || isAllowed(url, policy)) return { url }
  const atHome = urlAt(policy.home.origin, url.pathname + url.search)
  policy.notices({
    code: 'TAXII_ADDRESS_REWRITTEN',
    message: `The server names ${printable(url.origin)} as its address; ${atHome.href} is asked instead`,
  })
  return { url: atHome, foreign: url.origin }
}

/** The error for a named address on another origin whose path did not work at home either. */
export function foreignAddress(address: NamedAddress, cause: unknown): StixTaxiiError {
  const origin = printable(address.foreign ?? address.url.origin)
  return new StixTaxiiError(
    'TAXII_ORIGIN_REFUSED',
    `The server leads to ${origin}, which the profile does not name, and ${address.url.href} does not work`,
    {
      kind: 'refused',
      hint: `If that address is the provider's, allow it with: --allow-origin ${origin}`,
      context: { origin, tried: [address.url.href] },
      cause,
    },
  )
}

function problemOf(named: string, url: URL, policy: AddressPolicy): string | undefined {
  if (/[\s\\\u0000-\u001f\u007f]/.test(named)) return 'has a blank, a backslash or a control character in it'
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'is neither http nor https'
  if (url.username !== '' || url.password !== '') return 'carries user information'
  if (named.startsWith('//')) return 'names a host without a scheme'
  if (/(^|\/)(\.|%2e){2}(\/|$)/i.test(named)) return 'climbs with ..'
  if (policy.forbidQuery && (url.search !== '' || url.hash !== '')) return 'has a query'
  return undefined
}

function refusedAddress(named: string, problem: string): StixTaxiiError {
  const shown = printable(redactUrl(named), { maxLength: 200 })
  return new StixTaxiiError('TAXII_ADDRESS_REFUSED', `The server names the address "${shown}", which ${problem}`, {
    kind: 'refused',
    hint: 'Name the right address yourself, with --api-root or another --url.',
    context: { address: shown },
  })
}

// From https only https may be reached, also where a profile allows more.
function isAllowed(url: URL, policy: AddressPolicy): boolean {
  if (policy.home.protocol === 'https:' && url.protocol !== 'https:') return false
  return (policy.allowOrigins ?? []).some((origin) => readUrl(origin)?.origin === url.origin)
}
