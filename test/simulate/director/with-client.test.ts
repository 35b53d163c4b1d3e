import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import type { Logpoint, Pool, Storage } from '../../../src/director/client.ts'
import { createDirectorClient } from '../../../src/director/open-client.ts'
import { createSource, editSource, deleteSource } from '../../../src/director/source-changes.ts'
import { waitForOrder } from '../../../src/director/wait-for-order.ts'
import { openHttp } from '../../../src/http/open.ts'
import { directorCalls } from '../../../src/simulate/director/calls.ts'
import { startDirectorEmulator } from '../../../src/simulate/director/emulator.ts'
import type { DirectorEmulatorOptions } from '../../../src/simulate/director/emulator.ts'
import { recordLine } from '../../../src/simulate/director/record.ts'
import { namedFaults, parseFaults } from '../../../src/simulate/director/named-faults.ts'
import { sampleBlocks, sampleFeed } from '../../../src/simulate/sample-data.ts'
import { startTaxii1Server } from '../../../src/simulate/taxii1-server.ts'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import { connectTaxii } from '../../../src/taxii/connect.ts'
import { emulatedFetch } from '../../../src/cli/emulated-director.ts'
import { aFile, aSource } from '../../director/a-director.ts'
import { anHttp } from '../../http/an-http.ts'
import { realClock } from '../../profile/processes.ts'
import { logpoint as logpointId, pool as poolId } from './a-director.ts'

const pool: Pool = { name: 'acme', id: poolId }
const logpoint: Logpoint = { name: 'acme/lp1', id: logpointId, pool }
const storages: readonly Storage[] = [{ location: 'private', pool }, { location: 'public' }]

/** An emulator and our own client of it, which waits in no time. */
async function aPair(options: DirectorEmulatorOptions = {}) {
  const director = await startDirectorEmulator({ token: 'canaryToken', ...options })
  const authentication = { scheme: 'bearer', token: new Secret('canaryToken') } as const
  const { http, clock, ...opened } = anHttp(director.url, {
    access: [{ origin: director.url, pathPrefix: '/', authentication, headers: [] }],
    retry: { maxRetries: 3 },
  })
  const client = createDirectorClient({ http, url: new URL(director.url), clock, notices: () => undefined })
  return {
    director,
    client,
    parts: { client, clock, random: () => 0.5 },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]()
      await director.close()
    },
  }
}

