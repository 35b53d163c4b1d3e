import { Secret } from '../../core/secret.ts'

/** What an `Authorization` header says. */
export type Credentials =
  | { readonly scheme: 'basic'; readonly username: string; readonly password: Secret }
  | { readonly scheme: 'bearer'; readonly token: Secret }

const maxLength = 8192

/**
 * Undefined for what is neither Basic nor Bearer, or not written as they are: to be refused, like wrong credentials.
 * @see RFC 7617 (Basic), RFC 6750 (Bearer), RFC 9110, 11.4
 */
export function parseAuthorization(header: string): Credentials | undefined {
  if (header.length > maxLength) return undefined
  const [, scheme = '', value = ''] = /^([a-z]+) +([\w~+/.-]+=*) *$/i.exec(header) ?? []
  if (/^bearer$/i.test(scheme)) return { scheme: 'bearer', token: new Secret(value) }
  return /^basic$/i.test(scheme) ? basicOf(value) : undefined
}

function basicOf(value: string): Credentials | undefined {
  const bytes = Buffer.from(value, 'base64')
  if (bytes.toString('base64').replace(/=+$/, '') !== value.replace(/=+$/, '')) return undefined
  const text = textOf(bytes)
  const colon = text.indexOf(':')
  if (colon < 0 || /\p{Cc}/u.test(text)) return undefined
  return { scheme: 'basic', username: text.slice(0, colon), password: new Secret(text.slice(colon + 1)) }
}

/** We ask for UTF-8; older clients send Latin-1 all the same. */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}

/** The challenges of a 401, one header each. */
export function challengesOf(schemes: { readonly basic: boolean; readonly bearer: boolean }): readonly string[] {
  return [
    ...(schemes.basic ? ['Basic realm="stixtaxii", charset="UTF-8"'] : []),
    ...(schemes.bearer ? ['Bearer realm="stixtaxii"'] : []),
  ]
}
