import { createHmac, randomBytes } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import type { Clock } from '../../core/ports.ts'
import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import type { Records } from '../../store/records.ts'
import { attemptRecords, type AttemptChange, type AttemptCount } from '../../store/records/attempts.ts'
import { serverSecret } from '../../store/records/server-secrets.ts'

/** Who tries to come in, and from where. */
export interface Attempt {
  readonly username: string
  /** Without port. */
  readonly address: string
}

export interface AttemptLimits {
  /**
   * How many milliseconds this attempt has to wait (0: none), and whether this account got anything wrong from this address.
   */
  look(attempt: Attempt): Promise<{ readonly waitMs: number; readonly hasFailed: boolean }>
  /**
   * Counts an attempt before it is looked at, so that many at once are not free; answers how long it has to wait, and then
   * nothing was counted.
   */
  begin(attempt: Attempt): Promise<number>
  /** It was right: what this account has got wrong from this address is taken back. */
  succeed(attempt: Attempt): Promise<void>
  /** It was neither: it was not looked at. */
  takeBack(attempt: Attempt): Promise<void>
}

interface Limit {
  /** Wrong ones that cost no time. */
  readonly free: number
  /** The first wait; each further wrong one doubles it. */
  readonly firstMs: number
  readonly longestMs: number
  /** After so long without a wrong one all is forgotten. */
  readonly forgottenAfterMs: number
  /** Keys there are at most; those that fall together share a count. */
  readonly keys: number
}

const hour = 3_600_000

/**
 * Of an account from one address, of an address whatever the account, and of an account wherever from. The last one is mild:
 * it is the one that others could hold against an account. @see E6
 */
const limits = {
  pair: { free: 5, firstMs: 1000, longestMs: hour / 4, forgottenAfterMs: 24 * hour, keys: 65_536 },
  address: { free: 20, firstMs: 1000, longestMs: hour / 4, forgottenAfterMs: 24 * hour, keys: 16_384 },
  account: { free: 50, firstMs: 1000, longestMs: 60_000, forgottenAfterMs: hour, keys: 16_384 },
} as const satisfies Readonly<Record<string, Limit>>

type Scope = keyof typeof limits
const scopes = ['pair', 'address', 'account'] as const

/** How long an account that came in from an address is not held up by what others do. */
const knownForMs = 30 * 24 * hour

/**
 * Limits on wrong logins, counted in the store: they outlive a restart, and hold over all processes on it. An account that
 * came in from an address before is held up there by its own mistakes only, so that nobody can lock it out from elsewhere.
 * The keys are keyed digests: bounded in number, and not to be aimed at.
 */
export function openAttemptLimits({ records, clock }: { records: Records; clock: Clock }): AttemptLimits {
  const attempts = attemptRecords(records)
  let secret: Promise<Buffer> | undefined

  async function keysOf({ username, address }: Attempt): Promise<Readonly<Record<Scope, string>>> {
    const key = await (secret ??= serverSecret(records, 'login-attempts', () => randomBytes(32)).catch(
      (error: unknown) => {
        secret = undefined
        throw error
      },
    ))
    const from = networkOf(address)
    const account = username.normalize('NFC')
    const keyOf = (scope: Scope, ...parts: readonly string[]): string => {
      const digest = createHmac('sha256', key)
        .update(JSON.stringify([scope, ...parts]))
        .digest()
      return `${scope}-${digest.readUInt32BE(0) % limits[scope].keys}`
    }
    return { pair: keyOf('pair', account, from), address: keyOf('address', from), account: keyOf('account', account) }
  }

  const now = (): number => clock.now().getTime()

  async function read(attempt: Attempt) {
    const keys = await keysOf(attempt)
    const pair = await attempts.get(keys.pair)
    const [address, account] = await Promise.all([attempts.get(keys.address), attempts.get(keys.account)])
    const counts = { pair, address, account }
    const held = pair.isKnown ? (['pair'] as const) : scopes
    const waitMs = Math.max(...held.map((scope) => waitOf(counts[scope], limits[scope], now())))
    return { keys, counts, waitMs }
  }

  /** Until it is written over what was read: other processes count too. */
  async function change(
    attempt: Attempt,
    next: (scope: Scope, count: AttemptCount, pair: AttemptCount) => AttemptCount,
    mayGoOn: (waitMs: number) => boolean = () => true,
  ): Promise<number> {
    for (;;) {
      const { keys, counts, waitMs } = await read(attempt)
      if (!mayGoOn(waitMs)) return waitMs
      const changes = scopes.flatMap((scope): AttemptChange[] => {
        const { revision, ...before } = counts[scope]
        const count = next(scope, fresh(before, limits[scope], now()), fresh(counts.pair, limits.pair, now()))
        const isSame = count.failures === before.failures && count.isKnown === before.isKnown
        return isSame ? [] : [{ key: keys[scope], count, revision, expiresAt: expiryOf(count, limits[scope], now()) }]
      })
      if (changes.length === 0 || (await attempts.write(changes))) return 0
    }
  }

  return {
    async look(attempt) {
      const keys = await keysOf(attempt)
      const pair = await attempts.get(keys.pair)
      const hasFailed = pair.failures > 0
      // The usual one: nothing else has to be read.
      if (pair.isKnown) return { waitMs: waitOf(pair, limits.pair, now()), hasFailed }
      return { waitMs: (await read(attempt)).waitMs, hasFailed }
    },
    begin: (attempt) =>
      change(
        attempt,
        (_, count) => ({ ...count, failures: count.failures + 1, lastMs: now() }),
        (waitMs) => waitMs === 0,
      ),
    async succeed(attempt) {
      await change(attempt, (scope, count, pair) =>
        scope === 'pair'
          ? { failures: 0, lastMs: now(), isKnown: true }
          : { ...count, failures: Math.max(0, count.failures - pair.failures) },
      )
    },
    async takeBack(attempt) {
      await change(attempt, (_, count) => ({ ...count, failures: Math.max(0, count.failures - 1) }))
    },
  }
}

function waitOf(count: AttemptCount, limit: Limit, now: number): number {
  const { failures, lastMs } = fresh(count, limit, now)
  if (failures < limit.free) return 0
  const whole = Math.min(limit.longestMs, limit.firstMs * 2 ** Math.min(30, failures - limit.free))
  // A clock that was set back must not keep anybody out for longer than the longest wait.
  return Math.max(0, Math.min(whole, lastMs + whole - now))
}

function fresh(count: AttemptCount, limit: Limit, now: number): AttemptCount {
  const { failures, lastMs, isKnown } = count
  return { failures: now - lastMs > limit.forgottenAfterMs ? 0 : failures, lastMs, isKnown }
}

function expiryOf(count: AttemptCount, limit: Limit, now: number): string {
  const keptMs = count.isKnown ? Math.max(knownForMs, limit.forgottenAfterMs) : limit.forgottenAfterMs
  return fromEpochMicroseconds(BigInt(now + keptMs) * 1000n)
}

/** An IPv6 customer has a whole /64 to come from. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return (parsed as ipaddr.IPv6).parts.slice(0, 4).join(':')
}
