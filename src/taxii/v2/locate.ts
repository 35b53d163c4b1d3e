import { StixTaxiiError } from '../../core/errors.ts'
import { redactUrl } from '../../core/redact.ts'
import { urlAt } from '../../core/url.ts'
import { ask, askResource, endpoint, jsonObject, notTaxii, refused, type Answer, type Session } from './session.ts'

/** What a URL that a user was given turned out to be. */
export interface Located {
  /** The discovery resource's address and value, where it was reached. */
  readonly discovery?: { readonly url: URL; readonly value: object } | undefined
  /** The API root, where the URL is one or lies below one. */
  readonly root?: { readonly url: URL; readonly value?: object | undefined } | undefined
  /** The collection that the URL names. */
  readonly collection?: string | undefined
}

/** What kind of resource a JSON object is, by the properties that only it has. */
export type ResourceKind = 'discovery' | 'root' | 'collections' | 'collection' | 'objects' | 'other'

export function resourceKind(value: object): ResourceKind {
  if ('api_roots' in value) return 'discovery'
  if ('versions' in value && !('objects' in value)) return 'root'
  if ('max_content_length' in value) return 'root'
  if ('collections' in value) return 'collections'
  if ('can_read' in value || 'can_write' in value) return 'collection'
  if ('objects' in value || 'more' in value || ('type' in value && value.type === 'bundle')) return 'objects'
  return 'other'
}

/** API root and collection by the shape of a path: `.../collections/{id}/objects/...`. */
export function locateByPath(url: URL): Located {
  const segments = url.pathname.split('/').filter((segment) => segment !== '')
  const at = segments.lastIndexOf('collections')
  if (at < 0) return {}
  const root = { url: urlAt(url.origin, `/${segments.slice(0, at).join('/')}/`.replace('//', '/')) }
  const collection = segments[at + 1]
  return collection === undefined ? { root } : { root, collection: decoded(collection) }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/**
 * Finds out what the configured URL is: by its path, else by asking it, else by asking where a discovery may be: below
 * the URL, and at the origin's well-known path.
 * @throws what the URL itself answered, when nothing was found.
 */
export async function locate(session: Session, signal?: AbortSignal): Promise<Located> {
  const { url } = session.settings
  const byPath = locateByPath(url)
  if (byPath.root) return byPath
  let firstProblem: unknown
  for (const candidate of candidates(session)) {
    const found = await tryCandidate(session, candidate, signal)
    if ('located' in found) return found.located
    firstProblem ??= found.problem
    if (isFinal(found.problem)) break
  }
  throw firstProblem
}

// Wrong credentials are an answer too: looking elsewhere would only hide it, and count as further attempts to log in.
function isFinal({ kind, context }: StixTaxiiError): boolean {
  if (kind === 'network') return context['status'] === undefined || context['status'] === 429
  return kind === 'auth' || kind === 'refused'
}

/** Where the discovery or root may be, the likeliest first. */
function candidates(session: Session): readonly URL[] {
  const { url, preset } = session.settings
  const wellKnown = session.dialect.discoveryPath
  const below = urlAt(url.origin, url.pathname.replace(/\/*$/, wellKnown))
  const isHostOnly = url.pathname === '/'
  const all = [
    ...(isHostOnly ? [] : [urlAt(url.origin, url.pathname)]),
    ...(url.pathname.replace(/\/+$/, '').endsWith(wellKnown.slice(0, -1)) ? [] : [below]),
    ...(preset?.apiRoot === undefined ? [] : [belowBase(url, preset.apiRoot)]),
    new URL(wellKnown, url.origin),
    new URL('/taxii2/', url.origin),
    new URL('/taxii/', url.origin),
    new URL('/discovery/', url.origin),
    ...(isHostOnly ? [url] : []),
  ]
  const seen = new Set<string>()
  return all.filter(({ href }) => {
    const bare = href.replace(/\/+$/, '')
    return seen.has(bare) ? false : seen.add(bare)
  })
}

/** A preset's root: absolute, from the origin (`/api/`), or below the configured base (`tc_taxii`). */
export function belowBase(url: URL, apiRoot: string): URL {
  return new URL(apiRoot, urlAt(url.origin, url.pathname.replace(/\/*$/, '/')))
}

type Found = { readonly located: Located } | { readonly problem: StixTaxiiError }

async function tryCandidate(session: Session, url: URL, signal: AbortSignal | undefined): Promise<Found> {
  const asked = 'its TAXII service'
  const candidate = url.pathname === '/' ? url : endpoint(session, url)
  const answer = await ask(session, { url: candidate, asked, signal })
  if (answer.status >= 300) return { problem: refused(session, answer, asked) }
  const value = jsonObject(answer.text)
  if (value === undefined) return { problem: notTaxii(answer.url, answer.headers.get('content-type'), answer.text) }
  const located = await locatedBy(session, url, answer, value, signal)
  if (located) return { located }
  return {
    problem: new StixTaxiiError(
      'TAXII_NOT_FOUND_HERE',
      `${redactUrl(url)} answers, but is neither discovery nor API root`,
      {
        kind: 'protocol',
        hint: 'Let "stixtaxii discover" look around, or name the API root with --api-root.',
        context: { url: redactUrl(url) },
      },
    ),
  }
}

async function locatedBy(
  session: Session,
  url: URL,
  answer: Answer,
  value: object,
  signal: AbortSignal | undefined,
): Promise<Located | undefined> {
  switch (resourceKind(value)) {
    case 'discovery':
      return { discovery: { url: answer.url, value } }
    case 'root':
      return { root: { url, value } }
    case 'other':
      // A discovery that hides its roots, or a root that says next to nothing: the one below which collections are.
      return (await hasCollections(session, url, signal)) ? { root: { url } } : discoveryWithoutRoots(answer, value)
    default:
      return undefined
  }
}

function discoveryWithoutRoots(answer: Answer, value: object): Located | undefined {
  return 'title' in value ? { discovery: { url: answer.url, value } } : undefined
}

async function hasCollections(session: Session, root: URL, signal: AbortSignal | undefined): Promise<boolean> {
  const url = endpoint(session, root, 'collections')
  const answer = await ask(session, { url, asked: 'its collections', signal })
  if (answer.status >= 300) return false
  const value = jsonObject(answer.text)
  return value !== undefined && resourceKind(value) === 'collections'
}

/**
 * Looks for a discovery beside a root that was found without one: at the well-known path of the origin and above the root.
 * Undefined when there is none.
 */
export async function findDiscovery(session: Session, root: URL, signal?: AbortSignal): Promise<Located['discovery']> {
  const wellKnown = session.dialect.discoveryPath
  const above = new URL('../', urlAt(root.origin, root.pathname.replace(/\/*$/, '/')))
  const places = [new URL(wellKnown, root.origin), above, new URL(`.${wellKnown}`, above)]
  for (const place of places) {
    if (place.pathname === '/') continue
    try {
      const url = endpoint(session, place)
      const { answer, value } = await askResource(session, { url, asked: 'its discovery', signal })
      if (resourceKind(value) === 'discovery') return { url: answer.url, value }
    } catch (error) {
      if (!(error instanceof StixTaxiiError) || error.kind === 'cancelled' || error.kind === 'network') throw error
    }
  }
  return undefined
}
