import { createHash } from 'node:crypto'
import { StixTaxiiError } from '../../core/errors.ts'
import { redactUrl } from '../../core/redact.ts'
import { compareTimestamps } from '../../core/timestamp.ts'
import type { Page, PollPosition } from '../client.ts'
import { openFirstPage } from './first-page.ts'
import { createLoopGuard, createSampler, type LoopGuard } from './guards.ts'
import { noteIgnoredBegin, type Polling } from './habits.ts'
import { pageOf } from './page.ts'
import type { EnvelopeHead, Load, Slab, Tail } from './page-load.ts'
import { startPageLoad } from './page-load.ts'
import type { PollPlan } from './poll-plan.ts'
import { withQuery } from './query.ts'
import { createReadAhead, type ReadAhead } from './read-ahead.ts'
import { slashed, type Session } from './session.ts'
import { beforeEqualStamps, createStampTrack, ignoresBegin, pageDates, type PageDates } from './stamps.ts'

/** Where a page of a 2.1 poll is: behind `next`, or after a stamp; the other filters are always those of the poll. */
export interface NextStep {
  readonly key: string
  readonly next?: string | undefined
  /** Instead of the poll's begin, where the server gives no `next`: exclusive, one unit before the last stamp. */
  readonly after?: string | undefined
  /** The stamp at which `after` overlaps what was given already. */
  readonly stamp?: string | undefined
  /** Asked a second time, for more objects at once. */
  readonly larger?: boolean | undefined
}

/**
 * Polls by `next`, or by the date of the last object where the server gives none; asks for the next page as soon as it
 * is known.
 * @throws TAXII_CURSOR_LOOP, TAXII_NO_PROGRESS, TAXII_STAMP_OVERFULL, TAXII_POSITION_REFUSED (protocol)
 * @see TAXII 2.1, 3.5
 */
export async function* pollByNext(session: Session, plan: PollPlan, signal: AbortSignal): AsyncGenerator<Page> {
  const poll = createPoll(session, plan, signal)
  try {
    let step: NextStep | undefined = firstStep(plan.position)
    poll.guard.ask(step.key)
    for (let isFirst = true; step !== undefined; isFirst = false) {
      const loads: AsyncIterable<Load> = isFirst ? openFirstPage(poll, step) : poll.pages.take(step)
      step = yield* readPage(poll, step, loads)
    }
  } finally {
    poll.pages.stop()
  }
}

/** What one poll shares among its pages. */
export interface Poll extends Polling {
  readonly pages: ReadAhead<NextStep>
  readonly guard: LoopGuard
  /** Values that have the last page's newest stamp, or may have it: their digests, to leave out when they come again. */
  overlap: ReadonlySet<string>
}

function createPoll(session: Session, plan: PollPlan, signal: AbortSignal): Poll {
  const guard = createLoopGuard(plan.url)
  const poll: Poll = {
    session,
    plan,
    signal,
    guard,
    stamps: createStampTrack(session, plan.newestKnown),
    overlap: new Set(),
    limit: limitOf(plan),
    pages: createReadAhead<NextStep>({
      start: (step, onHead) => startPageLoad(session, pageRequest(poll, step), { signal, onHead }),
      following: (_step, head) => followingHead(head, guard),
    }),
  }
  return poll
}

function limitOf(plan: PollPlan): number | undefined {
  const kept = plan.position?.['limit']
  return typeof kept === 'number' ? kept : plan.pageSize
}

/** The request for the page at `step`. */
export function pageRequest(poll: Poll, step: NextStep) {
  const { plan, session } = poll
  const query = { addedAfter: step.after ?? plan.begin, match: plan.match, limit: poll.limit, next: step.next }
  const url = slashed(plan.url, session.slash.style)
  return { url: withQuery(url, query, session.query), asked: plan.asked, accept: session.dialect.acceptObjects }
}

function firstStep(position: PollPosition | undefined): NextStep {
  const text = (name: string) => (typeof position?.[name] === 'string' ? position[name] : undefined)
  return stepAt(text('next'), text('after'), text('stamp'))
}

function stepAt(next: string | undefined, after?: string, stamp?: string): NextStep {
  const key = next !== undefined ? `next ${next}` : after !== undefined ? `after ${after}` : 'begin'
  return { key, next, after, stamp }
}

// Only a `next` may be followed before its page was read: a date is known to be safe only with the whole page.
function followingHead(head: EnvelopeHead, guard: LoopGuard): NextStep | undefined {
  if (!head.more || head.next === undefined) return undefined
  const step = stepAt(head.next)
  return guard.seen(step.key) ? undefined : step
}

async function* readPage(
  poll: Poll,
  step: NextStep,
  loads: AsyncIterable<Load>,
): AsyncGenerator<Page, NextStep | undefined> {
  const sampler = createSampler()
  const seen: PageSoFar = { digests: [], fresh: 0 }
  for await (const { slab, tail } of loads) {
    sampler.add(slab)
    const given = step.stamp === undefined ? slab : withoutKnown(poll, slab)
    seen.fresh += given.items.length + given.damaged.length
    if (!tail) {
      // Of the last slab they are only taken when they are needed.
      seen.digests.push(...digestsOf(slab))
      yield pageOf(given, { partial: true, url: poll.plan.url })
      continue
    }
    const sample = sampler.sample()
    const dates = pageDates(poll.session, tail.headers, sample.count)
    noteIgnoredBegin(poll, dates)
    // Objects that come again because we asked for their stamp again are our doing.
    if (step.stamp === undefined || seen.fresh > 0) poll.guard.page(sample)
    const following = await followingStep(poll, { ...seen, step, tail, dates, count: sample.count, slab })
    const stamp = poll.stamps.page(dates, following === undefined)
    const position = following && positionOf(poll, following)
    // An empty answer that only says "ask again" is no page.
    if (sample.count > 0 || following === undefined)
      yield pageOf(given, { partial: false, url: tail.url, tail, dates, stamp, position })
    return following
  }
  return undefined
}

