import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import { sampleBlocks, sampleFeed, sampleIndicator } from '../simulate/sample-data.ts'
import { startTaxii1Server } from '../simulate/taxii1-server.ts'
import type { Taxii1Server } from '../simulate/taxii1-server.ts'
import { startTaxii2Server } from '../simulate/taxii2-server.ts'
import type { Taxii2Server } from '../simulate/taxii2-server.ts'
import type { FetchSource } from '../simulate/director/plugin-fetches.ts'
import { openStore } from '../store/registry.ts'
import type { Run, Store } from '../store/store.ts'
import { rollOut } from './demo-director.ts'

export interface DemoDependencies {
  readonly clock: Clock
  /** An empty folder for configuration, data and the password file; the caller removes it. */
  readonly folder: string
  /** Where the commands keep their store. */
  readonly storeFile: string
  /** Runs a command line as if typed in `folder`; answers its exit status. `stop` is a Ctrl-C. */
  readonly run: (argv: readonly string[], stop?: AbortSignal) => Promise<number>
  readonly show: (text: string, style?: 'plain' | 'title' | 'command' | 'good' | 'dim') => Promise<void>
  readonly signal: AbortSignal
  /** How the plugin of the emulated Director fetches. */
  readonly fetchSource: FetchSource
}

const account = { username: 'demo', password: 'not-a-real-password' }
const collection = 'indicators'
const feed = 'legacy-feed'
const late = 250

/**
 * Shows the main job from an empty folder, offline: discover, configure, fetch, fetch again, stop in the middle, go on, and
 * roll out to a Logpoint.
 *
 * The commands are the real ones, run against two servers of our own, and what they stored is compared with what those
 * servers gave, object for object and byte for byte.
 * @throws DEMO_STEP_FAILED, DEMO_NOT_EXACT (internal)
 */
export async function runDemo(dependencies: DemoDependencies): Promise<void> {
  const stop = new AbortController()
  await using modern = await startModern(dependencies, stop)
  await using legacy = await startLegacy(dependencies)
  await writeFile(path.join(dependencies.folder, 'pw.txt'), `${account.password}\n`, { mode: 0o600 })
  const stage: Stage = { ...dependencies, modern, legacy, stop }
  await introduce(stage)
  for (const scene of [configure, fetchFirst, fetchAgain, fetchInterrupted, lookAround, toLogpoint]) {
    stage.signal.throwIfAborted()
    await scene(stage)
  }
  await closingCard(stage)
}

interface Stage extends DemoDependencies {
  readonly modern: Taxii2Server
  readonly legacy: Taxii1Server
  /** Fired by the server in the middle of the fetch that is to be interrupted. */
  readonly stop: AbortController
}

/** A TAXII 2.1 server with pages of 50 that lets someone press Ctrl-C while late objects are on their way. */
async function startModern({ clock }: DemoDependencies, stop: AbortController): Promise<Taxii2Server> {
  const { objects, addedAt } = sampleFeed(clock.now())
  let interruptible = 0
  const server = await startTaxii2Server({
    title: 'Example Sensor Network',
    authentication: { scheme: 'basic', ...account },
    gzip: true,
    pageCap: 50,
    roots: [
      {
        path: '/api1/',
        title: 'Shared indicators',
        collections: [{ id: collection, title: 'Indicators of the sensor network', objects, addedAt }],
      },
    ],
    onRequest: (request) => {
      const isRead = request.path.endsWith('/objects/')
      if (isRead && server.shelf(collection).entries.length > objects.length && ++interruptible === 4) stop.abort()
      return undefined
    },
  })
  return server
}

function startLegacy({ clock }: DemoDependencies): Promise<Taxii1Server> {
  const blocks = sampleBlocks(clock.now())
  return startTaxii1Server({ collections: [{ name: feed, description: 'STIX 1.1.1 packages', blocks }], partSize: 10 })
}

async function introduce({ show, folder, modern, legacy }: Stage): Promise<void> {
  await show('stixtaxii demo: from an empty folder to a store that has everything, once\n', 'title')
  await show(
    [
      'Offline. Two servers with made-up intelligence listen on this machine only:',
      `  TAXII 2.1  ${modern.discoveryUrl}`,
      `  TAXII 1.1  ${legacy.addresses.discovery}`,
      `Profiles and store are kept in ${folder}`,
      'which is removed at the end. The commands are the real ones.',
      '',
    ].join('\n'),
  )
}

/** Shows a command line as it would be typed, runs it, and demands this exit status. */
async function type(stage: Stage, argv: readonly string[], expected = 0, stop?: AbortSignal): Promise<void> {
  await stage.show(`\n${typedLine(argv)}\n`, 'command')
  const status = await stage.run(argv, stop)
  stage.signal.throwIfAborted()
  if (status === expected) return
  throw new StixTaxiiError('DEMO_STEP_FAILED', `"stixtaxii ${argv.join(' ')}" ended with ${status}, not ${expected}`, {
    kind: 'internal',
    hint: 'What it said stands above. Run the demo again with --debug and report it.',
  })
}

