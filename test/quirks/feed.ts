import type { SimulatedRequest, SpoilHooks } from '../../src/simulate/loopback-server.ts'
import type { SimulatedAuthentication } from '../../src/simulate/authentication.ts'
import type { BlockInput, Taxii1Options } from '../../src/simulate/taxii1-options.ts'
import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import type { Taxii1Server } from '../../src/simulate/taxii1-server.ts'
import type { StixInput, Taxii2Options } from '../../src/simulate/taxii2-options.ts'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import type { Taxii2Server } from '../../src/simulate/taxii2-server.ts'
import { sampleIndicator, samplePackage } from '../../src/simulate/sample-data.ts'
import type { TaxiiVersion } from '../../src/taxii/client.ts'

/** When the clocks of these tests begin; the servers' content was added two months before. */
export const today = '2026-03-01T12:00:00.000Z'

export interface FeedOptions extends SpoilHooks {
  /** How many objects or blocks; default 25. */
  readonly items?: number | undefined
  readonly collection?: string | undefined
  readonly authentication?: SimulatedAuthentication | readonly SimulatedAuthentication[] | undefined
  readonly tls?: Taxii2Options['tls']
  readonly thinkMs?: number | undefined
  /** The server's clock; default: from `today` on, a second for each request. */
  readonly now?: (() => Date) | undefined
  readonly addedAt?: ((index: number) => string) | undefined
  /** Switches of a TAXII 2 server. */
  readonly two?: Taxii2Options | undefined
  /** Switches of a TAXII 1.x server. */
  readonly one?: Taxii1Options | undefined
  readonly objects?: readonly StixInput[] | undefined
  readonly blocks?: readonly (BlockInput | string)[] | undefined
}

/** A server of any version with one collection of content, and the truth about it. */
export interface Feed extends AsyncDisposable {
  readonly version: TaxiiVersion
  readonly collection: string
  /** Discovery's address. */
  readonly url: string
  readonly origin: string
  readonly requests: readonly SimulatedRequest[]
  readonly server1?: Taxii1Server | undefined
  readonly server2?: Taxii2Server | undefined
  /** What the server holds and the account may see: the content of every item, in order. */
  truth(): string[]
  /** One more item, newer than all. */
  add(stamp?: string): void
}

const collectionId2 = '52892447-4d7e-4f70-b94d-d7f22742ff63'

/** Starts a correct server of this version, but for the switches. */
export async function startFeed(version: TaxiiVersion, options: FeedOptions = {}): Promise<Feed> {
  const { onResponse, authentication, tls, thinkMs } = options
  let asked = 0
  const onRequest: SpoilHooks['onRequest'] = (request) => {
    asked++
    return options.onRequest?.(request)
  }
  const now = options.now ?? (() => new Date(Date.parse(today) + asked * 1000))
  const shared = { onRequest, onResponse, authentication, tls, thinkMs, now }
  return version.startsWith('1.') ? startFeed1(version, options, shared) : startFeed2(version, options, shared)
}

async function startFeed1(version: TaxiiVersion, options: FeedOptions, shared: object): Promise<Feed> {
  const collection = options.collection ?? 'indicators'
  const count = options.items ?? 25
  let made = count
  const blocks = options.blocks ?? Array.from({ length: count }, (_, index) => samplePackage(index, today))
  const server = await startTaxii1Server({
    versions: [version as '1.0' | '1.1'],
    collections: [{ name: collection, blocks, labelAt: options.addedAt }],
    ...shared,
    ...options.one,
  })
  return {
    version,
    collection,
    url: server.addresses.discovery,
    origin: server.url,
    requests: server.requests,
    server1: server,
    truth: () => server.truth(collection).map((thing) => thing.raw),
    add: (stamp) => server.shelf(collection).add(samplePackage(made++, today), stamp),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

async function startFeed2(version: TaxiiVersion, options: FeedOptions, shared: object): Promise<Feed> {
  const collection = options.collection ?? collectionId2
  const count = options.items ?? 25
  let made = count
  const objects =
    options.objects ?? Array.from({ length: count }, (_, index) => sampleIndicator(index, new Date(today)))
  const server = await startTaxii2Server({
    version: version as '2.0' | '2.1',
    collections: [{ id: collection, title: 'Indicators', objects, addedAt: options.addedAt, canWrite: true }],
    ...shared,
    ...options.two,
  })
  return {
    version,
    collection,
    url: server.discoveryUrl,
    origin: server.url,
    requests: server.requests,
    server2: server,
    truth: () => server.truth(collection).map((thing) => thing.raw),
    add: (stamp) => server.shelf(collection).add(sampleIndicator(made++, new Date(today)), stamp),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

/** Headers without one of them. */
export function without<T>(headers: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name))
}
