import { cancelled, StixTaxiiError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import { orderLimitMs } from './assumptions.ts'
import type { DirectorClient } from './client.ts'
import type { OrderOutcome, OrderPath, OrderReading } from './orders.ts'

export interface WaitOptions {
  readonly clock: Clock
  /** Uniform in [0, 1); for jitter. */
  readonly random: () => number
  /** Default `orderLimitMs`; `slowOrderLimitMs` for installing and uninstalling. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called after each reading that did not end the waiting. */
  readonly onPoll?: ((poll: Poll) => void) | undefined
}

/** How far the waiting has come. */
export interface Poll {
  readonly order: OrderPath
  /** Readings so far. */
  readonly count: number
  readonly elapsedMs: number
}

const firstDelayMs = 500
const longestDelayMs = 10_000
/** An order may be announced before it can be read. */
const unknownForMs = 10_000

/**
 * Reads an order until it has ended or the limit is reached, which is `pending`: the call it belongs to is never repeated.
 *
 * First after 0.5 s, then at intervals that grow by half up to 10 s. Connection errors, 5xx and 429 (with its Retry-After)
 * are borne, and so is 404 in the first 10 s. An order that cannot be read otherwise is `unverified`: its change may have
 * been made all the same.
 * @throws DIRECTOR_UNAUTHORIZED and other errors of kind auth; CORE_CANCELLED
 * @see API reference, section 6 "Polling"
 */
export async function waitForOrder(
  client: Pick<DirectorClient, 'readOrder'>,
  order: OrderPath,
  options: WaitOptions,
): Promise<OrderOutcome> {
  const { clock, random, timeoutMs = orderLimitMs, signal, onPoll } = options
  const beganMs = clock.monotonicMs()
  const elapsedMs = (): number => clock.monotonicMs() - beganMs
  let delayMs = firstDelayMs
  let askedMs = 0
  for (let count = 1; ; count += 1) {
    const leftMs = timeoutMs - elapsedMs()
    if (leftMs <= 0 || askedMs > leftMs) return { state: 'pending' }
    const wished = count === 1 ? delayMs : delayMs * (0.9 + 0.2 * random())
    await clock.sleep(Math.min(Math.max(wished, askedMs), leftMs), signal)
    const reading = await readWithin(client, order, Math.max(timeoutMs - elapsedMs(), firstDelayMs), signal)
    const outcome = outcomeOf(reading, elapsedMs())
    if (outcome !== undefined) return outcome
    askedMs = 'error' in reading ? (reading.error.retryAfterMs ?? 0) : 0
    delayMs = Math.min(delayMs * 1.5, longestDelayMs)
    onPoll?.({ order, count, elapsedMs: elapsedMs() })
  }
}

type Attempt = { readonly reading: OrderReading } | { readonly error: StixTaxiiError }

/** Undefined: go on. */
function outcomeOf(attempt: Attempt, elapsedMs: number): OrderOutcome | undefined {
  if ('reading' in attempt) return attempt.reading.state === 'pending' ? undefined : attempt.reading
  const { error } = attempt
  if (error.kind === 'auth' || error.kind === 'cancelled') throw error
  if (error.kind === 'network' || (error.kind === 'not-found' && elapsedMs <= unknownForMs)) return undefined
  return { state: 'unverified', reason: error.message }
}

/** One reading that does not outlast the limit; then it counts as a connection error. */
async function readWithin(
  client: Pick<DirectorClient, 'readOrder'>,
  order: OrderPath,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<Attempt> {
  const stopping = new AbortController()
  const follow = (): void => stopping.abort(signal?.reason)
  if (signal?.aborted) follow()
  signal?.addEventListener('abort', follow, { once: true })
  const timer = setTimeout(() => stopping.abort(tooSlow()), limitMs)
  try {
    return { reading: await client.readOrder(order, { signal: stopping.signal }) }
  } catch (error) {
    if (signal?.aborted) throw signal.reason instanceof StixTaxiiError ? signal.reason : cancelled(signal.reason)
    if (error instanceof StixTaxiiError) return { error }
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', follow)
  }
}

function tooSlow(): StixTaxiiError {
  return new StixTaxiiError('DIRECTOR_ORDER_SILENT', 'Director did not say in time how the order stands', {
    kind: 'network',
    hint: 'Go on waiting with: stixtaxii director order wait PATH',
  })
}

/**
 * The error for an order that did not succeed; undefined for one that did.
 * DIRECTOR_ORDER_FAILED (remote), DIRECTOR_ORDER_PENDING and DIRECTOR_ORDER_UNVERIFIED (pending).
 */
export function orderFailure(order: OrderPath, outcome: OrderOutcome): StixTaxiiError | undefined {
  const about = { context: { order } }
  switch (outcome.state) {
    case 'succeeded':
      return undefined
    case 'failed':
      return new StixTaxiiError('DIRECTOR_ORDER_FAILED', `Director could not do it: ${outcome.reason}`, {
        kind: 'remote',
        hint: 'Nothing was changed as far as Director says. Mend what it names, then try again.',
        ...about,
      })
    case 'pending':
      return new StixTaxiiError('DIRECTOR_ORDER_PENDING', `Director is still at it: ${order}`, {
        kind: 'pending',
        hint: `It was accepted and is not sent again. Go on waiting with: stixtaxii director order wait ${order}`,
        ...about,
      })
    case 'unverified':
      return new StixTaxiiError(
        'DIRECTOR_ORDER_UNVERIFIED',
        `It was accepted, but what came of it is not known: ${outcome.reason}`,
        {
          kind: 'pending',
          hint: 'The change may have been made all the same: list what is there, then decide.',
          ...about,
        },
      )
  }
}
