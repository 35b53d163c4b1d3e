import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { emulatedFetch } from '../../src/cli/emulated-director.ts'
import type { Clock } from '../../src/core/ports.ts'
import { openHttp } from '../../src/http/open.ts'
import { isWrite } from '../../src/simulate/director/calls.ts'
import { startDirectorEmulator } from '../../src/simulate/director/emulator.ts'
import { sampleBlocks, sampleFeed } from '../../src/simulate/sample-data.ts'
import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { connectTaxii } from '../../src/taxii/connect.ts'
import { realClock } from '../profile/processes.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'
import type { CliResult } from '../support/run-cli.ts'

const ids = { acme: '0'.repeat(31) + '1', lp1: '0'.repeat(31) + '2', lp2: '0'.repeat(31) + '3' }

/** The real time, but nobody waits. */
const hurriedClock: Clock = { ...realClock, sleep: () => new Promise((resolve) => setImmediate(resolve)) }

/** An emulated Director whose plugins fetch through our client, with a profile for it. */
async function aRehearsal() {
  const director = await startDirectorEmulator({
    token: 'canary-token',
    pools: [{ id: ids.acme, logpoints: [{ id: ids.lp1 }, { id: ids.lp2 }] }],
    faults: { staleLists: true, order: { kind: 'pending', times: 1 } },
    fetchSource: emulatedFetch(() =>
      Promise.resolve({
        openHttp: (options) => openHttp({ ...options, retry: { maxRetries: 0 } }),
        connectTaxii,
        clock: realClock,
        random: () => 0,
        notices: () => undefined,
        userAgent: 'stixtaxii/test',
      }),
    ),
  })
  const folder = temporaryFolder()
  const file = (name: string, text: string | Buffer) => writeFile(path.join(folder, name), text, { mode: 0o600 })
  const run = (line: string): Promise<CliResult> => runCli(line, { folder, clock: hurriedClock })
  await file('token.txt', 'canary-token\n')
  const directory = `--pool acme=${ids.acme} --logpoint acme/lp1=${ids.lp1} --logpoint acme/lp2=${ids.lp2}`
  await run(`configure director hq --url ${director.url} --token-file token.txt ${directory}`)
  const writes = () => director.requests.filter(({ call }) => call !== undefined && isWrite(call)).length
  return { director, folder, file, run, writes, [Symbol.asyncDispose]: () => director.close() }
}

it('Round trip: what apply asks for is what the plugins fetch, and the fetch status says so', async () => {
  const feed = sampleFeed(new Date(), 120)
  const login = { scheme: 'basic', username: 'ann', password: 'canary-password' } as const
  const collection = { id: 'c1', objects: feed.objects, addedAt: feed.addedAt }
  await using two = await startTaxii2Server({ collections: [collection], authentication: login, pageCap: 50 })
  await using one = await startTaxii1Server({ collections: [{ name: 'feed', blocks: sampleBlocks(new Date(), 20) }] })
  await using rehearsal = await aRehearsal()
  const { director, run, file, writes } = rehearsal
  await file('password.txt', 'canary-password\n')
  await file('StixTaxii_6.1.0.pak', Buffer.alloc(200_000, 7))
  await file(
    'fleet.yaml',
    `stixtaxii: 1
name: fleet
package: { file: StixTaxii_6.1.0.pak }
sources:
  new-feed:
    url: ${two.discoveryUrl}
    taxiiVersion: '2.1'
    begin: 2mo
    fetchInterval: 6h
    username: ann
    password: { file: password.txt }
  old-feed:
    url: ${one.addresses.discovery}
    taxiiVersion: '1.1'
    begin: 2mo
    fetchInterval: 1d
`,
  )
  const planned = await run('plan -f fleet.yaml --exit-code')
  expect(planned, planned.stderr).toMatchObject({ exitCode: 8 })
  expect(writes()).toBe(0)

  const applied = await run('apply -f fleet.yaml --yes')
  expect(applied, applied.stderr).toMatchObject({ exitCode: 0 })
  await director.settled()

  const entries = new Set(two.truth('c1').map((thing) => thing.id)).size + 20
  const status = await run('director source status -o json')
  expect(JSON.parse(status.stdout)).toMatchObject(
    ['acme/lp1', 'acme/lp2'].map((target) => ({ target, status: 'Completed', entries, totalEntries: entries })),
  )

  const sent = writes()
  expect(await run('plan -f fleet.yaml --exit-code')).toMatchObject({ exitCode: 0 })
  expect(await run('apply -f fleet.yaml --yes')).toMatchObject({ exitCode: 0 })
  expect(writes()).toBe(sent)

  const destroyed = await run('destroy -f fleet.yaml --confirm fleet --yes')
  expect(destroyed, destroyed.stderr).toMatchObject({ exitCode: 0 })
  expect(director.fabric.pools[ids.acme]).toMatchObject({
    packages: [],
    logpoints: { [ids.lp1]: { sources: [] }, [ids.lp2]: { sources: [] } },
  })
  const plugins = Object.values(director.fabric.pools[ids.acme]?.logpoints ?? {}).flatMap((each) => each.plugins)
  expect(plugins.map(({ name }) => name)).toEqual(['ThreatIntelligence', 'ThreatIntelligence'])
  for (const { stdout, stderr } of [planned, applied, status, destroyed])
    expect(stdout + stderr).not.toContain('canary')
})

it('Round trip: a feed that refuses the plugin is a failed fetch with its reason, for that Logpoint alone', async () => {
  const feed = sampleFeed(new Date(), 30)
  const login = { scheme: 'basic', username: 'ann', password: 'another' } as const
  const collection = { id: 'c1', objects: feed.objects, addedAt: feed.addedAt }
  await using open = await startTaxii2Server({ collections: [collection] })
  await using closed = await startTaxii2Server({ collections: [collection], authentication: login })
  await using rehearsal = await aRehearsal()
  const { director, run, file } = rehearsal
  await file('StixTaxii_6.1.0.pak', Buffer.alloc(1000, 7))
  for (const line of [
    'director package upload StixTaxii_6.1.0.pak',
    'director plugin install StixTaxii_6.1.0.pak --on acme/*',
    `director source create --url ${open.discoveryUrl} --taxii-version 2.1 --begin 2mo --fetch-interval 6h --on acme/lp1`,
    `director source create --url ${closed.discoveryUrl} --taxii-version 2.1 --begin 2mo --fetch-interval 6h --on acme/lp2`,
  ]) {
    const { exitCode, stderr } = await run(line)
    expect({ line, exitCode }, stderr).toEqual({ line, exitCode: 0 })
  }
  await director.settled()
  const { stdout } = await run('director source status -o json')
  expect(JSON.parse(stdout)).toMatchObject([
    { target: 'acme/lp1', status: 'Completed', entries: new Set(open.truth('c1').map((thing) => thing.id)).size },
    { target: 'acme/lp2', status: 'Error', error: expect.stringContaining('401') as string, entries: 0 },
  ])
})
