import { randomUUID } from 'node:crypto'
import { StixTaxiiError } from '../../core/errors.ts'
import type { Job } from '../client.ts'
import { readJob } from './resources.ts'
import { ask, askResource, endpoint, refused, resourceOf, type Session } from './session.ts'

/** Where and how much may be posted. */
export interface PushTarget {
  readonly root: URL
  readonly collection: string
  /** `max_content_length` of the API root: bytes of one body. */
  readonly maxContentLength: number | undefined
}

/** Below this a limit cannot be meant in bytes: ThreatConnect says 100. */
const smallestLimit = 1024

/**
 * Posts objects in as few requests as the server's limit allows, each once, and waits for the jobs to be complete.
 * A job that takes longer than the client's patience is returned as `pending`.
 * @throws TAXII_OBJECT_TOO_LARGE (usage) before anything was sent; TAXII_PUSH_INTERRUPTED (partial) when a later request
 * failed, with the ids of the jobs so far
 * @see TAXII 2.1, 5.5; 2.0, 5.4
 */
export async function pushObjects(
  session: Session,
  objects: readonly Buffer[],
  target: PushTarget,
  signal?: AbortSignal,
): Promise<readonly Job[]> {
  const jobs: Job[] = []
  for (const body of bodiesOf(session, objects, target.maxContentLength)) {
    try {
      jobs.push(await post(session, body, target, signal))
    } catch (error) {
      throw jobs.length === 0 ? error : interrupted(jobs, error)
    }
  }
  const settled: Job[] = []
  const patience = { leftMs: session.settings.maxWaitMs ?? 30 * 60_000 }
  for (const job of jobs) settled.push(await settle(session, job, target.root, patience, signal))
  return settled
}

function interrupted(jobs: readonly Job[], cause: unknown): unknown {
  if (!(cause instanceof StixTaxiiError) || cause.kind === 'cancelled') return cause
  const message = `${jobs.length} requests were accepted before one failed: ${cause.message}`
  return new StixTaxiiError('TAXII_PUSH_INTERRUPTED', message, {
    kind: 'partial',
    hint: 'Pushing the same file again is harmless: servers recognise objects they have.',
    context: { ...cause.context, jobs: jobs.map(({ id }) => id) },
    cause,
  })
}

function bodiesOf(session: Session, objects: readonly Buffer[], maxContentLength: number | undefined): Buffer[] {
  const limit = maxContentLength !== undefined && maxContentLength >= smallestLimit ? maxContentLength : Infinity
  const room = limit - wrapped(session, []).length
  const bodies: Buffer[] = []
  let part: Buffer[] = []
  let length = 0
  for (const object of objects) {
    if (object.length > room) throw tooLarge(object.length, limit)
    if (part.length > 0 && length + object.length + 1 > room) {
      bodies.push(wrapped(session, part))
      part = []
      length = 0
    }
    part.push(object)
    length += object.length + 1
  }
  if (part.length > 0) bodies.push(wrapped(session, part))
  return bodies
}

function tooLarge(length: number, limit: number): StixTaxiiError {
  return new StixTaxiiError(
    'TAXII_OBJECT_TOO_LARGE',
    `An object of ${length} bytes is more than the server takes (${limit})`,
    {
      kind: 'usage',
      hint: 'Nothing was sent. Leave this object out, or ask the provider to raise max_content_length.',
      context: { bytes: length, maxContentLength: limit },
    },
  )
}

function wrapped(session: Session, objects: readonly Buffer[]): Buffer {
  const head =
    session.dialect.container === 'bundle'
      ? `{"type":"bundle","id":"bundle--${randomUUID()}","spec_version":"2.0","objects":[`
      : '{"objects":['
  const parts: Buffer[] = [Buffer.from(head)]
  objects.forEach((object, index) => {
    if (index > 0) parts.push(Buffer.from(','))
    parts.push(object)
  })
  return Buffer.concat([...parts, Buffer.from(']}')])
}

async function post(session: Session, body: Buffer, target: PushTarget, signal?: AbortSignal): Promise<Job> {
  const asked = `the collection "${target.collection}" to write to`
  const answer = await ask(session, {
    method: 'POST',
    url: endpoint(session, target.root, 'collections', target.collection, 'objects'),
    asked,
    headers: { 'content-type': session.dialect.postType },
    body,
    signal,
  })
  if (answer.status >= 300) throw refused(session, answer, asked)
  const job = readJob(resourceOf(session, answer))
  if (job) return job
  throw new StixTaxiiError(
    'TAXII_JOB_UNREADABLE',
    `${target.root.host} took the objects, but its answer names no job`,
    {
      kind: 'protocol',
      hint: 'What became of them is unknown: look with "stixtaxii manifest".',
      context: { collection: target.collection },
    },
  )
}

/** Reads a job. @throws TAXII_JOB_UNKNOWN (not-found) for one that the server has forgotten */
export async function readJobById(session: Session, id: string, root: URL, signal?: AbortSignal): Promise<Job> {
  const asked = `the job "${id}"`
  try {
    const { value } = await askResource(session, { url: endpoint(session, root, 'status', id), asked, signal })
    const job = readJob(value)
    if (job) return job
  } catch (error) {
    if (!(error instanceof StixTaxiiError) || error.kind !== 'not-found') throw error
    throw new StixTaxiiError('TAXII_JOB_UNKNOWN', `${root.host} does not know the job "${id}"`, {
      kind: 'not-found',
      hint: 'Servers forget jobs some time after they are complete, often after a day.',
      context: { job: id },
      cause: error,
    })
  }
  throw new StixTaxiiError('TAXII_JOB_UNREADABLE', `${root.host} answers with something else than a job`, {
    kind: 'protocol',
    context: { job: id },
  })
}

// Once complete, a job is never asked about again. C21-30
async function settle(
  session: Session,
  job: Job,
  root: URL,
  patience: { leftMs: number },
  signal?: AbortSignal,
): Promise<Job> {
  let current = job
  for (let waitMs = 1000; current.status === 'pending' && patience.leftMs > 0; waitMs = Math.min(waitMs * 2, 30_000)) {
    await session.dependencies.clock.sleep(Math.min(waitMs, patience.leftMs), signal)
    patience.leftMs -= waitMs
    current = await readJobById(session, job.id, root, signal)
  }
  return current
}
