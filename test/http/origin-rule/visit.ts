import { StixTaxiiError } from '../../../src/core/errors.ts'
import type { Http } from '../../../src/core/ports.ts'
import { createDirectorClient } from '../../../src/director/open-client.ts'
import type { TaxiiClient } from '../../../src/taxii/client.ts'
import { openTaxii1 } from '../../../src/taxii/v1/adapter.ts'
import { openTaxii2 } from '../../../src/taxii/v2/adapter.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { director, type PlaceName } from './home.ts'

export interface VisitParts {
  readonly http: Http
  readonly home: string
  readonly allowOrigins: readonly string[]
}

/** Does what makes our client come upon the address at that place; what it then says of it is of no interest here. */
export async function visit(place: PlaceName, parts: VisitParts): Promise<void> {
  try {
    await visits[place](parts)
  } catch (error) {
    if (!(error instanceof StixTaxiiError)) throw error
  }
}

const block = { binding: 'urn:stix.mitre.org:xml:1.1.1', content: '<a xmlns="urn:a"/>' }

const visits: Readonly<Record<PlaceName, (parts: VisitParts) => Promise<unknown>>> = {
  redirect: async (parts) => (await two(parts)).v2?.apiRoot(),
  'redirect of a write': push,
  'redirect of the login': async ({ http, home }) =>
    http.exchange({ method: 'GET', url: new URL('/api1/', home) }, (answer) => answer.text()),
  api_roots: async (parts) => readAll(await two(parts), 'c1'),
  next: async (parts) => readAll(await two(parts), 'c1'),
  'status id': push,
  'poll service': async (parts) => readAll(await one(parts), 'feed'),
  'collection service': async (parts) => (await one(parts)).collections(),
  'inbox service': async (parts) => (await one(parts)).v1?.inbox([block], {}),
  "a collection's poll address": async (parts) => readAll(await one(parts), 'feed'),
  "a collection's inbox address": async (parts) => (await one(parts)).v1?.inbox([block], { destinations: ['feed'] }),
  "a collection's subscription address": async (parts) =>
    (await one(parts)).v1?.subscription('subscribe', { collection: 'feed' }),
  "Director's order": order,
  "redirect by Director's API": order,
}

async function push(parts: VisitParts): Promise<unknown> {
  const object = Buffer.from('{"type":"indicator","id":"indicator--00000000-0000-4000-8000-000000000002"}')
  return (await two(parts)).v2?.push([object], { collection: 'c1' })
}

async function order({ http, home }: VisitParts): Promise<unknown> {
  const client = createDirectorClient({ http, url: new URL(home), clock: fakeClock(), notices: () => undefined })
  const accepted = await client.sources.refreshList(director.logpoint)
  return accepted.state === 'ordered' ? client.readOrder(accepted.order) : undefined
}

async function readAll(client: TaxiiClient, collection: string): Promise<void> {
  for await (const page of client.poll({ collection })) void page.items.length
}

const shared = ({ http, allowOrigins }: VisitParts) => ({
  settings: { allowOrigins, maxWaitMs: 0 },
  dependencies: { http, clock: fakeClock(), notices: () => undefined },
})

function two(parts: VisitParts): Promise<TaxiiClient> {
  const { settings, dependencies } = shared(parts)
  const url = new URL('/taxii2/', parts.home)
  return openTaxii2({ url, version: '2.1', ...settings }, dependencies, new AbortController().signal)
}

function one(parts: VisitParts): Promise<TaxiiClient> {
  const { settings, dependencies } = shared(parts)
  const url = new URL('/services/discovery', parts.home)
  return openTaxii1({ url, version: '1.1', ...settings }, dependencies)
}
