import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { namedFaults } from '../../../src/simulate/director/named-faults.ts'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import { schemaProblems } from '../../support/json-schema.ts'
import { runCli, temporaryFolder } from '../../support/run-cli.ts'
import type { CliResult } from '../../support/run-cli.ts'
import { aSource, logpoint, on, pool, sources } from '../../simulate/director/a-director.ts'
import { someIndicators } from '../../support/indicators.ts'

interface Told {
  readonly url: string
  readonly configure: string
  readonly fingerprint: string | null
  readonly certificate: string | null
  readonly pools: readonly { id: string; name: string; logpoints: { id: string; name: string }[] }[]
}

interface Running {
  readonly told: Told
  readonly folder: string
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<CliResult>
}

/** Runs the command until it is stopped. */
async function emulate(flags: string, folder = temporaryFolder()): Promise<Running> {
  let stop: (signal: 'SIGTERM' | 'SIGINT') => void = () => undefined
  let text = ''
  const stdout = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString()
      done()
    },
  })
  const ended = runCli(`director emulate ${flags} -o ndjson`, {
    folder,
    stdout,
    onStart: (listener) => (stop = listener),
  })
  while (!text.includes('\n')) {
    const failed = await Promise.race([
      ended,
      new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 5)),
    ])
    if (failed) throw new Error(failed.stderr)
  }
  return {
    told: JSON.parse(text) as Told,
    folder,
    stop: (signal = 'SIGTERM') => {
      stop(signal)
      return ended
    },
  }
}

const headers = { authorization: 'Bearer any', 'content-type': 'application/json' }

