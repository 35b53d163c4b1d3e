import type { Clock } from '../../src/core/ports.ts'

/** Time that moves only when told, or when someone sleeps. */
export interface FakeClock extends Clock {
  /** Lets this much time pass and wakes who slept until then, in order. */
  advance(ms: number): Promise<void>
  /** What was asked of `sleep`, in milliseconds. */
  readonly slept: readonly number[]
}

/**
 * A clock at `start`. With `autoAdvance` (the default) a sleep passes at once and moves the time by what was asked;
 * without, it lasts until `advance`.
 */
export function fakeClock(options: { start?: string; autoAdvance?: boolean } = {}): FakeClock {
  const { start = '2026-01-02T03:04:05.000Z', autoAdvance = true } = options
  const startMs = Date.parse(start)
  const slept: number[] = []
  let passedMs = 0
  let sleepers: { readonly atMs: number; readonly wake: () => void }[] = []
  return {
    slept,
    now: () => new Date(startMs + passedMs),
    monotonicMs: () => passedMs,
    async sleep(ms, signal) {
      slept.push(ms)
      signal?.throwIfAborted()
      if (autoAdvance) {
        passedMs += ms
        return
      }
      await new Promise<void>((resolve, reject) => {
        sleepers.push({ atMs: passedMs + ms, wake: resolve })
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
    },
    async advance(ms) {
      const untilMs = passedMs + ms
      for (;;) {
        const due = sleepers.filter((sleeper) => sleeper.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (due === undefined) break
        sleepers = sleepers.filter((sleeper) => sleeper !== due)
        passedMs = Math.max(passedMs, due.atMs)
        due.wake()
        // Whoever woke may sleep again within the same span.
        await new Promise((resolve) => setImmediate(resolve))
      }
      passedMs = untilMs
    },
  }
}
