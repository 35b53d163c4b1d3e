import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Notice } from '../../src/core/notice.ts'
import type { Http } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Authentication, HttpOptions } from '../../src/http/options.ts'
import { openCredentials } from '../../src/profile/credentials/credentials.ts'
import type { TaxiiProfile } from '../../src/profile/profile.ts'
import type { TaxiiClient } from '../../src/taxii/client.ts'
import type { Preset, TaxiiSettings } from '../../src/taxii/settings.ts'
import { openSource } from '../../src/workflow/open-source.ts'
import { aTaxiiProfile } from '../profile/a-profile.ts'
import { realClock, realProcesses } from '../profile/processes.ts'
import { temporaryFolder } from '../support/temporary.ts'

interface Opened {
  readonly http: HttpOptions
  readonly taxii: TaxiiSettings
  readonly notices: readonly Notice[]
  readonly closed: () => number
}

/** Opens a profile and tells what the transport and the client were opened with. */
async function opened(
  profile: TaxiiProfile,
  changes: {
    environment?: Record<string, string>
    preset?: Preset
    version?: TaxiiClient['version']
    connect?: () => never
  } = {},
): Promise<Opened> {
  const { environment = {}, preset, version = '2.1', connect } = changes
  const notices: Notice[] = []
  let closed = 0
  let http: HttpOptions | undefined
  let taxii: TaxiiSettings | undefined
  const credentials = openCredentials({
    directory: () => '/nonexistent',
    clock: realClock,
    processes: realProcesses,
    environment,
    terminal: { canAsk: false, askSecret: () => Promise.reject(new Error()) },
    notices: (notice) => notices.push(notice),
  })
  const source = await openSource(profile, {
    credentials,
    environment,
    clock: realClock,
    random: () => 0.5,
    notices: (notice) => notices.push(notice),
    userAgent: 'stixtaxii/test',
    openHttp: (options) => {
      http = options
      const dispose = (): Promise<void> => Promise.resolve(void closed++)
      return { [Symbol.asyncDispose]: dispose } as unknown as Http
    },
    connectTaxii: (settings) => {
      taxii = settings
      connect?.()
      return { version } as TaxiiClient
    },
    findPreset: () => preset,
  }).catch((error: unknown) => {
    if (closed !== (http ? 1 : 0)) throw new Error('the transport was left open')
    throw error
  })
  await source[Symbol.asyncDispose]()
  return { http: http as HttpOptions, taxii: taxii as TaxiiSettings, notices, closed: () => closed }
}

/** Authentication with its secrets in clear, to be compared. */
function clear(authentication: Authentication | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(authentication ?? {}).map(([key, value]) => [
      key,
      value instanceof Secret ? Secret.open(value) : value instanceof URL ? value.href : (value as unknown),
    ]),
  )
}

const environment = { PW: 's3cret', KEY: 'k3y' }
const fromPw = { from: 'env', name: 'PW' } as const

