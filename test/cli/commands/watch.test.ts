import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { StixTaxiiError } from '../../../src/core/errors.ts'
import { aClient, aFeed, someEntries } from '../../fetch/scripted-feed.ts'
import { schemaProblems } from '../../support/json-schema.ts'
import { aWorld } from './a-fetch-world.ts'

const feeds = (count: number) =>
  aClient([
    aFeed(
      'c1',
      someEntries(count).map((entry) => ({ ...entry, added: new Date().toISOString() })),
    ),
  ])

it('--once fetches each source once and ends as fetch does', async () => {
  const world = aWorld({ acme: feeds(3), beta: feeds(2) })
  const result = await world.run('watch --once -o json')
  expect(result.exitCode).toBe(0)
  const answer = JSON.parse(result.stdout) as unknown
  expect(schemaProblems('fetch', answer)).toEqual([])
  expect(answer).toMatchObject({ totals: { sources: 2, new: 5 } })
})

it('--once leaves a health file too, for whoever looks between two runs of a scheduler', async () => {
  const bad = aFeed('c1', someEntries(1))
  bad.beforePage = () => {
    throw new StixTaxiiError('HTTP_DOWN', 'no answer', { kind: 'network' })
  }
  const world = aWorld({ acme: feeds(3), bad: aClient([bad]) })
  const health = path.join(world.folder, 'health.json')
  expect(await world.run(['watch', '--once', '--health-file', health])).toMatchObject({ exitCode: 12 })
  const written = JSON.parse(await readFile(health, 'utf8')) as { sources: { source: string }[] }
  expect(written).toMatchObject({ status: 'failing' })
  expect(written.sources.sort((a, b) => (a.source < b.source ? -1 : 1))).toMatchObject([
    { source: 'acme', status: 'ok', lastSuccess: expect.any(String) as string, failures: 0, error: null },
    { source: 'bad', status: 'failing', lastSuccess: null, failures: 1, error: { code: 'HTTP_DOWN', kind: 'network' } },
  ])
})

it('goes on until SIGTERM, writes a record a fetch and a health file, and ends in silence', async () => {
  const world = aWorld({ acme: feeds(3) })
  const health = path.join(world.folder, 'health.json')
  const result = await world.run(['watch', '--health-file', health, '-o', 'ndjson'], {
    onStart: (stop) => setTimeout(() => stop('SIGTERM'), 600),
  })
  expect(result.stderr).toBe('')
  expect(JSON.parse(result.stdout)).toMatchObject({ source: 'acme', collection: 'c1', new: 3, status: 'ok' })
  expect(JSON.parse(await readFile(health, 'utf8'))).toMatchObject({
    status: 'stopped',
    sources: [{ source: 'acme', status: 'ok', failures: 0, error: null }],
  })
})

it('runs a command when a source fails', async () => {
  const bad = aFeed('c1', someEntries(1))
  bad.beforePage = () => {
    throw new StixTaxiiError('HTTP_DOWN', 'no answer', { kind: 'network' })
  }
  const world = aWorld({ bad: aClient([bad]) })
  const script = path.join(world.folder, 'hook.mjs')
  await writeFile(
    script,
    `import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'; writeFileSync('told.json', readFileSync(0))`,
  )
  const result = await world.run(['watch', '--once', '--on-failure', `"${process.execPath}" "${script}"`])
  expect(result.exitCode).toBe(7)
  expect(JSON.parse(await readFile(path.join(world.folder, 'told.json'), 'utf8'))).toMatchObject({
    source: 'bad',
    error: { code: 'HTTP_DOWN', kind: 'network', message: 'no answer' },
    results: [{ collection: 'c1', status: 'failed' }],
  })
})

it('refuses a command it cannot read before anything is fetched', async () => {
  expect(await aWorld({ acme: feeds(1) }).run(['watch', '--on-failure', '"open'])).toMatchObject({ exitCode: 2 })
})
