import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import { compareTimestamps, timestampOfDate } from '../../core/timestamp.ts'
import type { Page, PollRequest } from '../client.ts'
import type { Directory } from './directory.ts'
import { tolerate } from './exchange.ts'
import type { Link } from './link.ts'
import type { PollHead } from './poll-answer.ts'
import { pageOf, positionRefused, readFirstPart, readFurtherPart } from './poll-part.ts'
import type { PollRun, ReadPart } from './poll-part.ts'
import type { Slab, SlabSizes } from './poll-stream.ts'
import { inside, plainForm } from './poll-form.ts'
import { createPartGuard } from './poll-guard.ts'
import { findTarget } from './poll-target.ts'
import { conclude, halved, readPosition, windowOf, writePosition } from './poll-window.ts'
import type { Stand, Window } from './poll-window.ts'

export interface PollOptions {
  readonly countOnly?: boolean | undefined
  readonly sizes?: SlabSizes | undefined
}

const usualMaxWaitMs = 30 * 60_000
const clockMarginMs = 300_000

/**
 * Polls a collection window by window and part by part. See `TaxiiClient.poll`.
 * @throws TAXII_COLLECTION_UNKNOWN, TAXII_NOT_POLLABLE (not-found); TAXII_POSITION_REFUSED, TAXII_CURSOR_LOOP,
 *   TAXII_NO_PROGRESS, TAXII_PART_GAP, TAXII_RESULT_ID_MISSING (protocol); what a status message stands for
 */
export async function* poll(
  link: Link,
  directory: Directory,
  request: PollRequest,
  signal?: AbortSignal,
  options: PollOptions = {},
): AsyncGenerator<Page> {
  const run = await openRun(link, directory, request, signal, options)
  let stand: Stand | undefined = firstStand(run)
  while (stand) stand = yield* readWindow(run, stand)
}

/** What one call of `poll` or `count` shares. */
export async function openRun(
  link: Link,
  directory: Directory,
  request: PollRequest,
  signal: AbortSignal | undefined,
  options: PollOptions,
): Promise<PollRun> {
  return {
    link,
    directory,
    target: await findTarget(link, directory, request, signal),
    request,
    countOnly: options.countOnly ?? false,
    sizes: options.sizes,
    signal,
    waitLeftMs: link.settings.maxWaitMs ?? usualMaxWaitMs,
    slowHalvings: 0,
    form: plainForm,
  }
}

/** The longest window of one poll, in milliseconds; undefined: no bound. */
export const maxSpanMs = (run: PollRun): number | undefined =>
  run.target.isFeed ? (run.link.settings.maxWindowMs ?? run.link.settings.preset?.maxWindowMs) : undefined

/** Where a poll begins: at the request's position, at its begin, or at the first slice. */
export function firstStand(run: PollRun): Stand {
  const { request, link } = run
  if (request.position) {
    const stand = readPosition(request.position)
    if (!stand) throw positionRefused(run)
    return stand
  }
  const spanMs = maxSpanMs(run)
  if (spanMs === undefined) return { begin: request.begin }
  // A server without a clock of its own gets ours, with room for it to be wrong.
  const ours = timestampOfDate(new Date(link.clock.now().getTime() - clockMarginMs))
  const now = link.serverDate ?? ours
  // Beyond the server's now nothing can be proved: what comes there later belongs to the next poll.
  const isBeyond = request.end === undefined || (!request.stateless && compareTimestamps(request.end, now) > 0)
  return { begin: request.begin, spanMs, wanted: isBeyond ? now : request.end }
}

/** One window with all its parts; returns where to go on. A window that is too much for the server is halved. */
async function* readWindow(run: PollRun, stand: Stand): AsyncGenerator<Page, Stand | undefined> {
  const window = stand.result ? { begin: stand.begin, end: stand.result.end } : windowOf(stand, run.request.end)
  if (!window) return undefined
  const parts = readParts(run, stand, window)
  let given = false
  try {
    for (;;) {
      const step = await parts.next()
      if (step.done) return step.value
      given = true
      yield step.value
    }
  } catch (error) {
    const smaller = given || stand.result ? undefined : smallerStand(run, stand, window, error)
    if (!smaller) throw error
    return smaller
  } finally {
    await parts.return(undefined)
  }
}

const tooMuch = ['TAXII_TOO_LARGE', 'TAXII_ANSWER_CUT', 'TAXII_UNAVAILABLE', 'HTTP_HEADERS_TIMEOUT', 'HTTP_IDLE']
const tooMuchToo = ['HTTP_TOTAL_TIMEOUT', 'HTTP_BODY_CUT', 'HTTP_BODY_TOO_LARGE', 'HTTP_CONNECTION_LOST']

/** After time-outs and the like this many halvings on end; a plain "too much" costs nothing, so it may go on. */
const maxSlowHalvings = 5

