import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto'
import { StixTaxiiError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'

/** Cost of scrypt: N = 2 ** logN, with r and p. Kept in the file, so that it can rise. */
export interface SealCost {
  readonly logN: number
  readonly r: number
  readonly p: number
}

/** 128 MiB and roughly half a second for each guess. */
export const defaultSealCost: SealCost = { logN: 17, r: 8, p: 1 }

/** A sealed text as it stands in the file. Binary parts are base64. */
export interface Sealed {
  readonly version: 1
  readonly kdf: 'scrypt'
  readonly logN: number
  readonly r: number
  readonly p: number
  readonly salt: string
  readonly nonce: string
  /** HMAC under a second key: tells a wrong passphrase from a damaged text. */
  readonly check: string
  readonly tag: string
  readonly content: string
  /** SHA-256 over all of the above: an accident to the file is told from a wrong passphrase without one. */
  readonly digest: string
}

/** Derived keys of one salt, kept for as long as a store is open: each derivation takes half a second. */
export type KeyCache = Map<string, Promise<Buffer>>

/**
 * Seals a text under a passphrase. Salt and nonce are new each time and the key comes from the salt, so no key ever sees two
 * texts, let alone one nonce twice.
 */
export async function seal(text: string, passphrase: Secret, cost: SealCost, cache?: KeyCache): Promise<Sealed> {
  const head = {
    version: 1,
    kdf: 'scrypt',
    logN: cost.logN,
    r: cost.r,
    p: cost.p,
    salt: randomBytes(16).toString('base64'),
    nonce: randomBytes(12).toString('base64'),
  } as const
  const keys = await (cache ? cached(cache, head, passphrase) : derive(passphrase, head))
  const cipher = createCipheriv('aes-256-gcm', keys.subarray(0, 32), Buffer.from(head.nonce, 'base64'))
  cipher.setAAD(Buffer.from(JSON.stringify(head)))
  const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64')
  const body = { ...head, check: checkOf(keys, head), tag: cipher.getAuthTag().toString('base64'), content }
  return { ...body, digest: digestOf(body) }
}

/**
 * Opens what `seal` made.
 * @throws PROFILE_SEALED_DAMAGED (config) when any byte is not as it was written; PROFILE_PASSPHRASE_WRONG (auth).
 */
export async function unseal(path: string, sealed: Sealed, passphrase: Secret, cache?: KeyCache): Promise<string> {
  const { digest, content, tag, check, ...head } = sealed
  if (digest !== digestOf({ ...head, check, tag, content })) throw damagedSeal(path)
  const keys = await (cache ? cached(cache, head, passphrase) : derive(passphrase, head))
  if (!timingSafeEqual(Buffer.from(check, 'base64'), Buffer.from(checkOf(keys, head), 'base64'))) {
    cache?.clear()
    throw new StixTaxiiError('PROFILE_PASSPHRASE_WRONG', `The passphrase does not open ${path}`, {
      kind: 'auth',
      hint: 'Check STIXTAXII_PASSPHRASE, --passphrase-file or what was typed.',
      context: { path },
    })
  }
  try {
    const decipher = createDecipheriv('aes-256-gcm', keys.subarray(0, 32), Buffer.from(head.nonce, 'base64'), {
      authTagLength: 16,
    })
    decipher.setAAD(Buffer.from(JSON.stringify(head)))
    decipher.setAuthTag(Buffer.from(tag, 'base64'))
    return decipher.update(content, 'base64', 'utf8') + decipher.final('utf8')
  } catch (error) {
    throw damagedSeal(path, error)
  }
}

/** The error for a sealed file that is not as it was written. */
export function damagedSeal(path: string, cause?: unknown): StixTaxiiError {
  return new StixTaxiiError('PROFILE_SEALED_DAMAGED', `${path} is damaged or was tampered with`, {
    kind: 'config',
    hint: 'Put back a copy from your backup, or remove it and set the credentials again. It was left as it is.',
    context: { path },
    cause,
  })
}

type Head = Pick<Sealed, 'version' | 'kdf' | 'logN' | 'r' | 'p' | 'salt' | 'nonce'>

function derive(passphrase: Secret, { logN, r, p, salt }: Head): Promise<Buffer> {
  const options = { N: 2 ** logN, r, p, maxmem: 130 * 2 ** logN * r + 1_048_576 }
  // Composed and decomposed accents look the same on the keyboard and must open the same file.
  const password = Secret.open(passphrase).normalize('NFC')
  return new Promise((resolve, reject) => {
    scrypt(password, Buffer.from(salt, 'base64'), 64, options, (error, key) => {
      if (error) reject(error)
      else resolve(key)
    })
  })
}

function cached(cache: KeyCache, head: Head, passphrase: Secret): Promise<Buffer> {
  const known = cache.get(head.salt)
  if (known) return known
  const made = derive(passphrase, head)
  cache.set(head.salt, made)
  return made
}

function checkOf(keys: Buffer, head: Head): string {
  return createHmac('sha256', keys.subarray(32)).update(JSON.stringify(head)).digest('base64')
}

function digestOf(body: Omit<Sealed, 'digest'>): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('base64')
}
