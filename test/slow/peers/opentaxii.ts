import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
// From the project's folder, so that the bench finds them too.
const here = path.resolve('test/slow/peers')

/** The virtual environment with OpenTAXII, cabby and taxii2-client; `.ci/run` makes it. */
export const peersFolder = process.env['STIXTAXII_PEERS']

export const account = { username: 'ann', password: 'made-up-password' }
export const admin = { username: 'root', password: 'made-up-root-password' }

/** A real OpenTAXII on loopback with one STIX 1 feed behind two poll services and one TAXII 2.1 collection. */
export interface OpenTaxii extends AsyncDisposable {
  readonly port: number
  readonly pid: number | undefined
  readonly origin: string
  /** Runs one of the scripts beside this file, or a tool of the virtual environment, and returns its output. */
  python(script: string, ...args: string[]): Promise<string>
  tool(name: string, ...args: string[]): Promise<string>
}

/** With `workers` under gunicorn, as OpenTAXII's documentation has it in production. */
export async function startOpenTaxii(workers?: number): Promise<OpenTaxii> {
  const folder = await mkdtemp(path.join(tmpdir(), 'opentaxii-'))
  const port = await freePort()
  await writeFile(path.join(folder, 'config.yml'), configuration(folder, port))
  await writeFile(path.join(folder, 'data.yml'), services())
  const environment = { ...process.env, OPENTAXII_CONFIG: path.join(folder, 'config.yml'), PYTHONPATH: here }
  const bin = (name: string) => path.join(peersFolder ?? '', 'bin', name)
  const tool = async (name: string, ...args: string[]) =>
    (await run(bin(name), args, { env: environment, maxBuffer: 1 << 28 })).stdout
  const python = (script: string, ...args: string[]) => tool('python', path.join(here, script), ...args)

  await tool('opentaxii-sync-data', path.join(folder, 'data.yml'))
  await tool('opentaxii-add-api-root', '--title', 'Peer', '--default')
  const root = (await python('api_root.py')).trim()
  await tool('opentaxii-add-collection', '--rootid', root, '--title', 'objects', '--public', '--public-write')

  const production = [
    '--workers',
    String(workers),
    '--threads',
    '2',
    '--bind',
    `127.0.0.1:${port}`,
    '--chdir',
    here,
    'serve:app',
  ]
  const server =
    workers === undefined
      ? spawn(bin('python'), [path.join(here, 'serve.py'), String(port)], { env: environment, stdio: 'ignore' })
      : spawn(bin('gunicorn'), production, { env: environment, stdio: 'ignore' })
  const origin = `http://127.0.0.1:${port}`
  await answers(`${origin}/management/health`)
  return {
    port,
    pid: server.pid,
    origin,
    python,
    tool,
    async [Symbol.asyncDispose]() {
      // Workers of gunicorn go when they are told by the first.
      server.kill(workers === undefined ? 'SIGKILL' : 'SIGTERM')
      await once(server, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt++) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`OpenTAXII did not answer at ${url} within 30 s`)
}

function configuration(folder: string, port: number): string {
  const database = (name: string) => `sqlite:///${folder}/${name}.db`
  return JSON.stringify({
    domain: `127.0.0.1:${port}`,
    support_basic_auth: true,
    auth_api: {
      class: 'opentaxii.auth.sqldb.SQLDatabaseAPI',
      parameters: {
        db_connection: database('auth'),
        create_tables: true,
        secret: 'made-up-secret',
        token_ttl_secs: 3600,
      },
    },
    taxii1: {
      save_raw_inbox_messages: false,
      persistence_api: {
        class: 'opentaxii.persistence.sqldb.SQLDatabaseAPI',
        parameters: { db_connection: database('taxii1'), create_tables: true },
      },
    },
    taxii2: {
      title: 'Peer',
      description: 'A peer to test with',
      contact: 'nobody',
      max_content_length: 9_765_625,
      allow_custom_properties: true,
      persistence_api: {
        class: 'opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI',
        parameters: { db_connection: database('taxii2'), create_tables: true },
      },
    },
    logging: { opentaxii: 'error', root: 'error' },
  })
}

/** Two poll services: `poll` gives two blocks a part; `poll-all` everything at once, as TAXII 1.0 has no parts. */
function services(): string {
  const common = { protocol_bindings: ['urn:taxii.mitre.org:protocol:http:1.0'], authentication_required: true }
  const poll = { ...common, type: 'poll', description: 'Poll', subscription_required: false }
  const ids = ['inbox', 'collection_management', 'poll', 'poll_all']
  return JSON.stringify({
    services: [
      {
        ...common,
        id: 'inbox',
        type: 'inbox',
        address: '/services/inbox',
        description: 'Inbox',
        destination_collection_required: true,
        accept_all_content: true,
      },
      {
        ...common,
        id: 'discovery',
        type: 'discovery',
        address: '/services/discovery',
        description: 'Discovery',
        authentication_required: false,
        advertised_services: [...ids, 'discovery'],
      },
      {
        ...common,
        id: 'collection_management',
        type: 'collection_management',
        address: '/services/collections',
        description: 'Collections',
      },
      { ...poll, id: 'poll', address: '/services/poll', max_result_count: 100, max_result_size: 2 },
      { ...poll, id: 'poll_all', address: '/services/poll-all', max_result_count: 100, max_result_size: 100 },
    ],
    collections: [{ name: 'stix1', available: true, accept_all_content: true, type: 'DATA_FEED', service_ids: ids }],
    accounts: [
      { ...account, permissions: { stix1: 'modify' } },
      { ...admin, is_admin: true },
    ],
  })
}
