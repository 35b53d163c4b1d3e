import { createServer } from 'node:tls'
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { TlsOptions as ServerOptions } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { X509Certificate } from 'node:crypto'
import type { HttpOptions, TlsOptions } from '../../src/http/options.ts'
import { Secret } from '../../src/core/secret.ts'
import { answer, startFaultServer } from '../faults/fault-server.ts'
import { hasOpenssl, suiteCertificates, type Authority, type Issued } from './certificates.ts'
import { anHttp, basicFor, faultOf, noRetries, outcomeOf, type Outcome } from './an-http.ts'

describe.skipIf(!hasOpenssl)('TLS (needs openssl to make certificates)', () => {
  const pki = suiteCertificates()

  const asked = async (
    tls: ServerOptions,
    ours: Partial<TlsOptions>,
    more: Partial<HttpOptions> = {},
  ): Promise<Outcome> => {
    await using fault = await startFaultServer(() => [answer({ body: 'secured' })], { tls })
    await using opened = anHttp(fault.origin, { tls: ours, retry: noRetries, ...more })
    return await outcomeOf(opened.http, fault.url('/'))
  }

  test('a server of an authority given with --ca is trusted, and its fingerprint told', async () => {
    await using fault = await startFaultServer(() => [answer({ body: 'secured' })], { tls: pki.server })
    await using opened = anHttp(fault.origin, { tls: { ca: [pki.authority.cert] } })

    const seen = await opened.http.exchange({ method: 'GET', url: fault.url('/') }, async (response) => ({
      text: await response.text(),
      peerFingerprint: response.peerFingerprint,
    }))

    const fingerprint = new X509Certificate(pki.server.cert).fingerprint256.replaceAll(':', '').toLowerCase()
    expect(seen).toEqual({ text: 'secured', peerFingerprint: fingerprint })
  })

  test('N16: an expired certificate', async () => {
    const expired = pki.authority.issue('expired', { notBefore: '20200101000000Z', notAfter: '20210101000000Z' })
    expect(faultOf(await asked(expired, { ca: [pki.authority.cert] }))).toBe('HTTP_TLS_EXPIRED refused')
  })

  test('N16: a certificate that is not valid yet', async () => {
    const early = pki.authority.issue('early', { notBefore: '20440101000000Z', notAfter: '20450101000000Z' })
    expect(faultOf(await asked(early, { ca: [pki.authority.cert] }))).toBe('HTTP_TLS_NOT_YET_VALID refused')
  })

  test('N16: a certificate signed by itself', async () => {
    expect(faultOf(await asked(pki.files.selfSigned('lonely'), {}))).toBe('HTTP_TLS_SELF_SIGNED refused')
  })

  test('N16: an authority that is not known', async () => {
    const strange = pki.files.authority('strange')
    expect(faultOf(await asked(strange.issue('leaf'), { ca: [pki.authority.cert] }))).toBe(
      'HTTP_TLS_UNKNOWN_CA refused',
    )
    const whole = Buffer.concat([pki.server.cert, pki.authority.cert])
    expect(faultOf(await asked({ ...pki.server, cert: whole }, {}))).toBe('HTTP_TLS_UNKNOWN_CA refused')
  })

  test('N16: a missing certificate in the middle of the chain', async () => {
    const leaf = pki.authority.intermediate('middle').issue('below')
    expect(faultOf(await asked(leaf, { ca: [pki.authority.cert] }))).toBe('HTTP_TLS_UNKNOWN_CA refused')
  })

  test('N16: a certificate for another name says for which', async () => {
    const other = pki.authority.issue('other', { names: 'DNS:elsewhere.example' })
    const outcome = await asked(other, { ca: [pki.authority.cert] })
    expect(faultOf(outcome)).toBe('HTTP_TLS_NAME refused')
    expect(outcome.error?.message).toContain('elsewhere.example')
  })

  test('N16: a key that is too short', async () => {
    const weak = pki.authority.issue('weak', { key: 'rsa1024' })
    const tls = { ...weak, ciphers: 'DEFAULT@SECLEVEL=0' }
    expect(faultOf(await asked(tls, { ca: [pki.authority.cert] }))).toBe('HTTP_TLS_WEAK_KEY refused')
  })

  test('N16: a key that is too short, or SHA-1, anywhere in the chain, on every version of Node', async () => {
    const short = pki.authority.intermediate('short', { key: 'rsa1024' }).issue('below-short')
    const hashed = pki.authority.intermediate('hashed', { digest: 'sha1' }).issue('below-hashed')
    for (const [name, leaf] of [
      ['short', short],
      ['hashed', hashed],
    ] as const) {
      const middle = readFileSync(`${pki.files.folder}/${name}.pem`)
      const tls = { key: leaf.key, cert: Buffer.concat([leaf.cert, middle]), ciphers: 'DEFAULT@SECLEVEL=0' }
      expect(faultOf(await asked(tls, { ca: [pki.authority.cert] })), name).toBe('HTTP_TLS_WEAK_KEY refused')
      expect((await asked(tls, { ca: [pki.authority.cert], insecure: true })).text, name).toBe('secured')
    }
  })

  test('N16: a certificate of ours that is too weak is told as that', async () => {
    const weak = pki.authority.issue('weak-client', { usage: 'clientAuth', key: 'rsa1024' })
    const clientCertificate = { pem: weak.cert, keyPem: new Secret(weak.key.toString()) }
    const outcome = await asked(pki.server, { ca: [pki.authority.cert], clientCertificate }, { access: [] })
    expect(faultOf(outcome)).toBe('HTTP_CLIENT_CERTIFICATE_WEAK auth')
  })

  test('N16: only TLS 1.0 and 1.1', async () => {
    const tls = { ...pki.server, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    expect(faultOf(await asked(tls, { ca: [pki.authority.cert] }))).toBe('HTTP_TLS_OLD_VERSION refused')
  })

  test('N16: revoked, as the server itself must show', async () => {
    const revoked = pki.authority.issue('revoked')
    const good = pki.authority.ocsp(pki.server, false)
    const bad = pki.authority.ocsp(revoked, true)

    expect((await askedStapled(pki.server, good)).text).toBe('secured')
    expect(faultOf(await askedStapled(revoked, bad))).toBe('HTTP_TLS_REVOKED refused')
    expect((await askedStapled(pki.server, Buffer.from('30820000', 'hex'))).text).toBe('secured')
  })

  async function askedStapled(issued: Issued, staple: Buffer): Promise<Outcome> {
    const stapling = createServer({ cert: issued.cert, key: issued.key }, (socket) => {
      socket.on('error', () => undefined)
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nsecured'))
    })
    stapling.on('OCSPRequest', (_cert, _issuer, callback) => callback(null, staple))
    stapling.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => stapling.listen(0, '127.0.0.1', resolve))
    const { port } = stapling.address() as { port: number }
    await using opened = anHttp(`https://127.0.0.1:${port}`, { tls: { ca: [pki.authority.cert] }, retry: noRetries })
    const outcome = await outcomeOf(opened.http, new URL(`https://127.0.0.1:${port}/`))
    stapling.close()
    return outcome
  }

  test('N16: a port that does not speak TLS', async () => {
    await using plain = await startFaultServer(() => [answer()], {
      onConnection: (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
    })
    const origin = `https://127.0.0.1:${plain.port}`
    await using opened = anHttp(origin, { retry: noRetries })

    expect(faultOf(await outcomeOf(opened.http, new URL(origin)))).toBe('HTTP_TLS_NOT_TLS protocol')
  })

  test('N16: no hint ever says to turn verification off', async () => {
    const outcomes = [
      await asked(pki.files.selfSigned('again'), {}),
      await asked(pki.server, {}),
      await asked(pki.authority.issue('named', { names: 'DNS:elsewhere.example' }), { ca: [pki.authority.cert] }),
    ]
    for (const { error } of outcomes) expect(error?.hint).not.toMatch(/insecure|verif|off/i)
  })

  test.each([
    ['missing', undefined, 'HTTP_CLIENT_CERTIFICATE_MISSING auth'],
    ['expired', 'expired', 'HTTP_CLIENT_CERTIFICATE_EXPIRED auth'],
    ['of another authority', 'strange', 'HTTP_CLIENT_CERTIFICATE_REFUSED auth'],
  ])('N16, C1H-10: our certificate is %s', async (_what, which, expected) => {
    const ours = ((): Issued | undefined => {
      if (which === 'expired') {
        return pki.authority.issue('late', {
          usage: 'clientAuth',
          notBefore: '20200101000000Z',
          notAfter: '20210101000000Z',
        })
      }
      return which ? pki.files.authority('strangers').issue('stranger', { usage: 'clientAuth' }) : undefined
    })()
    await using strict = await strictServer(pki.server, pki.authority)
    const origin = `https://127.0.0.1:${strict.port}`
    const certificate = ours && { pem: ours.cert, keyPem: new Secret(ours.key.toString()) }
    await using opened = anHttp(origin, {
      tls: { ca: [pki.authority.cert], clientCertificate: certificate },
      retry: noRetries,
    })

    expect(faultOf(await outcomeOf(opened.http, new URL(origin)))).toBe(expected)
  })

  const certificates: readonly (readonly [string, () => TlsOptions['clientCertificate']])[] = [
    ['a PEM pair', () => ({ pem: pki.client.cert, keyPem: new Secret(pki.client.key.toString()) })],
    ['one PEM with both', () => ({ pem: Buffer.concat([pki.client.key, pki.client.cert]) })],
    ['PKCS#12', () => ({ pkcs12: pki.files.pkcs12(pki.client, 'opensesame'), passphrase: new Secret('opensesame') })],
    [
      'an encrypted key',
      () => ({
        pem: pki.client.cert,
        keyPem: new Secret(pki.files.encryptKey(pki.client, 'opensesame').toString()),
        passphrase: new Secret('opensesame'),
      }),
    ],
  ]

  test.each(certificates)('S25: a client certificate as %s, together with Basic', async (_form, make) => {
    const tls: ServerOptions = { ...pki.server, ca: pki.authority.cert, requestCert: true, rejectUnauthorized: true }
    await using fault = await startFaultServer(({ headers }) => [answer({ body: headers['authorization'] ?? '' })], {
      tls,
    })
    await using opened = anHttp(fault.origin, {
      tls: { ca: [pki.authority.cert], clientCertificate: make() },
      access: [basicFor(fault.origin, 'u', 'p')],
      retry: noRetries,
    })

    expect((await outcomeOf(opened.http, fault.url('/'))).text).toBe('Basic dTpw')
    expect((await outcomeOf(opened.http, fault.url('/'), { anonymous: true })).error?.kind).toMatch(/network|auth/)
  })

  test.each<[string, () => TlsOptions['clientCertificate'], string]>([
    [
      'a wrong passphrase',
      () => ({
        pem: pki.client.cert,
        keyPem: new Secret(pki.files.encryptKey(pki.client, 'right').toString()),
        passphrase: new Secret('wrong'),
      }),
      'HTTP_CLIENT_KEY_PASSPHRASE auth',
    ],
    [
      'no passphrase',
      () => ({ pem: pki.client.cert, keyPem: new Secret(pki.files.encryptKey(pki.client, 'right').toString()) }),
      'HTTP_CLIENT_KEY_PASSPHRASE auth',
    ],
    [
      'a wrong passphrase of PKCS#12',
      () => ({ pkcs12: pki.files.pkcs12(pki.client, 'right'), passphrase: new Secret('wrong') }),
      'HTTP_CLIENT_KEY_PASSPHRASE auth',
    ],
    [
      'the key of another certificate',
      () => ({ pem: pki.client.cert, keyPem: new Secret(pki.server.key.toString()) }),
      'HTTP_CLIENT_KEY_MISMATCH auth',
    ],
    ['no key at all', () => ({ pem: pki.client.cert }), 'HTTP_CLIENT_CERTIFICATE_UNREADABLE auth'],
    [
      'a certificate that is none',
      () => ({ pem: Buffer.from('hello'), keyPem: new Secret(pki.client.key.toString()) }),
      'HTTP_CLIENT_CERTIFICATE_UNREADABLE auth',
    ],
    ['PKCS#12 that is none', () => ({ pkcs12: Buffer.from('hello') }), 'HTTP_CLIENT_CERTIFICATE_UNREADABLE auth'],
  ])('N16, S25: %s is told apart', async (_what, make, expected) => {
    expect(faultOf(await asked(pki.server, { ca: [pki.authority.cert], clientCertificate: make() }))).toBe(expected)
  })

  test('an authority file that is none is a fault of the profile', async () => {
    expect(faultOf(await asked(pki.server, { ca: [Buffer.from('hello')] }))).toBe('HTTP_CA_UNREADABLE config')
  })

  test('a pinned certificate is taken, another one refused', async () => {
    const pin = new X509Certificate(pki.server.cert).fingerprint256
    const wrong = new X509Certificate(pki.client.cert).fingerprint256

    expect((await asked(pki.server, { ca: [pki.authority.cert], pinnedFingerprint: pin })).text).toBe('secured')
    expect(faultOf(await asked(pki.server, { ca: [pki.authority.cert], pinnedFingerprint: wrong }))).toBe(
      'HTTP_TLS_PIN refused',
    )
    expect(faultOf(await asked(pki.server, { pinnedFingerprint: pin }))).toBe('HTTP_TLS_UNKNOWN_CA refused')
    expect(faultOf(await asked(pki.server, { pinnedFingerprint: wrong, insecure: true }))).toBe('HTTP_TLS_PIN refused')
  })

  test('S3: verification is off for the one profile that says so, which is told', async () => {
    await using fault = await startFaultServer(() => [answer({ body: 'unverified' })], { tls: pki.server })
    await using opened = anHttp(fault.origin, { tls: { insecure: true } })

    expect((await outcomeOf(opened.http, fault.url('/'))).text).toBe('unverified')
    expect(opened.notices.map(({ code }) => code)).toEqual(['HTTP_INSECURE'])
  })

  test('S3: NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes nothing', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      expect(faultOf(await asked(pki.server, {}))).toBe('HTTP_TLS_UNKNOWN_CA refused')
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
  })

  test('a later connection resumes the session and still knows its peer', async () => {
    await using fault = await startFaultServer(
      () => [answer({ headers: { Connection: 'close', 'Content-Length': '2' }, body: 'ok' })],
      { tls: pki.server },
    )
    await using opened = anHttp(fault.origin, { tls: { ca: [pki.authority.cert] } })
    const prints = []
    for (let count = 0; count < 3; count++) {
      const request = { method: 'GET', url: fault.url('/') } as const
      prints.push(await opened.http.exchange(request, (response) => Promise.resolve(response.peerFingerprint)))
    }

    expect(new Set(prints).size).toBe(1)
    expect(prints[0]).toMatch(/^[0-9a-f]{64}$/)
  })
})

interface StrictServer extends AsyncDisposable {
  readonly port: number
}

/** OpenSSL's own server, which tells by an alert what it has against a client certificate; Node's just hangs up. */
async function strictServer(issued: Issued, authority: Authority): Promise<StrictServer> {
  const verify = ['-CAfile', authority.certFile, '-Verify', '1', '-verify_return_error']
  const args = [
    's_server',
    '-accept',
    '127.0.0.1:0',
    '-cert',
    issued.certFile,
    '-key',
    issued.keyFile,
    '-www',
    ...verify,
  ]
  const child: ChildProcess = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const port = await new Promise<number>((resolve, reject) => {
    let said = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const found = /ACCEPT .*:(\d+)/.exec(said)
      if (found) resolve(Number(found[1]))
    })
    child.once('exit', () => reject(new Error('openssl s_server ended')))
  })
  return {
    port,
    [Symbol.asyncDispose]: () => {
      child.kill('SIGKILL')
      return Promise.resolve()
    },
  }
}
