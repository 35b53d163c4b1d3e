import { StixTaxiiError } from '../../core/errors.ts'
import { createSlashes, halveLimit, needsDates, noteRefusedBegin } from './habits.ts'
import type { Load } from './page-load.ts'
import type { NextStep, Poll } from './poll-next.ts'
import { otherStyles } from './query.ts'
import { ask, slashed, type QueryStyle } from './session.ts'

/**
 * The first page of a poll: where a server shows its habits. A 400 is answered with other ways to write the query, a 413
 * with a smaller page, a dropped connection with leaving `added_after` out; a page without dates with a look at the
 * manifest.
 * @throws TAXII_POSITION_REFUSED (protocol) when the poll was to go on from a position that the server does not know.
 */
export async function* openFirstPage(poll: Poll, step: NextStep): AsyncGenerator<Load> {
  const { plan } = poll
  if (plan.position && isOffset(step)) throw offsetRefused(step)
  const tries = createTries(poll, step)
  for (;;) {
    const reading = poll.pages.take(step)[Symbol.asyncIterator]()
    let first: IteratorResult<Load>
    try {
      first = await reading.next()
    } catch (error) {
      poll.pages.forget()
      if (plan.position && isForgotten(error)) throw positionRefused(error)
      if (await tries.adapt(error)) continue
      throw tries.firstError ?? error
    }
    if (first.done) return
    tries.settled()
    if (await needsDates(poll, first.value, true)) {
      poll.pages.stop()
      continue
    }
    yield first.value
    for (let more = await reading.next(); !more.done; more = await reading.next()) yield more.value
    return
  }
}

const forgotten = new Set([400, 404, 410, 416, 422])

function statusOf(error: unknown): number | undefined {
  const status = error instanceof StixTaxiiError ? error.context['status'] : undefined
  return typeof status === 'number' ? status : undefined
}

function isForgotten(error: unknown): boolean {
  return forgotten.has(statusOf(error) ?? 0)
}

// A small plain number counts objects, and those may have moved since. ThreatConnect, quirk 2
function isOffset({ next }: NextStep): boolean {
  return next !== undefined && /^\d{1,9}$/.test(next)
}

function offsetRefused({ next }: NextStep): StixTaxiiError {
  return new StixTaxiiError(
    'TAXII_POSITION_REFUSED',
    `The place "${next}" is a count of objects, which may have moved`,
    {
      kind: 'protocol',
      hint: 'Start again from the last stamp.',
      context: { next },
    },
  )
}

/** The server has forgotten, or never knew, where the poll was to go on. */
export function positionRefused(cause: unknown): StixTaxiiError {
  const { message, context } = cause as StixTaxiiError
  return new StixTaxiiError('TAXII_POSITION_REFUSED', `The server does not know any more where we stood: ${message}`, {
    kind: 'protocol',
    hint: 'Start again from the last stamp.',
    context,
    cause,
  })
}

interface Tries {
  /** Changes how the page is asked for after this error; false when nothing is left to try. */
  adapt(error: unknown): Promise<boolean>
  /** The page came: what was found out is kept for the session. */
  settled(): void
  /** What the server said to the query as the standard has it. */
  readonly firstError: unknown
}

function createTries(poll: Poll, step: NextStep): Tries {
  const { session, plan } = poll
  const original: QueryStyle = { ...session.query }
  const query = { addedAfter: step.after ?? plan.begin, match: plan.match, limit: poll.limit }
  let styles: readonly QueryStyle[] | undefined
  let firstError: unknown
  const slashes = createSlashes(session)

  function use(style: QueryStyle): void {
    Object.assign(session.query, style)
  }

  function nextStyle(): boolean {
    styles ??= otherStyles(original, query)
    const [style, ...rest] = styles
    styles = rest
    if (style) use(style)
    return style !== undefined
  }

  return {
    get firstError() {
      return firstError
    },
    async adapt(error) {
      if (!poll.signal.aborted && (await another(error))) return true
      use(original)
      return false
    },
    settled: () => noteRefusedBegin(poll, original),
  }

  async function another(error: unknown): Promise<boolean> {
    const status = statusOf(error)
    if (status === 400 || status === 422) {
      firstError ??= error
      return nextStyle()
    }
    // Servers refuse, or choke on, answers that would be too large.
    if (status === 413 || (status !== undefined && status >= 500 && status !== 503)) return halveLimit(poll)
    if (status === 404) {
      firstError ??= error
      return slashes.other()
    }
    if (!isDropped(error) || query.addedAfter === undefined || session.query.time === 'none') return false
    firstError ??= error
    if (!(await isAlive(poll))) return false
    use({ ...original, time: 'none' })
    return true
  }
}

// Row 48: a server was seen to drop the connection at the sight of added_after.
function isDropped(error: unknown): boolean {
  return error instanceof StixTaxiiError && error.kind === 'network' && statusOf(error) === undefined
}

async function isAlive(poll: Poll): Promise<boolean> {
  const collection = slashed(new URL('..', slashed(poll.plan.url, 'always')), poll.session.slash.style)
  try {
    const answer = await ask(poll.session, { url: collection, asked: 'the collection', signal: poll.signal })
    return answer.status < 500
  } catch {
    return false
  }
}
