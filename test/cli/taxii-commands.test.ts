import { expect, it } from 'vitest'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import type { Taxii2Options } from '../../src/simulate/taxii2-options.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { schemaProblems } from '../support/json-schema.ts'
import { runCli } from '../support/run-cli.ts'
import { idAt, someIndicators } from '../support/indicators.ts'
import { idsOf } from '../taxii/a-client.ts'

const objects = someIndicators(250)
const start = (options: Taxii2Options = {}) =>
  startTaxii2Server({ collections: [{ id: 'c1', title: 'Demo Organization', objects, canWrite: true }], ...options })

const idsIn = (ndjson: string) =>
  ndjson
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { id: string }).id)

it('discover finds the version out and lists the API roots', async () => {
  await using server = await start()
  const { exitCode, stdout, stderr } = await runCli(`discover ${server.url} -o json`)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  const record = JSON.parse(stdout) as { version: string; apiRoots: { url: string }[]; defaultRoot: string }
  expect(schemaProblems('discover', record)).toEqual([])
  expect(record).toMatchObject({ version: '2.1', defaultRoot: server.rootUrl, apiRoots: [{ url: server.rootUrl }] })
  const table = await runCli(`discover ${server.discoveryUrl}`)
  expect(table.stdout).toContain(server.rootUrl)
  expect(table.stderr).toContain('TAXII 2.1')
})

it('collections lists what is offered, by the schema', async () => {
  await using server = await start()
  const { exitCode, stdout } = await runCli(`collections ${server.rootUrl} -o json`)
  const records = JSON.parse(stdout) as unknown[]
  expect(exitCode).toBe(0)
  expect(schemaProblems('collections', records)).toEqual([])
  expect(records).toMatchObject([{ id: 'c1', title: 'Demo Organization', canRead: true, canWrite: true }])
})

it('poll writes each object as its own bytes on one line, by collection title too', async () => {
  await using server = await start()
  const { exitCode, stdout, stderr } = await runCli(['poll', server.discoveryUrl, '--collection', 'Demo Organization'])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toBe(objects.map((object) => `${JSON.stringify(object)}\n`).join(''))
})

it('poll reads the collection that its URL names, up to --limit, and --count counts', async () => {
  await using server = await start()
  const url = `${server.rootUrl}collections/c1/objects/`
  expect(idsIn((await runCli(`poll ${url} --limit 120`)).stdout)).toEqual(idsOf(objects.slice(0, 120)))
  expect((await runCli(`poll ${url} --count`)).stdout).toBe('250\n')
  expect((await runCli(`poll ${url} -o json`)).exitCode).toBe(2)
})

it('poll refuses a window that is none before anything is asked', async () => {
  await using server = await start()
  const { exitCode, stderr } = await runCli(`poll ${server.rootUrl} --collection c1 --since 2h --until 4h`)
  expect(exitCode).toBe(2)
  expect(stderr).toContain('--since 2h is not before --until 4h')
  expect(server.requests).toHaveLength(0)
})

it.each([
  ['taxii.example', 'https://taxii.example'],
  ['taxii.example/taxii2/', 'https://taxii.example/taxii2/'],
  ['ftp://taxii.example/', 'https://host/path/'],
])('says of %s how a URL is written', async (typed, written) => {
  const { exitCode, stderr } = await runCli(`discover ${typed}`)
  expect([2, 5]).toContain(exitCode)
  expect(stderr).toContain(written)
})

it('poll names the nearest collection when there is none of that name', async () => {
  await using server = await start()
  const { exitCode, stderr, stdout } = await runCli(['poll', server.rootUrl, '--collection', 'Demo Organisation'])
  expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' })
  expect(stderr).toContain('Did you mean "Demo Organization"?')
})

