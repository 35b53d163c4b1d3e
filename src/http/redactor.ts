import { rememberSecret, withoutSecrets } from '../core/known-secrets.ts'
import { redactUrl } from '../core/redact.ts'
import { readUrl } from '../core/url.ts'

/** Makes addresses and heads fit to be shown. It knows the secrets that were sent and finds them wherever they come back. */
export interface Redactor {
  /** Remembers a secret that is about to go onto the wire. */
  learn(secret: string): void
  url(url: URL | string): string
  requestHeaders(headers: Readonly<Record<string, string>>): Record<string, string>
  answerHeaders(headers: Iterable<[string, string]>): Record<string, string>
  /** A JSON value without the secrets that were sent. */
  tree(value: unknown): unknown
}

const shownInRequests = /^(accept|accept-encoding|content-type|content-length|user-agent|host|range|x-taxii-[a-z-]+)$/
const hiddenInAnswers = /cookie|auth|token|key|secret|session|sig|credential|passw|jwt/

export function openRedactor(queryKeys: readonly string[]): Redactor {
  const url = (address: URL | string): string => {
    const copy = readUrl(String(address))
    for (const name of queryKeys) if (copy?.searchParams.has(name)) copy.searchParams.set(name, '***')
    return withoutSecrets(redactUrl(copy ?? address))
  }
  return {
    learn: rememberSecret,
    url,
    requestHeaders(headers) {
      const shown = Object.entries(headers).map(([name, value]) => [name, shownInRequests.test(name) ? value : '***'])
      return Object.fromEntries(shown) as Record<string, string>
    },
    answerHeaders(headers) {
      const shown = [...headers].map(([name, value]) => [name, answerHeader(name, value, url)])
      return Object.fromEntries(shown) as Record<string, string>
    },
    tree: (value) => JSON.parse(JSON.stringify(value), (_key, each: unknown) => scrubbed(each)) as unknown,
  }
}

function scrubbed(value: unknown): unknown {
  return typeof value === 'string' ? withoutSecrets(value) : value
}

function answerHeader(name: string, value: string, url: (text: string) => string): string {
  // The scheme asked for is what one wants to know; what follows may hold a nonce.
  if (name === 'www-authenticate' || name === 'proxy-authenticate') return value.split(' ')[0] ?? ''
  if (hiddenInAnswers.test(name)) return '***'
  if (name === 'location' || name === 'content-location') return url(value)
  return withoutSecrets(value)
}
