import type { Value, ValueKind } from '../statement.ts'

/** Kinds by their number of hex digits, the usual one of that length first. */
const kindsOfLength: Readonly<Record<number, readonly ValueKind[]>> = {
  32: ['md5'],
  40: ['sha1'],
  56: ['sha224'],
  64: ['sha256', 'sha3-256'],
  96: ['sha384'],
  128: ['sha512', 'sha3-512'],
}

const hex = /^[0-9a-fA-F]+$/
const fuzzy = /^(\d{1,10}:[A-Za-z0-9+/]{1,148}:[A-Za-z0-9+/]{1,148})(?:,.*)?$/s
const locality = /^(?:T1)?((?:[0-9A-F]{70}|[0-9A-F]{74}|[0-9A-F]{134}|[0-9A-F]{138}))$/i

/**
 * A hash of the kind that its length says, in lower-case hex; undefined when it has no hash's form. `kind` decides between
 * kinds of one length. SSDEEP keeps its case and loses the file name; TLSH is upper-case and begins with `T1`.
 */
export function normaliseHash(kind: ValueKind, text: string): Value | undefined {
  if (kind === 'ssdeep') {
    const found = fuzzy.exec(text)?.[1]
    return found === undefined ? undefined : { kind, value: found }
  }
  if (kind === 'tlsh') {
    const found = locality.exec(text)?.[1]
    return found === undefined ? undefined : { kind, value: `T1${found.toUpperCase()}` }
  }
  const kinds = kindsOfLength[text.length]
  if (!kinds || !hex.test(text)) return undefined
  return { kind: kinds.includes(kind) ? kind : (kinds[0] as ValueKind), value: text.toLowerCase() }
}

const kindOfName: Readonly<Record<string, ValueKind>> = {
  md5: 'md5',
  sha1: 'sha1',
  sha224: 'sha224',
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
  sha3256: 'sha3-256',
  sha3512: 'sha3-512',
  ssdeep: 'ssdeep',
  tlsh: 'tlsh',
}

/**
 * The kind that a hash's name stands for, however it is written (`SHA-256`, `sha256`, `Sha_256`); undefined for other
 * names: then the length has to tell (`normaliseHash('md5', ...)` does).
 * @see STIX 2.1, 10.7 (hashing algorithm vocabulary)
 */
export function hashKindOf(name: string): ValueKind | undefined {
  const key = name.toLowerCase().replace(/[-_ ]/g, '')
  return Object.hasOwn(kindOfName, key) ? kindOfName[key] : undefined
}
