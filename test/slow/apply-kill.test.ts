import { spawn, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { isWrite } from '../../src/simulate/director/calls.ts'
import type { RecordedRequest } from '../../src/simulate/director/record.ts'
import { aFleet, aSourceText, aWorld, sourcesOn, type FleetText, type World } from '../provision/a-fleet.ts'
import { programFile } from '../support/run-program.ts'

type When = 'before' | 'after'

/** Kills the program at its nth request: before Director does anything with it, or after that and before its answer. */
interface Kill {
  readonly request: number
  readonly when: When
}

interface Campaign {
  readonly world: World
  /** Writes that were carried out, by what they were about. */
  readonly carriedOut: Map<string, number>
  /** Requests of the last program that was started. */
  count: number
  kill: Kill | undefined
  child: ChildProcess | undefined
}

async function aCampaign(): Promise<Campaign> {
  const campaign: { -readonly [Key in keyof Campaign]: Campaign[Key] } = {
    world: undefined as unknown as World,
    carriedOut: new Map(),
    count: 0,
    kill: undefined,
    child: undefined,
  }
  const numbers = new Map<RecordedRequest, number>()
  campaign.world = await aWorld({
    faults: { staleLists: true },
    onRequest(request) {
      numbers.set(request, ++campaign.count)
      return strike(campaign, campaign.count, 'before')
    },
    onResponse(request, { status }) {
      if (status < 300 && request.call && isWrite(request.call) && request.call !== 'refreshList') {
        const about = `${request.call} ${aboutOf(request)}`
        campaign.carriedOut.set(about, (campaign.carriedOut.get(about) ?? 0) + 1)
      }
      return strike(campaign, numbers.get(request) ?? 0, 'after')
    },
  })
  return campaign
}

function strike({ kill, child }: Campaign, number: number, when: When): 'drop' | undefined {
  if (kill === undefined || number < kill.request || (number === kill.request && kill.when !== when)) return undefined
  child?.kill('SIGKILL')
  // What was on its way when the process died is lost with it.
  return number === kill.request || when === 'before' ? 'drop' : undefined
}

/** Names what a write is about, so that a second one of the same is noticed. */
function aboutOf({ path: at, json, upload }: RecordedRequest): string {
  const { discovery_url: url = '', begin = '' } = (json as { data?: Record<string, unknown> } | undefined)?.data ?? {}
  return `${at} ${upload?.fileName ?? ''} ${String(url)} ${String(begin)}`
}

/** The program itself, as a process of its own. Answers its status, or `killed`. */
async function apply(campaign: Campaign, kill?: Kill): Promise<number | 'killed'> {
  const { folder } = campaign.world
  const argv = ['apply', '-f', 'fleet.yaml', '--yes', '-o', 'json', '--parallel', '3', '--settle-time', '1']
  const env = { PATH: process.env.PATH, HOME: folder, STIXTAXII_CONFIG_DIR: path.join(folder, 'config') }
  campaign.count = 0
  campaign.kill = kill
  const child = spawn(process.execPath, [programFile, ...argv], {
    cwd: folder,
    env: { ...env, STIXTAXII_DATA_DIR: path.join(folder, 'data') },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  campaign.child = child
  const said: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
  const ended = await new Promise<number | 'killed'>((resolve) => {
    child.on('close', (status, signal) => resolve(signal === 'SIGKILL' ? 'killed' : (status ?? 1)))
  })
  campaign.kill = undefined
  if (typeof ended === 'number' && ended > 0) throw new Error(Buffer.concat(said).toString('utf8'))
  return ended
}

const bare = { certificate: undefined, key: undefined, keyPassphrase: undefined }

/** Twelve writes: three uploads, and on each of three Logpoints an installation and two sources. */
function twelve(world: World): FleetText {
  return aFleet(world.director, 3, {
    sources: { partner: aSourceText(), second: aSourceText({ url: 'https://second.example/taxii2/', ...bare }) },
  })
}

/** Ten writes on what the twelve made: a certificate renewed (two), an edit and a removal each on three, a new one on two. */
function change(world: World): FleetText {
  writeFileSync(path.join(world.folder, 'client.crt'), '-----BEGIN CERTIFICATE-----\nNEW\n-----END CERTIFICATE-----\n')
  const third = aSourceText({ url: 'https://third.example/taxii2/', ...bare })
  return aFleet(world.director, 3, {
    sources: {
      partner: aSourceText({ begin: '30d', fetchInterval: '6h' }),
      third: { ...third, on: ['acme/lp1', 'acme/lp2'] },
    },
  })
}

interface Scenario {
  readonly name: string
  /** What is there before. */
  readonly first?: (world: World) => FleetText
  readonly wanted: (world: World) => FleetText
  readonly writes: number
  readonly urls: readonly (readonly string[])[]
}

const partner = 'https://taxii.example/taxii2/'
const scenarios: readonly Scenario[] = [
  {
    name: 'a first apply of 12 writes',
    wanted: twelve,
    writes: 12,
    urls: [1, 2, 3].map(() => ['https://second.example/taxii2/', partner]),
  },
  {
    name: 'an apply that edits, deletes, renews and creates',
    first: twelve,
    wanted: change,
    writes: 10,
    urls: [[partner, 'https://third.example/taxii2/'], [partner, 'https://third.example/taxii2/'], [partner]],
  },
]

async function prepare({ first, wanted }: Scenario): Promise<Campaign> {
  const campaign = await aCampaign()
  const { world } = campaign
  if (first) {
    world.write(first(world))
    await apply(campaign)
    campaign.carriedOut.clear()
  }
  world.write(wanted(world))
  return campaign
}

async function trial(scenario: Scenario, kill: Kill): Promise<boolean> {
  const campaign = await prepare(scenario)
  await using world = campaign.world
  const first = await apply(campaign, kill)
  const second = first === 'killed' ? await apply(campaign) : first
  const where = `${scenario.name}, killed ${kill.when} request ${kill.request}`
  expect(second, where).toBe(0)
  const counts = [...campaign.carriedOut]
  expect(
    counts.filter(([, count]) => count > 1).map(([about]) => about),
    where,
  ).toEqual([])
  expect(counts.length, where).toBe(scenario.writes)
  scenario.urls.forEach((urls, index) => {
    const found = sourcesOn(world.director, index + 1).map(
      (source) => (source.fields as { discovery_url: string }).discovery_url,
    )
    expect(found.sort(), where).toEqual(urls)
  })
  // The state knows everything: nothing is left to do, and nothing is not comparable.
  const third = await world.run('plan -f fleet.yaml --exit-code -o json')
  expect(third.exitCode, `${where}: ${third.stdout}`).toBe(0)
  const { results } = JSON.parse(third.stdout) as { results: { notes: string[] }[] }
  expect(
    results.flatMap(({ notes }) => notes),
    where,
  ).toEqual([])
  return first === 'killed'
}

// A sample keeps it below two minutes; `all` kills at every point, which takes five.
const points = process.env['STIXTAXII_TEST_KILLS'] ?? '24'
const seed = Number(process.env['STIXTAXII_TEST_SEED'] ?? Date.now() % 2147483648)

function sequence(start: number): () => number {
  let state = start
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 2147483648
  }
}

/** Some points drawn by the seed: one in each of as many stretches of equal length, so that no part of a run is left out. */
function sampleOf(every: readonly Kill[], count: number): Kill[] {
  const random = sequence(seed)
  const length = every.length / count
  return Array.from({ length: count }, (_, index) => every[Math.floor((index + random()) * length)]).filter(
    (kill) => kill !== undefined,
  )
}

describe('an apply that is killed', () => {
  it.each(scenarios)(
    'D1 D3 $name: at any of its requests, and run again, it converges without a duplicate write',
    async (scenario) => {
      const whole = await prepare(scenario)
      expect(await apply(whole)).toBe(0)
      const requests = whole.count
      await whole.world.director.close()
      const every = Array.from({ length: requests }, (_, index) => index + 1).flatMap((request) =>
        (['before', 'after'] as const).map((when): Kill => ({ request, when })),
      )
      const trials = points === 'all' ? every : sampleOf(every, Number(points))
      const count = trials.length
      console.log(`${scenario.name}: ${count} of ${every.length} points, STIXTAXII_TEST_SEED=${seed}`)
      let killed = 0
      // Most of a trial is waiting for orders, so several go on at once.
      const worker = async (): Promise<void> => {
        for (let next = trials.pop(); next; next = trials.pop()) if (await trial(scenario, next)) killed += 1
      }
      await Promise.all(Array.from({ length: 6 }, worker))
      // How many requests a run has depends a little on which Logpoint is quicker.
      expect(killed).toBeGreaterThan(count * 0.75)
      console.log(`${scenario.name}: ${requests} requests, killed at ${killed} points`)
    },
    900_000,
  )
})
