import { createHash } from 'node:crypto'
import { canonicalJson } from '../canonical.ts'
import { uuid5 } from '../uuid5.ts'

/** Name space of ids that STIX 1 ids and contents are turned into. */
const ownNameSpace = 'c3a2f6f0-5a0b-4d0c-9d53-6d1f1a7be0a4'
/** @see STIX 2.1, 2.9 (identifier) */
const observableNameSpace = '00abedb4-aa42-466c-9c01-fed23315a9b7'

/** A UUID in the form of version 4 that a digest gives. */
function uuidOf(digest: Buffer): string {
  const bytes = Buffer.from(digest.subarray(0, 16))
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The id of what has the given name among those of its type: a STIX 1 id, a text, the parts of a relationship. */
export function idOf(type: string, ...name: readonly string[]): string {
  return `${type}--${uuid5(ownNameSpace, JSON.stringify([type, ...name]))}`
}

/** Properties that make the id of a cyber-observable, by type. @see STIX 2.1, 6 (ID contributing properties) */
const contributing: Readonly<Record<string, readonly string[]>> = {
  artifact: ['hashes', 'payload_bin'],
  'autonomous-system': ['number'],
  directory: ['path'],
  'domain-name': ['value'],
  'email-addr': ['value'],
  'email-message': ['from_ref', 'subject', 'body'],
  file: ['hashes', 'name', 'parent_directory_ref', 'extensions'],
  'ipv4-addr': ['value'],
  'ipv6-addr': ['value'],
  'mac-addr': ['value'],
  mutex: ['name'],
  'network-traffic': ['start', 'end', 'src_ref', 'dst_ref', 'src_port', 'dst_port', 'protocols', 'extensions'],
  software: ['name', 'cpe', 'swid', 'vendor', 'version'],
  url: ['value'],
  'user-account': ['account_type', 'user_id', 'account_login'],
  'windows-registry-key': ['key', 'values'],
  'x509-certificate': ['hashes', 'serial_number'],
}

const firstHashes = ['MD5', 'SHA-1', 'SHA-256', 'SHA-512']

/**
 * The id of a cyber-observable by the standard's rule. Types and objects without contributing properties (a process) have
 * an id of version 4's form, made from their content, so that it is the same each time.
 * @see STIX 2.1, 2.9
 */
export function observableId(type: string, properties: Readonly<Record<string, unknown>>): string {
  const names = Object.hasOwn(contributing, type) ? (contributing[type] ?? []) : []
  const parts: [string, unknown][] = []
  for (const name of names) {
    if (properties[name] !== undefined)
      parts.push([name, name === 'hashes' ? oneHash(properties[name]) : properties[name]])
  }
  if (parts.length > 0) return `${type}--${uuid5(observableNameSpace, canonical(Object.fromEntries(parts)))}`
  const digest = createHash('sha256')
    .update(`${type}\n${canonical(properties)}`)
    .digest()
  return `${type}--${uuidOf(digest)}`
}

/** Of several hashes one makes the id: the first of the usual ones, else the first by name. */
function oneHash(hashes: unknown): unknown {
  if (typeof hashes !== 'object' || hashes === null) return hashes
  const entries = Object.entries(hashes)
  const usual = firstHashes.map((name) => entries.find(([key]) => key === name)).find((entry) => entry !== undefined)
  const chosen = usual ?? entries.toSorted(([a], [b]) => (a < b ? -1 : 1))[0]
  return chosen ? { [chosen[0]]: chosen[1] } : {}
}

/** JSON Canonicalization Scheme. @see RFC 8785 */
export function canonical(value: unknown): string {
  const text = JSON.stringify(value)
  return canonicalJson(Buffer.from(text)) ?? text
}
