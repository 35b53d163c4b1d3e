import { homedir } from 'node:os'
import { cancelled } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import type { Host, StopSignal } from './host.ts'

/** The real clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        reject((signal?.reason as Error | undefined) ?? cancelled())
      }
      if (signal?.aborted) return void reject((signal.reason as Error | undefined) ?? cancelled())
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      signal?.addEventListener('abort', stop, { once: true })
    }),
}

const stopSignals: readonly StopSignal[] = ['SIGHUP', 'SIGINT', 'SIGTERM']

/** The process we are. */
export function processHost(): Host {
  // A reader of standard error that has gone takes nothing with it.
  process.stderr.on('error', () => undefined)
  return {
    environment: process.env,
    // A getter: touching process.stdin opens it, and most commands never read it.
    get stdin() {
      return process.stdin
    },
    stdout: process.stdout,
    stderr: process.stderr,
    clock: systemClock,
    workingDirectory: process.cwd(),
    platform: process.platform,
    homeDirectory: homedir,
    random: Math.random,
    onStop(listener) {
      for (const signal of stopSignals) process.on(signal, listener)
      return () => {
        for (const signal of stopSignals) process.off(signal, listener)
      }
    },
    exitNow: (status) => process.exit(status),
  }
}
