import { jsonResponse } from './loopback-server.ts'
import type { SimulatedHandler } from './loopback-server.ts'

/** Answers 429 with `Retry-After` to whoever asks more often than allowed; for `onRequest`. One count for all clients. */
export function rateLimited(
  allowed: { readonly requests: number; readonly perMs: number },
  now: () => Date = () => new Date(),
): SimulatedHandler {
  let times: number[] = []
  return () => {
    const present = now().getTime()
    times = times.filter((time) => time > present - allowed.perMs)
    const oldest = times[0]
    if (oldest !== undefined && times.length >= allowed.requests) {
      const seconds = Math.ceil((oldest + allowed.perMs - present) / 1000)
      return jsonResponse(429, 'application/json', { title: 'Too Many Requests' }, { 'retry-after': String(seconds) })
    }
    times.push(present)
    return undefined
  }
}