describe('our client and the emulated Director', () => {
  it('section 13 row 10: the record proves that private work touches nothing public, and its lines have no secret', async () => {
    await using pair = await aPair()
    const { director, client, parts } = pair
    const storage: Storage = { location: 'private', pool }
    await client.packages.upload(storage, aFile('StixTaxii_6.1.0.pak'))
    const installed = await client.plugins.install(logpoint, { fileName: 'StixTaxii_6.1.0.pak', location: 'private' })
    if (installed.state !== 'ordered') throw new Error(installed.message)
    await waitForOrder(client, installed.order, parts)
    for (const name of ['client_1.crt', 'client_1.key']) await client.certificates.upload(storage, aFile(name))
    const source = aSource({ certificate: { ...aSource().certificate, location: 'private' } })
    const { id = '' } = await createSource(logpoint, { source }, parts)
    await deleteSource(logpoint, id, parts)
    for (const name of ['client_1.crt', 'client_1.key']) await client.certificates.trash(storage, name)
    await client.packages.trash(storage, 'StixTaxii_6.1.0.pak')

    const { requests } = director
    expect(requests.map(({ number }) => number)).toEqual(requests.map((_, index) => index + 1))
    expect(requests.filter(({ call }) => call === undefined || call.endsWith('Public'))).toEqual([])
    expect(requests.every(({ pool: named }) => named === pool.id)).toBe(true)
    expect(JSON.stringify(requests)).toContain('canary')
    expect(requests.map(recordLine).join('')).not.toContain('canary')
  })

  it('agree on every call', async () => {
    await using pair = await aPair()
    const { director, client, parts } = pair
    for (const storage of storages) {
      await client.packages.upload(storage, aFile('StixTaxii_6.1.0.pak'))
      expect(await client.packages.list(storage)).toEqual(['StixTaxii_6.1.0.pak'])
      await client.certificates.upload(storage, aFile('client_1.crt'))
      expect(await client.certificates.list(storage)).toEqual(['client_1.crt'])
    }
    const installed = await client.plugins.install(logpoint, { fileName: 'StixTaxii_6.1.0.pak', location: 'public' })
    if (installed.state !== 'ordered') throw new Error(installed.message)
    expect(await waitForOrder(client, installed.order, parts)).toMatchObject({ state: 'succeeded' })
    const created = await createSource(logpoint, { source: aSource() }, parts)
    expect(created).toMatchObject({ state: 'done', differences: [] })
    const id = created.id ?? ''
    const edited = await editSource(logpoint, { id, source: aSource({ begin: { count: 30, unit: 'Days' } }) }, parts)
    expect(edited).toMatchObject({ state: 'done', differences: [] })
    expect(await client.sources.status(logpoint)).toMatchObject({ status: 'Completed', entries: 0 })
    expect(await deleteSource(logpoint, id, parts)).toMatchObject({ state: 'done' })
    const plugin = (await client.plugins.list(logpoint)).find(({ name }) => name === 'StixTaxii')
    expect(await client.plugins.uninstall(logpoint, plugin?.id ?? '')).toMatchObject({ state: 'ordered' })
    for (const storage of storages) {
      expect(await client.packages.trash(storage, 'StixTaxii_6.1.0.pak')).toMatchObject({ state: 'ordered' })
      expect(await client.certificates.trash(storage, 'client_1.crt')).toMatchObject({ state: 'done' })
    }
    expect(director.requests.filter(({ status }) => status !== 200)).toEqual([])
    const made = new Set(director.requests.map(({ call }) => call))
    expect(directorCalls.filter(({ call }) => !made.has(call))).toEqual([])
    expect(director.fabric).toMatchObject({
      pools: { [poolId]: { packages: [], certificates: [], logpoints: { [logpointId]: { sources: [] } } } },
      public: { packages: [], certificates: [] },
    })
  })

  /** What creating a source comes to under each fault that concerns it. */
  const outcomes: Readonly<Record<string, object>> = {
    'order-path-other-host': { state: 'done' },
    'order-path-braces': { state: 'done' },
    'order-path-dots': { state: 'done' },
    'order-failed': { code: 'DIRECTOR_ORDER_FAILED' },
    'order-failed-objects': { code: 'DIRECTOR_ORDER_FAILED' },
    'order-failed-message': { code: 'DIRECTOR_ORDER_FAILED' },
    'order-never': { state: 'pending' },
    'order-envelope': { state: 'pending' },
    'order-unreadable': { state: 'done' },
    'twin-sources': { state: 'unverified', reason: expect.stringContaining('2 new sources') as string },
    'token-expires=0': { kind: 'auth' },
    html: { code: 'DIRECTOR_NOT_JSON' },
    'server-error-after': { state: 'done' },
    'cut-after@sourceCreate': { state: 'done' },
    'co-managed': { kind: 'remote' },
  }
  const elsewhere = ['cut-upload', 'upload-limit', 'slash-redirect', 'token-expires', 'cut-before', 'cut-after']
  const names = [...namedFaults.map(({ name }) => name), 'token-expires=0', 'cut-after@sourceCreate']

  it.each(names.filter((name) => !elsewhere.includes(name)))('settle a source under %s', async (name) => {
    await using pair = await aPair({ plugin: 'StixTaxii_6.1.0.pak', faults: parseFaults([name]) })
    const outcome = await createSource(logpoint, { source: aSource() }, pair.parts).catch((error: unknown) => error)
    expect(outcome).toMatchObject(outcomes[name] ?? { state: 'done', differences: [] })
    const { director } = pair
    const creates = director.requests.filter(({ call }) => call === 'sourceCreate')
    // Whatever happens, a write is sent once (a 429 is the only thing that says it was not looked at).
    expect(creates.filter(({ status }) => status !== 429).length).toBeLessThanOrEqual(1)
    expect(JSON.stringify(outcome)).not.toContain('canary')
  })
})

