import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { emulatedFetch } from '../../src/cli/emulated-director.ts'
import { openHttp } from '../../src/http/open.ts'
import { startDirectorEmulator } from '../../src/simulate/director/emulator.ts'
import { sampleBlocks, sampleFeed } from '../../src/simulate/sample-data.ts'
import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import { startTaxii2Server, type Taxii2Server } from '../../src/simulate/taxii2-server.ts'
import { connectTaxii } from '../../src/taxii/connect.ts'
import { realClock } from '../profile/processes.ts'
import { runCli, temporaryFolder, type CliOptions, type CliResult } from '../support/run-cli.ts'

const ids = { acme: '0'.repeat(31) + '1', lp1: '0'.repeat(31) + '2' }
const token = 'canary-token-of-the-feed'

/** A feed that takes nothing but a token, and a Director whose plugins really fetch; both with profiles. */
async function aWorld(options: { readonly collections?: number; readonly spec?: '2.0' | '2.1' } = {}) {
  const director = await startDirectorEmulator({
    token: 'canary-director',
    pools: [{ id: ids.acme, logpoints: [{ id: ids.lp1 }] }],
    plugin: 'StixTaxii_6.1.0.pak',
    fetchSource: emulatedFetch(() =>
      Promise.resolve({
        openHttp: (http) => openHttp({ ...http, retry: { maxRetries: 0 } }),
        connectTaxii,
        clock: realClock,
        random: () => 0,
        notices: () => undefined,
        userAgent: 'stixtaxii/test',
      }),
    ),
  })
  const { objects, addedAt } = sampleFeed(new Date(), 120)
  const collections = Array.from({ length: options.collections ?? 1 }, (_, index) => ({
    id: `00000000-0000-4000-8000-00000000000${index}`,
    title: `Feed ${index}`,
    objects: options.spec === '2.0' ? objects.map(({ spec_version: _, ...object }) => object) : objects,
    addedAt,
  }))
  const feed = await startTaxii2Server({ collections, authentication: { scheme: 'bearer', token } })
  const folder = temporaryFolder()
  const file = (name: string, text: string): Promise<void> => writeFile(path.join(folder, name), text, { mode: 0o600 })
  const run = (line: string, more?: CliOptions): Promise<CliResult> => runCli(line, { folder, ...more })
  await file('token.txt', token)
  await file('director.txt', 'canary-director\n')
  const directory = `--pool acme=${ids.acme} --logpoint acme/lp1=${ids.lp1}`
  await run(`configure director hq --url ${director.url} --token-file director.txt ${directory}`)
  const made = await run(
    `configure taxii feed --url ${feed.discoveryUrl} --auth bearer --token-file token.txt --begin 2mo --fetch-interval 6h`,
  )
  expect(made, made.stderr).toMatchObject({ exitCode: 0 })
  return {
    director,
    feed,
    file,
    run,
    sources: () => director.fabric.pools[ids.acme]?.logpoints[ids.lp1]?.sources ?? [],
    async [Symbol.asyncDispose]() {
      await director.close()
      await feed.close()
    },
  }
}

const entriesOf = (feed: Taxii2Server, collection = '00000000-0000-4000-8000-000000000000'): number =>
  new Set(feed.truth(collection).map(({ id }) => id)).size

/** Runs a bridge until its result is written and the plugin has fetched through it, and stops it. */
async function bridged(
  world: Awaited<ReturnType<typeof aWorld>>,
  line: string,
): Promise<CliResult & { status: unknown; entries: unknown }> {
  let stop: () => void = () => undefined
  let text = ''
  let running: Promise<CliResult> = Promise.reject(new Error('not begun'))
  running.catch(() => undefined)
  const written = new Promise<void>((resolve) => {
    const stdout = new Writable({
      write(chunk: Buffer, _, done) {
        text += chunk.toString()
        resolve()
        done()
      },
    })
    running = world.run(line, { stdout, onStart: (send) => (stop = () => send('SIGTERM')) })
  })
  await Promise.race([running, written])
  await world.director.settled()
  const told = await world.run('director source status -o json')
  stop()
  const result = await running
  const [row] = JSON.parse(told.stdout) as { status: unknown; entries: unknown }[]
  return { ...result, stdout: text, status: row?.status, entries: row?.entries }
}

