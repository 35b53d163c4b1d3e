import { valueKinds, type Value, type ValueKind } from '../stix/statement.ts'

/**
 * How values are written in keys, so that they take little room and sort as `Store.knownValues` promises: a number for the
 * kind (networks have one of their own, behind that of their addresses), and bytes. Four for an IPv4 address, the digest
 * itself for a hash, UTF-8 for the rest; a network's prefix length comes first.
 */
export interface ValueKey {
  /** Twice the kind's place in `valueKinds`, plus one for a network. */
  readonly kind: number
  readonly bytes: Buffer
}

/** Longer values are in no index: nothing that is looked for is longer. In bytes of UTF-8. */
export const longestValue = 16_384

const numberOfKind = new Map(valueKinds.map((kind, place) => [kind, place * 2]))
const bytesOfHash: Partial<Record<ValueKind, number>> = {
  md5: 16,
  sha1: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
  'sha3-256': 32,
  'sha3-512': 64,
}
const hex = /^[0-9a-f]+$/
const loneSurrogate = /\p{Surrogate}/u

/** The numbers in keys that values of this kind have. */
export function kindNumbers(kind: ValueKind): readonly [values: number, networks: number] {
  const number = numberOfKind.get(kind) as number
  return [number, number + 1]
}

/**
 * Undefined for what cannot be looked for: longer than `longestValue`, empty, halves of characters, a hash of the wrong
 * length, an address that is none.
 */
export function keyOfValue({ kind, value }: Value): ValueKey | undefined {
  const number = numberOfKind.get(kind)
  if (number === undefined || value.length === 0 || value.length > longestValue) return undefined
  const hashBytes = bytesOfHash[kind]
  if (hashBytes !== undefined) {
    return value.length === hashBytes * 2 && hex.test(value)
      ? { kind: number, bytes: Buffer.from(value, 'hex') }
      : undefined
  }
  if (kind === 'ipv4' || kind === 'ipv6') return keyOfAddress(kind, number, value)
  if (loneSurrogate.test(value)) return undefined
  const bytes = Buffer.from(value)
  return bytes.length > longestValue ? undefined : { kind: number, bytes }
}

function keyOfAddress(kind: 'ipv4' | 'ipv6', number: number, value: string): ValueKey | undefined {
  const slash = value.indexOf('/')
  const address = kind === 'ipv4' ? bytesOfIpv4(slash < 0 ? value : value.slice(0, slash)) : bytesOfIpv6(value, slash)
  if (!address) return undefined
  if (slash < 0) return { kind: number, bytes: address }
  const [length, mostBits] = [value.slice(slash + 1), kind === 'ipv4' ? 31 : 127]
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > mostBits) return undefined
  return { kind: number + 1, bytes: Buffer.concat([Buffer.from([Number(length)]), address]) }
}

function bytesOfIpv4(text: string): Buffer | undefined {
  const bytes = Buffer.alloc(4)
  let [place, number, digits] = [0, 0, 0]
  for (let at = 0; at <= text.length; at++) {
    const code = at === text.length ? 0x2e : text.charCodeAt(at)
    if (code === 0x2e) {
      if (digits === 0 || place > 3) return undefined
      bytes[place++] = number
      number = digits = 0
    } else {
      if (code < 0x30 || code > 0x39 || (digits > 0 && number === 0)) return undefined
      number = number * 10 + code - 0x30
      digits++
      if (number > 255) return undefined
    }
  }
  return place === 4 ? bytes : undefined
}

const ipv6Text = /^[0-9a-f:.]{2,45}$/

/** As text: the canonical form is one of a kind, and few feeds have many. */
function bytesOfIpv6(value: string, slash: number): Buffer | undefined {
  const text = slash < 0 ? value : value.slice(0, slash)
  return ipv6Text.test(text) ? Buffer.from(text) : undefined
}

/** The value that `keyOfValue` made this of; undefined when it did not. */
export function valueOfKey({ kind, bytes }: ValueKey): Value | undefined {
  const name = valueKinds[kind >> 1]
  if (name === undefined) return undefined
  const isNetwork = kind % 2 === 1
  if (name === 'ipv4' || name === 'ipv6') {
    const address = isNetwork ? bytes.subarray(1) : bytes
    if (name === 'ipv4' && address.length !== 4) return undefined
    const text = name === 'ipv4' ? address.join('.') : address.toString('latin1')
    return { kind: name, value: isNetwork ? `${text}/${bytes[0]}` : text }
  }
  if (isNetwork) return undefined
  return { kind: name, value: bytes.toString(name in bytesOfHash ? 'hex' : 'utf8') }
}

/** The order of `Store.knownValues`. */
export function compareKeys(a: ValueKey, b: ValueKey): number {
  return a.kind - b.kind || Buffer.compare(a.bytes, b.bytes)
}