function smallerStand(run: PollRun, stand: Stand, window: Window, error: unknown): Stand | undefined {
  if (!run.target.isFeed || !(error instanceof StixTaxiiError)) return undefined
  if (![...tooMuch, ...tooMuchToo].includes(error.code)) return undefined
  if (error.code !== 'TAXII_TOO_LARGE' && ++run.slowHalvings > maxSlowHalvings) return undefined
  const smaller = halved(stand, window, run.link.serverDate)
  if (!smaller) return undefined
  const message = `${run.link.settings.url.host} cannot give so much at once; it is asked for half the time`
  run.link.notices({ code: 'TAXII_WINDOW_HALVED', message })
  return smaller
}

/** The parts of one window, from the first or from where the stand says. */
async function* readParts(run: PollRun, stand: Stand, window: Window): AsyncGenerator<Page, Stand | undefined> {
  const guard = createPartGuard(run.link.settings.url.host)
  let result = stand.result
  for (;;) {
    const now: string | undefined = result ? result.now : run.link.serverDate
    const stream: AsyncGenerator<Slab, ReadPart> = result ? readFurtherPart(run, result) : readFirstPart(run, window)
    const read = within(yield* asPages(run, stream), run, window)
    if (read.kind === 'none') {
      const end = { window, label: result?.label, now, isEmpty: guard.isEmpty() }
      return yield* lastPage(run, stand, end, undefined)
    }
    run.slowHalvings = 0
    guard.check(read, result)
    checkHead(run, read.head)
    const label = read.head.endStamp ?? result?.label
    if (!read.head.more || run.link.wire.version === '1.0') {
      return yield* lastPage(run, stand, { window, label, now, isEmpty: guard.isEmpty() }, read)
    }
    if (!read.result) return yield* unfinishable(run, stand, read)
    result = { ...read.result, part: read.result.part + 1, label }
    yield partPage(run, read, { position: writePosition({ ...stand, result }) })
  }
}

async function* asPages(run: PollRun, stream: AsyncGenerator<Slab, ReadPart>): AsyncGenerator<Page, ReadPart> {
  try {
    for (;;) {
      const step = await stream.next()
      if (step.done) return step.value
      yield pageOf(run, step.value, { partial: true })
    }
  } finally {
    await stream.return(undefined as never)
  }
}

/** Without what was only given because the labels had to be widened. */
function within(read: ReadPart, run: PollRun, window: Window): ReadPart {
  return read.kind === 'part' ? { ...read, last: inside(read.last, window, run.form) } : read
}

function partPage(run: PollRun, read: ReadPart & { kind: 'part' }, rest: Partial<Page>): Page {
  const { head, last } = read
  return pageOf(run, last, { addedFirst: head.begin, addedLast: head.end, ...rest }, last.answer)
}

interface PartsEnd {
  readonly window: Window
  readonly label: string | undefined
  readonly now: string | undefined
  readonly isEmpty: boolean
}

/** The page that ends a window, with what it proves; `read` undefined: its last part was given already. */
async function* lastPage(
  run: PollRun,
  stand: Stand,
  end: PartsEnd,
  read: (ReadPart & { kind: 'part' }) | undefined,
): AsyncGenerator<Page, Stand | undefined> {
  const { stamp, next, future } = run.target.isFeed
    ? conclude(stand, end, { end: run.request.end, maxSpanMs: maxSpanMs(run) })
    : {}
  if (future) {
    const message = `${run.link.settings.url.host} says to have content up to ${end.label}, which is in its own future; its clock counts`
    run.link.notices({ code: 'TAXII_LABEL_FUTURE', message })
  }
  const rest = { stamp, position: next && writePosition(next) }
  yield read ? partPage(run, read, rest) : pageOf(run, nothing, rest)
  return next
}

// SHA-256 of no bytes.
const sha256OfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const nothing: Slab = { items: [], damaged: [], digest: sha256OfNothing }

/** `more` without a result id: what came is given, and then it cannot go on. */
async function* unfinishable(
  run: PollRun,
  stand: Stand,
  read: ReadPart & { kind: 'part' },
): AsyncGenerator<Page, undefined> {
  yield partPage(run, read, { position: writePosition({ ...stand, result: undefined }) })
  throw new StixTaxiiError(
    'TAXII_RESULT_ID_MISSING',
    `${run.link.settings.url.host} has more, but gives no result id`,
    {
      kind: 'protocol',
      hint: 'What came was kept; the rest cannot be asked for. A shorter time may fit into one answer.',
      context: { collection: printable(run.target.collection) },
    },
  )
}

function checkHead(run: PollRun, head: PollHead): void {
  const { link, target } = run
  const host = link.settings.url.host
  if (head.collection !== undefined && head.collection !== target.collection) {
    const name = printable(head.collection, { maxLength: 200 })
    tolerate(
      link,
      'TAXII_COLLECTION_OTHER',
      `${host} answers for "${name}" where "${printable(target.collection)}" was polled`,
    )
  }
  if (head.endGuessed)
    tolerate(link, 'TAXII_LABEL_ZONE', `${host} sends end labels without a time zone; UTC is assumed`)
  else if (head.end !== undefined && head.endStamp === undefined) {
    tolerate(link, 'TAXII_LABEL_UNREADABLE', `${host} sends an end label that is no time; what was asked for counts`)
  }
}
