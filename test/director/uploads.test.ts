import { open, stat, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import type { UploadFile } from '../../src/director/client.ts'
import { createDirectorClient } from '../../src/director/open-client.ts'
import { looksLikePrivateKey } from '../../src/director/private-key.ts'
import { answer } from '../faults/fault-server.ts'
import { anHttp } from '../http/an-http.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { acme, aDirector, aFile, json, success } from './a-director.ts'

const privately = { location: 'private', pool: acme } as const
const publicly = { location: 'public' } as const
const uploaded = success('Uploaded.')

/** A file on disk, read in pieces. */
async function onDisk(name: string, content: Buffer): Promise<UploadFile> {
  const path = join(await temporaryFolder(), name)
  await writeFile(path, content)
  return {
    name,
    lengthBytes: (await stat(path)).size,
    async *open() {
      const handle = await open(path)
      try {
        yield* handle.createReadStream({ highWaterMark: 64 * 1024, autoClose: false }) as AsyncIterable<Buffer>
      } finally {
        await handle.close()
      }
    },
  }
}

async function errorOf(act: Promise<unknown>): Promise<StixTaxiiError> {
  const error: unknown = await act.then(
    () => undefined,
    (fault: unknown) => fault,
  )
  if (error instanceof StixTaxiiError) return error
  throw new TypeError('no error', { cause: error })
}

interface Part {
  readonly head: string
  readonly content: Buffer
}

/** The parts of a form, by the boundary of its content type. */
function partsOf(contentType: string | undefined, body: Buffer): Part[] {
  const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(contentType ?? '')?.[1] ?? 'none'
  const text = body.toString('latin1')
  expect(text.startsWith(`--${boundary}\r\n`)).toBe(true)
  expect(text.endsWith(`\r\n--${boundary}--\r\n`)).toBe(true)
  return text
    .slice(boundary.length + 4, -(boundary.length + 8))
    .split(`\r\n--${boundary}\r\n`)
    .map((part) => {
      const end = part.indexOf('\r\n\r\n')
      return { head: part.slice(0, end), content: Buffer.from(part.slice(end + 4), 'latin1') }
    })
}

const binary = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) % 256))

describe('D8: packages', () => {
  test('go as raw bytes with name and length by default, from disk, with progress', async () => {
    await using director = await aDirector(() => [uploaded])
    const sent: number[] = []

    const file = await onDisk('StixTaxii_6.1.0.pak', binary)
    await director.client.packages.upload(privately, file, { onProgress: (bytes) => sent.push(bytes) })

    const [request] = director.server.requests
    expect(request?.body.equals(binary)).toBe(true)
    expect(request?.headers).toMatchObject({
      file_name: 'StixTaxii_6.1.0.pak',
      'content-type': 'application/octet-stream',
      'content-length': '300000',
    })
    expect(sent).toEqual([65_536, 131_072, 196_608, 262_144, 300_000])
  })

  test('go as a form with one part named file where the profile says so', async () => {
    await using director = await aDirector(() => [uploaded], { packageUpload: 'multipart' })

    await director.client.packages.upload(publicly, await onDisk('a.pak', binary))

    const [request] = director.server.requests
    const parts = partsOf(request?.headers['content-type'], request?.body ?? Buffer.alloc(0))
    expect(parts.map(({ head }) => head)).toEqual([
      'Content-Disposition: form-data; name="file"; filename="a.pak"\r\nContent-Type: application/octet-stream',
    ])
    expect(parts[0]?.content.equals(binary)).toBe(true)
    expect(request?.headers['file_name']).toBe('a.pak')
    expect(request?.headers['content-length']).toBe(String(request?.body.length))
  })

  test.each(['raw', 'multipart'] as const)(
    'that are refused as %s are not sent the other way; the hint tells',
    async (one) => {
      await using director = await aDirector(() => [json({ message: 'file is missing' }, 400)], { packageUpload: one })

      const error = await errorOf(director.client.packages.upload(privately, aFile('a.pak')))

      expect(error).toMatchObject({ code: 'DIRECTOR_REFUSED', kind: 'remote' })
      expect(error.hint).toContain(one === 'raw' ? '"multipart"' : '"raw"')
      expect(director.server.requests).toHaveLength(1)
    },
  )

  test('that change while they are sent end as a local fault, and nothing is completed', async () => {
    await using director = await aDirector(() => [uploaded])
    const shrunk = { ...aFile('a.pak', binary), lengthBytes: 400_000 }

    for (const act of [director.client.packages, director.client.certificates]) {
      expect(await errorOf(act.upload(privately, shrunk))).toMatchObject({ code: 'HTTP_BODY_LENGTH', kind: 'local' })
    }
    expect(director.server.requests).toHaveLength(0)
  })

  test.each(['a\r\nX-Evil: 1.pak', '../../etc/a.pak', 'a"b.pak', 'ä.pak', 'PublicUpload', ''])(
    'called %j are never sent',
    async (name) => {
      await using director = await aDirector(() => [uploaded])

      for (const { upload } of [director.client.packages, director.client.certificates]) {
        for (const storage of [privately, publicly]) {
          expect(await errorOf(upload(storage, aFile(name)))).toMatchObject({ kind: 'usage' })
        }
      }
      expect(director.server.connections).toBe(0)
    },
  )

  test('whose connection is cut in the middle were not taken, and are not sent again', async () => {
    await using server = await cuttingServer(1024 * 1024)
    await using opened = anHttp(server.origin)
    const { http, clock } = opened
    const client = createDirectorClient({ http, url: new URL(server.origin), clock, notices: () => undefined })
    const file = aFile('a.pak', Buffer.alloc(32 * 1024 * 1024))

    const error = await errorOf(client.packages.upload(privately, file))

    expect(error).toMatchObject({ code: 'DIRECTOR_UPLOAD_CUT', kind: 'network' })
    expect(error.context['sentBytes']).toBeLessThan(file.lengthBytes)
    expect(server.connections()).toBe(1)
  })

  test('that were sent to the last byte and never answered for have an unknown outcome (D1)', async () => {
    await using director = await aDirector(() => [{ do: 'reset' }])

    const error = await errorOf(director.client.packages.upload(privately, aFile('a.pak', binary)))

    expect(error).toMatchObject({ code: 'DIRECTOR_OUTCOME_UNKNOWN', kind: 'pending' })
    expect(director.server.requests).toHaveLength(1)
  })

  test('that are too large are refused with what Director says', async () => {
    await using director = await aDirector(() => [answer({ status: 413, body: 'Request Entity Too Large' })])

    expect((await errorOf(director.client.packages.upload(privately, aFile('a.pak')))).message).toContain(
      'Request Entity Too Large',
    )
  })
})