describe('director emulate', () => {
  it('L4 ends at once when it cannot say where it listens', async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })),
    })
    const { exitCode, stderr } = await runCli('director emulate --port 0 -o json', { stdout })
    expect(exitCode).toBe(11)
    expect(stderr).toContain('OUTPUT_FAILED')
  })

  it('L3 says at SIGTERM that its state could not be written, instead of that it was stopped', async () => {
    const folder = temporaryFolder()
    const state = path.join(folder, 'state')
    const running = await emulate(`--pool acme --state-folder ${state}`, folder)
    await rm(state, { recursive: true })
    const { exitCode, stderr } = await running.stop()
    expect(stderr).toContain('SIMULATE_STATE_FAILED')
    expect(exitCode).toBe(11)
  })

  it('says where it is and how to make a profile for it, answers, and ends with 0 on SIGTERM', async () => {
    const running = await emulate('--pool acme --logpoint acme/lp1=fedcba9876543210fedcba9876543210')
    const { told } = running
    expect(schemaProblems('director-emulate', told)).toEqual([])
    expect(told.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(told.pools).toMatchObject([{ name: 'acme', logpoints: [{ name: 'lp1', id: logpoint }] }])
    const acme = told.pools[0]?.id ?? ''
    expect(acme).toMatch(/^[0-9a-f]{32}$/)
    const plugins = await fetch(`${told.url}/configapi/${acme}/${logpoint}/Plugins`, { headers })
    expect(await plugins.json()).toMatchObject([{ name: 'ThreatIntelligence' }])
    expect((await fetch(`${told.url}${on}/Plugins`, { headers })).status).toBe(404)
    const { exitCode, stderr } = await running.stop()
    expect(exitCode).toBe(0)
    expect(stderr).toContain(`GET /configapi/${acme}/${logpoint}/Plugins 200 pluginList`)
  })

  it('ends with 130 on SIGINT', async () => {
    expect(await (await emulate('')).stop('SIGINT')).toMatchObject({ exitCode: 130 })
  })

  it('prints a command line that makes a working profile', async () => {
    const running = await emulate('--token-file token.txt --pool acme --logpoint acme/lp1')
    const argv = running.told.configure.split(' ').slice(1)
    const saved = await runCli(argv, { folder: running.folder })
    expect(saved, saved.stderr).toMatchObject({ exitCode: 0 })
    const token = (await readFile(path.join(running.folder, 'token.txt'), 'utf8')).trim()
    expect((await stat(path.join(running.folder, 'token.txt'))).mode & 0o777).toBe(0o600)
    const list = (bearer: string) =>
      fetch(`${running.told.url}/configapi/Uploads/list`, { headers: { authorization: `Bearer ${bearer}` } })
    expect((await list(token)).status).toBe(200)
    expect((await list('another')).status).toBe(401)
    await running.stop()
  })

  it('keeps its state and its certificate in a folder', async () => {
    const first = await emulate('--state-folder kept --tls --plugin StixTaxii_6.1.0.pak')
    const created = await secure(first, 'POST', `${on}/${sources}`, { data: aSource({ st_enable_source: false }) })
    expect(created.status).toBe(200)
    await first.stop()
    const second = await emulate('--state-folder kept --tls', first.folder)
    expect(second.told.fingerprint).toBe(first.told.fingerprint)
    const { text } = await secure(second, 'GET', `${on}/PluginConfiguration/Ti_stixtaxii`)
    expect(JSON.parse(text)).toMatchObject([{ discovery_url: 'https://feed.example/taxii2/' }])
    await second.stop()
    expect((await stat(path.join(first.folder, 'kept', 'director.json'))).mode & 0o777).toBe(0o600)
  })

  it('records each request, with secrets as ***', async () => {
    const running = await emulate('--record requests.ndjson --plugin StixTaxii_6.1.0.pak --no-fetch')
    const body = JSON.stringify({ data: aSource({ discovery_url: 'https://ann:canary-in-url@feed.example/' }) })
    await fetch(`${running.told.url}${on}/${sources}`, {
      method: 'POST',
      headers: { ...headers, authorization: 'Bearer canary-token' },
      body,
    })
    await running.stop()
    const file = path.join(running.folder, 'requests.ndjson')
    const text = await readFile(file, 'utf8')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    for (const secret of ['canary', 'guest-password', '12345"']) expect(text).not.toContain(secret)
    expect(JSON.parse(text)).toMatchObject({
      number: 1,
      method: 'POST',
      call: 'sourceCreate',
      pool,
      logpoint,
      status: 200,
      bodyBytes: Buffer.byteLength(body),
      headers: { authorization: '***' },
      json: { data: { basic_auth_mode: { username: 'guest', password: '***' }, ssl_mode: { key_pass: '***' } } },
    })
  })

  it('really fetches what is configured, with the fields that the plugin has', async () => {
    const login = { scheme: 'basic', username: 'ann', password: 'pw' } as const
    await using server = await startTaxii2Server({
      authentication: login,
      collections: [{ id: 'c1', objects: someIndicators(130), addedAt: () => new Date().toISOString() }],
    })
    const running = await emulate('--plugin StixTaxii_6.1.0.pak')
    const basic = { username: 'ann', basic_auth_status: true, password: 'pw' }
    const data = aSource({ discovery_url: server.discoveryUrl, basic_auth_mode: basic })
    const url = `${running.told.url}${on}`
    await fetch(`${url}/${sources}`, { method: 'POST', headers, body: JSON.stringify({ data }) })
    const wrong = aSource({ discovery_url: server.discoveryUrl })
    await expect
      .poll(async () => (await fetch(`${url}/PluginConfiguration/Ti_general`, { headers })).json())
      .toMatchObject([{ services: { stix_taxii: { no_of_entries: 130, fetch_status: 'Completed', error: null } } }])
    await fetch(`${url}/${sources}`, { method: 'POST', headers, body: JSON.stringify({ data: wrong }) })
    await expect
      .poll(async () => (await fetch(`${url}/PluginConfiguration/Ti_general`, { headers })).text())
      .toMatch(/"fetch_status": "Error"/)
    const { stderr } = await running.stop()
    expect(stderr).toContain(`fetched ${server.discoveryUrl}: 130 entries`)
    expect(stderr).toMatch(/failed: .*401/)
  })

  it('misbehaves as it is told', async () => {
    const running = await emulate('--fault html')
    expect(await (await fetch(`${running.told.url}/configapi/Uploads/list`, { headers })).text()).toMatch(/^<!doctype/)
    await running.stop()
  })

  it('lists its faults', async () => {
    const { exitCode, stdout } = await runCli('director emulate --list-faults -o json')
    const faults = JSON.parse(stdout) as { name: string }[]
    expect(exitCode).toBe(0)
    expect(schemaProblems('director-emulate', faults)).toEqual([])
    expect(faults.map(({ name }) => name)).toEqual(namedFaults.map(({ name }) => name))
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length)
  })

  it('has every fault in its documentation, in the same words', async () => {
    const page = await readFile(path.resolve(import.meta.dirname, '../../../docs/emulator.md'), 'utf8')
    const rows = namedFaults.map(
      ({ name, count, summary }) => `| \`${name}${count === undefined ? '' : '=N'}\` | ${summary} |`,
    )
    expect(rows.filter((row) => !page.includes(row))).toEqual([])
  })

  it('misbehaves at one Logpoint alone', async () => {
    const running = await emulate('--pool a --logpoint a/one --logpoint a/two --fault html@a/two')
    const [a] = running.told.pools
    const read = async (id = '') =>
      (await fetch(`${running.told.url}/configapi/${a?.id}/${id}/Plugins`, { headers })).headers.get('content-type')
    expect(await Promise.all(a?.logpoints.map(({ id }) => read(id)) ?? [])).toEqual([
      'application/json',
      'text/html; charset=utf-8',
    ])
    await running.stop()
  })

  it.each([
    ['--fault order-pendig', 2, 'Did you mean order-pending?'],
    ['--fault html=3', 2, 'html takes no number'],
    ['--fault order-pending=many', 2, 'Write a whole number: --fault order-pending=3'],
    ['--pool a/b', 2, '--pool "a/b" is not valid'],
    ['--logpoint lp1', 2, '--logpoint "lp1" is not valid'],
    ['--pool acme=short', 2, 'of 8 to 64 letters and digits'],
    ['--record /nowhere/file', 11, 'cannot be written: no such file or folder (ENOENT)'],
    ['--state-folder damaged', 3, 'is not the state of an emulated Director'],
    ['--token-file damaged', 3, 'cannot be used: is a folder, a file is needed (EISDIR)'],
  ])('refuses %s with %i and says why', async (flags, status, said) => {
    const folder = temporaryFolder()
    await (await import('node:fs/promises')).mkdir(path.join(folder, 'damaged'))
    await writeFile(path.join(folder, 'damaged', 'director.json'), '{"version":7}')
    const { exitCode, stdout, stderr } = await runCli(`director emulate ${flags}`, { folder })
    expect({ exitCode, stdout }).toEqual({ exitCode: status, stdout: '' })
    expect(stderr).toContain(said)
  })

  it('says so when its port is taken', async () => {
    const running = await emulate('')
    const { exitCode, stderr } = await runCli(`director emulate --port ${new URL(running.told.url).port}`)
    expect(exitCode).toBe(11)
    expect(stderr).toContain('another program has it')
    await running.stop()
  })
})

/** A request over TLS that trusts the emulator's own certificate and nothing else. */
async function secure({ told }: Running, method: string, at: string, body?: unknown) {
  const ca = await readFile(told.certificate ?? '', 'utf8')
  expect(new X509Certificate(ca).fingerprint256.replaceAll(':', '').toLowerCase()).toBe(told.fingerprint)
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request(told.url + at, { method, ca, headers }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