describe('authentication of a source', () => {
  it.each<[string, Partial<TaxiiProfile>, Record<string, unknown>]>([
    ['none', {}, { scheme: 'none' }],
    [
      'Basic',
      { authentication: { scheme: 'basic', username: 'ann', password: fromPw } },
      { scheme: 'basic', username: 'ann', password: 's3cret' },
    ],
    [
      'Basic with neither user name nor password',
      { authentication: { scheme: 'basic', username: '', password: null } },
      { scheme: 'basic', username: '', password: '' },
    ],
    [
      'Basic that is switched off',
      { authentication: { scheme: 'basic', username: 'ann', password: fromPw }, useBasic: false },
      { scheme: 'none' },
    ],
    ['Bearer', { authentication: { scheme: 'bearer', token: fromPw } }, { scheme: 'bearer', token: 's3cret' }],
    ['Token', { authentication: { scheme: 'token', token: fromPw } }, { scheme: 'token', token: 's3cret' }],
    [
      'a key in the URL',
      { authentication: { scheme: 'query', name: 'key', key: fromPw } },
      { scheme: 'query', name: 'key', key: 's3cret' },
    ],
    [
      'JWT at the place OpenTAXII has it',
      { authentication: { scheme: 'jwt', username: 'ann', password: fromPw } },
      { scheme: 'jwt', url: 'https://taxii.example/management/auth', username: 'ann', password: 's3cret' },
    ],
    [
      'OAuth2',
      {
        authentication: {
          scheme: 'oauth2',
          tokenUrl: 'https://login.example/token',
          clientId: 'id',
          clientSecret: fromPw,
          scope: 'read',
        },
      },
      {
        scheme: 'oauth2',
        tokenUrl: 'https://login.example/token',
        clientId: 'id',
        clientSecret: 's3cret',
        scope: 'read',
      },
    ],
  ])('%s reaches the transport with its secret', async (_, changes, expected) => {
    const { http } = await opened(aTaxiiProfile(changes), { environment })
    expect(clear(http.access?.[0]?.authentication)).toEqual(expected)
  })

  it('brings further headers along, as secrets', async () => {
    const headers = [{ name: 'X-Key', value: { from: 'env', name: 'KEY' } as const }]
    const { http } = await opened(aTaxiiProfile({ headers }), { environment })
    const [header] = http.access?.[0]?.headers ?? []
    expect(header?.name).toBe('X-Key')
    expect(header && Secret.open(header.value)).toBe('k3y')
    expect(JSON.stringify(http.access)).not.toContain('k3y')
  })

  it('S1 shows secrets to the origins that the profile names and not to where tokens come from', async () => {
    const profile = aTaxiiProfile({
      apiRoot: 'https://root.example/api1/',
      allowOrigins: ['https://other.example'],
      authentication: { scheme: 'oauth2', tokenUrl: 'https://login.example/t', clientId: 'i', clientSecret: fromPw },
    })
    const { http } = await opened(profile, { environment })
    const shown = (http.access ?? []).map(({ origin }) => origin)
    expect(shown).toEqual(['https://taxii.example', 'https://root.example', 'https://other.example'])
    expect(http.origins).toEqual(['https://taxii.example', 'https://root.example', 'https://login.example'])
  })

  it('gives discovery credentials of its own on exactly its paths', async () => {
    const profile = aTaxiiProfile({
      authentication: { scheme: 'bearer', token: fromPw },
      discoveryAuthentication: { scheme: 'none' },
    })
    const { http } = await opened(profile, { environment })
    const rules = (http.access ?? []).map(({ pathPrefix, exact, authentication }) => [
      pathPrefix,
      exact,
      authentication.scheme,
    ])
    expect(rules).toEqual([
      ['/taxii2/', true, 'none'],
      ['/taxii2', true, 'none'],
      ['/', undefined, 'bearer'],
    ])
  })
})

describe('files of a source', () => {
  it('are read: authorities, certificate, key and its passphrase', async () => {
    const folder = await temporaryFolder()
    const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    await writeFile(ca, '-----BEGIN CERTIFICATE-----\nca')
    await writeFile(cert, '-----BEGIN CERTIFICATE-----\ncert')
    await writeFile(key, '-----BEGIN ENCRYPTED PRIVATE KEY-----\nk')
    const certificate = { certificate: cert, key, passphrase: fromPw, use: true, location: 'private' } as const
    const { http } = await opened(aTaxiiProfile({ tls: { ca: [ca], pin: 'ab'.repeat(32) }, certificate }), {
      environment,
    })
    const { tls } = http
    expect(tls?.ca?.[0]?.toString()).toContain('ca')
    expect(tls?.pinnedFingerprint).toBe('ab'.repeat(32))
    expect(tls?.clientCertificate?.pem?.toString()).toContain('cert')
    const { keyPem, passphrase } = tls?.clientCertificate ?? {}
    expect([keyPem, passphrase].map((secret) => secret && Secret.open(secret))).toEqual([
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nk',
      's3cret',
    ])
  })

  it('that are not PEM are taken as PKCS#12', async () => {
    const file = join(await temporaryFolder(), 'client.p12')
    await writeFile(file, Buffer.from([0x30, 0x82, 1, 2]))
    const certificate = { certificate: file, use: true, location: 'private' } as const
    const { http } = await opened(aTaxiiProfile({ certificate }))
    expect(http.tls?.clientCertificate).toEqual({ pkcs12: Buffer.from([0x30, 0x82, 1, 2]), passphrase: undefined })
  })

  it('are not even looked for while the certificate is switched off', async () => {
    const certificate = { certificate: '/no/such', use: false, location: 'private' } as const
    const { http } = await opened(aTaxiiProfile({ certificate }))
    expect(http.tls?.clientCertificate).toBeUndefined()
  })

  it('that are missing are named, with the kind that says whose fault it is', async () => {
    const certificate = { certificate: '/no/such.pem', use: true, location: 'private' } as const
    await expect(opened(aTaxiiProfile({ certificate }))).rejects.toMatchObject({
      code: 'PROFILE_CERTIFICATE_UNREADABLE',
      kind: 'auth',
      message: expect.stringContaining('/no/such.pem') as string,
    })
    await expect(opened(aTaxiiProfile({ tls: { ca: ['/no/such.pem'] } }))).rejects.toMatchObject({
      code: 'PROFILE_CA_UNREADABLE',
      kind: 'config',
    })
  })
})

