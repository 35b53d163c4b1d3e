import type { Job, JobDetail } from '../taxii2-persistence.ts'
import { unseen } from './access.ts'
import { answerJson, type Visit } from './answers.ts'
import { versionStamp } from './containers.ts'
import type { Taxii2Version } from './media-type.ts'

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/**
 * What became of a POST: for the account that posted and for administrators; what was posted without an account is for
 * whoever knows the id.
 * @see TAXII 2.1, 4.3; TAXII 2.0, 4.3
 */
export async function getStatus(visit: Visit): Promise<Response> {
  const { c, parts, version } = visit
  const id = c.req.param('job') ?? ''
  const job = uuid4.test(id) ? await parts.taxii2.getJob(c.req.param('apiRoot') ?? '', id.toLowerCase()) : undefined
  if (!job || !isTheirs(visit, job)) throw unseen(visit)
  return answerJson(visit, statusResource(job, version))
}

function isTheirs({ c }: Visit, { account }: Job): boolean {
  if (account === undefined) return true
  const principal = c.get('principal')
  return principal.kind === 'account' && (principal.account.isAdmin || principal.account.id === account)
}

/** @see TAXII 2.1, 4.3.1; TAXII 2.0, 4.3.1 (successes and pendings are ids) */
export function statusResource(job: Job, version: Taxii2Version): object {
  const of = (status: JobDetail['status']) => job.details.filter((detail) => detail.status === status)
  const [successes, failures, pendings] = [of('success'), of('failure'), of('pending')]
  const listed = (name: string, details: readonly JobDetail[]) =>
    details.length > 0 && { [name]: details.map((detail) => detailResource(detail, job, version)) }
  return {
    id: job.id,
    status: job.status,
    request_timestamp: job.requestedAt,
    total_count: job.details.length,
    success_count: successes.length,
    ...listed('successes', successes),
    failure_count: failures.length,
    ...listed('failures', failures),
    pending_count: pendings.length,
    ...listed('pendings', pendings),
  }
}

// What has no id or version of its own is told all the same: both are required. TAXII 2.1, 4.3.1 (status-details)
function detailResource({ stixId, version, message, status }: JobDetail, job: Job, taxii: Taxii2Version) {
  const id = stixId === '' ? 'unknown' : stixId
  const told = message === undefined ? {} : { message }
  if (taxii === '2.0') return status === 'failure' ? { id, ...told } : id
  return { id, version: versionStamp(version ?? '', job.requestedAt), ...told }
}
