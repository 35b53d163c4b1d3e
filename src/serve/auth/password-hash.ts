import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { Secret } from '../../core/secret.ts'

/** What a hash costs: 128 * 2^logN * r bytes of memory, p times over. */
export interface HashCost {
  readonly logN: number
  readonly r: number
  readonly p: number
}

/** 32 MiB and a tenth of a second or two, outside of the main thread. @see RFC 7914; OWASP Password Storage Cheat Sheet */
export const defaultHashCost: HashCost = { logN: 15, r: 8, p: 3 }

const written = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]{16,64})\$([\w+/]{43})$/

/** A password as it is kept: `$scrypt$ln=15,r=8,p=3$salt$hash`, so that the cost can be raised later. */
export async function hashPassword(password: Secret, cost: HashCost = defaultHashCost): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, cost)
  return `$scrypt$ln=${cost.logN},r=${cost.r},p=${cost.p}$${bare(salt)}$${bare(hash)}`
}

/** Whether it is the password; takes the same time whether or not. False too for a text that `hashPassword` did not write. */
export async function isPassword(password: Secret, kept: string): Promise<boolean> {
  const cost = costOf(kept)
  const [, , , , salt, hash] = written.exec(kept) ?? []
  if (!cost || salt === undefined || hash === undefined) return false
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64'), cost), Buffer.from(hash, 'base64'))
}

/** Undefined for what is no hash of ours, or would cost more than any of ours does. */
export function costOf(kept: string): HashCost | undefined {
  const [logN = 0, r = 0, p = 0] = (written.exec(kept) ?? []).slice(1, 4).map(Number)
  return logN >= 10 && logN <= 18 && r >= 1 && r <= 16 && p >= 1 && p <= 8 ? { logN, r, p } : undefined
}

/** A hash that no password has, for names that nobody has: looking at it costs what looking at a real one does. */
export function dummyHash({ logN, r, p }: HashCost): string {
  return `$scrypt$ln=${logN},r=${r},p=${p}$${bare(randomBytes(16))}$${bare(randomBytes(32))}`
}

// The same password may be typed composed and decomposed. RFC 8265, OpaqueString.
function derive(password: Secret, salt: Buffer, { logN, r, p }: HashCost): Promise<Buffer> {
  const text = Secret.open(password).normalize('NFC')
  const N = 2 ** logN
  return new Promise((resolve, reject) => {
    scrypt(text, salt, 32, { N, r, p, maxmem: 128 * r * (N + p + 8) }, (error, hash) => {
      if (error) reject(error)
      else resolve(hash)
    })
  })
}

function bare(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