describe('the proxy of a source', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['https_proxy for https', { https_proxy: 'http://p.example:3128' }, 'http://p.example:3128/'],
    ['HTTPS_PROXY without scheme', { HTTPS_PROXY: 'p.example:3128' }, 'http://p.example:3128/'],
    ['ALL_PROXY with SOCKS', { ALL_PROXY: 'socks5h://p.example:1080' }, 'socks5://p.example:1080'],
    ['not HTTP_PROXY for https', { HTTP_PROXY: 'http://p.example:3128' }, undefined],
    ['nothing', {}, undefined],
  ])('comes from the environment: %s', async (_, given, expected) => {
    const { http } = await opened(aTaxiiProfile(), { environment: given })
    expect(http.proxy?.url.href).toBe(expected)
  })

  it('has user name and password of the environment as secrets, and no longer in its address', async () => {
    const { http } = await opened(aTaxiiProfile(), {
      environment: { https_proxy: 'http://an%40n:p%3Aw@p.example:3128', no_proxy: '.internal.example' },
    })
    const { url, username, password, noProxy } = http.proxy ?? {}
    expect(url?.href).toBe('http://p.example:3128/')
    expect([username, password].map((secret) => secret && Secret.open(secret))).toEqual(['an@n', 'p:w'])
    expect(noProxy).toBe('.internal.example')
  })

  it('ignores HTTP_PROXY under CGI, where a request header would set it', async () => {
    const profile = aTaxiiProfile({ url: 'http://127.0.0.1:1/taxii2/' })
    const given = { REQUEST_METHOD: 'GET', HTTP_PROXY: 'http://evil.example' }
    expect((await opened(profile, { environment: given })).http.proxy).toBeUndefined()
  })

  it('of the profile wins, and switched off there is none at all', async () => {
    const environment = { https_proxy: 'http://env.example', PW: 'pw' }
    const own = { url: 'https://own.example:3128', username: 'u', password: fromPw, use: true }
    const { http } = await opened(aTaxiiProfile({ proxy: own }), { environment })
    expect(http.proxy?.url.host).toBe('own.example:3128')
    expect(http.proxy?.password && Secret.open(http.proxy.password)).toBe('pw')
    const off = await opened(aTaxiiProfile({ proxy: { ...own, use: false } }), { environment })
    expect(off.http.proxy).toBeUndefined()
    expect((await opened(aTaxiiProfile({ proxy: { use: false } }), { environment })).http.proxy).toBeUndefined()
  })

  it('that is no address is named by its variable, without its password', async () => {
    const failed = opened(aTaxiiProfile(), { environment: { https_proxy: 'gopher://u:pw@x' } })
    await expect(failed).rejects.toMatchObject({
      code: 'PROFILE_PROXY_INVALID',
      kind: 'config',
      message: expect.not.stringContaining('pw') as string,
    })
  })
})

