import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import type { Taxii1Options } from '../../src/simulate/taxii1-options.ts'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { schemaProblems } from '../support/json-schema.ts'
import { runCli } from '../support/run-cli.ts'
import { temporaryFolder } from '../support/temporary.ts'

const blocks = ['<a xmlns="urn:a">1</a>', { content: '{"type":"bundle"}', form: 'text' as const, binding: 'urn:json' }]
const start = (options: Taxii1Options = {}) =>
  startTaxii1Server({ collections: [{ name: 'feed', blocks, bindings: [], receives: true }], ...options })

it('discover and collections show services and feeds, by their schemas, in 1.1 and 1.0', async () => {
  for (const version of ['1.1', '1.0'] as const) {
    await using server = await start({ versions: [version] })
    const found = await runCli(`discover ${server.addresses.discovery} -o json`)
    const record = JSON.parse(found.stdout) as object
    expect(record).toMatchObject({ version, apiRoots: [] })
    expect(schemaProblems('discover', record)).toEqual([])
    const listed = await runCli(`collections ${server.addresses.discovery} -o json`)
    const records = JSON.parse(listed.stdout) as object[]
    expect(schemaProblems('collections', records)).toEqual([])
    expect(records).toMatchObject([{ id: 'feed', ordering: 'feed', canRead: true }])
  }
})

it('poll writes each block as a content-block, and --raw its content', async () => {
  await using server = await start()
  const { exitCode, stdout } = await runCli(`poll ${server.addresses.discovery} --collection feed`)
  expect(exitCode).toBe(0)
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines).toMatchObject([
    { type: 'content-block', id: server.truth('feed')[0]?.id, collection: 'feed', content: '<a xmlns="urn:a">1</a>' },
    { type: 'content-block', id: server.truth('feed')[1]?.id, binding: 'urn:json', content: '{"type":"bundle"}' },
  ])
  const counted = await runCli(`poll ${server.addresses.discovery} --collection feed --count`)
  expect(counted.stdout).toBe('2\n')
})

it('a bare poll address serves a collection that nothing lists', async () => {
  await using server = await start({ versions: ['1.0'] })
  const { exitCode, stdout } = await runCli(`poll ${server.addresses.poll} --taxii-version 1.0 --collection feed`)
  expect(exitCode).toBe(0)
  expect(stdout.trimEnd().split('\n')).toHaveLength(2)
})

it('inbox push sends a STIX 1 package by the binding it names, and says that it was received', async () => {
  await using server = await start()
  const folder = await temporaryFolder()
  const file = join(folder, 'package.xml')
  writeFileSync(file, '<?xml version="1.0"?>\n<s:STIX_Package xmlns:s="http://stix.mitre.org/stix-1" version="1.1.1"/>')
  const { exitCode, stdout, stderr } = await runCli(
    `inbox push ${file} ${server.addresses.discovery} --destination feed -o json`,
  )
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  const record = JSON.parse(stdout) as object
  expect(schemaProblems('inbox-push', record)).toEqual([])
  expect(record).toMatchObject({
    results: [{ destinations: ['feed'], blocks: 1, status: 'received' }],
    totals: { blocks: 1 },
  })
  expect(server.shelf('feed').blocks.at(-1)).toMatchObject({ binding: 'urn:stix.mitre.org:xml:1.1.1' })
})

it('inbox push sends on what poll wrote, one block a line', async () => {
  await using server = await start()
  const polled = await runCli(`poll ${server.addresses.discovery} --collection feed`)
  await using other = await start({ collections: [{ name: 'mine', receives: true, bindings: [] }] })
  const pushed = await runCli(`inbox push - ${other.addresses.discovery} --destination mine`, { stdin: polled.stdout })
  expect(pushed.exitCode).toBe(0)
  expect(other.shelf('mine').blocks.map(({ id }) => id)).toEqual(server.truth('feed').map(({ id }) => id))
})

it('inbox push wants a binding for what it cannot see, and shows acceptable destinations', async () => {
  await using server = await start({ destinations: 'required' })
  const unknown = await runCli(`inbox push - ${server.addresses.discovery} -o json`, { stdin: '{"type":"bundle"}' })
  expect(unknown.exitCode).toBe(2)
  expect(unknown.stderr).toContain('CLI_BINDING_UNKNOWN')
  const refused = await runCli(`inbox push - ${server.addresses.discovery} --binding urn:json`, { stdin: '{}' })
  expect(refused.exitCode).toBe(9)
  expect(refused.stderr).toContain('Acceptable destinations: feed')
})

it('subscriptions are made, shown, paused, resumed and ended', async () => {
  await using server = await start()
  const on = `${server.addresses.discovery} --collection feed -o json`
  const made = JSON.parse((await runCli(`subscription subscribe ${on}`)).stdout) as { results: { id: string }[] }
  expect(schemaProblems('subscription', made)).toEqual([])
  expect(made).toMatchObject({ results: [{ collection: 'feed', status: 'active' }], totals: { subscriptions: 1 } })
  const id = made.results[0]?.id ?? ''
  for (const [verb, status] of [
    ['pause', 'paused'],
    ['resume', 'active'],
    ['unsubscribe', 'unsubscribed'],
  ]) {
    const { exitCode, stdout } = await runCli(`subscription ${verb} ${id} ${on}`)
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ results: [{ id, status }] })
    const listed = JSON.parse((await runCli(`subscription status ${on}`)).stdout) as object[]
    expect(schemaProblems('subscription-status', listed)).toEqual([])
  }
})

it('row 80: subscriptions that are advertised and not there end as remote', async () => {
  await using server = await start({ subscriptions: 'unsupported' })
  const { exitCode, stderr } = await runCli(`subscription status ${server.addresses.discovery} --collection feed`)
  expect(exitCode).toBe(9)
  expect(stderr).toContain('may not support')
})

it('commands of 1.x say so at a 2.x source', async () => {
  await using server = await startTaxii2Server({ collections: [{ id: 'c1', title: 'C' }] })
  const { exitCode, stderr } = await runCli(`inbox push - ${server.rootUrl} --binding urn:x`, { stdin: 'x' })
  expect(exitCode).toBe(2)
  expect(stderr).toContain('stixtaxii push')
})
