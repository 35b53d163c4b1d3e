import { expect, it } from 'vitest'
import { emulatedFetch } from '../../src/cli/emulated-director.ts'
import { systemClock } from '../../src/cli/process-host.ts'
import { openHttp } from '../../src/http/open.ts'
import { sampleFeed } from '../../src/simulate/sample-data.ts'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { connectTaxii } from '../../src/taxii/connect.ts'
import { aFleet, aSourceText, aWorld, secrets } from './a-fleet.ts'

it('round trip: what is applied is fetched by the plugin itself, all of it, and its status says so', async () => {
  const { objects, addedAt } = sampleFeed(new Date(), 120)
  await using feed = await startTaxii2Server({
    authentication: { scheme: 'basic', username: 'ann', password: secrets.password },
    pageCap: 25,
    roots: [{ path: '/api1/', title: 'Root', collections: [{ id: 'c1', title: 'One', objects, addedAt }] }],
  })
  const fetchSource = emulatedFetch(async () => ({
    openHttp,
    connectTaxii,
    clock: systemClock,
    random: Math.random,
    notices: () => undefined,
    userAgent: 'stixtaxii/test',
  }))
  await using world = await aWorld({ fetchSource })
  const bare = { certificate: undefined, key: undefined, keyPassphrase: undefined }
  const partner = aSourceText({ url: feed.discoveryUrl, begin: '2mo', ...bare })
  world.write(aFleet(world.director, 1, { certificates: undefined, sources: { partner } }))
  expect((await world.run('plan -f fleet.yaml --test')).stderr).toMatch(/source partner works: \d+ objects/)
  expect((await world.run('apply -f fleet.yaml --yes')).exitCode).toBe(0)
  await world.director.settled()
  const argv = `--director-url ${world.director.url} --director-token-file token.txt`
  const on = Object.values(aFleet(world.director)['logpoints'] as object)[0] as string
  const pool = (aFleet(world.director)['pools'] as { acme: string }).acme
  const status = await world.run(`director source status ${argv} --on ${pool}/${on} -o json`)
  const [record] = JSON.parse(status.stdout) as { status: string; entries: number }[]
  expect(record).toMatchObject({ status: 'Completed', entries: new Set(feed.truth('c1').map(({ id }) => id)).size })
  const wrong = aSourceText({ url: feed.discoveryUrl, ...bare, password: { file: 'token.txt' } })
  world.write(aFleet(world.director, 1, { certificates: undefined, sources: { partner: wrong } }))
  const refused = await world.run('plan -f fleet.yaml --test -o json')
  expect(refused.exitCode).toBe(4)
  expect(refused.stderr).toContain('WORKFLOW_PREFLIGHT_FAILED')
})
