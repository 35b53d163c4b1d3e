/**
 * Small records beside the versions, by kind and id: what the server keeps of accounts, jobs, subscriptions and the like.
 * The typed sub-contracts over it are in `records/`; drivers know only this.
 */

export interface StoredRecord {
  readonly kind: string
  readonly id: string
  /** What it belongs to (the account of a subscription); listings go by it. */
  readonly owner?: string | undefined
  /** Plain JSON. */
  readonly body: unknown
  /** 1 when made, and one more with each change. */
  readonly revision: number
  /** RFC 3339, six digits. From then on it is not there any more, swept or not. */
  readonly expiresAt?: string | undefined
}

export interface RecordChange {
  readonly kind: string
  readonly id: string
  readonly owner?: string | undefined
  /** Undefined removes it. */
  readonly body?: unknown
  readonly expiresAt?: string | undefined
  /** Only if it has this revision (0: only if it is not there, or has expired). Undefined: whatever is there. */
  readonly revision?: number | undefined
}

export interface Records {
  get(kind: string, id: string): Promise<StoredRecord | undefined>
  /** In order of id (by UTF-8 bytes). */
  list(
    kind: string,
    filter?: {
      readonly owner?: string | undefined
      /** Exclusive. */
      readonly afterId?: string | undefined
      readonly limit?: number | undefined
    },
  ): Promise<readonly StoredRecord[]>
  /** All of the changes in one transaction; false and nothing changed when a revision did not hold. */
  write(changes: readonly RecordChange[]): Promise<boolean>
  /** Removes what has expired by now; returns how many. */
  sweep(): Promise<number>
}
