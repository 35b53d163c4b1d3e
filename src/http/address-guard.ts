import ipaddr from 'ipaddr.js'
import { StixTaxiiError } from '../core/errors.ts'

/**
 * How far an address reaches. `never` holds what no TAXII server lives on: link-local, cloud metadata, multicast,
 * broadcast, unspecified.
 */
export type AddressClass = 'public' | 'private' | 'loopback' | 'never'

// Metadata and host services of the large clouds that do not lie in the link-local range.
const metadata = new Set(['100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254'])

/** The class of a literal address; an IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) counts as itself. */
export function classifyAddress(address: string): AddressClass {
  if (!ipaddr.isValid(address)) return 'never'
  const parsed = ipaddr.parse(address)
  const inner = parsed instanceof ipaddr.IPv6 ? embeddedIPv4(parsed) : undefined
  if (inner) return classifyAddress(inner)
  if (metadata.has(parsed.toString())) return 'never'
  switch (parsed.range()) {
    case 'unicast':
      return 'public'
    case 'loopback':
      return 'loopback'
    case 'linkLocal':
    case 'multicast':
    case 'broadcast':
    case 'unspecified':
      return 'never'
    default:
      return 'private'
  }
}

function embeddedIPv4(address: ipaddr.IPv6): string | undefined {
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().toString()
  const bytes = address.toByteArray()
  const range = address.range()
  // ::a.b.c.d, which was once to be tunnelled to a.b.c.d; :: and ::1 are what they are.
  if (range === 'unicast' && bytes.slice(0, 12).every((byte) => byte === 0)) return bytes.slice(12, 16).join('.')
  if (range === 'rfc6052') return bytes.slice(12, 16).join('.')
  if (range === '6to4') return bytes.slice(2, 6).join('.')
  return undefined
}

/** `host` of a URL without the brackets of an IPv6 literal and without a zone. */
export function bareHost(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}

/** Whether a URL's host is loopback by its spelling alone. */
export function isLoopbackHost(host: string): boolean {
  const bare = bareHost(host).replace(/\.$/, '')
  if (bare === 'localhost' || bare.endsWith('.localhost')) return true
  return ipaddr.isValid(bare) && classifyAddress(bare) === 'loopback'
}

/**
 * Vets where a name leads, each time it is resolved. The first answer fixes the class of the host (the user configured
 * this name, so an internal server may live on an internal address); a later answer may not reach further in (DNS
 * rebinding, S2).
 */
export function addressGuard(): (host: string, addresses: readonly string[]) => readonly string[] {
  const classOfHost = new Map<string, AddressClass>()
  return (host, addresses) => {
    const usable = addresses.filter((address) => classifyAddress(address) !== 'never')
    const offered = usable.map(classifyAddress)
    const fixed = classOfHost.get(host) ?? outermost(offered)
    const accepted = usable.filter((_, index) => depth[offered[index] ?? 'never'] <= depth[fixed])
    if (accepted.length === 0) throw refused(host, addresses)
    classOfHost.set(host, fixed)
    return accepted
  }
}

const depth: Readonly<Record<AddressClass, number>> = { public: 0, private: 1, loopback: 2, never: 3 }

function outermost(classes: readonly AddressClass[]): AddressClass {
  return classes.reduce<AddressClass>((found, each) => (depth[each] < depth[found] ? each : found), 'loopback')
}

function refused(host: string, addresses: readonly string[]): StixTaxiiError {
  return new StixTaxiiError('HTTP_ADDRESS_REFUSED', `${host} leads to ${addresses.join(', ')}, where we do not go`, {
    kind: 'refused',
    hint: 'Link-local and metadata addresses are never used, and a public name may not turn into an internal address. Check the name service.',
    context: { host, addresses },
  })
}
