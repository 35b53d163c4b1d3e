import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import type { Collection, Page, PollRequest, Taxii2Operations, TaxiiClient } from '../client.ts'
import type { TaxiiDependencies, TaxiiSettings } from '../settings.ts'
import { createCollections, type Collections } from './collections.ts'
import { dialects } from './dialect.ts'
import { pagesMatching } from './match.ts'
import { newestByManifest, readManifests } from './manifest.ts'
import { pollByNext } from './poll-next.ts'
import type { PollPlan } from './poll-plan.ts'
import { pollByRanges } from './poll-ranges.ts'
import { pushObjects, readJobById } from './push.ts'
import { withQuery } from './query.ts'
import { createRoots, type Roots } from './roots.ts'
import { locateByPath, type Located } from './locate.ts'
import { ask, createSession, endpoint, refused, type Session } from './session.ts'
import { pagesUntil } from './until.ts'
import { readVersions } from './versions.ts'

/**
 * Opens a client for TAXII 2.0 or 2.1 (`settings.version`; `auto` counts as 2.1). Nothing is asked of the server before
 * the first operation.
 * @see TAXII 2.1 (OASIS Standard) and TAXII 2.0 (CS01), sections 4 and 5
 */
export function openTaxii2(
  settings: TaxiiSettings,
  dependencies: TaxiiDependencies,
  signal: AbortSignal,
  known?: KnownServer,
): Promise<TaxiiClient> {
  const session = createSession(settings, dependencies, dialects[settings.version === '2.0' ? '2.0' : '2.1'])
  if (known) Object.assign(session.slash, known.slash)
  const roots = createRoots(session, known?.located)
  const collections = createCollections(session)
  const parts: Parts = { session, roots, collections, signal }
  return Promise.resolve({
    version: session.dialect.version,
    get features() {
      const begin = session.dialect.features.begin && !session.ignoresBegin
      return { ...session.dialect.features, begin }
    },
    named: locateByPath(settings.url).collection,
    discovery: (inner) => roots.discovery(inner ?? signal),
    async collections(root, inner) {
      const chosen = await roots.choose(root, inner ?? signal)
      const named = root === undefined ? await roots.named(inner ?? signal) : undefined
      if (named !== undefined) return [await collections.find(named, chosen, inner ?? signal)]
      return collections.list(chosen, inner ?? signal)
    },
    poll: (request, inner) => poll(parts, request, inner ?? signal),
    v2: operations(parts),
  })
}

/** What a search has found out already (`probe.ts`), so that it need not be asked again. */
export interface KnownServer {
  readonly located: Located
  readonly slash: Session['slash']
}

interface Parts {
  readonly session: Session
  readonly roots: Roots
  readonly collections: Collections
  readonly signal: AbortSignal
}

async function* poll(parts: Parts, request: PollRequest, signal: AbortSignal): AsyncGenerator<Page> {
  const { session } = parts
  const { collection, root } = await readable(parts, request, signal)
  const url = endpoint(session, root, 'collections', collection.id, 'objects')
  const asked = `the objects of "${printable(collection.id)}"`
  const manifest = { ...manifestRequest(session, root, collection, request) }
  const plan = await planOf(session, { url, asked, request, manifest }, signal)
  const polled =
    session.dialect.paging === 'range' ? pollByRanges(session, plan, signal) : pollByNext(session, plan, signal)
  const pages = pagesMatching(session, polled, request.match ?? [])
  if (request.end === undefined) yield* pages
  else yield* pagesUntil(session, pages, { ...manifest, end: request.end }, signal)
}

interface PlanParts {
  readonly url: URL
  readonly asked: string
  readonly request: PollRequest
  readonly manifest: ReturnType<typeof manifestRequest>
}

// Where headers carry no dates, the manifest is read before the objects: what comes later is after its newest date.
async function planOf(session: Session, parts: PlanParts, signal: AbortSignal): Promise<PollPlan> {
  const { request, manifest } = parts
  const needsStamp = !request.stateless && (request.match ?? []).length === 0
  const findNewest = needsStamp ? (inner: AbortSignal) => newestByManifest(session, manifest, inner) : undefined
  const newestKnown = session.dates === 'manifest' ? await findNewest?.(signal) : undefined
  return {
    url: parts.url,
    asked: parts.asked,
    begin: request.begin,
    match: request.match,
    pageSize: request.pageSize ?? session.settings.pageSize ?? session.settings.preset?.pageSize ?? defaultPageSize,
    position: request.position,
    newestKnown,
    findNewest,
  }
}

/** Large enough that a big collection takes few requests (one public server allows 50 in ten minutes); servers cap it. */
const defaultPageSize = 1000

function manifestRequest(session: Session, root: URL, collection: Collection, request: PollRequest) {
  return {
    url: endpoint(session, root, 'collections', collection.id, 'manifest'),
    begin: request.begin,
    match: request.match,
    pageSize: request.pageSize ?? session.settings.pageSize,
  }
}

async function resolve(
  parts: Parts,
  request: { readonly collection: string; readonly root?: string | undefined },
  signal: AbortSignal,
): Promise<{ collection: Collection; root: URL }> {
  const root = await parts.roots.choose(request.root, signal)
  return { root, collection: await parts.collections.find(request.collection, root, signal) }
}

