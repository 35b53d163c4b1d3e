import { beforeInstant } from '../core/duration.ts'
import { StixTaxiiError } from '../core/errors.ts'
import type { NoticeSink } from '../core/notice.ts'
import type { Clock, Http } from '../core/ports.ts'
import { Secret } from '../core/secret.ts'
import { timestampOfDate } from '../core/timestamp.ts'
import type { EnrichmentSource } from '../director/enrichment-source.ts'
import type { HttpOptions } from '../http/options.ts'
import type { Page, TaxiiClient, TaxiiVersion } from '../taxii/client.ts'
import type { TaxiiDependencies, TaxiiSettings } from '../taxii/settings.ts'

export interface PluginFetchDependencies {
  readonly openHttp: (options: HttpOptions) => Http | Promise<Http>
  readonly connectTaxii: (
    settings: TaxiiSettings,
    dependencies: TaxiiDependencies,
    signal?: AbortSignal,
  ) => TaxiiClient | Promise<TaxiiClient>
  readonly clock: Clock
  readonly random: () => number
  readonly notices: NoticeSink
  readonly userAgent: string
  readonly trace?: HttpOptions['trace']
}

/** The contents of the two files that a source names, as they lie in Director's storage. */
export interface PluginFiles {
  readonly certificate: Buffer
  readonly key: Buffer
}

export interface PluginFetchRequest {
  readonly source: EnrichmentSource
  readonly files?: PluginFiles | undefined
  /** RFC 3339, exclusive. Default: as far back as `source.begin` says. */
  readonly since?: string | undefined
  /** Stop once so many objects have come. Default: read everything. */
  readonly limit?: number | undefined
}

export interface PluginFetchResult {
  readonly version: TaxiiVersion
  readonly collections: readonly {
    readonly id: string
    readonly title?: string | undefined
    readonly received: number
  }[]
  /** Objects (2.x) or content blocks (1.x). */
  readonly received: number
  /** Whether `limit` ended it, so that there may be more. */
  readonly isCut: boolean
}

/**
 * Fetches what the plugin would fetch, with the fields that the plugin has and nothing else: the URL has to be the discovery
 * service itself, every collection that it offers is read, the proxy is the source's own or none.
 * @throws WORKFLOW_PLUGIN_NO_DISCOVERY (protocol) when the URL is another service, WORKFLOW_PLUGIN_NO_COLLECTION (not-found);
 * and what connecting and polling throw.
 */
export async function fetchAsPlugin(
  request: PluginFetchRequest,
  dependencies: PluginFetchDependencies,
  signal: AbortSignal,
  onPage?: (page: Page) => void,
): Promise<PluginFetchResult> {
  const { source } = request
  await using http = await dependencies.openHttp(httpOptionsOf(request, dependencies))
  const parts = { http, clock: dependencies.clock, notices: dependencies.notices }
  const url = new URL(source.discoveryUrl)
  const version = isVersion1(source) ? await discover1(url, parts, signal) : await discover2(url, parts, signal)
  const client = await dependencies.connectTaxii({ url, version }, parts, signal)
  return await pollAll(client, request, dependencies.clock, { signal, onPage })
}

const isVersion1 = ({ stixVersion }: EnrichmentSource): boolean => stixVersion.startsWith('1')

function httpOptionsOf(
  { source, files }: PluginFetchRequest,
  { clock, random, notices, userAgent, trace }: PluginFetchDependencies,
): HttpOptions {
  const { basic, certificate, proxy } = source
  const { origin } = new URL(source.discoveryUrl)
  const authentication = basic.use
    ? ({ scheme: 'basic', username: new Secret(basic.username), password: basic.password } as const)
    : ({ scheme: 'none' } as const)
  const host = proxy.host.includes(':') ? `[${proxy.host}]` : proxy.host
  return {
    origins: [origin],
    access: [{ origin, pathPrefix: '/', authentication, headers: [] }],
    tls: {
      insecure: false,
      clientCertificate:
        certificate.use && files
          ? {
              pem: files.certificate,
              keyPem: new Secret(files.key.toString('latin1')),
              passphrase: Secret.open(certificate.keyPassphrase) === '' ? undefined : certificate.keyPassphrase,
            }
          : undefined,
    },
    proxy: proxy.use ? { url: new URL(`${proxy.protocol}://${host}:${proxy.port}`) } : undefined,
    userAgent,
    plainHttp: 'warn',
    trace,
    notices,
    clock,
    random,
  }
}

async function discover1(url: URL, parts: TaxiiDependencies, signal: AbortSignal): Promise<TaxiiVersion> {
  const { probeTaxii1 } = await import('../taxii/v1/probe.ts')
  const probe = await probeTaxii1(url, parts, signal)
  if (probe.found === 'discovery' && probe.version) return probe.version
  if (probe.error?.kind === 'auth') throw probe.error
  throw noDiscovery(url, '1.x', probe.found === 'service' ? 'another service of TAXII 1.x' : undefined, probe.error)
}

