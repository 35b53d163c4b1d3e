import type { SimulatedResponse, SimulatedVerdict } from '../../src/simulate/loopback-server.ts'
import { startTaxii2Server, type Taxii2Server } from '../../src/simulate/taxii2-server.ts'
import { oneOf } from '../campaign/seeded.ts'
import { keyOf, versionOf } from './truth-objects.ts'

/** A provider that keeps giving new versions, and breaks now and then. */
export interface Feed extends AsyncDisposable {
  readonly source: number
  readonly url: string
  /** Gives so many more versions. */
  publish(count: number): void
  /** Gives an indicator of its own for that address. */
  announce(address: string): void
  /** From now on it answers as it should. */
  heal(): void
  /** `id version` of everything it ever gave. */
  readonly given: ReadonlySet<string>
  /** How many requests were answered wrongly so far. */
  readonly faults: number
}

const ids = 3_000
const collection = 'campaign'
/** Of an answer with objects, so often it is broken in a way that is tried again. */
const faultShare = 0.04

export async function startFeed(source: number, random: () => number): Promise<Feed> {
  const ring = { source, ids }
  const given = new Set<string>()
  let [next, announced, faults, isHealed] = [0, 0, 0, false]
  const server: Taxii2Server = await startTaxii2Server({
    collections: [{ id: collection, title: `Feed ${source}` }],
    remembers: 0,
    pageCap: 100,
    explicitMore: true,
    onResponse(request, response) {
      if (isHealed || !request.path.includes('/objects')) return undefined
      const verdict = spoiled(response, random)
      if (verdict !== undefined) faults += 1
      return verdict
    },
  })
  const give = (object: Record<string, unknown>): void => {
    given.add(keyOf(object))
    server.shelf(collection).add(object)
  }
  const feed: Feed = {
    source,
    url: server.discoveryUrl,
    publish(count) {
      for (let made = 0; made < count; made++) give(versionOf(ring, next++))
    },
    announce(address) {
      const object = versionOf({ source: 100 + source, ids: 65_536 }, announced++)
      give({ ...object, pattern: `[ipv4-addr:value = '${address}']` })
    },
    heal: () => void (isHealed = true),
    given,
    get faults() {
      return faults
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
  feed.publish(ids)
  return feed
}

/**
 * The last page is always refused: a source that has failed is tried again as soon as its profile changes, one that has
 * succeeded an hour later. What stands on the page before it is stored, and the next attempt goes on there.
 */
function spoiled(response: SimulatedResponse, random: () => number): SimulatedVerdict | undefined {
  const headers = { 'content-type': 'text/html' }
  if (response.body.includes('"more":false')) {
    return oneOf(random, [
      { status: 400, headers, body: Buffer.from('<h1>No</h1>') },
      { status: 200, headers, body: Buffer.from('<html><title>Down for maintenance</title></html>') },
      { status: 410, headers, body: Buffer.from('gone') },
    ])
  }
  if (random() >= faultShare) return undefined
  return oneOf<SimulatedVerdict>(random, [
    'drop',
    { ...response, cutAt: Math.floor(response.body.length * random()) },
    { status: 503, headers: { 'retry-after': '1' }, body: Buffer.alloc(0) },
    { ...response, delayMs: 1_000 },
  ])
}
