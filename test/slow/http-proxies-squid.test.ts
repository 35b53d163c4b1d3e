import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import type { ProxyOptions } from '../../src/http/options.ts'
import { answer, sendBytes, silence, startFaultServer } from '../faults/fault-server.ts'
import { anHttp, basicFor, faultOf, noRetries, outcomeOf, type Outcome } from '../http/an-http.ts'
import { suiteCertificates, type Issued } from '../http/certificates.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { findProgram, freePort, startDaemon } from './daemon.ts'

const squid = findProgram('squid')
const checker = '/usr/lib/squid/basic_ncsa_auth'
const isHere = squid !== undefined && existsSync(checker)

test.runIf(process.env['CI'] === 'true')('squid is installed', () => {
  expect(isHere).toBe(true)
})

describe.skipIf(!isHere)('N17 with a real squid', () => {
  const pki = suiteCertificates()
  let folder: string

  beforeAll(() => {
    folder = temporaryFolder()
    // Squid gives up root for a user of its own.
    chmodSync(folder, 0o755)
    chmodSync(pki.files.folder, 0o755)
    chmodSync(pki.server.keyFile, 0o644)
    // The crypt of "word", made once with: openssl passwd -apr1 -salt stixtaxi word
    writeFileSync(path.join(folder, 'users'), 'ann:$apr1$stixtaxi$V4idOrfGuVv6Oc.pPKEOl/\n', { mode: 0o644 })
  })

  interface Squid extends AsyncDisposable {
    readonly port: number
  }

  const start = async (lines: readonly string[], listen = 'http_port'): Promise<Squid> => {
    const port = await freePort()
    const config = path.join(folder, `squid-${port}.conf`)
    const tls = listen === 'https_port' ? ` tls-cert=${pki.server.certFile} tls-key=${pki.server.keyFile}` : ''
    const base = [
      `${listen} 127.0.0.1:${port}${tls}`,
      'pid_filename none',
      'cache deny all',
      'access_log none',
      'cache_log /dev/null',
      `coredump_dir ${folder}`,
      'netdb_filename none',
      // Else it makes room for as many as the system allows, which takes long where that is millions.
      'max_filedescriptors 1024',
      'shutdown_lifetime 1 seconds',
      'connect_timeout 3 seconds',
      ...lines,
    ]
    writeFileSync(config, `${base.join('\n')}\n`, { mode: 0o644 })
    const daemon = await startDaemon(squid as string, ['-N', '-f', config], port)
    return { port, [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose]() }
  }
  const open = 'http_access allow localhost'
  const login = (): readonly string[] => [
    `auth_param basic program ${checker} ${folder}/users`,
    'auth_param basic realm inside',
    'acl known proxy_auth REQUIRED',
    'http_access allow known',
    'http_access deny all',
  ]

  const ask = async (origin: string, proxy: ProxyOptions, timeoutMs = 5000): Promise<Outcome> => {
    await using opened = anHttp(origin, {
      proxy,
      plainHttp: 'allow',
      tls: { ca: [pki.authority.cert] },
      access: [basicFor(origin, 'u', 'p')],
      retry: noRetries,
      limits: { connectTimeoutMs: timeoutMs },
    })
    return await outcomeOf(opened.http, new URL('/x', origin))
  }
  const through = (port: number, password?: string, scheme = 'http'): ProxyOptions => ({
    url: new URL(`${scheme}://127.0.0.1:${port}`),
    ...(password !== undefined && { username: new Secret('ann'), password: new Secret(password) }),
    ...(scheme === 'https' && { ca: [pki.authority.cert] }),
  })
  const echo = (tls: Issued | undefined) =>
    startFaultServer(({ headers }) => [answer({ body: JSON.stringify(headers) })], { tls })

  test('N17: a login that squid wants, plain and tunnelled: missing, wrong and right', async () => {
    await using proxy = await start(login())
    await using plain = await echo(undefined)
    await using secured = await echo(pki.server)
    for (const target of [plain, secured]) {
      expect(faultOf(await ask(target.origin, through(proxy.port)))).toBe('HTTP_PROXY_AUTH auth')
      expect(faultOf(await ask(target.origin, through(proxy.port, 'wrong')))).toBe('HTTP_PROXY_AUTH auth')
      const right = await ask(target.origin, through(proxy.port, 'word'))
      expect(right.text).toContain('"authorization":"Basic dTpw"')
      expect(right.text).not.toContain('proxy-authorization')
    }
    expect([plain.requests.length, secured.requests.length]).toEqual([1, 1])
  })

  test('N17: a rule of squid that forbids the tunnel is told as the proxy, with its status', async () => {
    await using proxy = await start(['acl to_tls method CONNECT', 'http_access deny to_tls', open])
    await using secured = await echo(pki.server)

    const outcome = await ask(secured.origin, through(proxy.port))

    expect(faultOf(outcome)).toBe('HTTP_PROXY_REFUSED network')
    expect(outcome.error?.message).toContain('(403)')
    expect(outcome.error?.message).toContain(`proxy 127.0.0.1:${proxy.port}`)
    expect(secured.connections).toBe(0)
  })

  test('N17: a page of squid itself in place of the answer is not taken for the server’s', async () => {
    await using proxy = await start(['http_access deny all'])
    await using plain = await echo(undefined)

    const outcome = await ask(plain.origin, through(proxy.port))

    // Squid signs what it says by itself; a client that cannot tell would report the server.
    expect(faultOf(outcome)).toBe('HTTP_PROXY_REFUSED network')
    expect(plain.connections).toBe(0)
  })

  test('N17: a server that squid cannot reach, plain and tunnelled, is told as what the proxy says', async () => {
    await using proxy = await start([open])
    const port = await freePort()
    for (const scheme of ['http', 'https']) {
      const outcome = await ask(`${scheme}://127.0.0.1:${port}`, through(proxy.port))
      expect(faultOf(outcome)).toBe('HTTP_PROXY_REFUSED network')
    }
  })

  test('N17: TLS to squid itself: trusted, and of an authority that nobody knows', async () => {
    await using proxy = await start([open], 'https_port')
    await using secured = await echo(pki.server)
    expect((await ask(secured.origin, through(proxy.port, undefined, 'https'))).status).toBe(200)

    const unknown = await ask(secured.origin, { url: new URL(`https://127.0.0.1:${proxy.port}`) })

    expect(faultOf(unknown)).toMatch(/^HTTP_TLS_UNKNOWN_CA refused$/)
    expect(unknown.error?.message).toContain('proxy')
  })

  test('N17: a squid that is killed in the middle of the tunnel ends as network, at once', async () => {
    const proxy = await start([open])
    let reached = (): void => undefined
    const halfway = new Promise<void>((resolve) => (reached = resolve))
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf'
    await using secured = await startFaultServer(
      () => {
        reached()
        return [sendBytes(head), silence]
      },
      { tls: pki.server },
    )
    const begun = performance.now()
    const asked = ask(secured.origin, through(proxy.port))
    await halfway
    await proxy[Symbol.asyncDispose]()

    expect(faultOf(await asked)).toMatch(/^HTTP_(BODY_CUT|CONNECTION_LOST|IDLE) network$/)
    expect(performance.now() - begun).toBeLessThan(15_000)
  })
})