async function discover2(url: URL, parts: TaxiiDependencies, signal: AbortSignal): Promise<TaxiiVersion> {
  const { resourceKind } = await import('../taxii/v2/locate.ts')
  let found: string | undefined
  let status: number | undefined
  for (const [version, accept] of discoveryTypes) {
    const answer = await parts.http.exchange({ method: 'GET', url, headers: { accept }, signal }, async (response) => ({
      status: response.status,
      text: await response.text(),
    }))
    status = answer.status
    if (status === 401 || status === 403) throw refusedLogin(url, status)
    const value = status < 300 ? jsonObject(answer.text) : undefined
    const kind = value && resourceKind(value)
    if (kind === 'discovery') return version
    found ??= kind
  }
  const seen = found === undefined ? undefined : kindNames[found]
  throw noDiscovery(url, '2.x', seen ?? (status !== undefined && status >= 300 ? `status ${status}` : undefined))
}

const discoveryTypes = [
  ['2.1', 'application/taxii+json;version=2.1'],
  ['2.0', 'application/vnd.oasis.taxii+json; version=2.0'],
] as const

const kindNames: Readonly<Record<string, string>> = {
  root: 'an API root',
  collections: 'a listing of collections',
  collection: 'a collection',
  objects: 'the objects of a collection',
  other: 'something else',
}

function jsonObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

async function pollAll(
  client: TaxiiClient,
  { source, since, limit = Infinity }: PluginFetchRequest,
  clock: Clock,
  { signal, onPage }: { signal: AbortSignal; onPage: ((page: Page) => void) | undefined },
): Promise<PluginFetchResult> {
  const begin = since ?? beforeInstant(timestampOfDate(clock.now()), durationOf(source.begin))
  const readable = (await offeredBy(client, signal)).filter(({ canRead }) => canRead)
  if (readable.length === 0) throw nothingOffered(source)
  const collections: { id: string; title: string | undefined; received: number }[] = []
  let received = 0
  for (const { id, root, title, ordering } of readable) {
    const counted = { id, title, received: 0 }
    collections.push(counted)
    const window = ordering === 'set' ? {} : { begin }
    const pages = client.poll(
      { collection: id, root: client.v2 ? root : undefined, ...window, stateless: true },
      signal,
    )
    for await (const page of pages) {
      onPage?.(page)
      counted.received += page.items.length
      received += page.items.length
      if (received >= limit) return { version: client.version, collections, received, isCut: true }
    }
  }
  return { version: client.version, collections, received, isCut: false }
}

/** Of every API root, where there are several: the plugin has no field to choose one by. */
async function offeredBy(client: TaxiiClient, signal: AbortSignal): ReturnType<TaxiiClient['collections']> {
  if (!client.v2) return client.collections(undefined, signal)
  const { apiRoots } = await client.discovery(signal)
  const roots = apiRoots.filter(({ problem }) => problem === undefined)
  const lists = await Promise.all(
    (roots.length > 0 ? roots : apiRoots).map(({ url }) => client.collections(url, signal)),
  )
  return lists.flat()
}

function durationOf({ count, unit }: EnrichmentSource['begin']): Parameters<typeof beforeInstant>[1] {
  return { count, unit: unit === 'Hours' ? 'h' : unit === 'Days' ? 'd' : 'mo' }
}

function noDiscovery(url: URL, family: string, found: string | undefined, cause?: unknown): StixTaxiiError {
  const { href } = url
  return new StixTaxiiError(
    'WORKFLOW_PLUGIN_NO_DISCOVERY',
    `${href} is no discovery service of TAXII ${family}${found === undefined ? '' : `, but ${found}`}`,
    {
      kind: 'protocol',
      hint: `The plugin takes the discovery service's address only. Look for it with: stixtaxii discover ${href}`,
      context: { url: href },
      cause,
    },
  )
}

function refusedLogin(url: URL, status: number): StixTaxiiError {
  return new StixTaxiiError(
    'WORKFLOW_PLUGIN_LOGIN',
    `${url.host} refuses what the plugin has to log in with (${status})`,
    {
      kind: 'auth',
      hint: 'The plugin has a user name and password, and a client certificate; nothing else.',
      context: { url: url.href, status },
    },
  )
}

function nothingOffered({ discoveryUrl }: EnrichmentSource): StixTaxiiError {
  return new StixTaxiiError('WORKFLOW_PLUGIN_NO_COLLECTION', `${discoveryUrl} offers no collection that may be read`, {
    kind: 'not-found',
    hint: 'Ask the provider what this account may read.',
    context: { url: discoveryUrl },
  })
}