it('manifest, get and versions show what the server has', async () => {
  await using server = await start()
  const manifest = await runCli(`manifest ${server.rootUrl} --collection c1 -o json`)
  const entries = JSON.parse(manifest.stdout) as { id: string }[]
  expect(schemaProblems('manifest', entries)).toEqual([])
  expect(entries.map(({ id }) => id)).toEqual(idsOf(objects))
  expect((await runCli(`get ${idAt(7)} ${server.rootUrl} --collection c1`)).stdout).toBe(
    `${JSON.stringify(objects[7])}\n`,
  )
  const versions = await runCli(`versions ${idAt(7)} ${server.rootUrl} --collection c1 -o json`)
  expect(schemaProblems('versions', JSON.parse(versions.stdout))).toEqual([])
  expect(JSON.parse(versions.stdout)).toEqual([{ id: idAt(7), version: '2026-01-01T00:00:00.000Z' }])
  expect((await runCli(`get ${idAt(999)} ${server.rootUrl}`)).exitCode).toBe(5)
})

it('push adds the objects of a file once, follows the job, and job shows it', async () => {
  await using server = await start({ pendingPolls: 1 })
  const bundle = JSON.stringify({ type: 'bundle', id: 'bundle--1', objects: someIndicators(3, 1000) }, undefined, 2)
  const { exitCode, stdout, stderr } = await runCli(`push - ${server.rootUrl} --collection c1 -o json`, {
    stdin: bundle,
    clock: fakeClock(),
  })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  const result = JSON.parse(stdout) as { results: { id: string }[]; totals: object }
  expect(schemaProblems('push', result)).toEqual([])
  expect(result.totals).toEqual({ objects: 3, successes: 3, failures: 0, pending: 0 })
  expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
  const job = await runCli(`job ${result.results[0]?.id ?? ''} ${server.rootUrl} -o json`)
  expect(schemaProblems('job', JSON.parse(job.stdout))).toEqual([])
})

it('push refuses a file with a bad object before anything is sent', async () => {
  await using server = await start()
  const stdin = `${JSON.stringify(objects[0])}\n{"type":"indicator"}\n`
  const { exitCode, stderr } = await runCli(`push - ${server.rootUrl} --collection c1`, { stdin })
  expect(exitCode).toBe(2)
  expect(stderr).toContain('object 2')
  expect(server.requests).toHaveLength(0)
})

it('delete needs a yes, and deletes one object', async () => {
  await using server = await start()
  const line = `delete ${idAt(0)} ${server.rootUrl} --collection c1`
  expect((await runCli(line)).exitCode).toBe(2)
  const { exitCode, stdout } = await runCli(`${line} --yes -o json`)
  expect(exitCode).toBe(0)
  expect(schemaProblems('delete', JSON.parse(stdout))).toEqual([])
  expect(JSON.parse(stdout)).toEqual({ id: idAt(0), collection: 'c1', deleted: true })
  expect(server.truth('c1')).toHaveLength(249)
})

it('discover says what was tried where there is no TAXII', async () => {
  await using server = await start({
    onRequest: () => ({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: Buffer.from('<title>Log in</title>'),
    }),
  })
  const { exitCode, stderr } = await runCli(`discover ${server.url} -o json`)
  const { error } = JSON.parse(stderr) as { error: { code: string; context: { tried: string[] } } }
  expect(exitCode).toBe(10)
  expect(error.code).toBe('TAXII_NOT_FOUND_HERE')
  expect(error.context.tried.join('\n')).toContain('/taxii2/ (2.1): 200, text/html, "Log in"')
})

it('reads from the only collection that can be read, writes to the only one that can be written, and names several', async () => {
  const c2 = { id: 'c2', title: 'Drop box', canRead: false, canWrite: true }
  await using server = await start({ collections: [{ id: 'c1', objects }, c2] })
  expect((await runCli(`manifest ${server.rootUrl} -o name`)).stdout).toContain(idAt(0))
  const pushed = await runCli(`push - ${server.rootUrl}`, { stdin: JSON.stringify(objects[0]) })
  expect(pushed).toMatchObject({ exitCode: 0 })
  await using both = await start({ collections: [{ id: 'c1', objects }, { id: 'c3' }] })
  const several = await runCli(`manifest ${both.rootUrl}`)
  expect(several.exitCode).toBe(2)
  expect(several.stderr).toContain('2 collections are possible: c1, c3')
})

it('says so of a file that is not there, as import does', async () => {
  await using server = await start()
  const { exitCode, stderr } = await runCli(`push nowhere.json ${server.rootUrl} --collection c1`)
  expect(exitCode).toBe(5)
  expect(stderr).toContain('nowhere.json does not exist')
})
