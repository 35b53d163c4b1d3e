import type { RecordChange, Records } from '../records.ts'

/** What is remembered of the logins under one key (an account, an address, both). */
export interface AttemptCount {
  /** Wrong ones, and those under way. */
  readonly failures: number
  /** Of the last one; milliseconds since 1970. */
  readonly lastMs: number
  /** Whether one under this key was ever right. */
  readonly isKnown: boolean
}

export interface KeptAttempts extends AttemptCount {
  /** 0: nothing is remembered. */
  readonly revision: number
}

export interface AttemptChange {
  readonly key: string
  readonly count: AttemptCount
  readonly revision: number
  /** RFC 3339, six digits: forgotten from then on. */
  readonly expiresAt: string
}

export interface AttemptRecords {
  get(key: string): Promise<KeptAttempts>
  /** All or none: false when one of the revisions does not hold any more. */
  write(changes: readonly AttemptChange[]): Promise<boolean>
}

const kind = 'login-attempts'
const nothing: KeptAttempts = { failures: 0, lastMs: 0, isKnown: false, revision: 0 }

/** Counts of logins, shared by every process on this store, and there after a restart. */
export function attemptRecords(records: Records): AttemptRecords {
  return {
    async get(key) {
      const found = await records.get(kind, key)
      return found ? { ...(found.body as AttemptCount), revision: found.revision } : nothing
    },
    write: (changes) =>
      records.write(
        changes.map(({ key, count, revision, expiresAt }): RecordChange => {
          const isForgotten = count.failures === 0 && !count.isKnown
          return { kind, id: key, ...(isForgotten ? {} : { body: count, expiresAt }), revision }
        }),
      ),
  }
}
