import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { openHttp } from '../../src/http/open.ts'
import type { TaxiiProfile } from '../../src/profile/profile.ts'
import { sampleBlocks, sampleFeed } from '../../src/simulate/sample-data.ts'
import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { connectTaxii } from '../../src/taxii/connect.ts'
import { openSource } from '../../src/workflow/open-source.ts'
import { failureOfPreflight, preflight } from '../../src/workflow/preflight.ts'
import type { PreflightDependencies, PreflightReport } from '../../src/workflow/preflight.ts'
import { realClock } from '../profile/processes.ts'
import { aTaxiiProfile } from '../support/a-profile.ts'
import { temporaryFolder } from '../support/temporary.ts'

const signal = new AbortController().signal
const credentials = { resolve: () => Promise.resolve(new Secret('s3cret-word')) }
const transport = {
  clock: realClock,
  random: () => 0,
  notices: () => undefined,
  userAgent: 'stixtaxii/test',
  openHttp: (options: Parameters<typeof openHttp>[0]) => openHttp({ ...options, retry: { maxRetries: 0 } }),
  connectTaxii,
}
const dependencies: PreflightDependencies = {
  ...transport,
  credentials,
  connect: (profile, stop) =>
    openSource(profile, { ...transport, credentials, environment: {}, findPreset: () => undefined }, stop),
}

const test = (profile: Partial<TaxiiProfile>, limit?: number): Promise<PreflightReport> =>
  preflight(aTaxiiProfile({ version: '2.1', begin: '12mo', ...profile }), dependencies, { signal, limit })

const feed = sampleFeed(new Date(), 40)
const collection = { id: 'c1', title: 'One', objects: feed.objects, addedAt: feed.addedAt }
const password = { from: 'path', path: '/nowhere/pw' } as const
const basic = { scheme: 'basic', username: 'ann', password } as const

