import { withoutSecrets } from '../core/known-secrets.ts'
import { redactTree } from '../core/redact.ts'
import type { Secret } from '../core/secret.ts'
import type { BeginUnit } from './enrichment-source.ts'

/**
 * What the API guide does not say and we had to infer, by the numbers of section 12 of our reference: each a constant or a
 * function of a few lines, so that a fact learnt from a real Director is a change of one line. Number 1 has its path table
 * in `endpoints.ts`; the words of a definition that number 4 and 5 speak of are written in `definition.ts`.
 */

// 1. Prefix of the configuration API; one sample of the general documentation has `configapi/v1`.
export const defaultApiPrefix = 'configapi'
export const monitorPrefix = 'monitorapi'
/** What pool UUIDs and Logpoint identifiers look like; opaque otherwise. */
export const identifierPattern = /^[A-Za-z0-9_-]{8,64}$/
/** Words of paths, in lower case: no file and no id may be called so, or a path would mean another call. */
export const reservedWords: ReadonlySet<string> = new Set([
  'list',
  'upload',
  'publicupload',
  'install',
  'refreshlist',
  'uploads',
  'pluginconfiguration',
  'stixtaxiienrichmentsource',
  'ti_stixtaxii',
  'ti_general',
  'plugins',
  'orders',
])

// 2. Whether a package is the request's body or a part of a form.
export const packageUploads = ['raw', 'multipart'] as const
export type PackageUpload = (typeof packageUploads)[number]
export const defaultPackageUpload: PackageUpload = 'raw'
/** A name that a header and the head of a part carry unchanged: visible ASCII with blanks inside, no quotes. */
export const uploadNamePattern = /^[!#-[\]-~](?:[ !#-[\]-~]*[!#-[\]-~])?$/

// 3. Orders: what a path is made of, and which words of a state mean the end.
export const orderSegmentPattern = /^[A-Za-z0-9._~:@+=,;!$&'()*-]+$/
export const doneWords: ReadonlySet<string> = new Set(['completed', 'success', 'ok', 'done'])
export const failedWords: ReadonlySet<string> = new Set(['failed', 'failure', 'error'])
export const orderLimitMs = 180_000
/** For installing and uninstalling. */
export const slowOrderLimitMs = 900_000

// 4. Unit words of the list, however they are written; undefined for a word that we would not send.
export function unitOf(word: string): BeginUnit | undefined {
  const unit = /^(hour|day|month)s?$/.exec(word.trim().toLowerCase())?.[1]
  return unit === undefined ? undefined : ({ hour: 'Hours', day: 'Days', month: 'Months' } as const)[unit as 'day']
}

// 5. Fillers of parts that are off: every field is mandatory. The address is that of the guide's sample.
export const fillers = {
  proxy: { use: false, host: '127.0.0.1', port: 22, protocol: 'http' },
  text: '',
  location: 'private',
} as const

// 6. The Plugins list, which the guide names and never describes.
export function isStixTaxiiPlugin(name: string): boolean {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .includes('stixtaxii')
}
/** Keys under which a plugin's name and version may stand, first found first. */
export const pluginKeys = {
  id: ['id', '_id', 'plugin_id'],
  name: ['name', 'plugin_name', 'application_name', 'title', 'file_name'],
  version: ['version', 'plugin_version', 'application_version'],
} as const

// 7. Where the list has what a create takes elsewhere.
/** Keys under which an array may stand that should have been the whole answer. */
export const listKeys = ['data', 'results', 'message'] as const
/** Values that say nothing of a secret: nothing at all, or its mask. */
export function isMasked(text: string): boolean {
  return /^\**$/.test(text)
}
/** The key of the plugin among the services of `Ti_general`, without punctuation. */
export const serviceKey = 'stixtaxii'
/** From here on a number of a time is milliseconds, no longer seconds. */
export const firstMilliseconds = 100_000_000_000

// 8. What a refusal says, and whether it means the token.
const longestText = 300
/** Of a page that is searched for its title. */
const headLength = 4096

/** The text of a refusal: `message`, else `error`, else `errors` joined, else the beginning of what came. */
export function refusalText(value: unknown, raw: string): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { message, error, errors } = value as Record<string, unknown>
    const said = [message, error, errors].map(textOf).find((text) => text !== '')
    return beginningOf(said ?? JSON.stringify(redactTree(value, redactedKeys)))
  }
  // A list of sources has their passwords in clear, whatever its status; of what is cut nobody can tell where they stand.
  if (typeof value === 'object' && value !== null) return beginningOf(JSON.stringify(redactTree(value, redactedKeys)))
  if (value === undefined && /^[[{]/.test(raw.trim())) return 'JSON that is not whole'
  const title = /<title[^>]*>([^<]*)</i.exec(raw.slice(0, headLength))?.[1]?.trim()
  if (title !== undefined) return `an HTML page, "${beginningOf(title)}"`
  return raw.trim().startsWith('<') ? 'an HTML page' : beginningOf(raw.trim())
}

// Half of a secret at the cut would not be known again.
function beginningOf(text: string): string {
  return withoutSecrets(text).slice(0, longestText)
}

/** One or several reasons as a sentence; of an object its `message`, `error` or `reason`. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value.trim()
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value))
    return value
      .map(textOf)
      .filter((text) => text !== '')
      .join('; ')
  if (typeof value !== 'object' || value === null) return ''
  const { message, error, reason } = value as Record<string, unknown>
  const said = [message, error, reason].map(textOf).find((text) => text !== '')
  return said ?? (Object.keys(value).length === 0 ? '' : JSON.stringify(redactTree(value, redactedKeys)))
}

/** Whether a refusal is about our token being dead, whatever its status. */
export function tellsOfDeadToken(text: string): boolean {
  return /\b(token|jwt)\b[^.]{0,60}\b(expired|invalid|revoked|missing|not valid)\b|\b(expired|invalid|revoked|missing|no|bad)\b[^.]{0,30}\b(token|jwt)\b/i.test(
    text,
  )
}

// 9. How a token is exchanged for a new one: path and body of the call are not documented, so there is none.
export type TokenRefresh = (secretKey: Secret) => Promise<{ readonly token: Secret; readonly secretKey: Secret }>
export const refreshToken: TokenRefresh | undefined = undefined

// 10. Keys whose values are masked wherever a tree is shown, in any case.
export const redactedKeys: readonly string[] = [
  'password',
  'key_pass',
  'token',
  'secret',
  'secretKey',
  'authorization',
  'proxy-authorization',
  'api_key',
]
