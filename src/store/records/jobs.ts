import { toEpochMicroseconds, fromEpochMicroseconds } from '../../core/timestamp.ts'
import type { RecordChange, Records } from '../records.ts'

/** What became of one POST of objects. */
export interface StoredJob {
  /** UUID version 4. */
  readonly id: string
  readonly apiRootId: string
  readonly status: 'pending' | 'complete'
  /** RFC 3339, six digits. */
  readonly requestedAt: string
  readonly completedAt?: string | undefined
  readonly details: readonly {
    readonly stixId: string
    readonly version?: string | undefined
    readonly message?: string | undefined
    readonly status: 'success' | 'failure' | 'pending'
    readonly wasThere?: boolean | undefined
  }[]
  /** Id of the account that posted. */
  readonly account?: string | undefined
}

export interface JobRecords {
  /** Undefined once it was kept for 24 hours after completion. */
  get(id: string): Promise<StoredJob | undefined>
}

const kind = 'job'
const keptMicros = 24n * 3_600_000_000n

export function jobRecords(records: Records): JobRecords {
  return { get: async (id) => (await records.get(kind, id))?.body as StoredJob | undefined }
}

/** The job as a change, for the transaction that stores what it counts. @see TAXII 2.1, 4.3 (24 hours) */
export function jobChange(job: StoredJob): RecordChange {
  const completed = job.completedAt === undefined ? undefined : toEpochMicroseconds(job.completedAt)
  const expiresAt = completed === undefined ? undefined : fromEpochMicroseconds(completed + keptMicros)
  return { kind, id: job.id, owner: job.apiRootId, body: job, revision: 0, ...(expiresAt && { expiresAt }) }
}
