import { z } from 'zod'
import type { Job, JobDetail, ManifestEntry } from '../client.ts'

/**
 * The JSON resources of TAXII 2.0 and 2.1. Read tolerantly: a property of the wrong type is taken as absent unless
 * nothing works without it, a missing list is an empty one, unknown properties are kept.
 */

const text = z.string().optional().catch(undefined)
const texts = z.array(z.string()).catch([])
const count = z.coerce.number().int().nonnegative().catch(0)

/** TAXII 2.1, 4.1.1; 2.0, 4.1 */
export const discoveryResource = z.looseObject({
  title: text,
  description: text,
  contact: text,
  default: text,
  api_roots: texts,
})

/** TAXII 2.1, 4.2.1; 2.0, 4.2 */
export const apiRootResource = z.looseObject({
  title: text,
  description: text,
  versions: z.array(z.string()).optional().catch(undefined),
  max_content_length: z.number().int().positive().optional().catch(undefined),
})

/** TAXII 2.1, 5.2.1; 2.0, 5.2. A collection without `can_read` is taken as readable: some servers leave it out. */
export const collectionResource = z.looseObject({
  id: z.coerce.string().min(1),
  title: text,
  alias: text,
  description: text,
  can_read: z.boolean().catch(true),
  can_write: z.boolean().catch(false),
  media_types: z
    .union([texts, z.string().transform((one) => [one])])
    .optional()
    .catch(undefined),
})

export const collectionsResource = z.looseObject({
  collections: z.array(z.unknown()).nullish().catch(undefined),
})

const manifestEntry = z.looseObject({
  id: z.string().min(1),
  date_added: z.string(),
  /** 2.1 */
  version: z.string().optional().catch(undefined),
  media_type: text,
  /** 2.0: newest first. */
  versions: texts,
  media_types: z.union([z.array(z.string()), z.string().transform((one) => [one])]).catch([]),
})

const manifestResource = z.looseObject({
  more: z.boolean().catch(false),
  next: text,
  objects: z.array(z.unknown()).nullish().catch(undefined),
})

/** One answer of a manifest: an entry for each version; what has no id or date is left out. TAXII 2.1, 5.3.1; 2.0, 5.6 */
export function readManifest(value: unknown): { entries: ManifestEntry[]; more: boolean; next: string | undefined } {
  const { objects, more, next } = manifestResource.parse(value)
  const entries = (objects ?? []).flatMap((object): ManifestEntry[] => {
    const entry = manifestEntry.safeParse(object)
    if (!entry.success) return []
    const { id, date_added: dateAdded, version, versions, media_type: own, media_types: several } = entry.data
    const mediaType = own ?? several[0]
    const all = version !== undefined ? [version] : versions.length > 0 ? versions : [dateAdded]
    return all.map((each) => ({ id, dateAdded, version: each, mediaType }))
  })
  return { entries, more, next }
}

/** TAXII 2.1, 5.8.1 */
export const versionsResource = z.looseObject({
  more: z.boolean().catch(false),
  next: text,
  versions: texts,
})

const jobDetail = z.union([
  z.string().transform((id): JobDetail => ({ id })),
  z
    .looseObject({ id: z.string().catch(''), version: text, message: text })
    .transform(({ id, version, message }): JobDetail => ({ id, version, message })),
])
const jobDetails = z.array(jobDetail).catch([])

const statusResource = z.looseObject({
  id: z.coerce.string().min(1),
  status: z.string(),
  request_timestamp: text,
  total_count: count,
  success_count: count,
  failure_count: count,
  pending_count: count,
  successes: jobDetails,
  failures: jobDetails,
  pendings: jobDetails,
})

/** A status resource as a job; undefined when it is none. TAXII 2.1, 4.3.1; 2.0, 4.3 (lists of ids) */
export function readJob(value: unknown): Job | undefined {
  const parsed = statusResource.safeParse(value)
  if (!parsed.success) return undefined
  const status = parsed.data
  return {
    id: status.id,
    status: status.status === 'complete' ? 'complete' : 'pending',
    requestTimestamp: status.request_timestamp,
    totalCount: status.total_count,
    successCount: status.success_count,
    failureCount: status.failure_count,
    pendingCount: status.pending_count,
    successes: status.successes,
    failures: status.failures,
    pendings: status.pendings,
  }
}