// Broken before a flag where a line of 80 columns is full.
function typedLine(argv: readonly string[]): string {
  const lines = ['$ stixtaxii']
  for (const [index, word] of argv.entries()) {
    const last = lines.at(-1) ?? ''
    const unit = word.startsWith('--') ? `${word} ${argv[index + 1] ?? ''}`.trimEnd() : word
    if (word.startsWith('-') && last.length + unit.length + 3 > 80) {
      lines[lines.length - 1] = `${last} \\`
      lines.push(`    ${word}`)
    } else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.join('\n')
}

const heading = (stage: Stage, text: string): Promise<void> => stage.show(`\n${text}\n`, 'title')
const remark = (stage: Stage, text: string): Promise<void> => stage.show(`${text}\n`, 'good')

async function configure(stage: Stage): Promise<void> {
  const access = ['--username', account.username, '--password-file', 'pw.txt']
  await heading(stage, '1. What is there? Any address a vendor mails will do')
  await type(stage, ['discover', stage.modern.discoveryUrl, ...access])
  await heading(stage, '2. Two profiles, without a terminal; the connection is tried before it is saved')
  await type(stage, ['configure', 'taxii', 'lab', '--url', stage.modern.discoveryUrl, ...access, '--begin', '20d'])
  await type(stage, ['configure', 'taxii', 'old', '--url', stage.legacy.addresses.discovery, '--begin', '20d'])
}

async function fetchFirst(stage: Stage): Promise<void> {
  await heading(stage, '3. Fetch the last 20 days of every source')
  await type(stage, ['fetch', '--since', '20d'])
  const count = await compare(stage)
  await remark(stage, `Checked against what the servers hold: all ${count} items are here, byte for byte.`)
}

async function fetchAgain(stage: Stage): Promise<void> {
  await heading(stage, '4. Fetch again: it goes on from the checkpoint, so nothing is new')
  await type(stage, ['fetch'])
  for (const run of await lastRuns(stage, 2)) demand(run.new === 0, `${run.new} items were new to ${run.source.name}`)
}

async function fetchInterrupted(stage: Stage): Promise<void> {
  const { modern, clock, show } = stage
  const shelf = modern.shelf(collection)
  const begun = 10_000
  for (let index = 0; index < late; index++) shelf.add(sampleIndicator(begun + index, clock.now()))
  await heading(stage, `5. ${late} more arrive, and someone presses Ctrl-C in the middle of the fetch`)
  await type(stage, ['fetch', 'lab'], 130, stage.stop.signal)
  const kept = await withStore(stage, async (store) => (await store.info()).collections)
  const versions = kept.find((each) => each.source.name === 'lab')?.versions ?? 0
  const before = modern.truth(collection).length - late
  await show(`${Math.max(0, versions - before)} of the ${late} are stored, with the place to go on from.\n`, 'dim')
  await type(stage, ['fetch', 'lab'])
  const count = await compare(stage)
  await remark(stage, `Checked again: all ${count} items, none lost, none twice.`)
}

async function lookAround(stage: Stage): Promise<void> {
  const newest = stage.modern.shelf(collection).entries.at(-1)
  await heading(stage, '6. One object, and who told us')
  await type(stage, ['get', newest?.id ?? '', 'lab', '--collection', collection])
  await type(stage, ['provenance', newest?.id ?? '', '-o', 'yaml'])
  await heading(stage, '7. How every source is doing')
  await type(stage, ['status'])
}

async function toLogpoint(stage: Stage): Promise<void> {
  await rollOut({
    folder: stage.folder,
    fetchSource: stage.fetchSource,
    profile: 'lab',
    entries: new Set(stage.modern.truth(collection).map(({ id }) => id)).size,
    type: (argv) => type(stage, argv),
    heading: (text) => heading(stage, text),
    remark: (text) => remark(stage, text),
    demand,
  })
}

async function closingCard(stage: Stage): Promise<void> {
  await heading(stage, 'That was all of it. Now with a server of yours:')
  await stage.show(
    [
      '  stixtaxii configure                     asks what it needs, tries it, saves it',
      '  stixtaxii fetch --since 20d             every source, the last 20 days',
      '  stixtaxii fetch                         from then on: what is new',
      '  stixtaxii watch                         the same, by itself, until stopped',
      '  stixtaxii export --format ndjson        everything that is stored',
      '  stixtaxii init                          a file for all your Logpoints',
      '  stixtaxii help                          everything else',
      '',
    ].join('\n'),
  )
  await stage.show(`${stage.folder} is removed.\n`, 'dim')
}

/**
 * Compares the store with the servers' own books; answers how many items there are.
 * @throws DEMO_NOT_EXACT (internal)
 */
async function compare(stage: Stage): Promise<number> {
  const wanted = [...stage.modern.truth(collection), ...stage.legacy.truth(feed)].map((thing) => thing.raw)
  const stored = await withStore(stage, async (store) => {
    const raw: string[] = []
    for await (const { item } of store.versions({ latest: true })) raw.push(item.raw.toString('utf8'))
    return raw
  })
  demand(stored.length === wanted.length, `${stored.length} items are stored, ${wanted.length} are there`)
  const left = new Set(stored)
  const lost = wanted.filter((raw) => !left.delete(raw))
  demand(lost.length === 0 && left.size === 0, `${lost.length} items are not as the servers have them`)
  return wanted.length
}

function demand(holds: boolean, otherwise: string): void {
  if (holds) return
  throw new StixTaxiiError('DEMO_NOT_EXACT', `The store is not what it has to be: ${otherwise}`, {
    kind: 'internal',
    hint: 'This is a bug. Run the demo again with --debug and report it.',
  })
}

const lastRuns = (stage: Stage, limit: number): Promise<readonly Run[]> =>
  withStore(stage, (store) => store.runs({ limit }))

async function withStore<T>({ clock, storeFile }: Stage, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(storeFile, { clock, identity: { pid: 0, host: 'demo' } })
  try {
    return await work(store)
  } finally {
    await store[Symbol.asyncDispose]()
  }
}
