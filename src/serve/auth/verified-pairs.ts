import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../../core/ports.ts'
import { Secret } from '../../core/secret.ts'

const maxAgeMs = 300_000
const maxPairs = 4096

/**
 * Pairs of user name and password that were right a moment ago, so that Basic does not cost a slow hash with each request:
 * as a keyed digest, for at most five minutes, and only for one revision of the account.
 */
export interface VerifiedPairs {
  remember(username: string, password: Secret, revision: number): void
  /** The revision of the account for which the pair was right. */
  recall(username: string, password: Secret): number | undefined
}

export function verifiedPairs(clock: Clock): VerifiedPairs {
  const key = randomBytes(32)
  const pairs = new Map<string, { readonly revision: number; readonly untilMs: number }>()
  const digestOf = (username: string, password: Secret): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([username, Secret.open(password)]))
      .digest('base64')
  return {
    remember(username, password, revision) {
      const digest = digestOf(username, password)
      pairs.delete(digest)
      if (pairs.size >= maxPairs) pairs.delete(pairs.keys().next().value ?? '')
      pairs.set(digest, { revision, untilMs: clock.monotonicMs() + maxAgeMs })
    },
    recall(username, password) {
      const digest = digestOf(username, password)
      const found = pairs.get(digest)
      if (found === undefined) return undefined
      if (found.untilMs > clock.monotonicMs()) return found.revision
      pairs.delete(digest)
      return undefined
    },
  }
}
