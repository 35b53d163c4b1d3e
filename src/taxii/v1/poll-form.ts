import type { StixTaxiiError } from '../../core/errors.ts'
import { compareTimestamps, fromEpochMicroseconds, toEpochMicroseconds } from '../../core/timestamp.ts'
import type { Slab } from './poll-stream.ts'
import { epoch } from './poll-window.ts'
import type { Window } from './poll-window.ts'

/** Variants of a poll for servers that refuse the plain one. */
export interface PollForm {
  /** Both labels, also where no bound is wanted. */
  readonly bounded: boolean
  readonly asynch: boolean
  /** Labels at whole minutes, around what is wanted; what lies outside is left out here. */
  readonly minutes: boolean
}

/** The form that the standard suggests; most servers take it. */
export const plainForm: PollForm = { bounded: false, asynch: false, minutes: false }

export interface Variant {
  readonly form: PollForm
  /** Whether this way of asking may help after such a refusal. */
  readonly helps: (error: StixTaxiiError) => boolean
}

/** Other ways to ask for a window than the one that was refused. `mayWait`: whether polls may be asynchronous. */
export function variantsOf(
  form: PollForm,
  window: Window,
  { isFeed, mayWait }: { readonly isFeed: boolean; readonly mayWait: boolean },
): readonly Variant[] {
  const variants: Variant[] = []
  const isOpen = window.begin === undefined || window.end === undefined
  if (isFeed && isOpen && !form.bounded) variants.push({ form: { ...form, bounded: true }, helps: isRefusedForm })
  if (mayWait && !form.asynch) variants.push({ form: { ...form, asynch: true }, helps: isFailure })
  if (isFeed && hasSeconds(window) && !form.minutes) {
    variants.push({ form: { ...form, minutes: true }, helps: (error) => isRefusedForm(error) || isConfusion(error) })
  }
  return variants
}

const hasSeconds = ({ begin, end }: Window): boolean =>
  [begin, end].some((label) => label !== undefined && wholeMinute(label, 'before') !== wholeMinute(label, 'after'))

const isFailure = (error: StixTaxiiError): boolean =>
  error.code === 'TAXII_STATUS' && error.context['status'] === 'FAILURE'

const isRefusedForm = (error: StixTaxiiError): boolean =>
  error.code === 'TAXII_REQUEST_REFUSED' ||
  (error.code === 'TAXII_STATUS' && error.context['status'] === 'BAD_MESSAGE') ||
  isFailure(error)

const isConfusion = (error: StixTaxiiError): boolean =>
  error.code === 'TAXII_UNAVAILABLE' && error.context['httpStatus'] === 500

/** The labels that go out for a window. */
export function boundsOf(window: Window, form: PollForm, now: string | undefined): Window {
  const bounds = form.bounded ? { begin: window.begin ?? epoch, end: window.end ?? now } : window
  if (!form.minutes) return bounds
  return {
    begin: bounds.begin === undefined ? undefined : wholeMinute(bounds.begin, 'before'),
    end: bounds.end === undefined ? undefined : wholeMinute(bounds.end, 'after'),
  }
}

function wholeMinute(stamp: string, side: 'before' | 'after'): string {
  const minute = 60_000_000n
  const micros = toEpochMicroseconds(stamp) ?? 0n
  const before = micros - (((micros % minute) + minute) % minute)
  const whole = fromEpochMicroseconds(side === 'before' || before === micros ? before : before + minute)
  return whole.replace(/\.0+Z$/, 'Z')
}

/** Without the blocks that were only given because labels were widened to whole minutes. */
export function inside<T extends Slab>(slab: T, window: Window, form: PollForm): T {
  if (!form.minutes) return slab
  const items = slab.items.filter(({ timestampLabel: label }) => {
    if (label === undefined) return true
    const isEarly = window.begin !== undefined && compareTimestamps(label, window.begin) <= 0
    return !isEarly && (window.end === undefined || compareTimestamps(label, window.end) <= 0)
  })
  return { ...slab, items }
}