describe('a preflight', () => {
  it('works, with the number of objects, for what the plugin can do: discovery URL and Basic', async () => {
    await using server = await startTaxii2Server({
      collections: [collection],
      authentication: { scheme: 'basic', username: 'ann', password: 's3cret-word' },
    })
    const report = await test({ url: server.discoveryUrl, authentication: basic, useBasic: true })
    const received = server.truth('c1').length
    expect(received).toBeGreaterThan(30)
    expect(report).toMatchObject({ works: true, version: '2.1', objects: received, atLeast: false })
    expect(report.collections).toEqual([{ id: 'c1', title: 'One', received }])
    expect(failureOfPreflight(report)).toBeUndefined()
  })

  it('works for TAXII 1.x and the version word "1"', async () => {
    const blocks = sampleBlocks(new Date(), 7)
    await using server = await startTaxii1Server({ collections: [{ name: 'feed', blocks }] })
    const report = await test({ url: server.addresses.discovery, version: '1.1' })
    expect(report).toMatchObject({ works: true, version: '1.1', objects: 7 })
  })

  it('stops at its limit, and says that there may be more', async () => {
    await using server = await startTaxii2Server({ collections: [collection], pageCap: 10 })
    expect(await test({ url: server.discoveryUrl }, 20)).toMatchObject({ works: true, objects: 20, atLeast: true })
  })

  it('reads every collection of every API root, and says that one cannot be chosen', async () => {
    const roots = [
      { path: '/a/', collections: [collection] },
      { path: '/b/', collections: [{ id: 'c2', objects: feed.objects.slice(0, 3), addedAt: feed.addedAt }] },
    ]
    await using server = await startTaxii2Server({ roots })
    const report = await test({ url: server.discoveryUrl, collections: ['c2'] })
    expect(report.collections.map(({ id }) => id)).toEqual(['c1', 'c2'])
    expect(report.lacks).toMatchObject([{ field: 'collections', isNeeded: false }])
  })

  it.each([
    [
      'authentication',
      { scheme: 'bearer', token: password } as const,
      { scheme: 'bearer', token: 's3cret-word' } as const,
    ],
    [
      'authentication',
      { scheme: 'query', name: 'key', key: password } as const,
      { scheme: 'query', name: 'key', value: 's3cret-word' } as const,
    ],
  ])('names the %s that the plugin lacks, and that a bridge can do it', async (field, authentication, wanted) => {
    await using server = await startTaxii2Server({ collections: [collection], authentication: wanted as never })
    const report = await test({ url: server.discoveryUrl, authentication })
    expect(report).toMatchObject({
      works: false,
      canBridge: true,
      lacks: [{ field, isNeeded: true }],
      error: { kind: 'auth' },
    })
    expect(failureOfPreflight(report)).toMatchObject({
      kind: 'auth',
      hint: expect.stringContaining('This program can'),
    })
  })

  it('names headers that the plugin lacks', async () => {
    const header = { scheme: 'header', name: 'x-key', value: 's3cret-word' } as const
    await using server = await startTaxii2Server({ collections: [collection], authentication: header })
    const report = await test({ url: server.discoveryUrl, headers: [{ name: 'X-Key', value: password }] })
    expect(report).toMatchObject({ works: false, canBridge: true, lacks: [{ field: 'headers' }] })
  })

  it('refuses an API root or a collection as address of discovery, which a bridge can do', async () => {
    await using server = await startTaxii2Server({ collections: [collection] })
    const report = await test({ url: server.rootUrl })
    expect(report).toMatchObject({ works: false, canBridge: true, error: { code: 'WORKFLOW_PLUGIN_NO_DISCOVERY' } })
    expect(report.error?.message).toContain('an API root')
  })

  it('refuses a poll service as address of discovery', async () => {
    await using server = await startTaxii1Server({ collections: [{ name: 'feed', blocks: [] }] })
    const report = await test({ url: server.addresses.poll, version: '1.1' })
    expect(report).toMatchObject({ works: false, error: { code: 'WORKFLOW_PLUGIN_NO_DISCOVERY' } })
  })

  it('says that nobody can where our own definition fails too', async () => {
    await using server = await startTaxii2Server({
      collections: [collection],
      authentication: { scheme: 'basic', username: 'ann', password: 'another' },
    })
    const report = await test({ url: server.discoveryUrl, authentication: basic, useBasic: true })
    expect(report).toMatchObject({ works: false, canBridge: false, error: { kind: 'auth' } })
  })

  it('takes a wrong version word for what it is', async () => {
    await using server = await startTaxii2Server({ collections: [collection] })
    const report = await test({ url: server.discoveryUrl, stixVersion: '1' })
    expect(report).toMatchObject({ works: false, canBridge: true, error: { code: 'WORKFLOW_PLUGIN_NO_DISCOVERY' } })
  })

  it('uses the proxy of the definition and none of the environment', async () => {
    await using server = await startTaxii2Server({ collections: [collection] })
    const proxy = { url: 'http://127.0.0.1:9', use: true }
    expect(await test({ url: server.discoveryUrl, proxy })).toMatchObject({ works: false, error: { kind: 'network' } })
    expect(await test({ url: server.discoveryUrl, proxy: { ...proxy, use: false } })).toMatchObject({ works: true })
  })

  it('wants certificate and key as two files, and says which is missing', async () => {
    const folder = await temporaryFolder()
    const certificate = join(folder, 'client.crt')
    await writeFile(certificate, '-----BEGIN CERTIFICATE-----\n')
    const both = { certificate, key: join(folder, 'client.key'), use: true, location: 'private' } as const
    const report = await test({ url: 'https://127.0.0.1:9/', certificate: both })
    expect(report.error).toMatchObject({ code: 'WORKFLOW_FILE_UNREADABLE', kind: 'not-found' })
    const alone = await test({ url: 'https://127.0.0.1:9/', certificate: { ...both, key: undefined } })
    expect(alone.lacks).toMatchObject([{ field: 'certificate', isNeeded: true }])
  })
})
