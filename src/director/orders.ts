import { StixTaxiiError } from '../core/errors.ts'
import { withoutSecrets } from '../core/known-secrets.ts'
import { printable } from '../core/printable.ts'
import { doneWords, failedWords, monitorPrefix, orderSegmentPattern, textOf } from './assumptions.ts'

/** The path of an order as Director gave it, checked to be one: begins with `monitorapi/`, without a leading slash. */
export type OrderPath = string & { readonly isOrderPath: true }

/** One reading of an order. `reason` of a failure is server text. */
export type OrderReading =
  | { readonly state: 'succeeded'; readonly message?: string | undefined }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'pending' }

/** How waiting for an order ended. `unverified`: the order cannot be read although its call was accepted. */
export type OrderOutcome =
  | { readonly state: 'succeeded'; readonly message?: string | undefined }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'pending' }
  | { readonly state: 'unverified'; readonly reason: string }

/**
 * The path of an order in one of the documented forms: with or without a slash before it, with one more segment after the
 * order's id, or as an address at `origin`. Undefined for anything else: another host, `..`, a backslash, braces, whatever
 * an address would change or cut off.
 * @see API reference, section 6 "Safety of the path"
 */
export function readOrderPath(text: string, origin?: string): OrderPath | undefined {
  const trimmed = text.trim()
  const local = origin !== undefined && trimmed.startsWith(`${origin}/`) ? trimmed.slice(origin.length) : trimmed
  const path = local.startsWith('/') ? local.slice(1) : local
  const [prefix, ...segments] = path.split('/')
  if (prefix !== monitorPrefix || segments.length === 0 || path.includes('..')) return undefined
  return segments.every((segment) => orderSegmentPattern.test(segment) && segment !== '.')
    ? (path as OrderPath)
    : undefined
}

/**
 * The path of an order that a user gave.
 * @throws DIRECTOR_ORDER_PATH (usage)
 */
export function parseOrderPath(text: string, origin?: string): OrderPath {
  const path = readOrderPath(text, origin)
  if (path !== undefined) return path
  throw new StixTaxiiError('DIRECTOR_ORDER_PATH', `"${printable(text)}" is not the path of an order`, {
    kind: 'usage',
    hint: `Give it as Director gave it: /${monitorPrefix}/POOL/LOGPOINT/orders/ID`,
    context: { order: printable(text) },
  })
}

/** Whether a message speaks of an order at all, safe or not. */
export function looksLikeOrderPath(message: string): boolean {
  return message.toLowerCase().includes(`${monitorPrefix}/`)
}

/**
 * The verdict on an order, by the rules of the reference in their order: a boolean `success` decides, then errors, then the
 * word of its state; anything else is still running. `value` is undefined for an empty answer.
 * @see API reference, section 6 "States"
 */
export function verdictOn(value: unknown): OrderReading {
  const order = membersOf(value)
  const response = membersOf(order?.['response'])
  const success = response && booleanOf(response['success'])
  if (success === true) return { state: 'succeeded', message: shown(textOf(response?.['message'])) }
  const errors = textOf(response?.['errors'])
  const hasErrors = Array.isArray(response?.['errors']) && response['errors'].length > 0
  if (success === false || hasErrors) {
    return { state: 'failed', reason: shown(errors) ?? shown(textOf(response?.['message'])) ?? 'no reason given' }
  }
  return verdictByWord(order, response !== undefined)
}

function verdictByWord(order: Members | undefined, hasResponse: boolean): OrderReading {
  const status = order?.['status']
  const word = typeof status === 'string' ? status.trim().toLowerCase() : ''
  const message = textOf(order?.['message'])
  if (failedWords.has(word)) {
    const errors = textOf(order?.['errors'])
    return { state: 'failed', reason: shown(message) ?? shown(errors) ?? 'no reason given' }
  }
  // An envelope that names an order again means: still the same order.
  if (!doneWords.has(word) || hasResponse || looksLikeOrderPath(message)) return { state: 'pending' }
  return { state: 'succeeded', message: shown(message) }
}

type Members = Readonly<Record<string, unknown>>

function membersOf(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined
}

function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value.trim().toLowerCase() : ''
  return text === 'true' || text === 'false' ? text === 'true' : undefined
}

/** Server text as it may be shown; undefined for none. */
function shown(text: string): string | undefined {
  return text === '' ? undefined : withoutSecrets(printable(text, { maxLength: 1000 }))
}
