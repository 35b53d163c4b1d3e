import type { Value, ValueKind } from '../statement.ts'
import { normaliseAddress } from './addresses.ts'
import { normaliseDomain } from './domains.ts'
import { normaliseHash } from './hashes.ts'
import { normaliseAsn, normaliseEmail, normaliseMac, normaliseRegistryKey, normaliseSerial } from './names.ts'
import { normaliseUrl } from './urls.ts'

/** Longest value that is looked for, in UTF-16 units; what is longer has no normal form. */
export const maxValueLength = 16_384

/**
 * The normal form of a value of a kind, without the blanks around it; undefined when it is none of that kind.
 *
 * The kind may come out corrected where the text leaves no doubt: a v6 address that was called v4, an address called a
 * domain, a hash whose length is another one's. Names of files, processes and mutexes, user agents and subjects stay as they are.
 * Normalising twice changes nothing.
 */
export function normaliseValue(kind: ValueKind, text: string): Value | undefined {
  if (text.length > maxValueLength) return undefined
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  return normaliserOf[kind](trimmed, kind)
}

type Normaliser = (text: string, kind: ValueKind) => Value | undefined

const address: Normaliser = (text) => normaliseAddress(text)
const hash: Normaliser = (text, kind) => normaliseHash(kind, text)
const asIs: Normaliser = (text, kind) => ({ kind, value: text })

const normaliserOf: Readonly<Record<ValueKind, Normaliser>> = {
  ipv4: address,
  ipv6: address,
  domain: (text) => of('domain', normaliseDomain(text)) ?? normaliseAddress(text),
  url: (text) => of('url', normaliseUrl(text)),
  email: (text) => of('email', normaliseEmail(text)),
  md5: hash,
  sha1: hash,
  sha224: hash,
  sha256: hash,
  sha384: hash,
  sha512: hash,
  'sha3-256': hash,
  'sha3-512': hash,
  ssdeep: hash,
  tlsh: hash,
  'file-name': asIs,
  'file-path': asIs,
  process: asIs,
  'registry-key': (text) => of('registry-key', normaliseRegistryKey(text)),
  mutex: asIs,
  mac: (text) => of('mac', normaliseMac(text)),
  asn: (text) => of('asn', normaliseAsn(text)),
  'user-agent': asIs,
  'email-subject': asIs,
  'certificate-serial': (text) => of('certificate-serial', normaliseSerial(text)),
}

function of(kind: ValueKind, value: string | undefined): Value | undefined {
  return value === undefined ? undefined : { kind, value }
}