describe('certificates', () => {
  test.each([
    ['private', privately],
    ['public', publicly],
  ] as const)(
    'go to %s storage as a form with one part named file_name, and no header of that name',
    async (_where, storage) => {
      await using director = await aDirector(() => [uploaded], { packageUpload: 'raw' })

      await director.client.certificates.upload(storage, await onDisk('client.crt', binary))

      const [request] = director.server.requests
      const parts = partsOf(request?.headers['content-type'], request?.body ?? Buffer.alloc(0))
      expect(parts.map(({ head }) => head)).toEqual([
        'Content-Disposition: form-data; name="file_name"; filename="client.crt"\r\nContent-Type: application/octet-stream',
      ])
      expect(parts[0]?.content.equals(binary)).toBe(true)
      expect(request?.headers['file_name']).toBeUndefined()
    },
  )
})

describe('S24: private keys', () => {
  const pem = (label: string) => Buffer.from(`-----BEGIN ${label}-----\nMIIB\n-----END ${label}-----\n`)
  const der = (...bytes: number[]) => Buffer.from([...bytes, 0, 0, 0, 0, 0, 0, 0, 0])

  test.each<readonly [string, Uint8Array, string]>([
    ['PKCS#8', pem('PRIVATE KEY'), 'a.pem'],
    ['encrypted PKCS#8', pem('ENCRYPTED PRIVATE KEY'), 'a.txt'],
    ['PKCS#1', pem('RSA PRIVATE KEY'), 'a.crt'],
    ['SEC 1', pem('EC PRIVATE KEY'), 'a'],
    ['OpenSSH', pem('OPENSSH PRIVATE KEY'), 'a'],
    ['OpenPGP', pem('PGP PRIVATE KEY BLOCK'), 'a'],
    ['behind a certificate', Buffer.concat([pem('CERTIFICATE'), pem('PRIVATE KEY')]), 'a.crt'],
    ['DER with a long length', der(0x30, 0x82, 4, 0xa4, 0x02, 0x01, 0x00), 'a.der'],
    ['DER with a short length', der(0x30, 0x77, 0x02, 0x01, 0x01), 'a.der'],
    ['PKCS#12', der(0x30, 0x82, 9, 0x11, 0x02, 0x01, 0x03), 'a.bin'],
    ['encrypted PKCS#8 in DER', Buffer.from('3082052d305706092a864886f70d01050d304a', 'hex'), 'a.der'],
    ['a Java key store', der(0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2), 'store'],
    ['PuTTY', Buffer.from('PuTTY-User-Key-File-3: ssh-ed25519\r\n'), 'a'],
    ['PEM in UTF-16', Buffer.from(pem('PRIVATE KEY').toString(), 'utf16le'), 'a'],
    ['a name that keys have', Buffer.from('whatever'), 'client.KEY'],
    ['a name of a bundle', Buffer.alloc(0), 'client.p12'],
  ])('%s is one', (_what, beginning, name) => {
    expect(looksLikePrivateKey(beginning, name)).toBe(true)
  })

  test.each<readonly [string, Uint8Array, string]>([
    ['a certificate', pem('CERTIFICATE'), 'client.crt'],
    ['a public key', pem('PUBLIC KEY'), 'client.pem'],
    ['a certificate in DER', der(0x30, 0x82, 3, 0x10, 0x30, 0x82, 1, 0xf0), 'client.der'],
    ['a public key in DER', Buffer.from('30820122300d06092a864886f70d01010105000382', 'hex'), 'a.der'],
    ['another sequence in DER', der(0x30, 0x06, 0x02, 0x01, 0x2a), 'a.der'],
    ['nothing', Buffer.alloc(0), 'client.crt'],
    ['a text', Buffer.from('no private key here'), 'readme'],
  ])('%s is none', (_what, beginning, name) => {
    expect(looksLikePrivateKey(beginning, name)).toBe(false)
  })
})

/** A server that resets each connection after so many bytes. */
async function cuttingServer(afterBytes: number) {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    let taken = 0
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      taken += chunk.length
      if (taken > afterBytes) socket.resetAndDestroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
