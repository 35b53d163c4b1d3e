import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SimulatedResponse, SimulatedVerdict } from '../../src/simulate/loopback-server.ts'
import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { aDirectorWorld, anAcmeProfile } from '../cli/a-director-world.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'
import type { CliResult } from '../support/run-cli.ts'
import { idAt, someIndicators } from '../support/indicators.ts'

/** Changes an answer on its way, or leaves it. */
export type Spoil = (response: SimulatedResponse) => SimulatedVerdict

/** A server that spoils what it says, and a folder with what a command needs. */
export interface RunningScene extends AsyncDisposable {
  readonly folder: string
  run(words: readonly string[], columns: number | undefined): Promise<CliResult>
}

/** A command line and the server it talks to. */
export interface Scene {
  readonly name: string
  readonly isBytes: boolean
  /** The server speaks TAXII 1.x. */
  readonly isXml?: boolean | undefined
  /** The rest of the command line; what begins with `@` is a file of the scene's folder, `URL` the server's address. */
  readonly words: string
  readonly start: (spoil: Spoil) => Promise<RunningScene>
}

const indicators = someIndicators(2).map((object) => ({
  ...object,
  name: 'a name',
  description: 'a description',
  labels: ['a label'],
  pattern_type: 'stix',
}))
const id = idAt(0)

function taxii2(version: '2.0' | '2.1', refuses = false) {
  return async (spoil: Spoil): Promise<RunningScene> => {
    let configuring = false
    const server = await startTaxii2Server({
      version,
      collections: [{ id: 'c1', title: 'Demo', description: 'd', alias: 'demo', objects: indicators, canWrite: true }],
      title: 'server',
      contact: 'ann@server.example',
      onResponse: (request, response) =>
        configuring ? response : spoil(refuses && request.url.pathname.includes('/c1/') ? refusal : response),
    })
    const scene = inFolder(server.rootUrl, server)
    const profile = `configure taxii feed --url URL --begin 100mo --auth none --collection c1 --allow-http --no-test`
    configuring = true
    const { exitCode, stderr } = await scene.run(profile.split(' '), undefined)
    configuring = false
    if (exitCode !== 0) throw new Error(stderr)
    return scene
  }
}

/** Every member that an error may have by the standard. */
const refusal: SimulatedResponse = {
  status: 400,
  headers: { 'content-type': 'application/taxii+json;version=2.1' },
  body: Buffer.from(
    JSON.stringify({
      title: 'refused',
      description: 'because',
      error_id: 'id-1',
      error_code: 'code-1',
      http_status: '400',
      external_details: 'https://server.example/why',
      details: { name: 'value', list: ['one'] },
    }),
  ),
}

function taxii1(version: '1.0' | '1.1', more: { readonly unreadable?: boolean } = {}) {
  return async (spoil: Spoil): Promise<RunningScene> => {
    const block = { content: '<a xmlns="urn:a" b="c">1</a>', message: 'a message', subtype: 'urn:sub' }
    const server = await startTaxii1Server({
      versions: [version],
      collections: [{ name: 'feed', description: 'a description', blocks: [block], receives: true, ...more }],
      onResponse: (_, response) => spoil(response),
    })
    return inFolder(server.addresses.discovery, server)
  }
}

function inFolder(url: string, server: AsyncDisposable): RunningScene {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'objects.json'), JSON.stringify({ type: 'bundle', id: 'bundle--1', objects: indicators }))
  writeFileSync(join(folder, 'block.xml'), '<s:STIX_Package xmlns:s="http://stix.mitre.org/stix-1" version="1.1.1"/>')
  const clock = fakeClock({ start: '2026-03-04T05:06:07.000Z' })
  return {
    folder,
    run: (words, columns) => {
      const argv = words.map((word) => (word === 'URL' ? url : word.replace(/^@/, `${folder}/`)))
      return runCli([...argv, '--color', 'never'], { folder, columns, clock })
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function director(spoil: Spoil): Promise<RunningScene> {
  let spoiling = false
  const world = await aDirectorWorld({
    profiles: [anAcmeProfile()],
    onResponse: (_, response) => (spoiling ? spoil(response) : response),
  })
  await world.file('other.pak', 'a package')
  await world.run('director source create feed --on acme/lp1')
  spoiling = true
  return {
    folder: world.folder,
    run: (words, columns) =>
      runCli([...words.map((word) => word.replace(/^@/, `${world.folder}/`)), '--color', 'never'], {
        folder: world.folder,
        columns,
        clock: fakeClock({ start: '2026-03-04T05:06:07.000Z' }),
      }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

const two = (version: '2.0' | '2.1', words: string, isBytes = false): Scene => ({
  name: `${version}: ${words}`,
  words,
  isBytes,
  start: taxii2(version),
})
const one = (version: '1.0' | '1.1', words: string, isBytes = false): Scene => ({
  name: `${version}: ${words}`,
  words,
  isBytes,
  isXml: true,
  start: taxii1(version),
})
const hq = (words: string): Scene => ({ name: `Director: ${words}`, words, isBytes: false, start: director })

export const scenes: readonly Scene[] = [
  two('2.1', 'discover URL'),
  two('2.1', 'collections URL'),
  two('2.1', 'manifest URL --collection c1'),
  two('2.1', `versions ${id} URL --collection c1`),
  two('2.1', 'push @objects.json URL --collection c1'),
  two('2.1', `delete ${id} URL --collection c1 --yes`),
  two('2.1', 'fetch feed'),
  two('2.1', 'poll URL --collection c1', true),
  two('2.1', `get ${id} URL --collection c1`, true),
  two('2.0', 'discover URL'),
  two('2.0', 'collections URL'),
  two('2.0', 'manifest URL --collection c1'),
  two('2.0', 'push @objects.json URL --collection c1'),
  two('2.0', 'poll URL --collection c1', true),
  { name: 'refused: poll', words: 'poll URL --collection c1', isBytes: true, start: taxii2('2.1', true) },
  { name: 'refused: manifest', words: 'manifest URL --collection c1', isBytes: false, start: taxii2('2.1', true) },
  one('1.1', 'discover URL'),
  one('1.1', 'collections URL'),
  one('1.1', 'poll URL --collection feed', true),
  one('1.1', 'inbox push @block.xml URL --destination feed'),
  one('1.1', 'subscription subscribe URL --collection feed'),
  one('1.0', 'discover URL'),
  one('1.0', 'collections URL'),
  one('1.0', 'poll URL --collection feed', true),
  {
    name: 'status message: poll',
    words: 'poll URL --collection feed',
    isBytes: true,
    isXml: true,
    start: taxii1('1.1', { unreadable: true }),
  },
  hq('director package list --pool acme'),
  hq('director plugin list --on acme/lp1'),
  hq('director certificate list --pool acme'),
  hq('director source list --on acme/lp1'),
  hq('director source show feed --on acme/lp1'),
  hq('director source status --on acme/lp1'),
  hq('director source refresh --on acme/lp1'),
  hq('director source create feed --on acme/lp2'),
  hq('director source delete feed --on acme/lp1 --yes'),
  hq('director package upload @other.pak --pool acme'),
  hq('director package trash StixTaxii_6.1.0.pak --pool acme --yes'),
  hq('director plugin uninstall --on acme/lp1 --yes'),
]
