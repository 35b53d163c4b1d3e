import { StixTaxiiError } from '../core/errors.ts'
import type { HttpRequest, HttpResponse } from '../core/ports.ts'
import { retryAfterMs, serverNow } from '../core/retry-after.ts'
import { seconds } from './failure.ts'
import type { HttpOptions, RetryOptions } from './options.ts'
import { backoffMs, isRetryStatus } from './retry.ts'
import { isRepeatable, type Received, type Sender } from './sender.ts'

export interface RetryingParts {
  readonly sender: Sender
  readonly options: HttpOptions
  readonly retry: RetryOptions
  readonly signal: AbortSignal
}

/** A name or a port that is not there will hardly be there a second later: fewer tries, so that a typo is told soon. */
const fewerRetries: Readonly<Record<string, number>> = {
  HTTP_NAME_UNKNOWN: 1,
  HTTP_CONNECT_FAILED: 2,
  HTTP_CONNECT_TIMEOUT: 1,
}

/** One exchange with all its tries; counts them and what was spent on waiting. */
export class Retrying {
  readonly #parts: RetryingParts
  #tries = 0
  #waitedMs = 0

  constructor(parts: RetryingParts) {
    this.#parts = parts
  }

  async run<T>(request: HttpRequest, read: (response: HttpResponse) => Promise<T>): Promise<T> {
    while (true) {
      try {
        const received = await this.#parts.sender.send(request, this.#parts.signal)
        const waitMs = this.#waitAfter(request, received)
        if (waitMs === undefined) return await readAndRelease(received, read)
        await received.answer.discard()
        received.release()
        await this.#wait(waitMs)
      } catch (error) {
        if (!this.#mayTryAgain(request, error)) throw error
        await this.#wait(this.#nextBackoff())
      }
    }
  }

  /** How long to wait before asking again; undefined when the answer is for the reader. */
  #waitAfter(request: HttpRequest, { answer, release }: Received): number | undefined {
    if (!isRetryStatus(answer.status) || !isRepeatable(request) || request.singleTry === true) return undefined
    // A date in Retry-After is by the server's clock.
    const now = serverNow(answer.headers, this.#parts.options.clock.now())
    const asked = retryAfterMs(answer.headers.get('retry-after'), now)
    if (asked !== undefined && asked > this.#budgetLeft()) {
      answer.close()
      release()
      throw later(request.url.host, answer.status, asked, now)
    }
    if (this.#tries >= this.#parts.retry.maxRetries) return undefined
    const waitMs = Math.max(asked ?? 0, this.#nextBackoff())
    return waitMs > this.#budgetLeft() ? undefined : waitMs
  }

  #mayTryAgain(request: HttpRequest, error: unknown): boolean {
    const { signal, retry } = this.#parts
    if (signal.aborted || !isRepeatable(request) || request.singleTry === true) return false
    if (!(error instanceof StixTaxiiError) || error.kind !== 'network' || error.code === 'HTTP_RETRY_LATER')
      return false
    if (this.#tries >= Math.min(retry.maxRetries, fewerRetries[error.code] ?? retry.maxRetries)) return false
    return this.#budgetLeft() > 0
  }

  #nextBackoff(): number {
    return backoffMs(this.#tries, this.#parts.retry, this.#parts.options.random)
  }

  #budgetLeft(): number {
    return this.#parts.retry.budgetMs - this.#waitedMs
  }

  async #wait(ms: number): Promise<void> {
    this.#tries += 1
    this.#waitedMs += ms
    await this.#parts.options.clock.sleep(ms, this.#parts.signal)
  }
}

async function readAndRelease<T>(received: Received, read: (response: HttpResponse) => Promise<T>): Promise<T> {
  try {
    return await read(received.answer)
  } finally {
    received.answer.close()
    received.release()
  }
}

function later(host: string, status: number, waitMs: number, now: Date): StixTaxiiError {
  // Beyond what a Date can hold there is nothing to say but "later".
  const at = new Date(Math.min(now.getTime() + waitMs, 8.64e15)).toISOString()
  return new StixTaxiiError('HTTP_RETRY_LATER', `${host} asks to wait ${seconds(waitMs)}, until ${at}`, {
    kind: 'network',
    hint: 'Try again after that time; what was fetched before is kept.',
    context: { host, status, retryAfterMs: waitMs, until: at },
    retryAfterMs: waitMs,
  })
}
