import ipaddr from 'ipaddr.js'
import { bareHost } from './address-guard.ts'

/**
 * Whether `noProxy` exempts this host and port from the proxy. Entries are separated by commas or blanks:
 * `*`, a name (it and all below it, with or without leading dot), an address, a CIDR range, each with `:port` if wanted.
 */
export function bypassesProxy(url: URL, port: number, noProxy: string | undefined): boolean {
  const entries = (noProxy ?? '').split(/[\s,]+/).filter((entry) => entry !== '')
  const host = bareHost(url.hostname).toLowerCase().replace(/\.$/, '')
  return entries.some((entry) => matches(entry.toLowerCase(), host, port))
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true
  const { pattern, onlyPort } = splitPort(entry)
  if (onlyPort !== undefined && onlyPort !== port) return false
  if (ipaddr.isValid(host)) return matchesAddress(pattern, host)
  const suffix = pattern.replace(/^\*?\./, '').replace(/\.$/, '')
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`))
}

function matchesAddress(pattern: string, host: string): boolean {
  const address = ipaddr.process(host)
  if (ipaddr.isValidCIDR(pattern)) {
    const [network, bits] = ipaddr.parseCIDR(pattern)
    return network.kind() === address.kind() && address.match(network, bits)
  }
  return ipaddr.isValid(pattern) && ipaddr.process(pattern).toString() === address.toString()
}

function splitPort(entry: string): { pattern: string; onlyPort: number | undefined } {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry)
  if (bracketed) return { pattern: bracketed[1] ?? '', onlyPort: bracketed[2] ? Number(bracketed[2]) : undefined }
  // One colon separates a port; more of them are an IPv6 address.
  const plain = /^([^:]+):(\d+)$/.exec(entry)
  return plain ? { pattern: plain[1] ?? '', onlyPort: Number(plain[2]) } : { pattern: entry, onlyPort: undefined }
}
