import { randomUUID } from 'node:crypto'
import { timestampOfDate } from '../core/timestamp.ts'
import type { SimulatedRequest, SimulatedResponse } from './loopback-server.ts'
import type { Taxii2Options } from './taxii2-options.ts'
import { selectEntries } from './taxii2-shelf.ts'
import type { Shelf } from './taxii2-shelf.ts'

interface Job {
  readonly done: Record<string, unknown>
  readonly waiting: Record<string, unknown>
  pollsLeft: number
}

type StixRecord = Record<string, unknown>

/**
 * Where a simulated TAXII 2 server takes objects in and throws them out, and remembers the jobs.
 * @see TAXII 2.1, 4.3, 5.5 and 5.7; TAXII 2.0, 4.3 and 5.4
 */
export function createDesk(options: Taxii2Options, types: { readonly taxii: string; readonly stix: string }) {
  const jobs = new Map<string, Job>()
  const old = options.version === '2.0'
  const reply = (status: number, value: unknown): SimulatedResponse => ({
    status,
    headers: { 'content-type': types.taxii },
    body: value === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(value)),
  })
  const problem = (status: number, title: string): SimulatedResponse =>
    reply(status, { title, http_status: String(status) })

  const accept = (request: SimulatedRequest, shelf: Shelf, maxBytes: number): SimulatedResponse => {
    if (!shelf.options.canWrite) return problem(403, 'Forbidden')
    const wanted = (old ? types.stix : types.taxii).replaceAll(' ', '')
    if ((request.headers['content-type'] ?? '').replaceAll(' ', '') !== wanted)
      return problem(415, 'Unsupported Media Type')
    if (request.body.length > maxBytes) return problem(413, 'Content Too Large')
    const objects = readEnvelope(request.body, old)
    if (!objects) return problem(422, 'Not an envelope')
    const job = takeIn(objects, shelf, old, timestampOfDate(options.now?.() ?? new Date()))
    jobs.set(String(job.done.id), { ...job, pollsLeft: options.pendingPolls ?? 0 })
    return reply(202, (options.pendingPolls ?? 0) > 0 ? job.waiting : job.done)
  }

  return {
    accept,
    /** The job's status resource as of now, undefined where none has this id. */
    job(id: string): Record<string, unknown> | undefined {
      const job = jobs.get(id)
      return job && (job.pollsLeft-- > 0 ? job.waiting : job.done)
    },
    remove(request: SimulatedRequest, shelf: Shelf, id: string): SimulatedResponse {
      if (old) return problem(405, 'Method Not Allowed')
      const [canRead, canWrite] = [shelf.options.canRead ?? true, shelf.options.canWrite ?? false]
      if (!canRead || !canWrite) return problem(canRead || canWrite ? 403 : 404, 'Forbidden')
      const query = request.url.searchParams
      const named = selectEntries(shelf.entries, {
        id: [id],
        version: query.get('match[version]')?.split(',') ?? ['all'],
        specVersion: query.get('match[spec_version]')?.split(',') ?? ['2.0', '2.1'],
      })
      if (named.length === 0) return problem(404, 'Object not found')
      shelf.remove(id, (entry) => !named.includes(entry))
      return reply(200, undefined)
    },
  }
}

function readEnvelope(body: Buffer, old: boolean): readonly unknown[] | undefined {
  try {
    const value = JSON.parse(body.toString('utf8')) as { type?: unknown; objects?: unknown }
    if (old && value.type !== 'bundle') return undefined
    return Array.isArray(value.objects) ? value.objects : undefined
  } catch {
    return undefined
  }
}

function takeIn(objects: readonly unknown[], shelf: Shelf, old: boolean, now: string): Omit<Job, 'pollsLeft'> {
  const [successes, failures]: [StixRecord[], StixRecord[]] = [[], []]
  for (const object of objects as readonly StixRecord[]) {
    const id = typeof object.id === 'string' ? object.id : ''
    const version = object.modified ?? object.created ?? now
    const good = /^[a-z0-9-]+--[0-9a-f-]{36}$/.test(id) && typeof object.type === 'string'
    if (good) {
      shelf.add(object)
      successes.push({ id, version })
    } else failures.push({ id, version, message: 'id is not a STIX identifier' })
  }
  const ids = (records: readonly StixRecord[]): unknown[] => records.map(({ id }) => id)
  const base = { id: randomUUID(), request_timestamp: now, total_count: objects.length }
  const failed = old ? failures.map(({ id, message }) => ({ id, message })) : failures
  const pendings = old ? ids(successes) : successes
  return {
    done: {
      ...base,
      status: 'complete',
      success_count: successes.length,
      ...(successes.length > 0 ? { successes: old ? ids(successes) : successes } : {}),
      failure_count: failures.length,
      ...(failures.length > 0 ? { failures: failed } : {}),
      pending_count: 0,
    },
    waiting: {
      ...base,
      status: 'pending',
      success_count: 0,
      failure_count: 0,
      pending_count: objects.length,
      ...(pendings.length > 0 ? { pendings } : {}),
    },
  }
}
