import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { account, admin, peersFolder, startOpenTaxii, type OpenTaxii } from './peers/opentaxii.ts'

const run = promisify(execFile)
const program = path.resolve('bin/stixtaxii.js')
const shared = path.resolve('..', 'shared', 'data')

interface FetchRow {
  readonly source: string
  readonly collection: string
  readonly received: number
  readonly new: number
  readonly unchanged: number
  readonly quarantined: number
  readonly status: string
}

/**
 * The peers are real: OpenTAXII is started and loaded with its own tools, cabby and taxii2-client read beside us. What was
 * loaded is the truth. `.ci/run` makes the virtual environment; elsewhere name one in STIXTAXII_PEERS.
 */
describe.skipIf(peersFolder === undefined)('beside OpenTAXII, cabby and taxii2-client', () => {
  let server: OpenTaxii
  let folder: string
  let environment: NodeJS.ProcessEnv
  let files: string[]
  let loadedBlocks: string[]
  let loadedObjects: { id: string; modified?: string }[]

  const stixtaxii = async (...argv: string[]) =>
    (await run(process.execPath, [program, ...argv], { env: environment, maxBuffer: 1 << 28 })).stdout

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-peers-'))
    environment = {
      ...process.env,
      HOME: folder,
      STIXTAXII_CONFIG_DIR: path.join(folder, 'config'),
      STIXTAXII_DATA_DIR: path.join(folder, 'data'),
    }
    await writeFile(path.join(folder, 'password'), account.password, { mode: 0o600 })
    await writeFile(path.join(folder, 'admin-password'), admin.password, { mode: 0o600 })
    server = await startOpenTaxii()
    const stix1 = path.join(shared, 'stix1')
    files = (await readdir(stix1)).filter((name) => name.endsWith('.xml')).map((name) => path.join(stix1, name))
    for (const file of files) {
      // prettier-ignore
      await server.tool('taxii-push', '--host', '127.0.0.1', '--port', String(server.port), '--path', '/services/inbox', '--username', account.username,
        '--password', account.password, '--dest', 'stix1', '--content-file', file, '--binding', 'urn:stix.mitre.org:xml:1.1.1')
    }
    loadedBlocks = (JSON.parse(await server.python('digest_xml.py', ...files)) as string[]).sort()
    const bundle = path.join(shared, 'stix2', 'amnesty-pegasus.stix2.json')
    loadedObjects = (JSON.parse(await readFile(bundle, 'utf8')) as { objects: typeof loadedObjects }).objects
    const taken = await server.python(
      'push_taxii2.py',
      `${server.origin}/taxii2/`,
      admin.username,
      admin.password,
      bundle,
    )
    expect(Number(taken)).toBe(3099)
  })

  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  async function fetchTwice(name: string): Promise<FetchRow> {
    const [first] = (JSON.parse(await stixtaxii('fetch', name, '-o', 'json')) as { results: FetchRow[] }).results
    const [again] = (JSON.parse(await stixtaxii('fetch', name, '-o', 'json')) as { results: FetchRow[] }).results
    expect(again).toMatchObject({ new: 0, status: 'ok' })
    return first as FetchRow
  }

  /** The blocks of a source as they stand in the store, digested by the peer's XML library. */
  async function storedBlocks(name: string): Promise<string[]> {
    const lines = (await stixtaxii('export', '--format', 'ndjson', '--source', name)).trim().split('\n')
    const written: string[] = []
    for (const [index, line] of lines.entries()) {
      const file = path.join(folder, `${name}-${index}.xml`)
      await writeFile(file, (JSON.parse(line) as { content: string }).content)
      written.push(file)
    }
    return (JSON.parse(await server.python('digest_xml.py', ...written)) as string[]).sort()
  }

  it.each([
    ['1.1', '/services/discovery', '/services/poll', []],
    ['1.1', '/services/discovery', '/services/poll', ['--auth', 'jwt']],
    ['1.0', '/services/poll-all', '/services/poll-all', []],
  ])(
    'fetches over TAXII %s from %s exactly the STIX 1 blocks that were loaded, as cabby does (%s %s)',
    async (version, address, pollPath, flags) => {
      const name = `v${version.replace('.', '')}${flags.length > 0 ? 'jwt' : ''}`
      await stixtaxii(
        'configure',
        'taxii',
        name,
        '--url',
        `${server.origin}${address}`,
        '--taxii-version',
        version,
        '--collection',
        'stix1',
        '--username',
        account.username,
        '--password-file',
        path.join(folder, 'password'),
        '--begin',
        '20d',
        ...flags,
      )
      const row = await fetchTwice(name)
      expect(row).toMatchObject({ received: files.length, new: files.length, quarantined: 0, status: 'ok' })
      const ours = await storedBlocks(name)
      expect(ours).toEqual(loadedBlocks)
      const jwt = flags.length > 0 ? ['/management/auth'] : []
      const theirs = JSON.parse(
        await server.python(
          'poll_cabby.py',
          version,
          String(server.port),
          pollPath,
          'stix1',
          account.username,
          account.password,
          ...jwt,
        ),
      ) as string[]
      for (const digest of theirs) expect(ours).toContain(digest)
    },
  )

  it.each([
    ['Basic', []],
    ['JWT', ['--auth', 'jwt']],
  ])(
    'fetches over TAXII 2.1 with %s exactly the objects that were loaded, as taxii2-client does',
    async (scheme, flags) => {
      const name = `v21${scheme.toLowerCase()}`
      await stixtaxii(
        'configure',
        'taxii',
        name,
        '--url',
        `${server.origin}/taxii2/`,
        '--username',
        admin.username,
        '--password-file',
        path.join(folder, 'admin-password'),
        '--begin',
        '20d',
        ...flags,
      )
      const row = await fetchTwice(name)
      expect(row).toMatchObject({ received: 3099, new: 3099, quarantined: 0, status: 'ok' })
      const lines = (await stixtaxii('export', '--format', 'ndjson', '--source', name)).trim().split('\n')
      const ours = lines.map((line) => JSON.parse(line) as { id: string; modified?: string })
      const keys = (objects: readonly { id: string; modified?: string }[]) =>
        objects.map((object) => `${object.id} ${object.modified}`).sort()
      expect(keys(ours)).toEqual(keys(loadedObjects))
      const theirs = JSON.parse(
        await server.python('poll_taxii2.py', `${server.origin}/taxii2/`, admin.username, admin.password),
      ) as [string, string][]
      const known = new Set(ours.map((object) => object.id))
      for (const [id] of theirs) expect(known.has(id)).toBe(true)
    },
  )
})
