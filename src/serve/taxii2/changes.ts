import type { Account } from '../authentication.ts'
import { readBody } from '../read-body.ts'
import type { PageKey, Taxii2Collection } from '../taxii2-persistence.ts'
import { reachToDelete, reachToWrite } from './access.ts'
import { answerBytes, answerJson, type Visit } from './answers.ts'
import { permissionIn } from './ceiling.ts'
import { readDeletion } from './filters.ts'
import { statusResource } from './jobs.ts'
import { versionOfContent } from './media-type.ts'
import { readPosted } from './posted.ts'
import { contentTypeUnknown, notFound } from './refusals.ts'

/** @see TAXII 2.1, 5.5; TAXII 2.0, 5.4 */
export async function addObjects(visit: Visit): Promise<Response> {
  const { c, parts, version } = visit
  const collection = await reachToWrite(visit)
  const contentType = c.req.header('content-type')
  const format = versionOfContent(contentType)
  if (format === undefined || !(parts.settings.taxii2.versions ?? ['2.0', '2.1']).includes(format))
    throw contentTypeUnknown(contentType)
  const body = await readBody(c, parts.settings.taxii2.maxContentLength)
  const objects = await readPosted(body, format, parts.settings.taxii2.allowCustomProperties)
  const account = accountOf(visit)
  const url = `${c.get('baseUrl')}${c.req.path}`
  const job = await parts.taxii2.addObjects(collection.apiRootId, collection, objects, {
    url,
    account: account?.id,
  })
  // What is sent again succeeds, and is nothing new to tell.
  const stored = job.details.filter(({ status, wasThere }) => status === 'success' && wasThere !== true)
  audit(visit, 'taxii2-added', collection, { job: job.id, received: job.details.length, stored: stored.length })
  if (stored.length > 0)
    parts.signals.emit('OBJECTS_ADDED', { collection, ids: stored.map(({ stixId }) => stixId), account })
  if (job.status === 'complete') parts.signals.emit('JOB_FINISHED', { job, collection })
  return answerJson(visit, statusResource(job, version), { status: 202 })
}

/** @see TAXII 2.1, 5.7 */
export async function deleteObject(visit: Visit): Promise<Response> {
  const { c, parts } = visit
  const collection = await reachToDelete(visit)
  const id = c.req.param('object') ?? ''
  const filter = readDeletion(c)
  if (!(await isSeen(visit, collection, id))) throw notFound()
  const versions = filter.specVersions?.length === 0 ? 0 : await parts.taxii2.deleteObject(collection, id, filter)
  if (versions === 0) throw notFound()
  audit(visit, 'taxii2-deleted', collection, { object: id, versions })
  parts.signals.emit('OBJECT_DELETED', { collection, id, versions, account: accountOf(visit) })
  return answerBytes(visit, Buffer.alloc(0))
}

/** What is above the account's ceiling is not there for it, and so it cannot be deleted: not one of its versions. */
async function isSeen(visit: Visit, collection: Taxii2Collection, object: string): Promise<boolean> {
  const permits = permissionIn(visit, collection)
  if (!permits) return true
  const all = { limit: 1000, versions: ['all'], specVersions: ['2.0', '2.1'] as const }
  for (let next: PageKey | undefined; ;) {
    const page = await visit.parts.taxii2.getObject(collection, object, { ...all, next })
    if (!page || (await permits(page.entries)).includes(false)) return false
    if (!page.more) return true
    next = page.next
  }
}

function accountOf({ c }: Visit): Account | undefined {
  const principal = c.get('principal')
  return principal.kind === 'account' ? principal.account : undefined
}

function audit(
  visit: Visit,
  event: string,
  { apiRootId, id }: Taxii2Collection,
  fields: Readonly<Record<string, string | number>>,
): void {
  const { c, parts } = visit
  parts.log.audit(event, {
    client: c.get('clientAddress'),
    account: accountOf(visit)?.username,
    requestId: c.get('requestId'),
    outcome: 'success',
    apiRoot: apiRootId,
    collection: id,
    ...fields,
  })
}
