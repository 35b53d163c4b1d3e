import { StixTaxiiError } from '../../core/errors.ts'
import { ask, slashed, type QueryStyle } from './session.ts'
import type { Load } from './page-load.ts'
import type { NextStep, Poll } from './poll-next.ts'
import { otherStyles } from './query.ts'
import { pageDates } from './stamps.ts'

/**
 * The first page of a poll: where a server shows its habits. A 400 is answered with other ways to write the query, a 413
 * with a smaller page, a dropped connection with leaving `added_after` out; a page without dates with a look at the
 * manifest.
 * @throws TAXII_POSITION_REFUSED (protocol) when the poll was to go on from a position that the server does not know.
 */
export async function* openFirstPage(poll: Poll, step: NextStep): AsyncGenerator<Load> {
  const { session, plan } = poll
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
    if (await lacksDates(poll, step, first.value)) continue
    yield first.value
    for (let more = await reading.next(); !more.done; more = await reading.next()) yield more.value
    return
  }

  // Whether the page has to be asked again, now that the newest date is known from the manifest.
  async function lacksDates(poll: Poll, at: NextStep, load: Load): Promise<boolean> {
    if (session.dates !== 'unknown' || !load.tail || load.slab.items.length === 0) return false
    if (pageDates(session, load.tail.headers, load.slab.items.length).addedLast !== undefined) {
      session.dates = 'headers'
      return false
    }
    if (!plan.findNewest || plan.position || at.key !== 'begin') return false
    poll.pages.forget()
    const newest = await plan.findNewest(poll.signal)
    session.dates = newest === undefined ? 'nowhere' : 'manifest'
    if (newest === undefined) {
      const message = `${plan.url.host} tells no dates of its objects: the checkpoint cannot move, everything is read each time`
      session.dependencies.notices({ code: 'TAXII_DATES_MISSING', message })
      return false
    }
    poll.stamps.know(newest)
    return true
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
  let slashTried = false

  function use(style: QueryStyle): void {
    Object.assign(session.query, style)
  }

  function nextStyle(): boolean {
    styles ??= otherStyles(original, query)
    const [style, ...rest] = styles
    styles = rest
    use(style ?? original)
    return style !== undefined
  }

  return {
    get firstError() {
      return firstError
    },
    async adapt(error) {
      if (poll.signal.aborted) return false
      const status = statusOf(error)
      if (status === 400 || status === 422) {
        firstError ??= error
        return nextStyle()
      }
      if (status === 413 || (status !== undefined && status >= 500 && status !== 503)) return halveLimit(poll)
      if (status === 404 && !session.slash.learned && !slashTried) {
        slashTried = true
        return otherSlash(poll)
      }
      if (!isDropped(error) || query.addedAfter === undefined || session.query.time === 'none') return false
      firstError ??= error
      if (!(await isAlive(poll))) return false
      use({ ...original, time: 'none' })
      return true
    },
    settled() {
      if (session.query.time !== 'none' || original.time === 'none') return
      session.ignoresBegin = true
      const message = `${plan.url.host} refuses added_after: everything is read, and known objects are recognised`
      session.dependencies.notices({ code: 'TAXII_BEGIN_REFUSED', message })
    },
  }
}

// Row 37: servers refuse, or choke on, answers that would be too large.
function halveLimit(poll: Poll): boolean {
  const limit = poll.limit ?? 1000
  if (limit <= 10) return false
  poll.limit = Math.floor(limit / 2)
  const message = `${poll.plan.url.host} cannot give ${limit} objects at once: ${poll.limit} are asked for`
  poll.session.dependencies.notices({ code: 'TAXII_LIMIT_LOWERED', message })
  return true
}

function otherSlash(poll: Poll): boolean {
  const { slash } = poll.session
  slash.style = slash.style === 'always' ? 'never' : 'always'
  return true
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
