import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { isLoopback } from './client-address.ts'

/** How open a server is about to be. */
export interface Exposure {
  readonly host: string
  readonly hasTls: boolean
  readonly behindTls: boolean
  readonly publicUrl?: string | undefined
  readonly schemes: { readonly basic: boolean; readonly bearer: boolean }
}

/**
 * Whether anybody may read while there is no account: on loopback only, and only where nothing leads there from elsewhere.
 * Passwords and tokens never cross a network in clear text: then it does not start (S16).
 *
 * @throws SERVE_CLEAR_TEXT (refused), SERVE_PUBLIC_URL (usage)
 */
export function checkExposure(exposure: Exposure): { readonly isLocal: boolean } {
  const { host, hasTls, behindTls, schemes } = exposure
  const publicUrl = exposure.publicUrl === undefined ? undefined : readPublicUrl(exposure.publicUrl)
  const isPublished = publicUrl !== undefined && !isLoopback(publicUrl.hostname.replace(/^\[|\]$/g, ''))
  const isLocal = isLoopback(host) && !isPublished && !behindTls
  const isCovered = hasTls || behindTls
  if (!isLocal && !isCovered && (schemes.basic || schemes.bearer)) throw clearText(exposure)
  if (isPublished && publicUrl.protocol === 'http:' && (schemes.basic || schemes.bearer)) throw clearText(exposure)
  return { isLocal }
}

function clearText({ host, publicUrl }: Exposure): StixTaxiiError {
  const where = publicUrl ?? host
  return new StixTaxiiError('SERVE_CLEAR_TEXT', `Passwords would cross the network to ${where} in clear text`, {
    kind: 'refused',
    hint:
      'Give a certificate with --tls-certificate and --tls-key; or say --behind-tls where a proxy in front speaks TLS; or ' +
      'leave --host out to serve this machine only.',
    context: { host, publicUrl },
  })
}

/** A public URL in the form in which answers begin with it. @throws SERVE_PUBLIC_URL (usage) */
export function readPublicUrl(text: string): URL {
  const url = parse(text)
  const isPlain = url && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  if (url && isPlain && (url.protocol === 'https:' || url.protocol === 'http:')) return url
  throw new StixTaxiiError('SERVE_PUBLIC_URL', `"${printable(text, { maxLength: 200 })}" is no public URL`, {
    kind: 'usage',
    hint: 'Give scheme, host and port by which clients reach the server, without a path: https://taxii.example',
  })
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