describe('plain http', () => {
  const basic = { authentication: { scheme: 'basic', username: 'a', password: null } } as const
  it.each<[string, Partial<TaxiiProfile>, HttpOptions['plainHttp']]>([
    ['2.1', { version: '2.1' }, 'refuse'],
    ['2.1 that allows it', { version: '2.1', allowHttp: true }, 'allow'],
    ['1.1', { version: '1.1', ...basic }, 'warn'],
    ['an unknown version and no secrets', {}, 'warn'],
    ['an unknown version and secrets', basic, 'refuse'],
  ])('with %s', async (_, changes, expected) => {
    const profile = aTaxiiProfile({ url: 'http://taxii.example/', ...changes })
    const { http } = await opened(profile, { version: '1.1' })
    expect(http.plainHttp).toBe(expected)
  })

  it('is refused when an unknown version turns out to be 2.x, unless the host is this machine', async () => {
    const far = aTaxiiProfile({ url: 'http://taxii.example/taxii2/' })
    await expect(opened(far)).rejects.toMatchObject({ code: 'PROFILE_HTTP_REFUSED', kind: 'refused' })
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '127.8.9.1']) {
      await opened(aTaxiiProfile({ url: `http://${host}:9/taxii2/` }))
    }
    for (const host of ['localhost.example', '128.0.0.1', '127.0.0.1.example']) {
      const near = aTaxiiProfile({ url: `http://${host}/taxii2/` })
      await expect(opened(near)).rejects.toMatchObject({ code: 'PROFILE_HTTP_REFUSED' })
    }
  })
})

describe('what weakens security', () => {
  it('S3 is said each time a profile without verification is opened', async () => {
    const { notices, http } = await opened(aTaxiiProfile({ tls: { insecure: true } }))
    expect(notices).toMatchObject([{ code: 'PROFILE_TLS_INSECURE' }])
    expect(http.tls?.insecure).toBe(true)
  })

  it('S3 is refused when NODE_TLS_REJECT_UNAUTHORIZED=0 meets a secret, and said when it does not', async () => {
    const unsafe = { NODE_TLS_REJECT_UNAUTHORIZED: '0', ...environment }
    const profile = aTaxiiProfile({ authentication: { scheme: 'bearer', token: fromPw } })
    await expect(opened(profile, { environment: unsafe })).rejects.toMatchObject({
      code: 'PROFILE_TLS_DISABLED',
      kind: 'refused',
    })
    const { notices, http } = await opened(aTaxiiProfile(), { environment: unsafe })
    expect(notices).toMatchObject([{ code: 'PROFILE_TLS_DISABLED' }])
    expect(http.tls?.insecure).toBe(false)
  })
})

describe('a preset', () => {
  const preset: Preset = {
    name: 'p',
    title: 'P',
    version: '2.0',
    url: 'https://taxii.example/',
    apiRoot: '/root/',
    authentication: 'none',
    pageSize: 99,
    maxWindowMs: 5,
    rate: { requests: 10, perMs: 600_000 },
  }

  it('fills in what the profile leaves open', async () => {
    const { http, taxii } = await opened(aTaxiiProfile({ preset: 'p' }), { preset })
    expect(http.rate).toEqual({ requests: 10, perMs: 600_000 })
    expect(taxii).toMatchObject({ version: '2.0', apiRoot: '/root/', pageSize: 99, maxWindowMs: 5, preset })
  })

  it('gives way to the profile', async () => {
    const own = { version: '2.1', apiRoot: '/mine/', pageSize: 7, maxWindow: '24h' } as const
    const { taxii } = await opened(aTaxiiProfile({ preset: 'p', ...own }), { preset })
    expect(taxii).toMatchObject({ version: '2.1', apiRoot: '/mine/', pageSize: 7, maxWindowMs: 86_400_000 })
  })

  it('that this program does not know is a config error', async () => {
    await expect(opened(aTaxiiProfile({ preset: 'nosuch' }))).rejects.toMatchObject({
      code: 'PROFILE_PRESET_UNKNOWN',
      kind: 'config',
    })
  })
})

it('closes the transport when it cannot connect', async () => {
  const connect = (): never => {
    throw new Error('no server')
  }
  await expect(opened(aTaxiiProfile(), { connect })).rejects.toThrow('no server')
})
