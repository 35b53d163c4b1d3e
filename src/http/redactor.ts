import { rememberSecret } from '../core/known-secrets.ts'
import { redactUrl } from '../core/redact.ts'

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

// Short texts would be found in the middle of words; they stand in headers that are hidden anyway.
const shortestScrubbed = 4

const shownInRequests = /^(accept|accept-encoding|content-type|content-length|user-agent|host|range|x-taxii-[a-z-]+)$/
const hiddenInAnswers = /cookie|auth|token|key|secret|session|sig|credential|passw|jwt/

export function openRedactor(queryKeys: readonly string[]): Redactor {
  const secrets = new Set<string>()
  const scrub = (text: string): string => {
    let clean = text
    for (const secret of secrets) clean = clean.replaceAll(secret, '***')
    return clean
  }
  const url = (address: URL | string): string => {
    const copy = URL.canParse(String(address)) ? new URL(address) : undefined
    for (const name of queryKeys) if (copy?.searchParams.has(name)) copy.searchParams.set(name, '***')
    return scrub(redactUrl(copy ?? address)).replaceAll('%2A%2A%2A', '***')
  }
  return {
    learn(secret) {
      rememberSecret(secret)
      if (secret.length < shortestScrubbed) return
      secrets.add(secret).add(encodeURIComponent(secret)).add(Buffer.from(secret).toString('base64'))
    },
    url,
    requestHeaders(headers) {
      const shown = Object.entries(headers).map(([name, value]) => [name, shownInRequests.test(name) ? value : '***'])
      return Object.fromEntries(shown) as Record<string, string>
    },
    answerHeaders(headers) {
      const shown = [...headers].map(([name, value]) => [name, answerHeader(name, value, url, scrub)])
      return Object.fromEntries(shown) as Record<string, string>
    },
    tree: (value) => JSON.parse(JSON.stringify(value), (_key, each: unknown) => scrubbed(each, scrub)) as unknown,
  }
}

function scrubbed(value: unknown, scrub: (text: string) => string): unknown {
  return typeof value === 'string' ? scrub(value) : value
}

function answerHeader(
  name: string,
  value: string,
  url: (text: string) => string,
  scrub: (text: string) => string,
): string {
  // The scheme asked for is what one wants to know; what follows may hold a nonce.
  if (name === 'www-authenticate' || name === 'proxy-authenticate') return value.split(' ')[0] ?? ''
  if (hiddenInAnswers.test(name)) return '***'
  if (name === 'location' || name === 'content-location') return url(value)
  return scrub(value)
}
