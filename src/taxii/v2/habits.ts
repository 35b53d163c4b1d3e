import type { Load } from './page-load.ts'
import type { PollPlan } from './poll-plan.ts'
import type { QueryStyle, Session } from './session.ts'
import { ignoresBegin, pageDates, type PageDates, type StampTrack } from './stamps.ts'

/** What polls by `next` and by ranges have in common. */
export interface Polling {
  readonly session: Session
  readonly plan: PollPlan
  readonly signal: AbortSignal
  readonly stamps: StampTrack
  /** Objects that are asked for at once; undefined: the server may choose. */
  limit: number | undefined
}

/**
 * Learns from the first values of a poll whether its server dates objects. Where it does not, the manifest's newest date is
 * read: true when it knows one, and then the values have to be asked for again, since it speaks only for what is asked later.
 */
export async function needsDates(poll: Polling, { slab, headers }: Load, isBegin: boolean): Promise<boolean> {
  const { session, plan, signal } = poll
  if (session.dates !== 'unknown' || slab.first === undefined) return false
  if (pageDates(session, headers, 1).addedLast !== undefined) {
    session.dates = 'headers'
    return false
  }
  if (!plan.findNewest || plan.position || !isBegin) return false
  const newest = await plan.findNewest(signal)
  session.dates = newest === undefined ? 'nowhere' : 'manifest'
  if (newest !== undefined) {
    poll.stamps.know(newest)
    return true
  }
  session.dependencies.notices({
    code: 'TAXII_DATES_MISSING',
    message: `${plan.url.host} tells no dates of its objects: the checkpoint cannot move, everything is read each time`,
  })
  return false
}

/** Notes that a page has objects from before the begin that was asked for. T4, row 47 */
export function noteIgnoredBegin({ session, plan }: Polling, dates: PageDates): void {
  if (plan.begin === undefined || session.ignoresBegin || !ignoresBegin(plan.begin, dates)) return
  session.ignoresBegin = true
  session.dependencies.notices({
    code: 'TAXII_BEGIN_IGNORED',
    message: `${plan.url.host} ignores added_after: it gives everything each time, and known objects are recognised`,
  })
}

/** Notes that an answer came only when `added_after` was left out, which it was not `before`. */
export function noteRefusedBegin({ session, plan }: Polling, before: QueryStyle): void {
  if (session.query.time !== 'none' || before.time === 'none') return
  session.ignoresBegin = true
  session.dependencies.notices({
    code: 'TAXII_BEGIN_REFUSED',
    message: `${plan.url.host} refuses added_after: everything is read, and known objects are recognised`,
  })
}

const smallestLimit = 10
/** What is taken for the server's idea of a page where nobody has said one. */
const assumedLimit = 1000

/** Asks for half as many objects at once from now on; false when that would be too few. Row 37 */
export function halveLimit(poll: Polling): boolean {
  const limit = poll.limit ?? assumedLimit
  if (limit <= smallestLimit) return false
  poll.limit = Math.floor(limit / 2)
  poll.session.dependencies.notices({
    code: 'TAXII_LIMIT_LOWERED',
    message: `${poll.plan.url.host} cannot give ${limit} objects at once: ${poll.limit} are asked for`,
  })
  return true
}

/**
 * Tries paths with and without the slash at their end, until an answer has shown how they end here (C21-1): `other` goes to
 * the other way, and back again, with false, when that was not it either.
 */
export function createSlashes({ slash }: Session): { other(): boolean } {
  let tried = false
  return {
    other() {
      if (slash.learned) return false
      slash.style = slash.style === 'always' ? 'never' : 'always'
      tried = !tried
      return tried
    },
  }
}
