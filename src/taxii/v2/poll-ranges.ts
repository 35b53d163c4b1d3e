import { createHash } from 'node:crypto'
import { StixTaxiiError } from '../../core/errors.ts'
import { redactUrl } from '../../core/redact.ts'
import { laterTimestamp } from '../../core/timestamp.ts'
import type { Page, PollPosition } from '../client.ts'
import { createLoopGuard, createSampler, type LoopGuard, type PageSample } from './guards.ts'
import { createSlashes, halveLimit, needsDates, noteIgnoredBegin, noteRefusedBegin, type Polling } from './habits.ts'
import { pageOf } from './page.ts'
import { emptySlab, startPageLoad, type Load, type PageLoad, type Slab, type Tail } from './page-load.ts'
import type { PollPlan } from './poll-plan.ts'
import { otherStyles, withQuery } from './query.ts'
import {
  learnRangeForm,
  mayHaveMore,
  otherForms,
  rangeForm,
  rangeHeaders,
  readContentRange,
  type ItemRange,
  type RangeForm,
} from './ranges.ts'
import { slashed, type QueryStyle, type Session } from './session.ts'
import { namesOf } from './object-names.ts'
import { beforeEqualStamps, createStampTrack, pageDates } from './stamps.ts'

/** What one 2.0 poll knows while it goes from range to range. */
interface RangePoll extends Polling {
  readonly guard: LoopGuard
  /** Digests of what was given: item ranges shift while a collection changes. C20-9 */
  readonly given: Set<string>
  limit: number
  /** The first item that was not read yet. */
  start: number
  /** The last item that was read, asked for again with the next range: if another is there, the items have moved. */
  anchor: string | undefined
  /** Exclusive; later than the plan's where the poll has begun anew. */
  begin: string | undefined
  newest: string | undefined
  /** Times it was begun anew since the last new object. */
  restarts: number
  /** What the last answer said of the server's clock. */
  serverDate: string | undefined
}

const defaultLimit = 1000

/**
 * Polls by item ranges. Servers that ignore `Range`, leave `Content-Range` out, or lie in it are followed as far as
 * their objects tell the truth; nothing is skipped silently.
 * @throws TAXII_RANGE_GAP, TAXII_NO_PROGRESS (protocol)
 * @see TAXII 2.0, 3.4
 */
export async function* pollByRanges(session: Session, plan: PollPlan, signal: AbortSignal): AsyncGenerator<Page> {
  const start = plan.position?.['start']
  const poll: RangePoll = {
    session,
    plan,
    signal,
    guard: createLoopGuard(plan.url),
    stamps: createStampTrack(session, plan.newestKnown),
    given: new Set(),
    limit: plan.pageSize ?? defaultLimit,
    start: typeof start === 'number' ? start : 0,
    anchor: textOf(plan, 'anchor'),
    begin: textOf(plan, 'after') ?? plan.begin,
    newest: undefined,
    restarts: 0,
    serverDate: undefined,
  }
  // A bare count of items tells nobody whether they have moved since.
  if (poll.start > 0 && poll.anchor === undefined) throw itemsMoved(poll)
  for (;;) {
    const loads = await openRange(poll)
    if (!loads) {
      yield pastEnd(poll)
      return
    }
    try {
      if (yield* readRange(poll, loads.loads)) return
    } finally {
      loads.stop()
    }
  }
}

/** The page that ends a poll whose last range was not known to be the last: it proves what only an end proves. */
function pastEnd({ plan, stamps, serverDate }: RangePoll): Page {
  const dates = { serverDate, addedFirst: undefined, addedLast: undefined }
  return pageOf(emptySlab(), { partial: false, url: plan.url, dates, stamp: stamps.page(dates, true) })
}

function textOf({ position }: PollPlan, name: string): string | undefined {
  const text = position?.[name]
  return typeof text === 'string' ? text : undefined
}