describe('Round trip: what a feed has is what the fetch status shows', () => {
  const fetchSource = emulatedFetch(() =>
    Promise.resolve({
      openHttp: (options: Parameters<typeof openHttp>[0]) => openHttp({ ...options, retry: { maxRetries: 0 } }),
      connectTaxii,
      clock: realClock,
      random: () => 0,
      notices: () => undefined,
      userAgent: 'stixtaxii/test',
    }),
  )
  const feed = sampleFeed(new Date(), 150)
  const collection = { id: 'c1', objects: feed.objects, addedAt: feed.addedAt }

  it('TAXII 2.1 with Basic, of every collection, and of the begin that was asked for', async () => {
    await using server = await startTaxii2Server({
      collections: [collection, { id: 'c2', objects: feed.objects.slice(0, 10), addedAt: feed.addedAt }],
      authentication: { scheme: 'basic', username: 'guest', password: 'canaryPassword' },
      pageCap: 40,
    })
    await using pair = await aPair({ plugin: 'StixTaxii_6.1.0.pak', fetchSource })
    const { director, client, parts } = pair
    const source = aSource({ discoveryUrl: server.discoveryUrl, begin: { count: 2, unit: 'Months' } })
    const { id = '' } = await createSource(logpoint, { source }, parts)
    await director.settled()
    const ids = (collections: readonly string[]) =>
      new Set(collections.flatMap((name) => server.truth(name)).map((thing) => thing.id))
    const whole = ids(['c1', 'c2']).size
    expect(whole).toBeGreaterThan(150)
    expect(await client.sources.status(logpoint)).toMatchObject({
      status: 'Completed',
      entries: whole,
      totalEntries: whole,
    })
    server.ledger.clear()
    await editSource(logpoint, { id, source: { ...source, begin: { count: 10, unit: 'Days' } } }, parts)
    await director.settled()
    const { entries = 0 } = await client.sources.status(logpoint)
    expect(entries).toBe(new Set([...server.ledger.served().values()].map((thing) => thing.id)).size)
    expect(entries).toBeLessThan(whole)
    expect(entries).toBeGreaterThan(50)
  })

  it('TAXII 1.1, of blocks; and why it failed, when the feed wants another password', async () => {
    const blocks = sampleBlocks(new Date(), 25)
    const authentication = { scheme: 'basic', username: 'guest', password: 'another' } as const
    await using server = await startTaxii1Server({ collections: [{ name: 'feed', blocks }] })
    await using closed = await startTaxii1Server({ collections: [{ name: 'feed', blocks }], authentication })
    await using pair = await aPair({ plugin: 'StixTaxii_6.1.0.pak', fetchSource })
    const { director, client, parts } = pair
    const begin = { count: 2, unit: 'Months' } as const
    const open = aSource({ discoveryUrl: server.addresses.discovery ?? '', stixVersion: '1', begin })
    await createSource(logpoint, { source: open }, parts)
    await director.settled()
    expect(await client.sources.status(logpoint)).toMatchObject({ status: 'Completed', entries: 25 })
    await createSource(logpoint, { source: { ...open, discoveryUrl: closed.addresses.discovery ?? '' } }, parts)
    await director.settled()
    const status = await client.sources.status(logpoint)
    expect(status).toMatchObject({ status: 'Error', entries: 25 })
    expect(status.error).toMatch(/401|login|refuse/i)
    expect(JSON.stringify(status)).not.toContain('canary')
  })

  it('TAXII 2.0', async () => {
    await using server = await startTaxii2Server({ version: '2.0', collections: [collection] })
    await using pair = await aPair({ plugin: 'StixTaxii_6.1.0.pak', fetchSource })
    const { director, client, parts } = pair
    const source = aSource({ discoveryUrl: server.discoveryUrl, begin: { count: 2, unit: 'Months' } })
    await createSource(logpoint, { source }, parts)
    await director.settled()
    const ids = new Set(server.truth('c1').map((thing) => thing.id))
    expect(await client.sources.status(logpoint)).toMatchObject({ status: 'Completed', entries: ids.size })
  })
})
