import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { splitCommand } from '../../src/profile/credentials/helper.ts'
import { startDirectorEmulator, type DirectorEmulator } from '../../src/simulate/director/emulator.ts'
import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import { startTaxii2Server, type Taxii2Server } from '../../src/simulate/taxii2-server.ts'
import { anIndicator } from '../../test/support/indicators.ts'
import { runHere } from './in-process.ts'
import type { Plan } from './plan.ts'
import { secrets, type Scenario } from './scenario.ts'
import { runProgram } from './start-program.ts'
import { settled } from './state.ts'

/** Where a lane keeps a scenario's files, always in the same place, and the servers that its commands speak to. */
export interface World extends AsyncDisposable {
  readonly home: string
  /** Fills in the addresses and the folder, and splits the line as a shell would. */
  words(line: string): string[]
  /** What the servers have, as `stateOf` writes it. */
  servers(): ReadonlyMap<string, string>
}

/** The places of a lane: ports and folders that stay the same, since profiles name them. */
export interface Places {
  readonly folder: string
  ports: Record<ServerName, number>
}

type ServerName = 'taxii2' | 'taxii1' | 'director'

export const poolId = '0123456789abcdef0123456789abcdef'
const logpointIds = ['fedcba98765432100000000000000001', 'fedcba98765432100000000000000002'] as const

/** Makes the folder of a scenario as it is before its command, once; each trial gets a copy. */
export async function makeTemplate(scenario: Scenario, places: Places, hook: string): Promise<void> {
  const template = templateOf(scenario, places)
  const home = homeOf(places)
  rmSync(home, { recursive: true, force: true })
  for (const folder of ['config', 'data', 'tmp']) mkdirSync(path.join(home, folder), { recursive: true, mode: 0o700 })
  mkdirSync(home, { recursive: true, mode: 0o700 })
  // Between two runs nobody holds the ports, and another program may have taken one for itself.
  places.ports = { taxii2: 0, taxii1: 0, director: 0 }
  await using world = await openWorld(places)
  for (const [name, text] of Object.entries(scenario.files ?? {}))
    writeFileSync(path.join(home, name), text.replace('{director}', `http://127.0.0.1:${places.ports.director}`), {
      mode: 0o600,
    })
  for (const line of scenario.setup ?? []) {
    const words = world.words(line)
    const keyring = path.join(home, 'keyring.json')
    const plan: Plan = { root: home, trace: path.join(places.folder, 'trace'), keyring }
    const ended = scenario.keyring
      ? await runProgram({ ...scenario, stdin: undefined }, { hook, plan, words, home })
      : await runHere(words, home, { env: scenario.env })
    if (ended.status !== 0) throw new Error(`${scenario.name}: ${line}: ${ended.stderr}`)
  }
  rmSync(template, { recursive: true, force: true })
  cpSync(home, template, { recursive: true })
}

/** The folder as it was before the command, and fresh servers. */
export async function freshWorld(scenario: Scenario, places: Places): Promise<World> {
  const home = homeOf(places)
  rmSync(home, { recursive: true, force: true })
  cpSync(templateOf(scenario, places), home, { recursive: true, preserveTimestamps: true })
  return openWorld(places)
}

const homeOf = ({ folder }: Places): string => path.join(folder, 'home')

function templateOf({ name }: Scenario, { folder }: Places): string {
  return path.join(folder, `template-${name.replaceAll(/\W+/g, '-')}`)
}

async function openWorld(places: Places): Promise<World> {
  const home = homeOf(places)
  const taxii2 = await startTaxii2Server({
    port: places.ports.taxii2,
    pageCap: 5,
    authentication: { scheme: 'basic', username: 'ann', password: secrets.password },
    collections: [
      { id: 'indicators', objects: indicators(12), canWrite: true },
      { id: 'reports', objects: indicators(3, 100) },
    ],
  })
  const taxii1 = await startTaxii1Server({
    port: places.ports.taxii1,
    partSize: 2,
    collections: [{ name: 'feed', blocks: blocks, receives: true }],
  })
  const director = await startDirectorEmulator({
    port: places.ports.director,
    token: secrets.token,
    plugin: 'StixTaxii_6.0.0.pak',
    stateFolder: path.join(home, 'director-state'),
  })
  places.ports = { taxii2: taxii2.port, taxii1: taxii1.port, director: director.port }
  const names: Readonly<Record<string, string>> = {
    '{taxii2}': taxii2.discoveryUrl,
    '{taxii1}': taxii1.addresses.discovery ?? taxii1.url,
    '{director}': director.url,
    '{home}': home,
    '{pool}': poolId,
    '{lp1}': logpointIds[0],
    '{lp2}': logpointIds[1],
  }
  return {
    home,
    words: (line) => splitCommand(line.replaceAll(/\{\w+\}/g, (name) => names[name] ?? name)),
    servers: () =>
      new Map([
        ['taxii2', truthOf(taxii2)],
        ['director', fabricOf(director)],
      ]),
    async [Symbol.asyncDispose]() {
      await Promise.all([taxii2.close(), taxii1.close(), director.close()])
    },
  }
}

function truthOf(server: Taxii2Server): string {
  return server
    .truth('indicators', 'all')
    .map(({ id, raw }) => `${id} ${createHash('sha256').update(raw).digest('hex').slice(0, 8)}`)
    .sort()
    .join('\n')
}

/** What it has but the orders, which a repeated command makes anew. */
function fabricOf({ fabric }: DirectorEmulator): string {
  const { pools, public: shared } = fabric
  const sources = Object.values(pools).map((pool) => ({
    packages: pool.packages.map(({ name }) => name).sort(),
    certificates: pool.certificates.map(({ name }) => name).sort(),
    logpoints: Object.entries(pool.logpoints)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, one]) => ({
        plugins: one.plugins.map(({ name, version }) => `${name} ${version}`).sort(),
        sources: one.sources.map(({ fields }) => JSON.stringify(fields)).sort(),
      })),
  }))
  return settled(JSON.stringify({ sources, shared: shared.packages.map(({ name }) => name) }, undefined, 1))
}

const values = [
  (index: number) => `[ipv4-addr:value = '192.0.2.${index}']`,
  (index: number) => `[domain-name:value = 'bad${index}.example']`,
  (index: number) => `[url:value = 'http://bad${index}.example/x']`,
  (index: number) => `[file:hashes.MD5 = '${createHash('md5').update(String(index)).digest('hex')}']`,
]

/** Indicators whose identifiers are short words here: `plain` must not make them alike. */
function indicators(count: number, from = 0): readonly Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) =>
    anIndicator(from + index, {
      name: `Made up ${from + index}`,
      pattern: values[index % values.length]?.(from + index + 1),
    }),
  )
}

const blocks = [1, 2, 3].map(
  (number) =>
    `<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1" xmlns:x="http://example.com" id="x:package-${number}" version="1.1.1"/>`,
)