/** One range on its way; undefined past the end. */
async function openRange(poll: RangePoll): Promise<{ loads: AsyncIterable<Load>; stop: () => void } | undefined> {
  const { session } = poll
  const attempts = attemptsOf(poll)
  const original = { ...session.query }
  const slashes = createSlashes(session)
  let firstError: unknown
  for (let attempt = attempts.shift(); attempt !== undefined; attempt = attempts.shift()) {
    Object.assign(session.query, attempt.style)
    const load = startLoad(poll, attempt.form)
    const reading = load.read()[Symbol.asyncIterator]()
    try {
      const first = await reading.next()
      learnRangeForm(session, attempt.form)
      if (first.done) return undefined
      noteRefusedBegin(poll, original)
      if (await needsDates(poll, first.value, poll.given.size === 0)) {
        load.stop()
        return openRange(poll)
      }
      return { loads: continued(first.value, reading), stop: () => load.stop() }
    } catch (error) {
      load.stop()
      const status = error instanceof StixTaxiiError ? error.context['status'] : undefined
      if (status === 416 && firstItem(poll) > 0) {
        // The last item that we read is past the end now: items before it have gone.
        if (poll.anchor === undefined) return undefined
        beginAnew(poll)
        return openRange(poll)
      }
      if (status === 413 && halveLimit(poll)) {
        attempts.unshift(attempt)
        continue
      }
      firstError ??= error
      if (status === 404 && slashes.other()) {
        attempts.unshift(attempt)
        continue
      }
      if (status !== 400 && status !== 416 && status !== 422) break
    }
  }
  Object.assign(session.query, original)
  throw firstError
}

// Spellings of Range first, then those of the query: a 400 may be about either. Later ranges use what the first taught.
function attemptsOf(poll: RangePoll): { form: RangeForm; style: QueryStyle }[] {
  const { session, plan } = poll
  const style = { ...session.query }
  const form = rangeForm(session)
  if (firstItem(poll) > 0) return [{ form, style }]
  const forms = [form, ...otherForms(form)]
  const styles = otherStyles(style, { addedAfter: poll.begin, match: plan.match })
  return [...forms.map((each) => ({ form: each, style })), ...styles.map((each) => ({ form, style: each }))]
}

function startLoad(poll: RangePoll, form: RangeForm): PageLoad {
  const { session, plan, signal } = poll
  const url = withQuery(
    slashed(plan.url, session.slash.style),
    { addedAfter: poll.begin, match: plan.match },
    session.query,
  )
  const headers = rangeHeaders(form, firstItem(poll), poll.limit)
  return startPageLoad(session, { url, asked: plan.asked, accept: session.dialect.acceptObjects, headers }, { signal })
}

async function* continued(first: Load, rest: AsyncIterator<Load>): AsyncGenerator<Load> {
  yield first
  for (let more = await rest.next(); !more.done; more = await rest.next()) yield more.value
}

// The item before the first unread one is asked for too, to see that it is where it was.
function firstItem(poll: RangePoll): number {
  return poll.anchor === undefined ? poll.start : poll.start - 1
}

/** Gives the page (or slabs) of one range; true when it was the last. */
async function* readRange(poll: RangePoll, loads: AsyncIterable<Load>): AsyncGenerator<Page, boolean> {
  const sampler = createSampler()
  let fresh = 0
  for await (const { slab, tail } of loads) {
    const isFirst = sampler.sample().count === 0
    sampler.add(slab)
    if (isFirst && hasMoved(poll, slab.first)) {
      beginAnew(poll)
      return false
    }
    const given = withoutKnown(poll, slab, isFirst && poll.anchor !== undefined ? slab.first : undefined)
    const count = given.items.length + given.damaged.length
    fresh += count
    if (count > 0) poll.restarts = 0
    if (!tail) {
      yield pageOf(given, { partial: true, url: poll.plan.url })
      continue
    }
    const sample = sampler.sample()
    const dates = pageDates(poll.session, tail.headers, sample.count)
    noteIgnoredBegin(poll, dates)
    poll.newest = laterTimestamp(poll.newest, dates.addedLast)
    poll.serverDate = dates.serverDate
    const isLast = advance(poll, tail, sample, fresh)
    const stamp = poll.stamps.page(dates, isLast)
    const position = isLast ? undefined : positionOf(poll)
    yield pageOf(given, { partial: false, url: tail.url, tail, dates, stamp, position })
    return isLast
  }
  return true
}

function positionOf({ start, anchor, begin, plan }: RangePoll): PollPosition {
  return {
    start,
    ...(anchor === undefined ? {} : { anchor }),
    ...(begin === undefined || begin === plan.begin ? {} : { after: begin }),
  }
}

function withoutKnown(poll: RangePoll, slab: Slab, known: Buffer | undefined): Slab {
  const isWanted = (raw: Buffer): boolean => isNew(poll, raw) && raw !== known
  return { ...slab, items: slab.items.filter(isWanted), damaged: slab.damaged.filter(({ raw }) => isWanted(raw)) }
}

function isNew(poll: RangePoll, raw: Buffer): boolean {
  const digest = createHash('sha256').update(raw).digest('base64url').slice(0, 22)
  if (poll.given.has(digest)) return false
  poll.given.add(digest)
  return true
}

