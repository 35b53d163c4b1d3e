import type { Job, JobDetail } from '../taxii/client.ts'

/** A job as commands write it. */
export function jobRecord(job: Job): Record<string, unknown> {
  return {
    id: job.id,
    status: job.status,
    requestTimestamp: job.requestTimestamp ?? null,
    totalCount: job.totalCount,
    successCount: job.successCount,
    failureCount: job.failureCount,
    pendingCount: job.pendingCount,
    successes: job.successes.map(detailRecord),
    failures: job.failures.map(detailRecord),
    pendings: job.pendings.map(detailRecord),
  }
}

function detailRecord({ id, version, message }: JobDetail): Record<string, unknown> {
  return { id, version: version ?? null, message: message ?? null }
}

export const jobShape = {
  columns: [
    { field: 'id', head: 'Job', long: 'whole' },
    { field: 'status', head: 'Status' },
    { field: 'totalCount', head: 'Objects', align: 'right' },
    { field: 'successCount', head: 'Taken', align: 'right' },
    { field: 'failureCount', head: 'Refused', align: 'right' },
    { field: 'pendingCount', head: 'Pending', align: 'right' },
  ],
  name: 'id',
} as const
