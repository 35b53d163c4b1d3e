import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import type { PollRequest } from '../client.ts'
import { createLoopGuard } from './guards.ts'
import { withQuery } from './query.ts'
import { versionsResource } from './resources.ts'
import { askResource, type Session } from './session.ts'
import { beforeEqualStamps } from './stamps.ts'

/**
 * Reads the versions of one object, oldest added first.
 * @throws TAXII_OBJECT_UNKNOWN (not-found)
 * @see TAXII 2.1, 5.8
 */
export async function* readVersions(
  session: Session,
  url: URL,
  id: string,
  request: PollRequest,
  signal?: AbortSignal,
): AsyncGenerator<readonly string[]> {
  const guard = createLoopGuard(url)
  let place: { addedAfter: string | undefined; next?: string | undefined } = { addedAfter: request.begin }
  const given = new Set<string>()
  for (;;) {
    const query = { ...place, match: request.match, limit: request.pageSize }
    const { answer, value } = await askVersions(session, withQuery(url, query, session.query), id, signal)
    const { versions, more, next } = versionsResource.parse(value)
    const fresh = versions.filter((version) => !given.has(version))
    for (const version of fresh) given.add(version)
    if (fresh.length > 0) yield fresh
    if (!more) return
    const last = answer.headers.get('x-taxii-date-added-last')?.trim()
    if (next === undefined && (last === undefined || fresh.length === 0)) throw stuck(url)
    place = next === undefined ? { addedAfter: beforeEqualStamps(last ?? '') } : { addedAfter: request.begin, next }
    guard.ask(next === undefined ? `after ${place.addedAfter ?? ''}` : `next ${next}`)
  }
}

function stuck(url: URL): StixTaxiiError {
  return new StixTaxiiError('TAXII_NO_PROGRESS', `${url.host} promises more versions, but gives no way to them`, {
    kind: 'protocol',
    context: { url: url.href },
  })
}

async function askVersions(session: Session, url: URL, id: string, signal?: AbortSignal) {
  const asked = `the versions of "${printable(id)}"`
  try {
    return await askResource(session, { url, asked, signal })
  } catch (error) {
    if (!(error instanceof StixTaxiiError) || error.kind !== 'not-found') throw error
    throw new StixTaxiiError('TAXII_OBJECT_UNKNOWN', `${url.host} has no object "${printable(id)}" there`, {
      kind: 'not-found',
      hint: 'Look what the collection has with: stixtaxii manifest',
      context: { object: id },
      cause: error,
    })
  }
}
