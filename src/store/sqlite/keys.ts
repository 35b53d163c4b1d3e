import { createHash, hash } from 'node:crypto'
import type { Item } from '../../stix/item.ts'
import { corruption, type SqlValue } from './binding.ts'

/**
 * How ids and versions are written in keys: a STIX id with a UUID takes 17 bytes, a block's id 33, a timestamp 8. What
 * does not fit exactly stays text, with a byte behind it that says so: every key can be read back as it was.
 */

// A type's number is its place. Append only: the numbers are in every store.
const typesInKeys = [
  ...['block', 'indicator', 'malware', 'relationship', 'identity', 'marking-definition', 'attack-pattern', 'bundle'],
  ...['campaign', 'course-of-action', 'grouping', 'incident', 'infrastructure', 'intrusion-set', 'language-content'],
  ...['location', 'malware-analysis', 'note', 'observed-data', 'opinion', 'report', 'sighting', 'threat-actor', 'tool'],
  ...['vulnerability', 'extension-definition', 'artifact', 'autonomous-system', 'directory', 'domain-name'],
  ...['email-addr', 'email-message', 'file', 'ipv4-addr', 'ipv6-addr', 'mac-addr', 'mutex', 'network-traffic'],
  ...['process', 'software', 'url', 'user-account', 'windows-registry-key', 'x509-certificate', 'x-mitre-tactic'],
  ...['x-mitre-matrix', 'x-mitre-data-source', 'x-mitre-data-component', 'x-mitre-asset', 'x-mitre-collection'],
  ...['x-mitre-analytic', 'x-mitre-detection-strategy'],
]
const numberOfType = new Map(typesInKeys.map((type, number) => [type, number]))

const uuidLength = 36
const dash = 0x2d
const blockId = /^block--([0-9a-f]{64})$/

export function keyOfId(id: string): Buffer {
  const from = id.length - uuidLength
  const isTyped = from > 2 && id.charCodeAt(from - 1) === dash && id.charCodeAt(from - 2) === dash
  const number = isTyped ? numberOfType.get(id.slice(0, from - 2)) : undefined
  const key = number === undefined ? undefined : uuidKey(id, from, number)
  if (key) return key
  const block = blockId.exec(id)
  return block ? Buffer.from(`${block[1]}00`, 'hex') : textKey(id)
}

// Where the 16 bytes of a UUID stand in its text.
const bytePlaces = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]
const dashPlaces = [8, 13, 18, 23]
const hexDigits = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)))

/** Undefined when what stands there is no UUID in lower case. By hand, as this is done for every object received. */
function uuidKey(id: string, from: number, type: number): Buffer | undefined {
  for (const place of dashPlaces) if (id.charCodeAt(from + place) !== dash) return undefined
  const key = Buffer.allocUnsafe(17)
  for (let n = 0; n < 16; n++) {
    const at = from + (bytePlaces[n] as number)
    const [high, low] = [hexDigits[id.charCodeAt(at)] ?? -1, hexDigits[id.charCodeAt(at + 1)] ?? -1]
    if ((high | low) < 0) return undefined
    key[n] = (high << 4) | low
  }
  key[16] = type
  return key
}

/** @throws SqlError (SQLITE_CORRUPT) when the key is none of ours. */
export function idOfKey(key: SqlValue | undefined): string {
  if (Buffer.isBuffer(key)) {
    const text = textOfKey(key)
    if (text !== undefined) return text
    const hex = key.toString('hex')
    if (key.length === 33 && key[32] === 0) return `block--${hex.slice(0, 64)}`
    const type = typesInKeys[key[16] ?? -1]
    if (key.length === 17 && type !== undefined) {
      return `${type}--${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
    }
  }
  throw corruption('an id key cannot be read')
}

// No other key ends in this byte: types have small numbers, and a stamp's last three bits are never all set.
const textTag = 0xff

function textKey(text: string): Buffer {
  return Buffer.concat([Buffer.from(text), Buffer.from([textTag])])
}

function textOfKey(key: Buffer): string | undefined {
  return key.at(-1) === textTag ? key.toString('utf8', 0, key.length - 1) : undefined
}

const stamp = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?Z$/
const sha256 = /^sha256:([0-9a-f]{64})$/
// Seconds from year 1 to 1970, so that a coded second is never negative.
const secondsBefore1970 = 62_135_596_800

/** A stamp has eight bytes: five of seconds since year 1, three of microseconds times eight plus the fraction's digits. */
export function keyOfVersion(version: string): Buffer {
  const parts = stamp.exec(version)
  if (parts) {
    const seconds = Date.parse(`${version.slice(0, 19)}Z`) / 1000
    // Year 0 lies before what five bytes count from; it stays text.
    const isCoded = Number.isInteger(seconds) && seconds >= -secondsBefore1970
    if (isCoded && Number(parts[3]) === new Date(seconds * 1000).getUTCDate() && parts[4] !== '24') {
      const digits = parts[7] ?? ''
      const key = Buffer.allocUnsafe(8)
      key.writeUIntBE(seconds + secondsBefore1970, 0, 5)
      key.writeUIntBE(Number(digits.padEnd(6, '0')) * 8 + digits.length, 5, 3)
      return key
    }
  }
  const digest = sha256.exec(version)
  return digest ? Buffer.from(`${digest[1]}00`, 'hex') : textKey(version)
}

/** @throws SqlError (SQLITE_CORRUPT) when the key is none of ours. */
export function versionOfKey(key: SqlValue | undefined): string {
  if (Buffer.isBuffer(key)) {
    const text = textOfKey(key)
    if (text !== undefined) return text
    if (key.length === 33 && key[32] === 0) return `sha256:${key.toString('hex', 0, 32)}`
    const read = key.length === 8 ? stampOfKey(key) : undefined
    if (read !== undefined) return read
  }
  throw corruption('a version key cannot be read')
}

function stampOfKey(key: Buffer): string | undefined {
  const seconds = key.readUIntBE(0, 5) - secondsBefore1970
  const fraction = key.readUIntBE(5, 3)
  const digits = fraction % 8
  const text = String(Math.floor(fraction / 8)).padStart(6, '0')
  if (seconds >= 253_402_300_800 || digits > 6 || text.length > 6) return undefined
  const second = new Date(seconds * 1000).toISOString().slice(0, 19)
  return digits === 0 ? `${second}Z` : `${second}.${text.slice(0, digits)}Z`
}

/** A spec version as it is kept beside its version; blocks have none. */
export function specOf(item: Item): 0 | 1 | null {
  if (item.kind === 'block') return null
  return item.specVersion === '2.1' ? 1 : 0
}

/** A key as a Map's key. */
export function keyText(key: Buffer): string {
  return key.toString('latin1')
}

/** An item with what tells whether it is here unchanged. */
export interface Keyed {
  readonly item: Item
  readonly id: Buffer
  readonly digest: Buffer
}

export function keyed(item: Item): Keyed {
  return { item, id: keyOfId(item.id), digest: digestOf(item.raw) }
}

/** The first 16 bytes of the SHA-256. */
export function digestOf(raw: Buffer): Buffer {
  // By way of a string, which is half as fast again as a Buffer from `hash`.
  return Buffer.from(hash('sha256', raw, 'binary').slice(0, 16), 'latin1')
}

/** Eight bytes over a row's values, so that a flipped bit in it is found. */
export function checksumOf(...values: readonly (string | number | Buffer)[]): Buffer {
  const sum = createHash('sha256')
  for (const value of values) {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value))
    sum.update(`${bytes.length}:`).update(bytes)
  }
  return sum.digest().subarray(0, 8)
}
