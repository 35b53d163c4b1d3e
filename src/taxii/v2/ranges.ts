import type { Session } from './session.ts'

/** How an item range is written: with an equals sign as RFC 9110 has it, or with a blank as TAXII 2.0's example does. */
export type RangeForm = 'equals' | 'blank' | 'none'

/** A `Content-Range` of items; `total` undefined where the server does not know it. */
export interface ItemRange {
  readonly start: number
  readonly end: number
  readonly total: number | undefined
}

/** The `Range` header for `count` items from `start` on; none for form `none`. @see TAXII 2.0, 3.4 */
export function rangeHeaders(form: RangeForm, start: number, count: number): Record<string, string> {
  if (form === 'none') return {}
  return { range: `items${form === 'equals' ? '=' : ' '}${start}-${start + count - 1}` }
}

/** Reads `items 0-49/500` (or `items=...`, total `*`); undefined for anything else, also for an end before its start. */
export function readContentRange(header: string | undefined): ItemRange | undefined {
  const match = /^\s*items[ =]\s*(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)\s*$/i.exec(header ?? '')
  if (!match) return undefined
  const [start, end] = [Number(match[1]), Number(match[2])]
  if (end < start) return undefined
  return { start, end, total: match[3] === '*' ? undefined : Number(match[3]) }
}

/**
 * Whether more may follow an answer of `count` items, of `limit` that were asked for, that has no `Content-Range`: 206 says
 * so; 200 says that this is all, unless the count looks like a cap. More than were asked for are all there are.
 */
export function mayHaveMore(status: number, count: number, limit: number): boolean {
  return count <= limit && (status === 206 || count === limit || count % 50 === 0)
}

/** The other spellings, in the order in which they are tried after a refusal; what a server took is kept for the session. */
export function otherForms(form: RangeForm): readonly RangeForm[] {
  return form === 'equals' ? ['blank', 'none'] : form === 'blank' ? ['none'] : []
}

const learnedForms = new WeakMap<Session, RangeForm>()

export function rangeForm(session: Session): RangeForm {
  return learnedForms.get(session) ?? 'equals'
}

export function learnRangeForm(session: Session, form: RangeForm): void {
  learnedForms.set(session, form)
}
