import { StixTaxiiError } from '../../core/errors.ts'
import { nearestName } from '../../core/nearest-name.ts'
import { printable } from '../../core/printable.ts'
import type { Collection } from '../client.ts'
import { learnRangeForm, otherForms, rangeForm, rangeHeaders, readContentRange } from './ranges.ts'
import { collectionResource, collectionsResource } from './resources.ts'
import { ask, askResource, endpoint, refused, resourceOf, type Answer, type Session } from './session.ts'

/** The collections of API roots: each listing is read once and remembered. */
export interface Collections {
  list(root: URL, signal?: AbortSignal): Promise<readonly Collection[]>
  /** By id or alias as the server takes them, else by alias or title of the listing. */
  find(name: string, root: URL, signal?: AbortSignal): Promise<Collection>
}

export function createCollections(session: Session): Collections {
  const listings = new Map<string, Promise<readonly Collection[]>>()
  const found = new Map<string, Collection>()

  function list(root: URL, signal?: AbortSignal): Promise<readonly Collection[]> {
    const listing = readListing(session, root, signal)
    listings.set(root.href, listing)
    listing.catch(() => listings.delete(root.href))
    return listing
  }

  async function find(name: string, root: URL, signal?: AbortSignal): Promise<Collection> {
    const key = `${root.href} ${name}`
    const known = found.get(key)
    if (known) return known
    const collection = await findCollection(
      session,
      name,
      root,
      listings.get(root.href),
      () => list(root, signal),
      signal,
    )
    found.set(key, collection)
    return collection
  }

  return { list, find }
}

/** By id, alias, title; at last by title in any case, if only one has it. */
function byName(collections: readonly Collection[], name: string): Collection | undefined {
  const exact =
    collections.find(({ id }) => id === name) ??
    collections.find(({ alias }) => alias === name) ??
    collections.find(({ title }) => title === name)
  if (exact) return exact
  const folded = collections.filter(({ title }) => title?.toLowerCase() === name.toLowerCase())
  return folded.length === 1 ? folded[0] : undefined
}

async function findCollection(
  session: Session,
  name: string,
  root: URL,
  listed: Promise<readonly Collection[]> | undefined,
  list: () => Promise<readonly Collection[]>,
  signal?: AbortSignal,
): Promise<Collection> {
  const inListing = listed && byName(await listed, name)
  if (inListing) return inListing
  const url = endpoint(session, root, 'collections', name)
  const asked = `the collection "${printable(name)}"`
  const answer = await ask(session, { url, asked, signal })
  if (answer.status < 300) {
    const collection = collectionOf(session, resourceOf(session, answer), root)
    if (collection) return collection
  } else if (answer.status !== 404 && answer.status !== 400 && answer.status !== 405 && answer.status !== 410) {
    throw refused(session, answer, asked)
  }
  return fromListing(session, name, root, list)
}

async function fromListing(
  session: Session,
  name: string,
  root: URL,
  list: () => Promise<readonly Collection[]>,
): Promise<Collection> {
  let listing: readonly Collection[]
  try {
    listing = await list()
  } catch (error) {
    // Some servers give a collection's objects and describe none: the objects endpoint will decide.
    if (error instanceof StixTaxiiError && error.code === 'TAXII_NOT_FOUND') return undescribed(session, name, root)
    throw error
  }
  const collection = byName(listing, name)
  if (collection) return collection
  const names = listing.flatMap(({ id, alias, title }) => [id, alias, title]).filter((each) => each !== undefined)
  const nearest = nearestName(name, names)
  throw new StixTaxiiError(
    'TAXII_COLLECTION_UNKNOWN',
    `Collection "${printable(name)}" is not offered by ${root.host}`,
    {
      kind: 'not-found',
      hint:
        nearest === undefined
          ? 'List what is offered with: stixtaxii collections'
          : `Did you mean "${printable(nearest)}"? List what is offered with: stixtaxii collections`,
      context: { collection: name, root: root.href },
    },
  )
}

function undescribed(session: Session, name: string, root: URL): Collection {
  return {
    id: name,
    root: root.href,
    canRead: true,
    canWrite: false,
    contentTypes: [],
    ordering: 'feed',
    pollAddresses: [endpoint(session, root, 'collections', name, 'objects').href],
    subscriptionAddresses: [],
    inboxAddresses: [],
    custom: {},
  }
}

async function readListing(session: Session, root: URL, signal?: AbortSignal): Promise<readonly Collection[]> {
  const resources =
    session.dialect.paging === 'range'
      ? await listByRanges(session, root, signal)
      : await listOnce(session, root, signal)
  const collections = resources.flatMap((resource) => collectionOf(session, resource, root) ?? [])
  const broken = resources.length - collections.length
  if (broken > 0) {
    const message = `${root.host} lists ${broken} collections without an id; they are left out`
    session.dependencies.notices({ code: 'TAXII_COLLECTION_UNREADABLE', message })
  }
  return collections
}

const asked = 'its collections'

async function listOnce(session: Session, root: URL, signal?: AbortSignal): Promise<readonly unknown[]> {
  const { value } = await askResource(session, { url: endpoint(session, root, 'collections'), asked, signal })
  return collectionsResource.parse(value).collections ?? []
}

/** 2.0 pages collections by item ranges; a server that ignores `Range` gives all at once. C20-4 */
async function listByRanges(session: Session, root: URL, signal?: AbortSignal): Promise<readonly unknown[]> {
  const all: unknown[] = []
  for (;;) {
    const answer = await askRange(session, root, all.length, signal)
    if (answer.status === 416 && all.length > 0) return all
    if (answer.status >= 300) throw refused(session, answer, asked)
    const page = collectionsResource.parse(resourceOf(session, answer)).collections ?? []
    const range = readContentRange(answer.headers.get('content-range'))
    if (range === undefined && all.length > 0) return all
    all.push(...page)
    const isLast = range === undefined || page.length === 0 || (range.total !== undefined && all.length >= range.total)
    if (isLast || range.start !== all.length - page.length) return all
  }
}

const collectionsPerRequest = 100

async function askRange(session: Session, root: URL, start: number, signal?: AbortSignal): Promise<Answer> {
  const url = endpoint(session, root, 'collections')
  const form = rangeForm(session)
  const headers = rangeHeaders(form, start, collectionsPerRequest)
  let answer = await ask(session, { url, asked, headers, signal })
  for (const other of start === 0 ? otherForms(form) : []) {
    if (answer.status !== 400 && answer.status !== 416) break
    answer = await ask(session, { url, asked, headers: rangeHeaders(other, start, collectionsPerRequest), signal })
    if (answer.status < 300) learnRangeForm(session, other)
  }
  return answer
}

const standardNames = new Set(['id', 'title', 'alias', 'description', 'can_read', 'can_write', 'media_types'])

function collectionOf(session: Session, resource: unknown, root: URL): Collection | undefined {
  const parsed = collectionResource.safeParse(resource)
  if (!parsed.success) return undefined
  const { id, title, alias, description, can_read: canRead, can_write: canWrite, media_types: types } = parsed.data
  return {
    id,
    root: root.href,
    title,
    alias,
    description,
    canRead,
    canWrite,
    contentTypes: types ?? [],
    ordering: 'feed',
    pollAddresses: [endpoint(session, root, 'collections', id, 'objects').href],
    subscriptionAddresses: [],
    inboxAddresses: [],
    custom: Object.fromEntries(Object.entries(parsed.data).filter(([name]) => !standardNames.has(name))),
  }
}
