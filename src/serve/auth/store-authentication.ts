import { randomUUID } from 'node:crypto'
import { StixTaxiiError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports.ts'
import { printable } from '../../core/printable.ts'
import { timestampOfDate } from '../../core/timestamp.ts'
import type { Secret } from '../../core/secret.ts'
import type { Records } from '../../store/records.ts'
import { accountRecords, type KeptAccount, type StoredAccount } from '../../store/records/accounts.ts'
import type { Account, Authentication } from '../authentication.ts'
import { accountName, checkPassword, isPossiblePair } from './account-name.ts'
import { costOf, defaultHashCost, dummyHash, hashPassword, isPassword, type HashCost } from './password-hash.ts'
import { openTokens } from './tokens.ts'
import { createTurnstile } from './turnstile.ts'
import { verifiedPairs } from './verified-pairs.ts'

export interface StoreAuthenticationOptions {
  readonly store: { readonly records: Records }
  readonly clock: Clock
  /** How long a token lasts, in seconds. Default 3,600. */
  readonly tokenTtlSeconds?: number | undefined
  readonly hashCost?: HashCost | undefined
  /** Slow hashes at a time; each takes its memory. Default 2. */
  readonly maxHashes?: number | undefined
  /** Logins that wait for their turn; what comes beyond is SERVE_LOGINS_BUSY. Default 64. */
  readonly maxWaiting?: number | undefined
}

/**
 * Accounts kept in the store, passwords as slow salted hashes, tokens that end with the password or the account. Every
 * process on the store sees a change at once: nothing is remembered beyond the revision of an account.
 *
 * `authenticate` and `verify` throw SERVE_LOGINS_BUSY (network, with `retryAfterMs`) when too many wait.
 */
export function openStoreAuthentication(options: StoreAuthenticationOptions): Authentication {
  const { store, clock, tokenTtlSeconds = 3600, hashCost = defaultHashCost, maxHashes = 2, maxWaiting = 64 } = options
  const accounts = accountRecords(store.records)
  const tokens = openTokens(store.records, { clock, ttlSeconds: tokenTtlSeconds })
  const pairs = verifiedPairs(clock)
  const turnstile = createTurnstile({ width: maxHashes, maxWaiting })
  const nobodys = dummyHash(hashCost)

  async function slowly<T>(work: () => Promise<T>): Promise<T> {
    const done = await turnstile.pass(async () => ({ value: await work() }))
    if (done) return done.value
    throw new StixTaxiiError('SERVE_LOGINS_BUSY', `${maxWaiting} logins are waiting`, {
      kind: 'network',
      hint: 'Try again in a few seconds.',
      retryAfterMs: 5000,
    })
  }

  /** Looks at a hash also where there is no account: it must take as long. */
  async function rightful(username: string, password: Secret): Promise<KeptAccount | undefined> {
    if (!isPossiblePair(username, password)) return undefined
    const kept = await accounts.get(username.normalize('NFC'))
    const isRight = await slowly(() => isPassword(password, kept?.passwordHash ?? nobodys))
    if (!kept || !isRight || kept.isBlocked) return undefined
    // It may have been changed, or taken away, while we were looking.
    const still = await accounts.get(kept.username)
    if (still?.passwordId !== kept.passwordId || still.isBlocked) return undefined
    return (await withCurrentCost(still, password)) ?? still
  }

  async function withCurrentCost(kept: KeptAccount, password: Secret): Promise<KeptAccount | undefined> {
    const cost = costOf(kept.passwordHash)
    if (cost?.logN === hashCost.logN && cost.r === hashCost.r && cost.p === hashCost.p) return undefined
    const passwordHash = await slowly(() => hashPassword(password, hashCost))
    const still = await accounts.get(kept.username)
    if (!still || stateOf(still) !== stateOf(kept)) return undefined
    return accounts.replace({ ...plain(still), passwordHash }, still.revision)
  }

  return {
    async authenticate(username, password) {
      const kept = await rightful(username, password)
      if (!kept) return undefined
      return tokens.issue({ accountId: kept.id, username: kept.username, passwordId: kept.passwordId })
    },

    async getAccount(token) {
      const claims = await tokens.read(token)
      const kept = claims && (await accounts.get(claims.username))
      if (!kept || kept.id !== claims.accountId || kept.passwordId !== claims.passwordId) return undefined
      return kept.isBlocked ? undefined : accountOf(kept)
    },

    async verify(username, password) {
      const kept = await rightful(username, password)
      if (!kept) return undefined
      pairs.remember(kept.username, password, stateOf(kept))
      return accountOf(kept)
    },

    async recall(username, password) {
      const name = username.normalize('NFC')
      const state = pairs.recall(name, password)
      const kept = state === undefined ? undefined : await accounts.get(name)
      return kept && stateOf(kept) === state && !kept.isBlocked ? accountOf(kept) : undefined
    },

    async createAccount(username, password, more = {}) {
      const name = accountName(username)
      checkPassword(password)
      const passwordHash = await slowly(() => hashPassword(password, hashCost))
      const createdAt = timestampOfDate(clock.now())
      const ids = { id: randomUUID(), passwordId: randomUUID() }
      const made = await accounts.create({ ...settingsOf(more), ...ids, username: name, createdAt, passwordHash })
      if (made) return accountOf(made)
      throw new StixTaxiiError('SERVE_ACCOUNT_EXISTS', `There is an account "${printable(name)}" already`, {
        kind: 'conflict',
        hint: `Change it with: stixtaxii server account edit ${printable(name)}`,
        context: { username: name },
      })
    },

    async updateAccount(account, password) {
      if (password) checkPassword(password)
      const name = account.username.normalize('NFC')
      const renewed = password && {
        passwordHash: await slowly(() => hashPassword(password, hashCost)),
        passwordId: randomUUID(),
      }
      for (;;) {
        const kept = await accounts.get(name)
        if (!kept) throw accountUnknown(name)
        const changed = await accounts.replace({ ...plain(kept), ...settingsOf(account), ...renewed }, kept.revision)
        if (changed) return accountOf(changed)
      }
    },

    async getAccounts() {
      return (await accounts.list()).map(accountOf)
    },

    hasAccounts: () => accounts.exist(),

    deleteAccount: (username) => accounts.remove(username.normalize('NFC')),

    async [Symbol.asyncDispose]() {
      // The store is its owner's.
    },
  }
}

/** @throws nothing; the error of a name that nobody has. */
export function accountUnknown(username: string): StixTaxiiError {
  return new StixTaxiiError(
    'SERVE_ACCOUNT_UNKNOWN',
    `There is no account "${printable(username, { maxLength: 80 })}"`,
    {
      kind: 'not-found',
      hint: 'List them with: stixtaxii server account list',
      context: { username },
    },
  )
}

function settingsOf(
  account: Partial<Omit<Account, 'id' | 'username'>>,
): Omit<StoredAccount, 'id' | 'username' | 'createdAt' | 'passwordHash' | 'passwordId'> {
  return {
    isAdmin: account.isAdmin ?? false,
    isBlocked: account.isBlocked ?? false,
    taxii1: account.permissions?.taxii1 ?? {},
    taxii2: account.permissions?.taxii2 ?? {},
    tlpCeiling: account.tlpCeiling,
    details: account.details,
  }
}

/** Revisions of a name begin anew when an account is made again; passwords never have the id of another. */
function stateOf({ passwordId, revision }: KeptAccount): string {
  return `${passwordId} ${revision}`
}

function plain({ revision: _, ...account }: KeptAccount): StoredAccount {
  return account
}

function accountOf(kept: KeptAccount): Account {
  const { id, username, isAdmin, isBlocked, taxii1, taxii2, tlpCeiling, details, createdAt } = kept
  return {
    id,
    username,
    isAdmin,
    isBlocked,
    permissions: { taxii1, taxii2 },
    ...(tlpCeiling && { tlpCeiling }),
    ...(details && { details }),
    createdAt,
  }
}
