import { startTaxii2Server, type Taxii2Server } from '../../src/simulate/taxii2-server.ts'
import { someIndicators, threeToAStamp } from '../support/indicators.ts'
import type { HeldThing } from './invariant.ts'
import { answer, startFaultServer, type FaultServerOptions, type SeenRequest, type Step } from './fault-server.ts'

/** A proper answer of the server behind, before it is spoiled. */
export interface GoodAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** 1 for the first page of objects that was asked for, 0 for everything that is no page. */
  readonly page: number
}

/** What is done instead of the proper answer; undefined leaves it as it is. */
export type Spoil = (good: GoodAnswer, request: SeenRequest) => readonly Step[] | undefined

export interface SpoiledFeedOptions extends FaultServerOptions {
  /** Default 60 objects. */
  readonly objects?: number | undefined
  /** Objects in one page; default 10. */
  readonly pageSize?: number | undefined
}

/** A correct TAXII 2.1 server behind a front that spoils its answers byte by byte until it is mended. */
export interface SpoiledFeed extends AsyncDisposable {
  /** Discovery's address at the front. */
  readonly url: string
  readonly origin: string
  readonly port: number
  readonly requests: readonly SeenRequest[]
  readonly server: Taxii2Server
  truth(): readonly HeldThing[]
  mend(): void
}

/** Starts both. Its objects have equal stamps at most borders of pages. */
export async function startSpoiledFeed(spoil: Spoil, options: SpoiledFeedOptions = {}): Promise<SpoiledFeed> {
  const count = options.objects ?? 60
  const server = await startTaxii2Server({
    collections: [{ id: 'c1', objects: someIndicators(count), addedAt: threeToAStamp }],
    pageCap: options.pageSize ?? 10,
  })
  let mended = false
  let pages = 0
  const front = await startFaultServer(async (request) => {
    const good = await forward(server.url, request, () => ++pages)
    const { status, headers, body } = good
    return (mended ? undefined : spoil(good, request)) ?? [answer({ status, headers, body })]
  }, options)
  return {
    url: `${front.origin}${new URL(server.discoveryUrl).pathname}`,
    origin: front.origin,
    port: front.port,
    requests: front.requests,
    server,
    truth: () => server.truth('c1').map(({ raw }, index) => ({ raw, addedAt: threeToAStamp(index) })),
    mend: () => void (mended = true),
    async [Symbol.asyncDispose]() {
      await front.close()
      await server.close()
    },
  }
}

async function forward(upstream: string, request: SeenRequest, countPage: () => number): Promise<GoodAnswer> {
  const { method, target, headers, body } = request
  const asked = await fetch(new URL(target, upstream), {
    method,
    headers: Object.fromEntries(['accept', 'content-type'].flatMap((name) => pair(name, headers[name]))),
    ...(method === 'POST' && { body: new Uint8Array(body) }),
  })
  const kept = [...asked.headers].filter(([name]) => !/^(connection|keep-alive|content-length|transfer)/.test(name))
  const page = /\/objects\/(\?|$)/.test(target) ? countPage() : 0
  return {
    status: asked.status,
    headers: Object.fromEntries(kept),
    body: Buffer.from(await asked.arrayBuffer()),
    page,
  }
}

function pair(name: string, value: string | undefined): readonly (readonly [string, string])[] {
  return value === undefined ? [] : [[name, value]]
}
