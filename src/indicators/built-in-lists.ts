import { createHash } from 'node:crypto'
import { parse } from 'tldts'
import type { Value, ValueKind } from '../stix/statement.ts'
import { normaliseAddress } from '../stix/values/addresses.ts'
import { hostOf, newHosts, newRanges, type ValueList } from './value-list.ts'

/**
 * Warning lists that are always there: what a feed can only have by mistake, and what would match half of all traffic.
 * Addresses for documentation are not among them: rehearsals use those.
 * @see RFC 6890 and the IANA special-purpose address registries
 */
export const builtInLists: readonly ValueList[] = [
  addresses('addresses that are not on the Internet', [
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
    ...['240.0.0.0/4', '255.255.255.255', '::', '::1', 'fc00::/7', 'fe80::/10'],
  ]),
  addresses('multicast addresses', ['224.0.0.0/4', 'ff00::/8']),
  addresses('public resolvers', [
    ...['1.0.0.1', '1.1.1.1', '8.8.4.4', '8.8.8.8', '9.9.9.9', '149.112.112.112', '208.67.220.220', '208.67.222.222'],
    ...[
      '2001:4860:4860::8844',
      '2001:4860:4860::8888',
      '2606:4700:4700::1001',
      '2606:4700:4700::1111',
      '2620:fe::9',
      '2620:fe::fe',
    ],
  ]),
  localNames(),
  publicSuffixes(),
  emptyFile(),
]

function addresses(name: string, entries: readonly string[]): ValueList {
  const ranges = newRanges()
  for (const entry of entries) ranges.add(normaliseAddress(entry) as Value, entry)
  return {
    name,
    find: (value) => {
      const host = hostOf(value)
      return host && ranges.find(host)
    },
  }
}

/** @see RFC 6761 (localhost), RFC 6762 (local), RFC 8375 (home.arpa) */
function localNames(): ValueList {
  const hosts = newHosts()
  for (const name of ['localhost', 'localdomain', 'local', 'home.arpa', 'in-addr.arpa', 'ip6.arpa'])
    hosts.add(name, name, true)
  return {
    name: 'names of the local network',
    find: (value) => {
      const host = hostOf(value)
      return host?.kind === 'domain' ? hosts.find(host.value) : undefined
    },
  }
}

/**
 * `co.uk` would stand for every domain below it, and so would `github.io`, of which the names below belong to others too.
 * URLs and e-mail addresses there are not meant.
 * @see https://publicsuffix.org, both of its sections
 */
function publicSuffixes(): ValueList {
  return {
    name: 'public suffixes',
    find({ kind, value }) {
      if (kind !== 'domain') return undefined
      const { publicSuffix, isIcann, isPrivate } = parse(value, {
        allowPrivateDomains: true,
        extractHostname: false,
        validateHostname: false,
      })
      // A name that no rule knows counts as a suffix too, by the last of them.
      return publicSuffix === value && (isIcann === true || isPrivate === true) ? value : undefined
    },
  }
}

function emptyFile(): ValueList {
  const algorithms: Partial<Record<ValueKind, string>> = {
    md5: 'md5',
    sha1: 'sha1',
    sha224: 'sha224',
    sha256: 'sha256',
    sha384: 'sha384',
    sha512: 'sha512',
    'sha3-256': 'sha3-256',
    'sha3-512': 'sha3-512',
  }
  const known = new Map<string, string>([['ssdeep', '3::']])
  return {
    name: 'hashes of the empty file',
    find({ kind, value }) {
      const algorithm = algorithms[kind]
      if (algorithm !== undefined && !known.has(kind)) known.set(kind, createHash(algorithm).digest('hex'))
      return known.get(kind) === value ? value : undefined
    },
  }
}
