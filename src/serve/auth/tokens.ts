import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '../../core/ports.ts'
import { Secret } from '../../core/secret.ts'
import type { Records } from '../../store/records.ts'
import { serverSecret } from '../../store/records/server-secrets.ts'

/** What a token of ours says, once it was found to be one. */
export interface TokenClaims {
  readonly accountId: string
  readonly username: string
  /** Of the password it was given for. */
  readonly passwordId: string
}

export interface Tokens {
  issue(claims: TokenClaims): Promise<Secret>
  /** Undefined for everything that this store's servers did not issue, and for what has ended or not begun. */
  read(token: Secret): Promise<TokenClaims | undefined>
}

const algorithm = 'HS256'
const type = 'JWT'
const issuer = 'stixtaxii'
/** Far beyond ours, whose only long part is the user name. */
const maxLength = 4096
/** Clocks of two machines on one database differ a little. */
const clockSkewSeconds = 5

/**
 * Tokens signed with a key that is made at first use and kept in the store. One algorithm, whatever a token says of itself:
 * no key is ever taken from a token, or from where one points.
 *
 * @see RFC 7519 (JWT), RFC 8725 (best current practices)
 */
export function openTokens(records: Records, { clock, ttlSeconds }: { clock: Clock; ttlSeconds: number }): Tokens {
  let opened: Promise<{ readonly key: Buffer; readonly audience: string }> | undefined
  const open = () =>
    (opened ??= (async () => ({
      key: await serverSecret(records, 'token', () => randomBytes(32)),
      audience: (await serverSecret(records, 'server-id', () => Buffer.from(randomUUID()))).toString(),
    }))().catch((error: unknown) => {
      // The next one may find the database again.
      opened = undefined
      throw error
    }))

  return {
    async issue({ accountId, username, passwordId }) {
      const [{ SignJWT }, { key, audience }] = await Promise.all([import('jose'), open()])
      const now = Math.floor(clock.now().getTime() / 1000)
      const token = await new SignJWT({ name: username, pwd: passwordId })
        .setProtectedHeader({ alg: algorithm, typ: type })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(accountId)
        .setIssuedAt(now)
        .setNotBefore(now - clockSkewSeconds)
        .setExpirationTime(now + ttlSeconds)
        .setJti(randomUUID())
        .sign(key)
      return new Secret(token)
    },

    async read(token) {
      const text = Secret.open(token)
      if (!isOneSpelling(text)) return undefined
      const [{ jwtVerify, decodeProtectedHeader, errors }, { key, audience }] = await Promise.all([
        import('jose'),
        open(),
      ])
      try {
        if (!Object.keys(decodeProtectedHeader(text)).every((name) => name === 'alg' || name === 'typ'))
          return undefined
        const { payload } = await jwtVerify(text, key, {
          algorithms: [algorithm],
          typ: type,
          issuer,
          audience,
          requiredClaims: ['sub', 'iat', 'nbf', 'exp', 'jti'],
          currentDate: clock.now(),
        })
        const { sub, name, pwd, aud } = payload
        if (typeof sub !== 'string' || typeof name !== 'string' || typeof pwd !== 'string') return undefined
        return aud === audience ? { accountId: sub, username: name, passwordId: pwd } : undefined
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
        throw error
      }
    },
  }
}

/** Three parts of base64url, each as an encoder writes it: no second spelling of a token is the token. */
function isOneSpelling(text: string): boolean {
  if (text.length > maxLength) return false
  const parts = text.split('.')
  return (
    parts.length === 3 &&
    parts.every((part) => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part)
  )
}
