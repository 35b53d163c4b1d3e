import { StixTaxiiError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import type { Account, Authentication, Principal } from '../authentication.ts'
import type { ServerLog } from '../server-log.ts'
import type { Attempt, AttemptLimits } from './attempt-limits.ts'
import { parseAuthorization } from './authorization-header.ts'
import { countRepetitions } from './repetitions.ts'
import { createTurnstile, type Turnstile } from './turnstile.ts'

/** What is known of a request before it is known who asks. */
export interface RequestFacts {
  /** The `Authorization` header as it came. */
  readonly authorization: string | undefined
  /** Without port; behind a proxy that is trusted, the one that it names. */
  readonly clientAddress: string
  readonly requestId: string
}

export type LoginOutcome =
  | { readonly kind: 'token'; readonly token: Secret }
  | { readonly kind: 'refused' }
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number }

/** Finds out who asks, within the limits on wrong attempts; the one way in, whatever keeps the accounts. */
export interface Doorkeeper {
  /** Never throws for what a request holds. */
  principalOf(facts: RequestFacts): Promise<Principal>
  /** A user name and a password for a token. */
  logIn(username: string, password: Secret, facts: Omit<RequestFacts, 'authorization'>): Promise<LoginOutcome>
}

export interface DoorkeeperParts {
  readonly authentication: Authentication
  readonly limits: AttemptLimits
  readonly log: ServerLog
  readonly schemes: { readonly basic: boolean; readonly bearer: boolean }
}

interface Told {
  readonly outcome: 'success' | 'refused' | 'limited'
  readonly scheme: 'basic' | 'bearer' | 'token' | 'unknown'
  readonly account?: string | undefined
}

type Looked<T> = { readonly found: T } | { readonly waitMs: number }

/** More at once for one account from one address than any client opens connections. */
const maxAtOnce = 64

export function createDoorkeeper({ authentication, limits, log, schemes }: DoorkeeperParts): Doorkeeper {
  const turnstiles = new Map<string, Turnstile>()
  const repetitions = countRepetitions()

  /** One at a time for each account and address: many at once are one guess after the other, or one login and what it knows. */
  async function inTurn<T>({ username, address }: Attempt, work: () => Promise<Looked<T>>): Promise<Looked<T>> {
    const key = JSON.stringify([username, address])
    const turnstile = turnstiles.get(key) ?? createTurnstile({ width: 1, maxWaiting: maxAtOnce })
    turnstiles.set(key, turnstile)
    const looked = await turnstile.pass(async () => {
      try {
        return await work()
      } finally {
        if (turnstile.waiting === 0) turnstiles.delete(key)
      }
    })
    return looked ?? { waitMs: 1000 }
  }

  /** `ask` answers undefined for what is wrong. */
  async function attempt<T>(who: Attempt, ask: () => Promise<T | undefined>): Promise<Looked<T | undefined>> {
    const waitMs = await limits.begin(who)
    if (waitMs > 0) return { waitMs }
    let found: T | undefined
    try {
      found = await ask()
    } catch (error) {
      await limits.takeBack(who)
      if (error instanceof StixTaxiiError && error.code === 'SERVE_LOGINS_BUSY') {
        return { waitMs: error.retryAfterMs ?? 1000 }
      }
      throw error
    }
    if (found !== undefined) await limits.succeed(who)
    return { found }
  }

  async function accountOfPair(who: Attempt, password: Secret): Promise<Looked<Account | undefined>> {
    // Before what is remembered is asked: it would tell a guesser who is held up that this one was right.
    const { waitMs, hasFailed } = await limits.look(who)
    if (waitMs > 0) return { waitMs }
    const recalled = await authentication.recall?.(who.username, password)
    if (recalled && hasFailed) await limits.succeed(who)
    if (recalled) return { found: recalled }
    return inTurn(who, async () => {
      const meanwhile = await authentication.recall?.(who.username, password)
      return meanwhile ? { found: meanwhile } : attempt(who, () => authentication.verify(who.username, password))
    })
  }

  function tell(told: Told, { clientAddress, requestId }: Omit<RequestFacts, 'authorization'>): void {
    const { outcome, scheme } = told
    // What is held up, and tokens, are not limited in number.
    const isCheap = outcome === 'limited' || (outcome === 'refused' && (scheme === 'bearer' || scheme === 'unknown'))
    const times = isCheap ? repetitions.tell(`${outcome} ${scheme} ${clientAddress}`) : 1
    if (times === undefined) return
    log.audit('login', { ...told, client: clientAddress, requestId, times: times > 1 ? times : undefined })
  }

  async function hasAccounts(): Promise<boolean> {
    return authentication.hasAccounts ? authentication.hasAccounts() : (await authentication.getAccounts()).length > 0
  }

  return {
    async principalOf(facts) {
      if (facts.authorization === undefined) return { kind: 'anonymous', isBarred: await hasAccounts() }
      const credentials = parseAuthorization(facts.authorization)
      if (!credentials || !schemes[credentials.scheme]) {
        tell({ outcome: 'refused', scheme: credentials?.scheme ?? 'unknown' }, facts)
        return { kind: 'refused' }
      }
      if (credentials.scheme === 'bearer') {
        // Not counted: no number of guesses finds a signature, and a client with an old token is no guesser.
        const account = await authentication.getAccount(credentials.token)
        if (account) return { kind: 'account', account }
        tell({ outcome: 'refused', scheme: 'bearer' }, facts)
        return { kind: 'refused' }
      }
      const { username, password } = credentials
      const looked = await accountOfPair({ username, address: facts.clientAddress }, password)
      if ('found' in looked && looked.found) return { kind: 'account', account: looked.found }
      tell({ outcome: 'waitMs' in looked ? 'limited' : 'refused', scheme: 'basic', account: username }, facts)
      return 'waitMs' in looked ? limited(looked.waitMs) : { kind: 'refused' }
    },

    async logIn(username, password, facts) {
      const who = { username, address: facts.clientAddress }
      const looked = await inTurn(who, () => attempt(who, () => authentication.authenticate(username, password)))
      if ('waitMs' in looked) {
        tell({ outcome: 'limited', scheme: 'token', account: username }, facts)
        return limited(looked.waitMs)
      }
      tell({ outcome: looked.found ? 'success' : 'refused', scheme: 'token', account: username }, facts)
      return looked.found ? { kind: 'token', token: looked.found } : { kind: 'refused' }
    },
  }
}

function limited(waitMs: number): { readonly kind: 'limited'; readonly retryAfterSeconds: number } {
  return { kind: 'limited', retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) }
}
