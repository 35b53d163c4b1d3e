import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peersFolder } from './peers/opentaxii.ts'

const run = promisify(execFile)
const program = path.resolve('bin/stixtaxii.js')
const shared = path.resolve('..', 'shared', 'data')
const password = 'made-up-password'

interface Key {
  readonly id: string
  readonly modified?: string
  readonly created?: string
}

interface Taxii2Report {
  readonly objects: readonly [string, string | null][]
  readonly manifest: readonly string[]
  readonly pushed: readonly [string, string][]
  readonly [key: string]: unknown
}

interface CabbyReport {
  readonly blocks: readonly string[]
  readonly pushed?: readonly string[]
  readonly [key: string]: unknown
}

/**
 * Clients of others read what we serve of the real feeds, with Basic and JWT, and add to it. What was imported is the truth.
 * `.ci/run` makes the virtual environment; elsewhere name one in STIXTAXII_PEERS.
 */
describe.skipIf(peersFolder === undefined)('serve, read by cabby, libtaxii and taxii2-client', () => {
  let folder: string
  let environment: NodeJS.ProcessEnv
  let server: ChildProcess
  let url: URL
  let ids: ReadonlyMap<string, string>
  let xml: readonly string[]
  let loadedBlocks: readonly string[]

  const stixtaxii = async (...argv: string[]): Promise<string> =>
    (await run(process.execPath, [program, ...argv], { env: environment, maxBuffer: 1 << 28 })).stdout
  const tool = async (name: string, ...argv: string[]): Promise<string> =>
    (await run(path.join(peersFolder ?? '', 'bin', name), argv, { env: environment, maxBuffer: 1 << 28 })).stdout
  const python = (script: string, ...argv: string[]): Promise<string> =>
    tool('python', path.join(import.meta.dirname, 'peers', script), ...argv)
  const objectsOf = async (name: string): Promise<readonly Key[]> =>
    (JSON.parse(await readFile(path.join(shared, 'stix2', name), 'utf8')) as { objects: Key[] }).objects

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-serve-'))
    environment = { ...process.env, HOME: folder, STIXTAXII_DATA_DIR: folder, STIXTAXII_CONFIG_DIR: folder }
    await writeFile(path.join(folder, 'password'), password, { mode: 0o600 })
    const stix1 = path.join(shared, 'stix1')
    xml = (await readdir(stix1)).filter((name) => name.endsWith('.xml')).map((name) => path.join(stix1, name))
    await stixtaxii('import', ...xml, '--source', 'feed', '--collection', 'stix1')
    for (const [collection, file] of Object.entries({
      new: 'amnesty-pegasus.stix2.json',
      old: 'talos-darkgate-stix20.json',
    }))
      await stixtaxii('import', path.join(shared, 'stix2', file), '--source', 'feed', '--collection', collection)
    for (const name of ['drops', 'olddrops']) await stixtaxii('server', 'collection', 'create', name, '--alias', name)
    const account = ['--password-file', path.join(folder, 'password'), '--read', 'all', '--write', 'drops,olddrops']
    await stixtaxii('server', 'account', 'create', 'ann', ...account)
    const listed = JSON.parse(await stixtaxii('server', 'collection', 'list', '-o', 'json')) as {
      id: string
      name: string
    }[]
    ids = new Map(listed.map(({ id, name }) => [name, id]))
    server = spawn(process.execPath, [program, 'serve', '--port', '0', '-o', 'ndjson'], { env: environment })
    const lines = createInterface({ input: server.stdout as NodeJS.ReadableStream })
    const [line] = (await once(lines, 'line')) as [string]
    url = new URL((JSON.parse(line) as { url: string }).url)
    // The others have a prefix that no namespace is bound to: what lxml makes of them is its own.
    const wellFormed = xml.filter((file) => !file.includes('citizenlab'))
    loadedBlocks = JSON.parse(await python('digest_xml.py', ...wellFormed)) as string[]
  })

  afterAll(async () => {
    server.kill('SIGTERM')
    const [status] = (await once(server, 'exit')) as [number]
    await rm(folder, { recursive: true, force: true })
    expect(status).toBe(0)
  })

  it.each([
    ['v21', 'taxii2', 'feed.new', 'drops', 'amnesty-pegasus.stix2.json'],
    ['v20', 'taxii', 'feed.old', 'olddrops', 'talos-darkgate-stix20.json'],
  ])(
    'taxii2-client %s: every method; the set it gets is the set that is stored',
    async (version, at, read, write, file) => {
      const truth = (await objectsOf(file)).map(({ id, modified, created }) => [id, modified ?? created ?? null])
      const sorted = (keys: readonly unknown[]): string[] => keys.map((key) => JSON.stringify(key)).sort()
      const written = path.join(folder, `${version}.json`)
      const pushed = (await objectsOf(file)).slice(0, 300)
      await writeFile(written, JSON.stringify({ type: 'bundle', objects: pushed }))
      const readId = ids.get(read) ?? ''
      const writeId = ids.get(write) ?? ''
      const report = JSON.parse(
        await python('use_taxii2.py', version, `${url.href}${at}/`, 'ann', password, readId, writeId, written),
      ) as Taxii2Report
      expect(sorted(report.objects)).toEqual(sorted(truth))
      expect(report.manifest.toSorted()).toEqual(truth.map(([id]) => id).sort())
      expect(report.pushed).toHaveLength(pushed.length)
      expect(report).toMatchObject({
        versions: [
          'application/taxii+json;version=2.1',
          'application/vnd.oasis.taxii+json; version=2.0',
          'taxii-2.0',
          'taxii-2.1',
        ].filter((name) => (report['versions'] as string[]).includes(name)),
        job: ['complete', pushed.length, pushed.length, 0],
        jobAgain: ['complete', pushed.length],
        future: [],
      })
      expect(report['collections']).toHaveLength(5)
      expect(report['byId']).toEqual([report['one']])
      if (version === 'v21') expect(report).toMatchObject({ deleted: true })
    },
  )

  it.each([
    ['1.1', []],
    ['1.1', ['/management/auth']],
    ['1.0', []],
    ['1.0', ['/management/auth']],
  ])('cabby %s %s: discovery, collections, poll, push and subscriptions', async (version, jwt) => {
    const report = JSON.parse(
      await python('use_cabby.py', version, url.port, 'ann', password, 'feed.stix1', 'drops', xml[0] ?? '', ...jwt),
    ) as CabbyReport
    expect(report.blocks).toHaveLength(xml.length)
    expect(report.blocks).toEqual(expect.arrayContaining([...loadedBlocks]))
    expect(report['collections']).toContain('feed.stix1')
    expect(report['services']).toEqual(expect.arrayContaining(['DISCOVERY', 'POLL', 'INBOX']))
    if (version === '1.0') return
    const [digest] = JSON.parse(await python('digest_xml.py', xml[0] ?? '')) as string[]
    expect(report.pushed).toContain(digest)
    expect(report).toMatchObject({
      count: xml.length,
      sameTwice: true,
      status: 'ACTIVE',
      paused: 'PAUSED',
      resumed: 'ACTIVE',
      subscribed: xml.length,
    })
  })

  it("libtaxii's scripts: discovery, collections, poll to files, inbox", async () => {
    const login = ['--username', 'ann', '--pass', password]
    const at = (service: string): string[] => ['-u', `${url.href}services/${service}`, ...login]
    expect(await tool('discovery_client', ...at('discovery'))).toContain('/services/poll')
    expect(await tool('collection_information_client', ...at('collection-management'))).toContain('feed.stix1')
    expect(await tool('discovery_client_10', ...at('discovery'))).toContain('Discovery')
    expect(await tool('feed_information_client_10', ...at('collection-management'))).toContain('feed.stix1')
    const into = await mkdtemp(path.join(folder, 'polled-'))
    await tool('poll_client', ...at('poll'), '--collection', 'feed.stix1', '--dest-dir', into)
    const files = (await readdir(into)).map((name) => path.join(into, name))
    expect(files).toHaveLength(xml.length)
    expect(JSON.parse(await python('digest_xml.py', ...files))).toEqual(expect.arrayContaining([...loadedBlocks]))
    const sent = await tool('inbox_client', ...at('inbox'), '--content-file', xml[1] ?? '', '--dcn', 'drops')
    expect(sent).toContain('SUCCESS')
  })
})