/** What has come of a page, slab by slab. */
interface PageSoFar {
  /** Of the values of its earlier slabs. */
  readonly digests: string[]
  /** Values that had not been given. */
  fresh: number
}

function withoutKnown({ overlap }: Poll, slab: Slab): Slab {
  const isNew = (raw: Buffer): boolean => !overlap.has(digestOf(raw))
  return { ...slab, items: slab.items.filter(isNew), damaged: slab.damaged.filter(({ raw }) => isNew(raw)) }
}

function digestsOf({ items, damaged }: Slab): string[] {
  return [...items, ...damaged.map(({ raw }) => raw)].map(digestOf)
}

function positionOf(poll: Poll, step: NextStep): PollPosition {
  return {
    ...(step.next === undefined ? {} : { next: step.next }),
    ...(step.after === undefined ? {} : { after: step.after }),
    ...(step.stamp === undefined ? {} : { stamp: step.stamp }),
    ...(poll.limit === undefined ? {} : { limit: poll.limit }),
  }
}

interface PageSeen extends Readonly<PageSoFar> {
  readonly step: NextStep
  readonly tail: Tail
  readonly dates: PageDates
  /** Values on the page. */
  readonly count: number
  /** Its last. */
  readonly slab: Slab
}

/** Where to go on after a page; undefined when it was the last. */
async function followingStep(poll: Poll, seen: PageSeen): Promise<NextStep | undefined> {
  const { tail, count, step } = seen
  if (!promisesMore(poll, seen)) return undefined
  if (count === 0) {
    await poll.session.dependencies.clock.sleep(1000 * 2 ** (poll.guard.empty() - 1), poll.signal)
    if (tail.next === undefined || `next ${tail.next}` === step.key) return step
  }
  if (tail.next !== undefined) {
    lowerLimit(poll, seen)
    const following = stepAt(tail.next)
    poll.guard.ask(following.key)
    return following
  }
  return stepByDate(poll, seen)
}

// A server that gives `next` without a word of `more` means it when the page is full; Sekoia sends it on the last one.
function promisesMore(poll: Poll, { tail, count }: PageSeen): boolean {
  if (tail.more) return true
  return !tail.saysMore && tail.next !== undefined && poll.limit !== undefined && count >= poll.limit
}

// Servers that compute their cursor from the limit we ask skip objects when they give fewer: ask what they give. Once.
function lowerLimit(poll: Poll, { step, count }: PageSeen): void {
  const isFirst = step.key === 'begin'
  if (isFirst && poll.limit !== undefined && count >= 10 && count < poll.limit) poll.limit = count
}

/** `more` without `next`: the same filters, from the last stamp on, with what has that very stamp read again. T3, C21-17 */
function stepByDate(poll: Poll, seen: PageSeen): NextStep {
  const { step, dates, count, fresh } = seen
  const last = dates.addedLast
  if (last === undefined || poll.session.query.time === 'none') throw noWayOn(poll, last)
  if (step.stamp !== undefined && fresh === 0) return beyondOverfull(poll, seen, last)
  const sameStamp = step.stamp !== undefined && compareTimestamps(last, step.stamp) === 0
  poll.overlap = new Set([...(sameStamp ? poll.overlap : []), ...seen.digests, ...digestsOf(seen.slab)])
  if (sameStamp && fresh > 0 && count < (poll.limit ?? count)) poll.limit = count
  const following = { ...stepAt(undefined, beforeEqualStamps(last), last), key: `after ${last} +${poll.overlap.size}` }
  poll.guard.ask(following.key)
  return following
}

function noWayOn(poll: Poll, last: string | undefined): StixTaxiiError {
  const why = last === undefined ? 'neither a next page nor a date' : 'no next page, and refuses added_after'
  return new StixTaxiiError('TAXII_NO_PROGRESS', `${redactUrl(poll.plan.url)} promises more, but gives ${why}`, {
    kind: 'protocol',
    hint: 'What came before is kept. A larger --page-size may bring everything at once.',
    context: { url: redactUrl(poll.plan.url) },
  })
}

// Everything on this page was known: either a larger page gets past the stamp, or nobody can page here by date alone.
function beyondOverfull(poll: Poll, { step, count, dates }: PageSeen, last: string): NextStep {
  if (dates.addedFirst !== undefined && step.after !== undefined && ignoresBegin(step.after, dates))
    throw noWayOn(poll, undefined)
  if (poll.limit !== undefined && poll.limit < largestLimit && step.larger === undefined) {
    poll.limit = Math.min(largestLimit, poll.limit * 10)
    const following = { ...step, key: `${step.key} limit ${poll.limit}`, larger: true }
    poll.guard.ask(following.key)
    return following
  }
  throw new StixTaxiiError(
    'TAXII_STAMP_OVERFULL',
    `At least ${count} objects have the stamp ${last}, more than one page holds, and the server has no other way to page`,
    {
      kind: 'protocol',
      hint: 'What came before is kept and nothing was skipped. A larger --page-size, or --match type=..., may get past it.',
      context: { url: redactUrl(poll.plan.url), stamp: last, objects: count },
    },
  )
}

const largestLimit = 100_000

function digestOf(raw: Buffer): string {
  return createHash('sha256').update(raw).digest('base64')
}
