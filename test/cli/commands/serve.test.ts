import { readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import { selfSigned } from '../../../src/simulate/self-signed.ts'
import { ask } from '../../serve/a-running-server.ts'
import { schemaProblems } from '../../support/json-schema.ts'
import { runCli, temporaryFolder } from '../../support/run-cli.ts'
import type { CliResult } from '../../support/run-cli.ts'
import { someIndicators } from '../../support/indicators.ts'

interface Told {
  readonly url: string
  readonly taxii21: string
  readonly collections: number
  readonly anonymous: boolean
}

type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP'

/** Runs the command until it is stopped. */
async function serve(flags: string, folder = temporaryFolder(), env: Readonly<Record<string, string>> = {}) {
  let send: (signal: Signal) => void = () => undefined
  let text = ''
  const stdout = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString()
      done()
    },
  })
  const ended = runCli(`serve --port 0 -o ndjson ${flags}`, {
    folder,
    env,
    stdout,
    onStart: (sender) => (send = sender),
  })
  while (!text.includes('\n')) {
    const pause = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 5))
    const failed = await Promise.race([ended, pause])
    if (failed) return { failed, told: {} as Told, send, stop: () => ended, folder }
  }
  const told = JSON.parse(text) as Told
  const stop = (signal: Signal = 'SIGTERM'): Promise<CliResult> => {
    send(signal)
    return ended
  }
  return { failed: undefined, told, send, stop, folder }
}

const linesOf = ({ stderr }: CliResult): string[] => stderr.split('\n').filter(Boolean)

