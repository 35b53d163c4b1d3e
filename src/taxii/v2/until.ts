import { StixTaxiiError } from '../../core/errors.ts'
import { compareTimestamps, timestampKey } from '../../core/timestamp.ts'
import type { Page, Received } from '../client.ts'
import { readManifests, type ManifestRequest } from './manifest.ts'
import { namesOf } from './object-names.ts'
import type { Session } from './session.ts'

/** Which versions of which objects came to a collection up to an instant. */
interface AddedUntil {
  has(raw: Buffer): boolean
}

/**
 * Keeps of a poll's pages what came to the collection up to and including `end`, by the dates of its manifest; the poll
 * ends with the first page that begins later.
 * @throws TAXII_UNTIL_UNSUPPORTED (usage) when the server has no manifest
 */
export async function* pagesUntil(
  session: Session,
  pages: AsyncIterable<Page>,
  request: ManifestRequest & { readonly end: string },
  signal?: AbortSignal,
): AsyncGenerator<Page> {
  const added = await addedUntil(session, request, signal)
  for await (const page of pages) {
    if (page.addedFirst !== undefined && compareTimestamps(page.addedFirst, request.end) > 0) return
    const isWithin = page.addedLast !== undefined && compareTimestamps(page.addedLast, request.end) <= 0
    if (isWithin) {
      yield page
      continue
    }
    const items = page.items.filter((item) => isWanted(item, added))
    const isPast = page.addedLast !== undefined && !page.partial
    yield {
      ...page,
      items,
      stamp: isPast ? page.stamp && earlier(page.stamp, request.end) : page.stamp,
      position: isPast ? undefined : page.position,
    }
    if (isPast) return
  }
}

// The page's own stamp never lies in the server's future; an end that was asked for may.
function earlier(a: string, b: string): string {
  return compareTimestamps(a, b) <= 0 ? a : b
}

function isWanted(item: Received, added: AddedUntil): boolean {
  return item.kind !== 'object' || added.has(item.raw)
}

async function addedUntil(
  session: Session,
  request: ManifestRequest & { readonly end: string },
  signal?: AbortSignal,
): Promise<AddedUntil> {
  const versions = new Set<string>()
  try {
    read: for await (const entries of readManifests(session, request, signal)) {
      for (const { id, version, dateAdded } of entries) {
        if (compareTimestamps(dateAdded, request.end) > 0) break read
        versions.add(`${id} ${instantOf(version)}`).add(id)
      }
    }
  } catch (error) {
    if (error instanceof StixTaxiiError && (error.kind === 'not-found' || error.kind === 'remote'))
      throw unsupported(error)
    throw error
  }
  return {
    has(raw) {
      const { id, date } = namesOf(raw) ?? {}
      if (id === undefined) return true
      return versions.has(date === undefined ? id : `${id} ${instantOf(date)}`)
    },
  }
}

// Manifests write the same instant with other digits than the objects do.
function instantOf(version: string): string {
  return timestampKey(version) ?? version
}

function unsupported(cause: StixTaxiiError): StixTaxiiError {
  return new StixTaxiiError(
    'TAXII_UNTIL_UNSUPPORTED',
    `--until needs the server's manifest, which it does not give: ${cause.message}`,
    {
      kind: 'usage',
      hint: 'TAXII 2.x servers take no end of a window: read without --until, and filter what was stored.',
      context: cause.context,
      cause,
    },
  )
}
