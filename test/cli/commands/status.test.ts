import { expect, it } from 'vitest'
import { aClient, aFeed, someEntries } from '../../fetch/scripted-feed.ts'
import { aTaxiiProfile } from '../../support/a-profile.ts'
import { schemaProblems } from '../../support/json-schema.ts'
import { aWorld } from './a-fetch-world.ts'

it('lists every source, fetched or not, as the schema says', async () => {
  const world = aWorld({ acme: aClient([aFeed('c1', someEntries(3))]) })
  world.profiles.push(aTaxiiProfile({ name: 'off', enabled: false }))
  await world.run('fetch --since 2026-02-01T00:00:00Z')
  const { exitCode, stdout } = await world.run('status -o json')
  expect(exitCode).toBe(0)
  const answer = JSON.parse(stdout) as unknown
  expect(schemaProblems('status', answer)).toEqual([])
  expect(answer).toMatchObject([
    { source: 'acme', enabled: true, status: 'ok', entries: 3, error: null },
    { source: 'off', enabled: false, status: 'never', entries: 0 },
  ])
})

it('is an empty listing without sources', async () => {
  expect(await aWorld({}).run('status -o json')).toMatchObject({ exitCode: 0, stdout: '[]\n' })
})