function hasMoved(poll: RangePoll, first: Buffer | undefined): boolean {
  return poll.anchor !== undefined && (first === undefined || anchorOf(first) !== poll.anchor)
}

// By name and date, since some servers write the same object in another way each time.
function anchorOf(raw: Buffer): string {
  const { id, date } = namesOf(raw) ?? {}
  const name = id === undefined ? raw : Buffer.from(`${id} ${date ?? ''}`)
  return createHash('sha256').update(name).digest('base64url').slice(0, 22)
}

const mostRestarts = 2

/**
 * Items have moved: an earlier one was deleted, or has a new version and stands elsewhere now. The rest is asked for again,
 * by date where dates are known; what was given already is recognised. C20-9
 * @throws TAXII_POSITION_REFUSED when a stored position is concerned, which only its keeper can begin again
 */
function beginAnew(poll: RangePoll): void {
  const { plan, session } = poll
  const where = redactUrl(plan.url)
  if (poll.given.size === 0 && plan.position) throw itemsMoved(poll)
  if (++poll.restarts > mostRestarts)
    throw new StixTaxiiError('TAXII_NO_PROGRESS', `The items of ${where} move faster than they can be read`, {
      kind: 'protocol',
      hint: 'What came before is kept. Try again when the provider has stopped changing the collection.',
      context: { url: where, restarts: mostRestarts },
    })
  const message = `The collection changed while it was read by ranges: a part of it is read again`
  session.dependencies.notices({ code: 'TAXII_RANGE_MOVED', message })
  const canAsk = poll.newest !== undefined && !session.ignoresBegin && session.query.time !== 'none'
  poll.begin = canAsk ? beforeEqualStamps(poll.newest as string) : plan.begin
  poll.start = 0
  poll.anchor = undefined
}

function itemsMoved({ plan, start }: RangePoll): StixTaxiiError {
  const where = redactUrl(plan.url)
  return new StixTaxiiError('TAXII_POSITION_REFUSED', `The items of ${where} may have moved since they were read`, {
    kind: 'protocol',
    hint: 'Start again from the last stamp.',
    context: { url: where, start },
  })
}

/** Moves to the next range; true when there is none. */
function advance(poll: RangePoll, tail: Tail, sample: PageSample, fresh: number): boolean {
  const range = readContentRange(tail.headers.get('content-range'))
  const { count } = sample
  const last = sample.objects.at(-1)
  const asked = firstItem(poll)
  if (count === 1 && poll.anchor !== undefined && range?.total === undefined) return true
  if (count === 0) return range?.total === undefined || asked >= range.total || emptyAgain(poll)
  if (range === undefined) return advanceBlindly(poll, tail, count, fresh === 0)
  poll.guard.page(sample)
  if (range.start > asked + 1) throw gap(poll, asked, range)
  if (asked + count !== range.end + 1 && range.start === asked) noteOdd(poll, range, count)
  // What is announced and what came may differ: the smaller step repeats objects, which are recognised; it skips none.
  const end = asked + count
  poll.start = range.start < asked ? Math.min(end, Math.max(range.end + 1, asked + 1)) : end
  // A server that gives one item at a time would give that one again for ever.
  poll.anchor = count > 1 && last !== undefined ? anchorOf(last) : undefined
  return range.total !== undefined && poll.start >= range.total
}

function emptyAgain(poll: RangePoll): boolean {
  poll.guard.empty()
  return false
}

function advanceBlindly(poll: RangePoll, tail: Tail, count: number, isRepeat: boolean): boolean {
  if (isRepeat || !mayHaveMore(tail.status, count, poll.limit)) return true
  poll.start += count
  poll.anchor = undefined
  return false
}

function noteOdd(poll: RangePoll, range: ItemRange, count: number): void {
  const message = `${poll.plan.url.host} announces items ${range.start}-${range.end} and gives ${count}`
  poll.session.dependencies.notices({ code: 'TAXII_RANGE_ODD', message })
}

function gap(poll: RangePoll, asked: number, range: ItemRange): StixTaxiiError {
  const where = redactUrl(poll.plan.url)
  const message = `${where} gives items from ${range.start} on where those from ${asked} on were asked for`
  return new StixTaxiiError('TAXII_RANGE_GAP', message, {
    kind: 'protocol',
    hint: 'What came before is kept and nothing was skipped. Another --page-size may help.',
    context: { url: where, asked, given: range.start },
  })
}