describe('bridge', () => {
  it.each(['1.1', '2.0', '2.1'])(
    'lets a Logpoint fetch by TAXII %s what only a token opens, and ends by SIGTERM with 0',
    async (version) => {
      await using world = await aWorld({ spec: version === '2.0' ? '2.0' : '2.1' })
      const result = await bridged(world, `bridge feed --on acme/lp1 --taxii-version ${version} -o json`)
      expect(result, result.stderr).toMatchObject({ exitCode: 0, entries: entriesOf(world.feed) })
      expect(JSON.parse(result.stdout)).toMatchObject({ results: [{ target: 'acme/lp1', status: 'done' }] })
      const [source] = world.sources()
      expect(source).toMatchObject({ fields: { stix_version: version.startsWith('1') ? '1' : '2' } })
      expect(result.stdout + result.stderr).not.toContain('canary')
      const accounts = await world.run('server account list -o json')
      expect(JSON.parse(accounts.stdout)).toHaveLength(1)
    },
  )

  it('is the same account and source the next time', async () => {
    await using world = await aWorld()
    await bridged(world, 'bridge feed --on acme/lp1')
    const [first] = world.sources()
    const again = await bridged(world, 'bridge feed --on acme/lp1')
    expect(again, again.stderr).toMatchObject({ exitCode: 0 })
    // The port is another: the source that is there is changed, and no second one is made.
    expect(world.sources()).toHaveLength(1)
    expect(world.sources()[0]).toMatchObject({ id: first?.id })
  })

  it('takes STIX 1 blocks to a plugin that is told version 1, by itself', async () => {
    await using world = await aWorld()
    await using old = await startTaxii1Server({
      collections: [{ name: 'blocks', blocks: sampleBlocks(new Date(), 20) }],
    })
    await world.run(`configure taxii old --url ${old.addresses.discovery} --begin 2mo --fetch-interval 1d`)
    const refused = await world.run('bridge old --on acme/lp1 --taxii-version 2.1')
    expect(refused).toMatchObject({ exitCode: 2 })
    expect(refused.stderr).toContain('--taxii-version 1.1')
    const result = await bridged(world, 'bridge old --on acme/lp1')
    expect(result, result.stderr).toMatchObject({ exitCode: 0, entries: 20 })
    expect(world.sources()[0]).toMatchObject({ fields: { stix_version: '1' } })
  })

  it('takes no account that somebody else made, and none that is blocked', async () => {
    await using world = await aWorld()
    await world.run('fetch feed')
    await bridged(world, 'bridge feed --on acme/lp1')
    const [{ account = '' } = {}] = JSON.parse((await world.run('server account list -o json')).stdout) as {
      account?: string
    }[]
    await world.run(`server account edit ${account} --blocked`)
    const blocked = await world.run('bridge feed --on acme/lp1')
    expect(blocked).toMatchObject({ exitCode: 6 })
    expect(blocked.stderr).toContain('--no-blocked')
    await world.run(`server account delete ${account} --yes`)
    await world.run(`server account create ${account} --generate-password`)
    expect(await world.run('bridge feed --on acme/lp1')).toMatchObject({ exitCode: 6 })
  })

  it('wants one collection where a feed has several, and lets the Logpoint see no other', async () => {
    await using world = await aWorld({ collections: 2 })
    const unsaid = await world.run('bridge feed --on acme/lp1')
    expect(unsaid).toMatchObject({ exitCode: 2 })
    expect(unsaid.stderr).toContain('--collection')
    expect(world.sources()).toEqual([])
    const second = '00000000-0000-4000-8000-000000000001'
    const result = await bridged(world, `bridge feed --on acme/lp1 --collection ${second}`)
    expect(result, result.stderr).toMatchObject({ exitCode: 0, entries: entriesOf(world.feed, second) })
  })

  it.each([
    ['http://bridge.example:6100/', 13, 'https'],
    ['https://127.0.0.1:6100/', 13, '--public-url'],
  ])('refuses %s with a Director elsewhere', async (url, exitCode, hint) => {
    await using world = await aWorld()
    await world.file('elsewhere.txt', 'canary-elsewhere')
    await world.run(
      `configure director far --no-test --url https://director.example --token-file elsewhere.txt --pool acme=${ids.acme} --logpoint acme/lp1=${ids.lp1}`,
    )
    const result = await world.run(`bridge feed --on acme/lp1 --public-url ${url} --profile far`)
    expect(result).toMatchObject({ exitCode })
    expect(result.stderr).toContain(hint)
  })
})

describe('a bridge in a desired state', () => {
  it('is an account of ours and a source that points to us; a second apply sends nothing', async () => {
    await using world = await aWorld()
    await world.run('fetch feed')
    await world.file(
      'fleet.yaml',
      'stixtaxii: 1\nname: fleet\nsources:\n  feed: { from: feed, bridge: { url: "http://127.0.0.1:6100" } }\n',
    )
    const planned = await world.run('plan -f fleet.yaml --exit-code')
    expect(planned, planned.stderr).toMatchObject({ exitCode: 8 })
    expect(JSON.parse((await world.run('server account list -o json')).stdout)).toEqual([])
    const applied = await world.run('apply -f fleet.yaml --yes')
    expect(applied, applied.stderr).toMatchObject({ exitCode: 0 })
    expect(world.sources()).toHaveLength(1)
    expect(world.sources()[0]).toMatchObject({
      fields: { discovery_url: 'http://127.0.0.1:6100/taxii2/', stix_version: '2' },
    })
    expect(JSON.parse((await world.run('server account list -o json')).stdout)).toHaveLength(1)
    expect(await world.run('plan -f fleet.yaml --exit-code')).toMatchObject({ exitCode: 0 })
    expect(planned.stdout + planned.stderr + applied.stdout + applied.stderr).not.toContain('canary')
  })

  it.each([
    ['sources: { feed: { bridge: { url: "http://127.0.0.1:6100" } } }', 'from'],
    ['sources: { feed: { from: feed, username: ann, bridge: { url: "http://127.0.0.1:6100" } } }', 'username'],
    ['sources: { feed: { from: feed, bridge: { url: "http://bridge.example/" } } }', 'clear text'],
  ])('is told with its line when it cannot be: %s', async (sources, said) => {
    await using world = await aWorld()
    await world.run('fetch feed')
    await world.file('fleet.yaml', `stixtaxii: 1\nname: fleet\n${sources}\n`)
    const planned = await world.run('plan -f fleet.yaml')
    expect(planned).toMatchObject({ exitCode: 3 })
    expect(planned.stderr).toContain(said)
    expect(planned.stderr).toContain('fleet.yaml:3')
  })
})
