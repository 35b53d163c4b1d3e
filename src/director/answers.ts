import type { NoticeSink } from '../core/notice.ts'
import { printable } from '../core/printable.ts'
import { withoutSecrets } from '../core/known-secrets.ts'
import { listKeys, refusalText, textOf } from './assumptions.ts'
import type { Accepted } from './client.ts'
import { notJson, otherShape, refusalError, type Asked } from './failure.ts'
import { readDocument } from './mended-json.ts'
import { looksLikeOrderPath, readOrderPath } from './orders.ts'

/** An answer as it came, whole. */
export interface DirectorAnswer {
  readonly status: number
  readonly text: string
  readonly retryAfterMs?: number | undefined
}

export interface ReadingParts {
  readonly asked: Asked
  /** The profile's own origin. */
  readonly origin: string
  readonly notices: NoticeSink
  /** What to say when the call is refused, instead of the usual. */
  readonly refusedHint?: string | undefined
}

/** The value of a good answer. @throws DIRECTOR_* by the status; DIRECTOR_NOT_JSON (protocol) */
export function valueOf(answer: DirectorAnswer, parts: ReadingParts): unknown {
  const { asked, notices } = parts
  const { status, text, retryAfterMs } = answer
  const document = readDocument(text)
  if (status >= 300) {
    const refusal = { status, text: refusalText(document?.value, text), retryAfterMs, hint: parts.refusedHint }
    throw refusalError(asked, refusal)
  }
  if (!document) throw notJson(asked, status, text)
  if (document.mended) {
    const message = `${asked.host} writes Python words or stray commas into its JSON; they were understood`
    notices({ code: 'DIRECTOR_JSON_MENDED', message })
  }
  return document.value
}

/**
 * What Director said to a change. A message that speaks of an order is an order for any call, unreadable where its path is
 * not safe to ask for; any other message is final.
 * @throws DIRECTOR_REFUSED and others by the status; DIRECTOR_NOT_JSON (protocol)
 * @see API reference, sections 8 and 11 "Envelope check"
 */
export function acceptedOf(answer: DirectorAnswer, parts: ReadingParts): Accepted {
  const value = valueOf(answer, parts)
  if (Array.isArray(value)) return { state: 'done', message: '' }
  const message = textOf(membersOf(value)['message'])
  const names = looksLikeOrderPath(message)
  // An order is an order, also in an envelope without a status.
  if (!names || membersOf(value)['status'] !== undefined) checkEnvelope(value, answer, parts)
  if (!names) return { state: 'done', message: shown(message) }
  const order = readOrderPath(message, parts.origin)
  return order === undefined ? { state: 'unreadable', message: shown(message) } : { state: 'ordered', order }
}

/**
 * The entries of a listing: a bare array, or one under `data`, `results` or `message`, or one object alone.
 * @throws as `acceptedOf`; DIRECTOR_SHAPE (protocol) where there is no list
 * @see API reference, 7.b rule 4
 */
export function entriesOf(answer: DirectorAnswer, parts: ReadingParts): readonly unknown[] {
  const value = valueOf(answer, parts)
  if (Array.isArray(value)) return value
  const members = membersOf(value)
  if (members['status'] !== undefined) checkEnvelope(value, answer, parts)
  const held = listKeys.map((key) => members[key]).find((each) => Array.isArray(each))
  if (held !== undefined) return held as readonly unknown[]
  if (members['status'] === undefined && Object.keys(members).length > 0) return [value]
  throw otherShape(parts.asked, 'a list')
}

/** @throws DIRECTOR_REFUSED and others for an envelope whose status is not success. */
function checkEnvelope(value: unknown, answer: DirectorAnswer, parts: ReadingParts): void {
  const { status } = membersOf(value)
  if (typeof status === 'string' && status.trim().toLowerCase() === 'success') return
  const refusal = { status: answer.status, text: refusalText(value, answer.text), hint: parts.refusedHint }
  throw refusalError(parts.asked, refusal)
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function shown(text: string): string {
  return withoutSecrets(printable(text.trim(), { maxLength: 1000 }))
}