async function readable(parts: Parts, request: PollRequest, signal: AbortSignal) {
  const found = await resolve(parts, request, signal)
  if (found.collection.canRead) return found
  throw mayNot('TAXII_COLLECTION_UNREADABLE', found.collection, 'read')
}

function mayNot(
  code: 'TAXII_COLLECTION_UNREADABLE' | 'TAXII_COLLECTION_READONLY',
  collection: Collection,
  verb: string,
) {
  const name = printable(collection.title ?? collection.id)
  const details = {
    kind: 'auth',
    hint: `Ask the provider for the right to ${verb} it, or choose another: stixtaxii collections`,
    context: { collection: collection.id },
  } as const
  if (code === 'TAXII_COLLECTION_READONLY')
    return new StixTaxiiError('TAXII_COLLECTION_READONLY', `These credentials may not write to "${name}"`, details)
  return new StixTaxiiError('TAXII_COLLECTION_UNREADABLE', `These credentials may not read "${name}"`, details)
}

function operations(parts: Parts): Taxii2Operations {
  const { session, roots, collections } = parts
  const otherwise = parts.signal
  return {
    async apiRoot(root, signal = otherwise) {
      return roots.read(await roots.choose(root, signal), signal)
    },
    async collection(id, root, signal = otherwise) {
      return collections.find(id, await roots.choose(root, signal), signal)
    },
    async *manifest(request, signal = otherwise) {
      const { collection, root } = await readable(parts, request, signal)
      yield* readManifests(session, manifestRequest(session, root, collection, request), signal)
    },
    object: (id, request, signal = otherwise) => readObject(parts, id, request, signal),
    async *versions(id, request, signal = otherwise) {
      if (!session.dialect.features.versions) throw unsupported('versions of an object')
      const { collection, root } = await readable(parts, request, signal)
      yield* readVersions(
        session,
        endpoint(session, root, 'collections', collection.id, 'objects', id, 'versions'),
        id,
        request,
        signal,
      )
    },
    async push(objects, request, signal = otherwise) {
      const { collection, root } = await resolve(parts, request, signal)
      if (!collection.canWrite) throw mayNot('TAXII_COLLECTION_READONLY', collection, 'write to')
      const { maxContentLength } = await roots.read(root, signal)
      return pushObjects(session, objects, { root, collection: collection.id, maxContentLength }, signal)
    },
    deleteObject: (id, request, signal = otherwise) => deleteObject(parts, id, request, signal),
    async job(id, root, signal = otherwise) {
      return readJobById(session, id, await roots.choose(root, signal), signal)
    },
  }
}

function unsupported(what: string): StixTaxiiError {
  return new StixTaxiiError('TAXII_UNSUPPORTED', `TAXII 2.0 has no ${what}`, {
    kind: 'usage',
    hint: 'This exists from TAXII 2.1 on.',
  })
}

async function* readObject(parts: Parts, id: string, request: PollRequest, signal: AbortSignal): AsyncGenerator<Page> {
  const { session } = parts
  const { collection, root } = await readable(parts, request, signal)
  const asked = `the object "${printable(id)}"`
  const plan: PollPlan = {
    url: endpoint(session, root, 'collections', collection.id, 'objects', id),
    asked,
    begin: request.begin,
    match: request.match,
    // 2.0 knows no limit, and one object has few versions.
    pageSize: session.dialect.paging === 'range' ? undefined : request.pageSize,
    position: request.position,
    newestKnown: undefined,
    findNewest: undefined,
  }
  let found = 0
  try {
    for await (const page of pollByNext(session, plan, signal)) {
      found += page.items.length + page.damaged.length
      yield page
    }
  } catch (error) {
    if (!(error instanceof StixTaxiiError) || error.kind !== 'not-found') throw error
    throw objectUnknown(id, collection, error)
  }
  const isFiltered = request.begin !== undefined || (request.match ?? []).length > 0
  if (found === 0 && !isFiltered) throw objectUnknown(id, collection)
}

function objectUnknown(id: string, collection: Collection, cause?: unknown): StixTaxiiError {
  const name = printable(collection.title ?? collection.id)
  return new StixTaxiiError('TAXII_OBJECT_UNKNOWN', `"${name}" has no object "${printable(id)}"`, {
    kind: 'not-found',
    hint: 'Look what it has with: stixtaxii manifest',
    context: { object: id, collection: collection.id },
    cause,
  })
}

async function deleteObject(parts: Parts, id: string, request: PollRequest, signal: AbortSignal): Promise<void> {
  const { session } = parts
  if (!session.dialect.features.delete) throw unsupported('deletion of objects')
  const { collection, root } = await readable(parts, request, signal)
  if (!collection.canWrite) throw mayNot('TAXII_COLLECTION_READONLY', collection, 'write to')
  const url = endpoint(session, root, 'collections', collection.id, 'objects', id)
  const asked = `the object "${printable(id)}"`
  const answer = await ask(session, {
    method: 'DELETE',
    url: withQuery(url, { match: request.match }, session.query),
    asked,
    signal,
  })
  if (answer.status < 300) return
  if (answer.status === 404) throw objectUnknown(id, collection)
  throw refused(session, answer, asked)
}
