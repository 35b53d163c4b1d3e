import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import { redactUrl } from '../../core/redact.ts'
import { urlAt } from '../../core/url.ts'
import { foreignAddress, namedAddress, type AddressPolicy, type NamedAddress } from '../addresses.ts'
import type { ApiRoot, Discovery } from '../client.ts'
import { belowBase, findDiscovery, locate, type Located } from './locate.ts'
import { apiRootResource, discoveryResource } from './resources.ts'
import { askResource, endpoint, type Session } from './session.ts'

/** The API roots of one server: found when first asked for, each read once. */
export interface Roots {
  discovery(signal?: AbortSignal): Promise<Discovery>
  /** The root that is meant: the named one, else the client's own. */
  choose(root: string | undefined, signal?: AbortSignal): Promise<URL>
  read(root: URL, signal?: AbortSignal): Promise<ApiRoot>
  /** The collection that the configured URL names, if it does. */
  named(signal?: AbortSignal): Promise<string | undefined>
}

export function createRoots(session: Session, known?: Located): Roots {
  const { settings, dependencies } = session
  const policy: AddressPolicy = {
    home: settings.url,
    allowOrigins: settings.allowOrigins,
    notices: dependencies.notices,
    forbidQuery: true,
  }
  const located = once((signal) => (known ? Promise.resolve(known) : locate(session, signal)))
  const own = once((signal) => ownRoot(session, policy, located, signal))
  const read = new Map<string, Promise<ApiRoot>>()

  function readRoot(root: URL, signal?: AbortSignal): Promise<ApiRoot> {
    const known = read.get(root.href)
    if (known) return known
    const reading = askRoot(session, root, signal)
    read.set(root.href, reading)
    reading.catch(() => read.delete(root.href))
    return reading
  }

  return {
    read: readRoot,
    async discovery(signal) {
      const found = await located(signal)
      const discovery = found.discovery ?? (found.root && (await findDiscovery(session, found.root.url, signal)))
      if (!discovery) return withoutDiscovery(session, found, readRoot, signal)
      return describeDiscovery(session, policy, discovery, readRoot, signal)
    },
    async choose(root, signal) {
      if (root !== undefined) return configuredRoot(session, policy, root)
      return own(signal)
    },
    async named(signal) {
      return (await located(signal)).collection
    },
  }
}

