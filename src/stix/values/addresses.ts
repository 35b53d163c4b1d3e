import ipaddr from 'ipaddr.js'
import type { Value } from '../statement.ts'

const part = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const ipv4 = new RegExp(`^${part}\\.${part}\\.${part}\\.${part}$`)
const dottedOrPlain = /^[0-9a-fA-F:.%/a-z_-]{2,100}$/

/**
 * An address, or a network in CIDR notation, in canonical text and of the kind it is; undefined when it is neither.
 *
 * Numbers with leading zeros are refused: programs differ in whether they are octal. A v4 address in v6 notation
 * (`::ffff:192.0.2.1`) is the v4 address, a zone (`fe80::1%eth0`) is left out, host bits of a network are cleared, a
 * network of one address is the address, and a mask may be dotted (`192.0.2.0/255.255.255.0`).
 * @see RFC 4632 (CIDR), RFC 5952 (text of v6 addresses); STIX 2.1, 6.4 and 6.5 (CIDR in address objects)
 */
export function normaliseAddress(text: string): Value | undefined {
  if (ipv4.test(text)) return { kind: 'ipv4', value: text }
  if (!dottedOrPlain.test(text)) return undefined
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (!address) return undefined
  if (slash < 0) return toValue(address, address.length * 8)
  const length = prefixLength(text.slice(slash + 1), address.length)
  if (length === undefined) return undefined
  return isMapped(address) && length >= 96 ? toValue(address.slice(12), length - 96) : toValue(address, length)
}

/** The bytes of an address, 4 or 16; those of a v4 address in v6 notation are 16 when it is asked for as such. */
function parseAddress(text: string): Uint8Array | undefined {
  const match = ipv4.exec(text)
  if (match) return Uint8Array.from(match.slice(1), Number)
  const bare = text.replace(/%[\w.-]+$/, '')
  if (!bare.includes(':') || !ipaddr.IPv6.isValid(bare)) return undefined
  return Uint8Array.from(ipaddr.IPv6.parse(bare).toByteArray())
}

function prefixLength(text: string, bytes: number): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= bytes * 8 ? Number(text) : undefined
  const mask = bytes === 4 ? parseAddress(text) : undefined
  if (!mask) return undefined
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : undefined
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.length === 16 && bytes.every((byte, index) => index > 11 || byte === (index < 10 ? 0 : 255))
}

function toValue(bytes: Uint8Array, length: number): Value {
  if (isMapped(bytes) && length === 128) return toValue(bytes.slice(12), 32)
  const kind = bytes.length === 4 ? 'ipv4' : 'ipv6'
  if (length === bytes.length * 8) return { kind, value: textOf(bytes) }
  return { kind, value: `${textOf(masked(bytes, length))}/${length}` }
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  return (ipaddr.fromByteArray([...bytes]) as ipaddr.IPv6).toRFC5952String()
}

function masked(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, length - index * 8))
    return byte & (0xff00 >> kept) & 0xff
  })
}

/**
 * The networks that hold an address, or that hold a network other than itself, in canonical text, smallest first; those of
 * the given prefix lengths only, where they are given. `value` is in normal form; what is no address has none.
 */
export function networksContaining(value: Value, prefixLengths?: readonly number[]): readonly string[] {
  if (value.kind !== 'ipv4' && value.kind !== 'ipv6') return []
  const [address = '', ownLength] = value.value.split('/')
  const bytes = parseAddress(address)
  if (!bytes) return []
  const longest = (ownLength === undefined ? bytes.length * 8 : Number(ownLength)) - 1
  const wanted = prefixLengths
    ? [...new Set(prefixLengths)].filter((length) => length >= 0 && length <= longest).sort((a, b) => b - a)
    : Array.from({ length: longest + 1 }, (_, index) => longest - index)
  return wanted.map((length) => `${textOf(masked(bytes, length))}/${length}`)
}

/** First and last address of an address or network in normal form, as bytes (4 or 16); undefined for anything else. */
export function addressRange(value: Value): { readonly first: Uint8Array; readonly last: Uint8Array } | undefined {
  if (value.kind !== 'ipv4' && value.kind !== 'ipv6') return undefined
  const [address = '', length] = value.value.split('/')
  const first = parseAddress(address)
  if (!first || length === undefined) return first && { first, last: first }
  const last = first.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, Number(length) - index * 8))
    return byte | (0xff >> kept)
  })
  return { first, last }
}
