import { X509Certificate } from 'node:crypto'
import { get } from 'node:https'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { startDirectorEmulator } from '../../src/simulate/director/emulator.ts'
import { keptSelfSigned, selfSigned } from '../../src/simulate/self-signed.ts'
import { temporaryFolder } from '../support/temporary.ts'

it('section 13 row 9: makes a certificate that vouches for itself and for this machine', () => {
  const { cert, key, fingerprint } = selfSigned(new Date('2026-05-06T07:08:09Z'))
  const read = new X509Certificate(cert)
  expect(read.verify(read.publicKey)).toBe(true)
  expect(read.ca).toBe(true)
  expect(read.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
  expect([new Date(read.validFrom), new Date(read.validTo)].map((date) => date.toISOString())).toEqual([
    '2026-05-05T07:08:09.000Z',
    '2028-08-07T07:08:09.000Z',
  ])
  expect(read.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(fingerprint)
  expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/)
  expect(selfSigned(new Date()).fingerprint).not.toBe(fingerprint)
})

it('is trusted by who knows it and by nobody else', async () => {
  const tls = selfSigned(new Date())
  await using director = await startDirectorEmulator({ tls })
  expect(director.url).toMatch(/^https:/)
  const ask = (ca: string | undefined, host = '127.0.0.1') =>
    new Promise<number | string>((resolve) => {
      const url = `https://${host}:${director.port}/configapi/Uploads/list`
      get(url, { ca, headers: { authorization: 'Bearer x' } }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    })
  expect(await ask(tls.cert)).toBe(200)
  expect(await ask(tls.cert, 'localhost')).toBe(200)
  expect(await ask(undefined)).toMatch(/SELF_SIGNED/)
})

it('stays the same in its folder until it is no longer valid', async () => {
  const folder = path.join(await temporaryFolder(), 'new')
  const first = await keptSelfSigned(folder, new Date('2026-01-01'))
  expect(first.file).toBe(path.join(folder, 'certificate.pem'))
  expect((await stat(path.join(folder, 'key.pem'))).mode & 0o777).toBe(0o600)
  expect((await keptSelfSigned(folder, new Date('2027-01-01'))).fingerprint).toBe(first.fingerprint)
  expect((await keptSelfSigned(folder, new Date('2029-01-01'))).fingerprint).not.toBe(first.fingerprint)
})
