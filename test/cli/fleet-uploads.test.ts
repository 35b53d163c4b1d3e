import { expect, it } from 'vitest'
import { aFleet, aSourceText, aWorld, sourcesOn } from '../provision/a-fleet.ts'

it('D7 an upload that fails holds up only the Logpoints that need the file', async () => {
  await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
  const plain = aSourceText({
    url: 'https://plain.example/',
    ...{ certificate: undefined, key: undefined, keyPassphrase: undefined },
  })
  world.write(
    aFleet(world.director, 2, {
      package: undefined,
      sources: { partner: { ...aSourceText(), on: ['acme/lp1'] }, plain: { ...plain, on: ['acme/lp2'] } },
    }),
  )
  world.director.setFaults({ maxUploadBytes: 10 })
  const result = await world.run('apply -f fleet.yaml --yes -o json')
  const { results } = JSON.parse(result.stdout) as { results: { target: string; status: string }[] }
  expect(results.map(({ target, status }) => [target, status])).toEqual([
    ['pool acme', 'failed'],
    ['acme/lp1', 'not done'],
    ['acme/lp2', 'changed'],
  ])
  expect([sourcesOn(world.director, 1).length, sourcesOn(world.director, 2).length]).toEqual([0, 1])
  world.director.setFaults()
  expect((await world.run('apply -f fleet.yaml --yes')).exitCode).toBe(0)
})
