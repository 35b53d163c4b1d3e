import type { Clock } from '../../core/ports.ts'
import { printable } from '../../core/printable.ts'
import type { ServerLog } from '../server-log.ts'
import type { Listener, OnSignal, Signal, SignalPayloads, Signals } from '../signals.ts'

export interface SignalOptions {
  readonly clock: Clock
  readonly log: ServerLog
  /** How long a listener may take for one signal; then the next one is told. Default 30 s. */
  readonly timeoutMs?: number | undefined
  /** How many signals wait for one listener at most; further ones are dropped. Default 1,000. */
  readonly queueSize?: number | undefined
  /** How many bytes of content they may hold together, besides the first. Default 64 MiB. */
  readonly queueBytes?: number | undefined
}

export interface SignalCounts {
  readonly told: number
  readonly waiting: number
  readonly dropped: number
  /** Threw, or took too long. */
  readonly failed: number
}

export interface OpenSignals extends Signals {
  readonly on: OnSignal
  counts(): SignalCounts
  /** Resolves when nothing waits any more, at the latest after `timeoutMs`; true when nothing does. */
  settled(timeoutMs: number): Promise<boolean>
}

/** One listener with what it has not been told yet. */
interface Line {
  readonly signal: Signal
  readonly listener: Listener<Signal>
  readonly waiting: SignalPayloads[Signal][]
  waitingBytes: number
  isBusy: boolean
  dropped: number
}

function bytesOf(payload: SignalPayloads[Signal]): number {
  return 'block' in payload ? payload.block.content.length : 0
}

const endOfTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/**
 * Each listener has a line of its own and is told one thing after the other, in the order things happened, never while the
 * request is still being answered. Closing stops telling: what waits is dropped, and counted.
 */
export function openSignals(options: SignalOptions): OpenSignals {
  const { clock, log, timeoutMs = 30_000, queueSize = 1000, queueBytes = 64 * 1024 * 1024 } = options
  const lines: Line[] = []
  const counts = { told: 0, dropped: 0, failed: 0 }
  let isClosed = false

  const pending = (): number => lines.reduce((sum, line) => sum + line.waiting.length + (line.isBusy ? 1 : 0), 0)

  const isFull = ({ waiting, waitingBytes }: Line, payload: SignalPayloads[Signal]): boolean =>
    waiting.length >= queueSize || (waiting.length > 0 && waitingBytes + bytesOf(payload) > queueBytes)

  function drop(line: Line): void {
    counts.dropped++
    line.dropped++
    // The first and then each thousandth: a log that fills up is a fault of its own.
    if (line.dropped % 1000 === 1)
      log.warn('signal.dropped', { signal: line.signal, dropped: line.dropped, waiting: line.waiting.length })
  }

  async function tellAll(line: Line): Promise<void> {
    line.isBusy = true
    await endOfTurn()
    for (let payload = line.waiting.shift(); payload && !isClosed; payload = line.waiting.shift()) {
      line.waitingBytes -= bytesOf(payload)
      await tell(line, payload)
    }
    line.isBusy = false
  }

  async function tell({ signal, listener }: Line, payload: SignalPayloads[Signal]): Promise<void> {
    const over = new AbortController()
    try {
      const outcome = await Promise.race([
        Promise.resolve(listener(payload)).then(() => 'told' as const),
        clock.sleep(timeoutMs, over.signal).then(() => 'late' as const),
      ])
      if (outcome === 'told') counts.told++
      else {
        counts.failed++
        log.warn('signal.late', { signal, timeoutMs })
      }
    } catch (error) {
      counts.failed++
      log.warn('signal.failed', { signal, error: printable(String(error), { maxLength: 500 }) })
    } finally {
      over.abort()
    }
  }

  return {
    on(signal, listener) {
      lines.push({
        signal,
        listener: listener as Listener<Signal>,
        waiting: [],
        waitingBytes: 0,
        isBusy: false,
        dropped: 0,
      })
    },
    emit(signal, payload) {
      for (const line of lines) {
        if (line.signal !== signal) continue
        if (isClosed || isFull(line, payload)) drop(line)
        else {
          line.waiting.push(payload)
          line.waitingBytes += bytesOf(payload)
          if (!line.isBusy) void tellAll(line)
        }
      }
    },
    counts: () => ({ ...counts, waiting: pending() }),
    async settled(limitMs) {
      const deadlineMs = clock.monotonicMs() + limitMs
      while (pending() > 0 && clock.monotonicMs() < deadlineMs) await clock.sleep(5)
      return pending() === 0
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      for (const line of lines) while (line.waiting.shift()) drop(line)
    },
  }
}
