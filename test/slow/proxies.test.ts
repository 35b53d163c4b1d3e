import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import type { ProxyOptions } from '../../src/http/options.ts'
import { answer, startFaultServer } from '../faults/fault-server.ts'
import { anHttp, basicFor, faultOf, noRetries, outcomeOf } from '../http/an-http.ts'
import { suiteCertificates } from '../http/certificates.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { findProgram, freePort, startDaemon } from './daemon.ts'

const tinyproxy = findProgram('tinyproxy')
const danted = findProgram('danted')

const pki = suiteCertificates()
let folder: string
beforeAll(() => void (folder = temporaryFolder()))

const proxyAt = (scheme: string, port: number, more: Partial<ProxyOptions> = {}): ProxyOptions => ({
  url: new URL(`${scheme}://127.0.0.1:${port}`),
  ...more,
})

describe.skipIf(!tinyproxy)('N17 with a real tinyproxy', () => {
  const start = async (lines: readonly string[]): Promise<{ port: number } & AsyncDisposable> => {
    const port = await freePort()
    const config = path.join(folder, `tinyproxy-${port}.conf`)
    const base = [`Port ${port}`, 'Listen 127.0.0.1', 'Timeout 30', 'MaxClients 20', 'Allow 127.0.0.1']
    writeFileSync(config, [...base, ...lines, ''].join('\n'))
    const daemon = await startDaemon(tinyproxy as string, ['-d', '-c', config], port)
    return { port, [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose]() }
  }

  test('plain and tunnelled, with a login', async () => {
    await using plain = await startFaultServer(({ headers }) => [answer({ body: JSON.stringify(headers) })])
    await using secured = await startFaultServer(({ headers }) => [answer({ body: JSON.stringify(headers) })], {
      tls: pki.server,
    })
    await using proxy = await start(['BasicAuth ann word'])
    const login = { username: new Secret('ann'), password: new Secret('word') }
    for (const target of [plain, secured]) {
      await using opened = anHttp(target.origin, {
        proxy: proxyAt('http', proxy.port, login),
        tls: { ca: [pki.authority.cert] },
        access: [basicFor(target.origin, 'u', 'p')],
        retry: noRetries,
      })

      const outcome = await outcomeOf(opened.http, target.url('/'))

      expect(outcome.text).toContain('"authorization":"Basic dTpw"')
      expect(outcome.text).not.toContain('proxy-authorization')
    }
  })

  test('a wrong login and a forbidden port', async () => {
    await using secured = await startFaultServer(() => [answer()], { tls: pki.server })
    await using strict = await start(['BasicAuth ann word'])
    await using narrow = await start(['ConnectPort 443'])
    const fault = async (port: number): Promise<string> => {
      await using opened = anHttp(secured.origin, {
        proxy: proxyAt('http', port, { username: new Secret('ann'), password: new Secret('wrong') }),
        tls: { ca: [pki.authority.cert] },
        retry: noRetries,
      })
      return faultOf(await outcomeOf(opened.http, secured.url('/')))
    }

    expect(await fault(strict.port)).toBe('HTTP_PROXY_AUTH auth')
    expect(await fault(narrow.port)).toBe('HTTP_PROXY_REFUSED network')
  })
})

// dante looks users up in the system's accounts: its login is tested with the proxies of test/faults.
describe.skipIf(!danted)('N17 with a real dante', () => {
  const start = async (rule: 'pass' | 'block'): Promise<{ port: number } & AsyncDisposable> => {
    const port = await freePort()
    const config = path.join(folder, `danted-${port}.conf`)
    const { username } = userInfo()
    writeFileSync(
      config,
      `logoutput: stderr
internal: 127.0.0.1 port = ${port}
external: lo
clientmethod: none
socksmethod: none
user.privileged: ${username}
user.unprivileged: ${username}
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
socks ${rule} { from: 127.0.0.0/8 to: 0.0.0.0/0 }
`,
    )
    const daemon = await startDaemon(danted as string, ['-f', config, '-p', path.join(folder, `${port}.pid`)], port)
    return { port, [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose]() }
  }

  test('plain and TLS through SOCKS5', async () => {
    await using plain = await startFaultServer(() => [answer({ body: 'x'.repeat(300_000) })])
    await using secured = await startFaultServer(() => [answer({ body: 'y'.repeat(300_000) })], { tls: pki.server })
    await using proxy = await start('pass')
    for (const target of [plain, secured]) {
      await using opened = anHttp(target.origin, {
        proxy: proxyAt('socks5', proxy.port),
        tls: { ca: [pki.authority.cert] },
        retry: noRetries,
      })

      expect((await outcomeOf(opened.http, target.url('/'))).text).toHaveLength(300_000)
    }
  })

  test('a rule that forbids the connection', async () => {
    await using plain = await startFaultServer(() => [answer()])
    await using proxy = await start('block')
    await using opened = anHttp(plain.origin, { proxy: proxyAt('socks5', proxy.port), retry: noRetries })

    expect(faultOf(await outcomeOf(opened.http, plain.url('/')))).toBe('HTTP_PROXY_REFUSED network')
  })
})
