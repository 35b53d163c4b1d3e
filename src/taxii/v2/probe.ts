import { StixTaxiiError } from '../../core/errors.ts'
import type { TaxiiDependencies, TaxiiSettings } from '../settings.ts'
import type { KnownServer } from './adapter.ts'
import { dialects, type Dialect } from './dialect.ts'
import { locate, locateByPath, type Located } from './locate.ts'
import { judgeMediaType } from './media-type.ts'
import { createRoots } from './roots.ts'
import { ask, askResource, createSession, endpoint, type Session, type Tried } from './session.ts'

/** What a look for TAXII 2.x brought. */
export type Probe2 =
  | { readonly version: Dialect['version']; readonly known: KnownServer }
  | { readonly version?: undefined; readonly problem: StixTaxiiError }

/** One line of a diagnosis: what was asked for, and what came back. */
export interface TriedVersion extends Tried {
  readonly version: string
}

/**
 * Looks for TAXII 2.1, then 2.0, at and around a URL. A 406 means "another version"; a 401 ends the search, since more
 * attempts would only count against the account.
 * @throws what no other address would mend: no connection, an identity that is refused
 */
export async function probeTaxii2(
  settings: TaxiiSettings,
  dependencies: TaxiiDependencies,
  tried: TriedVersion[],
  signal?: AbortSignal,
): Promise<Probe2> {
  let nearest: StixTaxiiError | undefined
  for (const version of ['2.1', '2.0'] as const) {
    const log: Tried[] = []
    const session = createSession({ ...settings, version }, dependencies, dialects[version], log)
    try {
      const located = await confirm(session, signal)
      const spoken = await versionSpoken(session, located, log, signal)
      return { version: spoken, known: { located, slash: session.slash } }
    } catch (error) {
      if (!(error instanceof StixTaxiiError) || isHopeless(error)) throw error
      nearest = nearer(nearest, error)
      if (error.kind === 'auth') return { problem: error }
    } finally {
      tried.push(...log.map((each) => ({ ...each, version })))
    }
  }
  return { problem: nearest as StixTaxiiError }
}

function isHopeless({ kind, context }: StixTaxiiError): boolean {
  if (kind === 'network') return context['status'] === undefined || context['status'] === 429
  // What failed on this machine (a trace on a full disk) says nothing of the server.
  return ['refused', 'cancelled', 'internal', 'local', 'config', 'usage'].includes(kind)
}

// What tells most about what is wrong; of equals, the first.
function nearer(a: StixTaxiiError | undefined, b: StixTaxiiError): StixTaxiiError {
  const weight = (error: StixTaxiiError) => ['not-found', 'protocol', 'remote', 'network', 'auth'].indexOf(error.kind)
  return a !== undefined && weight(a) >= weight(b) ? a : b
}

// A path that names a collection says where the root is, but not that anything is there.
async function confirm(session: Session, signal?: AbortSignal): Promise<Located> {
  const byPath = locateByPath(session.settings.url)
  if (!byPath.root) return locate(session, signal)
  const { root, collection } = byPath
  if (collection !== undefined) {
    const url = endpoint(session, root.url, 'collections', collection)
    const answer = await ask(session, { url, asked: 'the collection', signal })
    if (answer.status < 300) return byPath
  }
  const url = endpoint(session, root.url, 'collections')
  await askResource(session, { url, asked: 'its collections', signal })
  return byPath
}

// Tolerant servers answer whatever was asked for: then the answer's own type, or its root, says what is spoken.
async function versionSpoken(
  session: Session,
  located: Located,
  log: readonly Tried[],
  signal?: AbortSignal,
): Promise<Dialect['version']> {
  const asked = session.dialect.version
  const contentType = log.findLast(({ status }) => status < 300)?.contentType
  if (asked === '2.0' || judgeMediaType(contentType, '2.1').kind === 'right') return asked
  if (judgeMediaType(contentType, '2.0').kind === 'right') return '2.0'
  try {
    const roots = createRoots(session, located)
    await roots.read(await roots.choose(session.settings.apiRoot, signal), signal)
  } catch (error) {
    const versions = error instanceof StixTaxiiError ? error.context['versions'] : undefined
    if (Array.isArray(versions) && versions.some((version) => String(version).includes('2.0'))) return '2.0'
  }
  return asked
}
