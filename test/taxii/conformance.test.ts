import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import type { Taxii2Operations } from '../../src/taxii/client.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'
import { someIndicators } from '../support/indicators.ts'
import { aClient, idsOf, readPoll } from './a-client.ts'
import { isObjects, objectsUrl, oneCollection, startScript } from './a-script.ts'

const manifest = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string
}

it('C21-5: says who it is, product and version, in every request', async () => {
  await using server = await startTaxii2Server({ collections: [{ id: 'c1', objects: someIndicators(3) }] })
  expect((await runCli(`poll ${server.discoveryUrl} --collection c1`)).exitCode).toBe(0)
  expect(new Set(server.requests.map(({ headers }) => headers['user-agent']))).toEqual(
    new Set([`stixtaxii/${manifest.version}`]),
  )
})

it.each(['2.0', '2.1'])(
  'C20-12, C21-6: TAXII %s over plain http is refused, to loopback alone it is free',
  async (version) => {
    const refused = await runCli(`fetch --profile environment -o json`, {
      env: { STIXTAXII_URL: 'http://192.0.2.1/api1/', STIXTAXII_TAXII_VERSION: version },
    })
    expect(refused.exitCode).toBe(13)
    expect(refused.stdout).toContain('PROFILE_HTTP_REFUSED')
    await using server = await startTaxii2Server({
      version: version as '2.0' | '2.1',
      collections: [{ id: 'c1', objects: someIndicators(3) }],
    })
    expect((await runCli(`poll ${server.discoveryUrl} --taxii-version ${version} --collection c1`)).exitCode).toBe(0)
  },
)

it('C1H-12: TAXII 1.x over plain http is told, since others can read what is shown', async () => {
  // All that is asked of the address beyond this machine goes to a proxy on it, which has nothing.
  await using proxy = await startScript(() => undefined)
  const { stderr } = await runCli('fetch --profile environment -o json', {
    env: {
      STIXTAXII_URL: 'http://192.0.2.1/poll',
      STIXTAXII_TAXII_VERSION: '1.1',
      STIXTAXII_COLLECTION: 'feed',
      STIXTAXII_PROXY: proxy.url,
    },
  })
  expect(stderr).toContain('"code":"HTTP_PLAIN"')
  expect(proxy.requests.length).toBeGreaterThan(0)
})

it('C20-12, C21-7: HTTP Basic in UTF-8, an at sign and colons in the password included', async () => {
  for (const version of ['2.0', '2.1'] as const) {
    const authentication = { scheme: 'basic', username: 'taxii', password: 'p@55w0rd:é:' } as const
    await using server = await startTaxii2Server({
      version,
      collections: [{ id: 'c1', objects: someIndicators(2) }],
      authentication,
    })
    const env = {
      STIXTAXII_URL: server.discoveryUrl,
      STIXTAXII_USERNAME: 'taxii',
      STIXTAXII_PASSWORD: authentication.password,
    }
    const { exitCode, stdout } = await runCli('poll --collection c1', { env })
    expect({ exitCode, lines: stdout.trim().split('\n').length }).toEqual({ exitCode: 0, lines: 2 })
  }
})

it('C21-16: no word of more is the end, whatever else the envelope holds, and objects need no bundle', async () => {
  const objects = someIndicators(3)
  await using server = await startScript(
    oneCollection((request) => (isObjects(request) ? { json: { objects, x_note: { more: true } } } : undefined)),
  )
  await using opened = await aClient(objectsUrl(server))
  expect(await readPoll(opened.client)).toMatchObject({ ids: idsOf(objects), error: undefined })
  expect(server.requests.filter(isObjects)).toHaveLength(1)
})

it.each(['2.0', '2.1'] as const)(
  'C21-25, C20-4: TAXII %s objects are given in the order they were added',
  async (version) => {
    // Neither the order of ids nor that of their dates of creation.
    const objects = someIndicators(25).map((object, index) => ({
      ...object,
      id: `indicator--00000000-0000-4000-8000-${String((index * 7) % 25).padStart(12, '0')}`,
      created: `2026-01-${String(28 - index).padStart(2, '0')}T00:00:00.000Z`,
    }))
    await using server = await startTaxii2Server({ version, pageCap: 4, collections: [{ id: 'c1', objects }] })
    await using opened = await aClient(server.rootUrl, { version })
    expect((await readPoll(opened.client)).ids).toEqual(idsOf(objects))
  },
)

it('C21-34: asks again for what only reads, sends what writes once, and needs few requests for much', async () => {
  const refusals = new Map<string, number>()
  const busy = { status: 503, headers: { 'retry-after': '1' }, body: Buffer.alloc(0) }
  await using server = await startTaxii2Server({
    collections: [{ id: 'c1', objects: someIndicators(5000), canWrite: true }],
    pageCap: 2000,
    onRequest: (request) => {
      const key = `${request.method} ${request.path}`
      refusals.set(key, (refusals.get(key) ?? 0) + 1)
      return refusals.get(key) === 1 ? busy : undefined
    },
  })
  await using opened = await aClient(server.rootUrl, {}, { retry: { maxRetries: 5 } })
  expect((await readPoll(opened.client)).ids).toHaveLength(5000)
  expect(server.requests.filter(({ path: at }) => at.endsWith('/objects/'))).toHaveLength(6)
  const v2 = opened.client.v2 as Taxii2Operations
  const pushed = v2.push([Buffer.from(JSON.stringify(someIndicators(1, 9000)[0]))], { collection: 'c1' })
  await expect(pushed).rejects.toMatchObject({ kind: 'network' })
  expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
})

it('C1M-5: collections of one name on two servers are two', async () => {
  const folder = temporaryFolder()
  const blocks = ['<a xmlns="urn:a">1</a>']
  await using one = await startTaxii1Server({ collections: [{ name: 'feed', blocks }] })
  await using two = await startTaxii1Server({ collections: [{ name: 'feed', blocks }] })
  for (const [name, server] of Object.entries({ one, two })) {
    const line = `configure ${name} --url ${server.addresses.discovery} --collection feed --begin 100mo`
    expect((await runCli(line, { folder })).exitCode).toBe(0)
  }
  const { stdout } = await runCli('fetch -o json', { folder })
  expect(JSON.parse(stdout)).toMatchObject({
    results: [
      { source: 'one', new: 1 },
      { source: 'two', new: 1 },
    ],
  })
  const checkpoints = JSON.parse((await runCli('checkpoint list -o json', { folder })).stdout) as { root: string }[]
  expect(new Set(checkpoints.map(({ root }) => root)).size).toBe(2)
})

it('C1M-7: a timestamp label orders a feed and says nothing of the content: the same block under two labels is one', async () => {
  const folder = temporaryFolder()
  const content = '<a xmlns="urn:a">1</a>'
  const blocks = [{ content }, { content: '<b xmlns="urn:b"/>' }, { content }]
  await using server = await startTaxii1Server({ collections: [{ name: 'feed', blocks }] })
  const line = `configure one --url ${server.addresses.discovery} --collection feed --begin 100mo`
  expect((await runCli(line, { folder })).exitCode).toBe(0)
  const { stdout } = await runCli('fetch -o json', { folder })
  expect(JSON.parse(stdout)).toMatchObject({ results: [{ received: 3, new: 2, unchanged: 1, updated: 0 }] })
})