describe('serve', () => {
  it('L4 ends at once when it cannot say where it listens', async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })),
    })
    const { exitCode, stderr } = await runCli('serve --port 0 -o json', { stdout })
    expect(exitCode).toBe(11)
    expect(stderr).toContain('OUTPUT_FAILED')
  })

  it('says where it serves what, first thing, and ends with 0 after SIGTERM', async () => {
    const { told, stop } = await serve('')
    expect(schemaProblems('serve', told)).toEqual([])
    expect(told).toMatchObject({ collections: 0, anonymous: true })
    expect((await ask(`${told.url}/health/live`)).status).toBe(200)
    const result = await stop()
    expect(result.exitCode).toBe(0)
    const [first, second] = linesOf(result).filter((line) => !line.includes('CLI_STORE_EMPTY'))
    expect(first).toContain(told.url)
    expect(second).toContain(told.taxii21)
    expect(first).toContain('anybody on this machine may read')
    await expect(ask(`${told.url}/health/live`)).rejects.toThrow()
  })

  it('serves what was fetched, and with --fetch keeps fetching it', async () => {
    const server = await startTaxii2Server({
      version: '2.1',
      collections: [{ id: '00000000-0000-4000-8000-0000000000c1', title: 'One', objects: someIndicators(3) }],
    })
    const folder = temporaryFolder()
    const url = `${server.url.replace(/\/$/, '')}/taxii2/`
    await runCli(`configure acme --url ${url} --no-test`, { folder })
    const { told, stop } = await serve('--fetch', folder)
    await expect.poll(async () => (await ask(`${told.url}/`)).text).toContain('>ok</dd>')
    const { text } = await ask(`${told.url}/default/collections/`, {
      headers: { accept: 'application/taxii+json;version=2.1' },
    })
    expect(text).toContain('One')
    const result = await stop()
    expect(result.exitCode).toBe(0)
    expect(result.stderr).toMatch(/"event":"fetch","source":"acme","collection":"[^"]+","status":"ok"/)
    await server.close()
  })

  it.each([
    ['--host 0.0.0.0', 13, 'SERVE_CLEAR_TEXT'],
    ['--tls-certificate server.pem', 2, 'CLI_SERVER_TLS'],
    ['--tls-client-ca ca.pem', 2, 'CLI_SERVER_TLS'],
    ['--trusted-proxy nonsense', 2, 'SERVE_PROXY_ADDRESS'],
    ['--public-url https://taxii.example/below', 2, 'SERVE_PUBLIC_URL'],
    ['--config nowhere.yaml', 3, 'CLI_SERVER_CONFIGURATION'],
    ['--tls-certificate nowhere.pem --tls-key nowhere.key', 3, 'SERVE_TLS_FILE'],
    ['--host 192.0.2.1 --behind-tls', 3, 'SERVE_ADDRESS_REFUSED'],
    ['--audit-log nowhere/audit.ndjson', 11, 'WORKFLOW_LOG_FAILED'],
    ['--store nowhere.sqlite', 5, 'STORE_MISSING'],
    ['--fetch', 3, 'CLI_NO_SOURCE'],
  ])('does not start with %s (S16)', async (flags, exitCode, code) => {
    const { failed } = await serve(flags)
    expect(failed?.exitCode).toBe(exitCode)
    expect(failed?.stderr).toContain(`"code":"${code}"`)
  })

  it('takes the configuration file, and flags before it', async () => {
    const folder = temporaryFolder()
    const file = path.join(folder, 'server.yaml')
    writeFileSync(
      file,
      'taxii2:\n  title: Our intelligence\ntaxii1:\n  enabled: false\nlogging:\n  audit_log: audit.ndjson\n',
    )
    const { told, stop } = await serve(`--config ${file}`, folder)
    expect(told).toMatchObject({ taxii1: null })
    expect((await ask(`${told.url}/`)).text).toContain('Our intelligence')
    await ask(`${told.url}/`, { headers: { authorization: 'Basic bm9ib2R5Onh4' } })
    expect((await stop()).exitCode).toBe(0)
    const audit = path.join(folder, 'audit.ndjson')
    expect(JSON.parse(readFileSync(audit, 'utf8').trim())).toMatchObject({ level: 'audit', event: 'login' })
    expect(statSync(audit).mode & 0o777).toBe(0o600)
  })

  it('takes the environment before the file, and without one; flags before both', async () => {
    const folder = temporaryFolder()
    const file = path.join(folder, 'server.yaml')
    writeFileSync(file, 'taxii2:\n  title: Of the file\n')
    const env = { STIXTAXII_SERVER__TAXII2__TITLE: 'Of the environment', STIXTAXII_SERVER__LISTEN__PORT: '1' }
    for (const flags of [`--config ${file}`, '']) {
      const { told, stop } = await serve(flags, folder, env)
      expect((await ask(`${told.url}/`)).text).toContain('Of the environment')
      expect(new URL(told.url).port).not.toBe('1')
      expect((await stop()).exitCode).toBe(0)
    }
  })

  it('reads its certificate and opens its audit log anew on SIGHUP, and goes on', async () => {
    const folder = temporaryFolder()
    const [certificate, key] = [path.join(folder, 'server.pem'), path.join(folder, 'server.key')]
    const write = (): string => {
      const made = selfSigned(new Date())
      writeFileSync(certificate, made.cert)
      writeFileSync(key, made.key)
      return made.cert
    }
    const first = write()
    const { told, send, stop } = await serve(`--tls-certificate ${certificate} --tls-key ${key}`, folder)
    expect(told.url).toMatch(/^https:/)
    expect((await ask(`${told.url}/health/live`, { tls: { ca: first } })).status).toBe(200)
    const second = write()
    send('SIGHUP')
    await expect
      .poll(() =>
        ask(`${told.url}/health/live`, { tls: { ca: second } }).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200)
    writeFileSync(key, 'half a k')
    send('SIGHUP')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await ask(`${told.url}/health/live`, { tls: { ca: second } })).status).toBe(200)
    const result = await stop()
    expect(result.exitCode).toBe(0)
    expect(result.stderr).toMatch(/"event":"reloaded"[^]*"level":"error","event":"reload"/)
  })
})
