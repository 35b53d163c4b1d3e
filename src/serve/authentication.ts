import type { Secret } from '../core/secret.ts'

/**
 * Who may come in. The built-in one keeps accounts in the store; a custom one is named in the configuration file and
 * passes `authenticationSuite`.
 */

/** `modify` is `read` and `write`. */
export type Taxii1Right = 'read' | 'write' | 'modify'
export type Taxii2Right = 'read' | 'write'

/** Traffic Light Protocol, from the most to the least open. */
export const tlpLevels = ['clear', 'green', 'amber', 'amber+strict', 'red'] as const
export type TlpLevel = (typeof tlpLevels)[number]

export interface Account {
  readonly id: string
  readonly username: string
  /** May do everything, in every collection. */
  readonly isAdmin: boolean
  readonly permissions: Permissions
  /** Nothing above it is handed to this account. Undefined: no ceiling. */
  readonly tlpCeiling?: TlpLevel | undefined
  /** Free text by name. */
  readonly details?: Readonly<Record<string, string>> | undefined
  readonly createdAt?: string | undefined
  readonly isBlocked?: boolean | undefined
}

/** Rights by collection; `*` is every collection. */
export interface Permissions {
  /** By collection name. */
  readonly taxii1: Readonly<Record<string, Taxii1Right>>
  /** By collection id. */
  readonly taxii2: Readonly<Record<string, readonly Taxii2Right[]>>
}

export interface Authentication extends AsyncDisposable {
  /** A token for the pair; undefined when it is wrong. The same time and answer for an unknown user. */
  authenticate(username: string, password: Secret): Promise<Secret | undefined>
  getAccount(token: Secret): Promise<Account | undefined>
  /** The account of a right pair, without a token: for Basic. */
  verify(username: string, password: Secret): Promise<Account | undefined>
  /**
   * The same for a pair that `verify` found right a moment ago, without the cost; undefined otherwise. At most five minutes,
   * and not once the account has changed. Without it every Basic request is verified.
   */
  recall?(username: string, password: Secret): Promise<Account | undefined>
  /** @throws SERVE_ACCOUNT_EXISTS (conflict), SERVE_USERNAME_INVALID, SERVE_PASSWORD_INVALID (usage) */
  createAccount(username: string, password: Secret, more?: Partial<Omit<Account, 'id' | 'username'>>): Promise<Account>
  /** Found by username; a new password where given, which ends every token there is. @throws SERVE_ACCOUNT_UNKNOWN (not-found) */
  updateAccount(account: Account, password?: Secret): Promise<Account>
  /** In order of username. */
  getAccounts(): Promise<readonly Account[]>
  /** Whether there is any; without it `getAccounts` is asked. */
  hasAccounts?(): Promise<boolean>
  /** Returns whether there was one. */
  deleteAccount(username: string): Promise<boolean>
}

/** Who asks, as far as it is known. */
export type Principal =
  /** `isBarred`: there are accounts, so that nothing is for everybody but what is public. */
  | { readonly kind: 'anonymous'; readonly isBarred?: boolean | undefined }
  | { readonly kind: 'account'; readonly account: Account }
  /** Credentials were sent and are wrong. */
  | { readonly kind: 'refused' }
  /** Too many wrong ones: not even looked at. */
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number }
