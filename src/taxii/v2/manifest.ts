import { StixTaxiiError } from '../../core/errors.ts'
import { laterTimestamp } from '../../core/timestamp.ts'
import type { ManifestEntry, Match } from '../client.ts'
import { createLoopGuard } from './guards.ts'
import { withQuery } from './query.ts'
import { learnRangeForm, mayHaveMore, otherForms, rangeForm, rangeHeaders, readContentRange } from './ranges.ts'
import { readManifest } from './resources.ts'
import { ask, refused, resourceOf, type Answer, type Session } from './session.ts'
import { beforeEqualStamps } from './stamps.ts'

export interface ManifestRequest {
  /** The manifest endpoint. */
  readonly url: URL
  readonly begin?: string | undefined
  readonly match?: readonly Match[] | undefined
  readonly pageSize?: number | undefined
}

const asked = 'the manifest'

/** Reads a collection's manifest, oldest first, an entry for each version. TAXII 2.1, 5.3; 2.0, 5.6 */
export function readManifests(
  session: Session,
  request: ManifestRequest,
  signal?: AbortSignal,
): AsyncGenerator<readonly ManifestEntry[]> {
  return session.dialect.paging === 'range'
    ? byRanges(session, request, signal)
    : byNextOrDate(session, request, signal)
}

// The standard's manifest has `more` and no `next`: what has the last stamp is read again, and known entries left out.
async function* byNextOrDate(
  session: Session,
  request: ManifestRequest,
  signal?: AbortSignal,
): AsyncGenerator<readonly ManifestEntry[]> {
  const guard = createLoopGuard(request.url)
  let known = new Set<string>()
  let place: { addedAfter: string | undefined; next?: string | undefined } = { addedAfter: request.begin }
  for (;;) {
    const query = { addedAfter: place.addedAfter, match: request.match, limit: request.pageSize, next: place.next }
    const answer = await ask(session, { url: withQuery(request.url, query, session.query), asked, signal })
    if (answer.status >= 300) throw refused(session, answer, asked)
    const { entries, more, next } = readManifest(resourceOf(session, answer))
    const fresh = entries.filter((entry) => !known.has(keyOf(entry)))
    if (fresh.length > 0) yield fresh
    if (!more) return
    if (entries.length === 0) {
      await session.dependencies.clock.sleep(1000 * 2 ** (guard.empty() - 1), signal)
      continue
    }
    if (next !== undefined) place = { addedAfter: request.begin, next }
    else {
      const last = answer.headers.get('x-taxii-date-added-last')?.trim() ?? entries.at(-1)?.dateAdded
      if (last === undefined || fresh.length === 0) throw stuck(request.url, last)
      known = new Set(entries.map(keyOf))
      place = { addedAfter: beforeEqualStamps(last) }
    }
    guard.ask(`${place.next ?? ''} ${place.addedAfter ?? ''} ${[...known].join().length}`)
  }
}

async function* byRanges(
  session: Session,
  request: ManifestRequest,
  signal?: AbortSignal,
): AsyncGenerator<readonly ManifestEntry[]> {
  const url = withQuery(request.url, { addedAfter: request.begin, match: request.match }, session.query)
  const size = request.pageSize ?? 1000
  let known = new Set<string>()
  for (let start = 0; ;) {
    const answer = await askRange(session, url, start, size, signal)
    if (answer.status === 416 && start > 0) return
    if (answer.status >= 300) throw refused(session, answer, asked)
    const value = resourceOf(session, answer)
    const objects = 'objects' in value && Array.isArray(value.objects) ? value.objects.length : 0
    const { entries } = readManifest(value)
    const range = readContentRange(answer.headers.get('content-range'))
    // Who ignores Range gives the same again.
    const fresh = range ? entries : entries.filter((entry) => !known.has(keyOf(entry)))
    known = new Set(entries.map(keyOf))
    if (fresh.length > 0) yield fresh
    start += objects
    if (objects === 0 || (range?.total !== undefined && start >= range.total)) return
    if (!range && (fresh.length === 0 || !mayHaveMore(answer.status, objects, size))) return
  }
}

async function askRange(
  session: Session,
  url: URL,
  start: number,
  size: number,
  signal?: AbortSignal,
): Promise<Answer> {
  const form = rangeForm(session)
  let answer = await ask(session, { url, asked, headers: rangeHeaders(form, start, size), signal })
  for (const other of start === 0 ? otherForms(form) : []) {
    if (answer.status !== 400 && answer.status !== 416) break
    answer = await ask(session, { url, asked, headers: rangeHeaders(other, start, size), signal })
    if (answer.status < 300) learnRangeForm(session, other)
  }
  return answer
}

function keyOf(entry: ManifestEntry): string {
  return `${entry.id} ${entry.version}`
}

function stuck(url: URL, last: string | undefined): StixTaxiiError {
  const why = last === undefined ? 'no date' : `only entries of ${last} that were there before`
  return new StixTaxiiError('TAXII_NO_PROGRESS', `The manifest of ${url.host} promises more, but gives ${why}`, {
    kind: 'protocol',
    hint: 'A larger --page-size may bring everything at once.',
    context: { url: url.href, stamp: last },
  })
}

/**
 * The newest date of addition that a manifest knows; undefined when there is no manifest, or an empty one.
 * @throws only what is temporary: a manifest that is refused is none.
 */
export async function newestByManifest(
  session: Session,
  request: ManifestRequest,
  signal?: AbortSignal,
): Promise<string | undefined> {
  let newest: string | undefined
  try {
    for await (const entries of readManifests(session, request, signal))
      for (const { dateAdded } of entries) newest = laterTimestamp(newest, dateAdded)
    return newest
  } catch (error) {
    if (error instanceof StixTaxiiError && error.kind !== 'cancelled' && error.kind !== 'network') return undefined
    throw error
  }
}
