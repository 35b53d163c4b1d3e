import { expect, it } from 'vitest'
import { aClient, aFeed, secondsAfter, someEntries } from '../../fetch/scripted-feed.ts'
import { schemaProblems } from '../../support/json-schema.ts'
import { aWorld } from './a-fetch-world.ts'
import type { World } from './a-fetch-world.ts'

async function aFetchedWorld(): Promise<World> {
  const world = aWorld({ acme: aClient([aFeed('c1', someEntries(5)), aFeed('c2', someEntries(2))]) })
  await world.run('fetch --since 2026-02-01T00:00:00Z')
  return world
}

async function list(world: World): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await world.run('checkpoint list -o json')
  const records = JSON.parse(stdout) as Record<string, unknown>[]
  expect(schemaProblems('checkpoint-list', records)).toEqual([])
  return records
}

it('lists how far each collection has been read', async () => {
  const world = await aFetchedWorld()
  expect(await list(world)).toMatchObject([
    { source: 'acme', collection: 'c1', title: 'Title of c1', stamp: secondsAfter(4), halfRead: false },
    { source: 'acme', collection: 'c2', title: 'Title of c2', stamp: secondsAfter(1) },
  ])
  expect(await world.run('checkpoint list acme -o name')).toMatchObject({ exitCode: 0, stdout: 'c1\nc2\n' })
})

it('rewinds by a duration, and the next fetch reads from there again', async () => {
  const world = await aFetchedWorld()
  const result = await world.run('checkpoint rewind acme 2d --collection c1 -o json')
  const answer = JSON.parse(result.stdout) as { results: unknown }
  expect(schemaProblems('checkpoint-change', answer)).toEqual([])
  expect(answer.results).toMatchObject([
    { collection: 'c1', before: secondsAfter(4), after: '2026-02-18T00:00:04.000001Z' },
  ])
  const { stdout } = await world.run('fetch --collection c1 -o json')
  expect(JSON.parse(stdout)).toMatchObject({ totals: { new: 0, unchanged: 5 } })
})

it('sets to a time, at the precision given', async () => {
  const world = await aFetchedWorld()
  await world.run('checkpoint set acme 2026-02-20T00:00:02.123456789Z --yes')
  expect((await list(world)).map(({ stamp }) => stamp)).toEqual(Array(2).fill('2026-02-20T00:00:02.123456789Z'))
})

it('resets after a confirmation, and refuses where nobody can be asked', async () => {
  const world = await aFetchedWorld()
  expect(await world.run('checkpoint reset acme')).toMatchObject({ exitCode: 2 })
  expect(await list(world)).toHaveLength(2)
  expect(await world.run('checkpoint reset acme --yes')).toMatchObject({ exitCode: 0 })
  expect(await list(world)).toHaveLength(0)
})

it.each([
  ['checkpoint rewind acme soon', 2],
  ['checkpoint set acme whenever --yes', 2],
  ['checkpoint rewind acme 2d --collection c9', 5],
  ['checkpoint rewind nobody 2d', 5],
])('%s ends with %i and moves nothing', async (commandLine, exitCode) => {
  const world = await aFetchedWorld()
  const before = await list(world)
  expect(await world.run(commandLine)).toMatchObject({ exitCode })
  expect(await list(world)).toEqual(before)
})