// Remembers a success; a failure is tried again at the next call.
function once<T>(make: (signal?: AbortSignal) => Promise<T>): (signal?: AbortSignal) => Promise<T> {
  let made: Promise<T> | undefined
  return (signal) => {
    made ??= make(signal).catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}

// What the user configured may be on any origin that the profile names; else it is refused when it is asked for.
function configuredRoot(session: Session, policy: AddressPolicy, root: string): URL {
  const url = root.startsWith('/') || /^https?:/i.test(root) ? new URL(root, policy.home) : belowBase(policy.home, root)
  return endpoint(session, url)
}

async function ownRoot(
  session: Session,
  policy: AddressPolicy,
  located: (signal?: AbortSignal) => Promise<Located>,
  signal?: AbortSignal,
): Promise<URL> {
  if (session.settings.apiRoot !== undefined) return configuredRoot(session, policy, session.settings.apiRoot)
  const found = await located(signal)
  if (found.root) return endpoint(session, found.root.url)
  if (!found.discovery) throw noRoot(session)
  const { default: preferred, api_roots: roots } = discoveryResource.parse(found.discovery.value)
  const base = found.discovery.url
  if (preferred !== undefined && preferred.trim() !== '') return workingRoot(session, policy, preferred, base, signal)
  if (roots.length === 1) return workingRoot(session, policy, roots[0] as string, base, signal)
  if (roots.length === 0) throw noRoot(session)
  throw new StixTaxiiError(
    'TAXII_ROOT_AMBIGUOUS',
    `${base.host} offers ${roots.length} API roots and prefers none: ${roots.map((root) => printable(root)).join(', ')}`,
    {
      kind: 'usage',
      hint: `Choose one with: --api-root ${printable(roots[0] as string)}`,
      context: { apiRoots: roots.map((root) => printable(root)) },
    },
  )
}

function noRoot(session: Session): StixTaxiiError {
  return new StixTaxiiError('TAXII_ROOT_MISSING', `${session.settings.url.host} names no API root`, {
    kind: 'not-found',
    hint: 'The server may hide its roots from these credentials. If you know one, name it with --api-root.',
    context: { url: redactUrl(session.settings.url) },
  })
}

/**
 * The address at which an advertised root answers: itself; else, on the same host, the preset's, or the same name below
 * the discovery resource (OpenCTI means that by "/root") or beside it (ThreatConnect advertises version 1's path under
 * version 2).
 */
async function workingRoot(
  session: Session,
  policy: AddressPolicy,
  advertised: string,
  base: URL,
  signal?: AbortSignal,
): Promise<URL> {
  const address = namedAddress(advertised, base, policy)
  const url = endpoint(session, address.url)
  try {
    await askRoot(session, url, signal)
    return endpoint(session, address.url)
  } catch (error) {
    if (!isDeadEnd(error)) throw error
    const other = await besideDiscovery(session, address, base, signal)
    if (other) return other
    if (address.foreign !== undefined) throw foreignAddress(address, error)
    if (await hasCollections(session, url, signal)) return url
    throw error
  }
}

// A root that speaks another version is the right one all the same.
function isDeadEnd(error: unknown): boolean {
  if (!(error instanceof StixTaxiiError) || error.context['versions'] !== undefined) return false
  return ['not-found', 'protocol', 'remote', 'network'].includes(error.kind)
}

async function besideDiscovery(
  session: Session,
  address: NamedAddress,
  base: URL,
  signal?: AbortSignal,
): Promise<URL | undefined> {
  const { preset, url: home } = session.settings
  const name = address.url.pathname.split('/').filter(Boolean).at(-1)
  const below = urlAt(base.origin, base.pathname.replace(/\/*$/, '/'))
  const places = [
    ...(preset?.apiRoot === undefined ? [] : [belowBase(home, preset.apiRoot)]),
    ...(name === undefined ? [] : [new URL(`./${name}/`, below), new URL(`../${name}/`, below)]),
  ]
  for (const place of places) {
    const url = endpoint(session, place)
    if (url.href === endpoint(session, address.url).href || url.origin !== home.origin) continue
    try {
      await askRoot(session, url, signal)
    } catch (error) {
      if (isDeadEnd(error)) continue
      throw error
    }
    const message = `The API root that the server names, ${address.url.href}, does not work; ${url.href} is used`
    session.dependencies.notices({ code: 'TAXII_ROOT_REPLACED', message: printable(message) })
    return url
  }
  return undefined
}

async function hasCollections(session: Session, root: URL, signal?: AbortSignal): Promise<boolean> {
  try {
    await askResource(session, { url: endpoint(session, root, 'collections'), asked: 'its collections', signal })
    return true
  } catch (error) {
    if (isDeadEnd(error)) return false
    throw error
  }
}

/** Reads an API root; one that does not speak this version is TAXII_VERSION_REFUSED. TAXII 2.1, 4.2 */
async function askRoot(session: Session, root: URL, signal?: AbortSignal): Promise<ApiRoot> {
  const url = endpoint(session, root)
  const asked = `the API root ${url.pathname}`
  const { value } = await askResource(session, { url, asked, signal })
  const resource = apiRootResource.parse(value)
  checkVersions(session, url, resource.versions)
  return {
    url: endpoint(session, root).href,
    title: resource.title,
    description: resource.description,
    versions: resource.versions,
    maxContentLength: resource.max_content_length,
  }
}

// 2.0 roots say "taxii-2.0", 2.1 roots the media type or "taxii-2.1": what counts is the number. C21-12
function checkVersions(session: Session, url: URL, versions: readonly string[] | undefined): void {
  const { version } = session.dialect
  if (versions === undefined || versions.length === 0) {
    const message = `The API root ${url.pathname} does not say which versions it speaks; TAXII ${version} is used`
    session.dependencies.notices({ code: 'TAXII_ROOT_VERSIONS_MISSING', message })
    return
  }
  if (versions.some((each) => each.includes(version))) return
  const offered = versions.map((each) => printable(each, { maxLength: 80 }))
  throw new StixTaxiiError('TAXII_VERSION_REFUSED', `The API root ${url.pathname} speaks ${offered.join(', ')}`, {
    kind: 'remote',
    hint: `TAXII ${version} was asked for: choose another with --taxii-version, or auto.`,
    context: { url: redactUrl(url), versions: offered },
  })
}

async function describeDiscovery(
  session: Session,
  policy: AddressPolicy,
  discovery: NonNullable<Located['discovery']>,
  readRoot: (root: URL, signal?: AbortSignal) => Promise<ApiRoot>,
  signal?: AbortSignal,
): Promise<Discovery> {
  const resource = discoveryResource.parse(discovery.value)
  const names = [...resource.api_roots]
  const preferred = resource.default?.trim() ? resource.default : undefined
  if (preferred !== undefined && !names.some((name) => sameAddress(name, preferred, discovery.url)))
    names.push(preferred)
  const apiRoots = await Promise.all(
    names.map(async (name): Promise<ApiRoot> => {
      try {
        return await readRoot(endpoint(session, namedAddress(name, discovery.url, policy).url), signal)
      } catch (error) {
        if (!(error instanceof StixTaxiiError) || error.kind === 'cancelled') throw error
        return { url: shownAddress(name, discovery.url), problem: error.message }
      }
    }),
  )
  const preferredAt = names.findIndex((name) => preferred !== undefined && sameAddress(name, preferred, discovery.url))
  return {
    version: session.dialect.version,
    title: resource.title,
    description: resource.description,
    contact: resource.contact,
    apiRoots,
    defaultRoot: apiRoots[preferredAt]?.url,
    services: [],
  }
}

function sameAddress(a: string, b: string, base: URL): boolean {
  return shownAddress(a, base).replace(/\/+$/, '') === shownAddress(b, base).replace(/\/+$/, '')
}

function shownAddress(name: string, base: URL): string {
  try {
    return new URL(name, base).href
  } catch {
    return name
  }
}

// A root without a discovery (Recorded Future, Cybersixgill): what is known is told.
async function withoutDiscovery(
  session: Session,
  found: Located,
  readRoot: (root: URL, signal?: AbortSignal) => Promise<ApiRoot>,
  signal?: AbortSignal,
): Promise<Discovery> {
  const version = session.dialect.version
  if (!found.root) return { version, apiRoots: [], services: [] }
  const url = endpoint(session, found.root.url)
  try {
    const root = await readRoot(url, signal)
    return { version, title: root.title, apiRoots: [root], defaultRoot: root.url, services: [] }
  } catch (error) {
    if (!isDeadEnd(error)) throw error
    const problem = (error as StixTaxiiError).message
    return { version, apiRoots: [{ url: url.href, problem }], defaultRoot: url.href, services: [] }
  }
}
