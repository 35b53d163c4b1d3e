import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../../core/ports.ts'
import { Secret } from '../../core/secret.ts'

const maxAgeMs = 300_000
const maxPairs = 4096

/**
 * Pairs of user name and password that were right a moment ago, so that Basic does not cost a slow hash with each request:
 * as a keyed digest, for at most five minutes, and only for the account as it was then.
 */
export interface VerifiedPairs {
  /** `state` is another one after every change to the account. */
  remember(username: string, password: Secret, state: string): void
  /** The state of the account for which the pair was right. */
  recall(username: string, password: Secret): string | undefined
}

export function verifiedPairs(clock: Clock): VerifiedPairs {
  const key = randomBytes(32)
  const pairs = new Map<string, { readonly state: string; readonly untilMs: number }>()
  const digestOf = (username: string, password: Secret): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([username, Secret.open(password)]))
      .digest('base64')
  return {
    remember(username, password, state) {
      const digest = digestOf(username, password)
      pairs.delete(digest)
      if (pairs.size >= maxPairs) pairs.delete(pairs.keys().next().value ?? '')
      pairs.set(digest, { state, untilMs: clock.monotonicMs() + maxAgeMs })
    },
    recall(username, password) {
      const digest = digestOf(username, password)
      const found = pairs.get(digest)
      if (found === undefined) return undefined
      if (found.untilMs > clock.monotonicMs()) return found.state
      pairs.delete(digest)
      return undefined
    },
  }
}
