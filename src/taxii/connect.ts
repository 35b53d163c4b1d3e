import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { redactUrl } from '../core/redact.ts'
import type { TaxiiClient } from './client.ts'
import type { TaxiiDependencies, TaxiiSettings } from './settings.ts'
import type { Located } from './v2/locate.ts'
import type { TriedVersion } from './v2/probe.ts'

/**
 * Opens a client for whatever speaks TAXII at the configured URL: by the version that is set, else by finding it out.
 *
 * With `auto` it looks for 2.1, then 2.0, then 1.1 and 1.0, at the URL as it was given, below it, and at the well-known
 * paths of its host.
 * @throws TAXII_NOT_FOUND_HERE (protocol) with each thing that was tried in `context.tried`; else what ended the search:
 * no connection (network), wrong credentials (auth), an identity or address that is refused
 * @see TAXII 2.1, 8.2.1 and 2.0, conformance (discovery paths); TAXII 1.1 HTTP binding, 7 with its errata
 */
export async function connectTaxii(
  settings: TaxiiSettings,
  dependencies: TaxiiDependencies,
  signal: AbortSignal = new AbortController().signal,
): Promise<TaxiiClient> {
  switch (settings.version) {
    case '2.0':
    case '2.1': {
      const { openTaxii2 } = await import('./v2/adapter.ts')
      return openTaxii2(settings, dependencies, signal)
    }
    case '1.0':
    case '1.1': {
      const { openTaxii1 } = await import('./v1/adapter.ts')
      return openTaxii1(settings, dependencies, signal)
    }
    case 'auto':
      return findAndOpen(settings, dependencies, signal)
  }
}

async function findAndOpen(
  settings: TaxiiSettings,
  dependencies: TaxiiDependencies,
  signal: AbortSignal,
): Promise<TaxiiClient> {
  const { probeTaxii2 } = await import('./v2/probe.ts')
  const tried: TriedVersion[] = []
  const probe = await probeTaxii2(settings, dependencies, tried, signal)
  if (probe.version !== undefined) {
    const given = isGuess(settings.url, probe.known.located) && (await openGiven1(settings, dependencies, signal))
    if (given) return given
    const { openTaxii2 } = await import('./v2/adapter.ts')
    return openTaxii2({ ...settings, version: probe.version }, dependencies, signal, probe.known)
  }
  const lines = tried.map(lineOf)
  const older = await findTaxii1(settings, dependencies, lines, probe.problem.kind === 'auth', signal)
  if (older) return older
  const service = await serviceRecord(settings.url, dependencies)
  throw nothingFound(settings.url, lines, probe.problem, service)
}

// 2.x was found, but neither at the address that was given nor above or below it.
function isGuess(given: URL, { discovery, root }: Located): boolean {
  const [here, found] = [given, discovery?.url ?? root?.url].map((url) => url && `${url.pathname.replace(/\/+$/, '')}/`)
  return here !== undefined && found !== undefined && !here.startsWith(found) && !found.startsWith(here)
}

/** 1.x at the very address that was given: it outranks what else this host speaks. Undefined where it is none. */
async function openGiven1(
  settings: TaxiiSettings,
  dependencies: TaxiiDependencies,
  signal: AbortSignal,
): Promise<TaxiiClient | undefined> {
  const [{ probeTaxii1 }, { openTaxii1 }] = await Promise.all([import('./v1/probe.ts'), import('./v1/adapter.ts')])
  const version = await probeTaxii1(settings.url, dependencies, signal).then(
    (probe) => probe.version,
    (error: unknown) => {
      if (signal.aborted || !(error instanceof StixTaxiiError) || error.kind === 'local') throw error
      return undefined
    },
  )
  return version && openTaxii1({ ...settings, version }, dependencies, signal)
}

/** Looks for 1.x: at the URL, then at the paths that servers use. After a 401 only at the URL. */
async function findTaxii1(
  settings: TaxiiSettings,
  dependencies: TaxiiDependencies,
  lines: string[],
  onlyHere: boolean,
  signal: AbortSignal,
): Promise<TaxiiClient | undefined> {
  const [{ probeTaxii1 }, { openTaxii1 }] = await Promise.all([import('./v1/probe.ts'), import('./v1/adapter.ts')])
  const given = settings.url
  const wellKnown = wellKnownPaths1.map((path) => new URL(path, given.origin))
  const places = given.pathname === '/' ? [...wellKnown, given] : [given, ...wellKnown]
  const seen = new Set<string>()
  for (const url of onlyHere ? places.slice(0, 1) : places) {
    if (seen.has(url.href)) continue
    seen.add(url.href)
    const probe = await probeTaxii1(url, dependencies, signal)
    lines.push(
      `POST ${redactUrl(url)} (1.1, 1.0): ${probe.version ? `TAXII ${probe.version}` : (probe.error?.message ?? 'not TAXII')}`,
    )
    if (probe.version === undefined) {
      if (probe.error?.kind === 'auth') return undefined
      continue
    }
    return openTaxii1({ ...settings, url, version: probe.version }, dependencies, signal)
  }
  return undefined
}

/** The errata's path first (TAXII-HTTP-1.0-Err-01), then those of OpenTAXII, OTX and ThreatConnect, hailataxii. */
const wellKnownPaths1 = [
  '/taxii-discovery-service/',
  '/taxii-discovery-service',
  '/services/discovery',
  '/taxii/discovery',
  '/taxii/discovery/',
  '/taxii-data',
]

function lineOf({ url, version, status, contentType, text }: TriedVersion): string {
  const type =
    contentType === undefined ? 'no media type' : printable(contentType.split(';', 1)[0] ?? '', { maxLength: 60 })
  const title = /<title[^>]*>([^<]{1,100})/i.exec(text)?.[1]?.trim()
  return `GET ${redactUrl(url)} (${version}): ${status}, ${type}${title ? `, "${printable(title)}"` : ''}`
}

/** What DNS says where only a domain was given. Its answer is not authentic, so it is told and not followed. C21-36 */
async function serviceRecord(url: URL, { resolveSrv }: TaxiiDependencies): Promise<string | undefined> {
  if (url.pathname !== '/' || !resolveSrv) return undefined
  for (const [service, path] of [
    ['_taxii2._tcp', '/taxii2/'],
    ['_taxii._tcp', '/taxii/'],
  ] as const) {
    try {
      const [record] = await resolveSrv(`${service}.${url.hostname}`)
      if (record) return `https://${printable(record.name)}${record.port === 443 ? '' : `:${record.port}`}${path}`
    } catch {
      // No such record.
    }
  }
  return undefined
}

function nothingFound(url: URL, tried: readonly string[], nearest: StixTaxiiError, service?: string): StixTaxiiError {
  // What broke before anything was asked has a reason of its own: a proxy's login, our certificate and its key, a token.
  if (nearest.kind === 'auth' && nearest.code !== 'TAXII_UNAUTHORIZED') return nearest
  const context = { ...nearest.context, url: redactUrl(url), tried }
  if (nearest.kind === 'auth')
    return new StixTaxiiError('TAXII_UNAUTHORIZED', nearest.message, {
      kind: 'auth',
      hint: nearest.hint,
      context,
      cause: nearest,
    })
  const hint =
    service === undefined
      ? 'Check the URL with the provider. If it is right, name the version with --taxii-version, or the root with --api-root.'
      : `The domain's DNS record names ${service}: try that URL.`
  return new StixTaxiiError(
    'TAXII_NOT_FOUND_HERE',
    `No TAXII service was found at ${redactUrl(url)} or nearby (${tried.length} tries); nearest: ${nearest.message}`,
    { kind: 'protocol', hint, context, cause: nearest },
  )
}
