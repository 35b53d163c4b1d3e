import { connect, type Socket } from 'node:net'
import { Agent, request } from 'node:http'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { connect as tlsConnect, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/cli/process-host.ts'
import { listen, subjectText, type Listener } from '../../src/serve/listen.ts'
import type { RequestConnection } from '../../src/serve/parts.ts'
import { readServerTls } from '../../src/serve/server-tls.ts'
import { selfSigned } from '../../src/simulate/self-signed.ts'
import { defaultLimits } from '../../src/workflow/open-server.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { tlsFiles } from '../quirks/tls.ts'
import { ask } from './a-running-server.ts'

const open: { listener?: Listener; sockets: Socket[] } = { sockets: [] }

afterEach(async () => {
  for (const socket of open.sockets.splice(0)) socket.destroy()
  await open.listener?.close(0)
  delete open.listener
})

type Answer = (request: Request, connection: RequestConnection) => Response | Promise<Response>

async function aListener(more: Partial<Parameters<typeof listen>[0]> = {}, limits = {}): Promise<Listener> {
  const answer: Answer = () => new Response('hello')
  open.listener = await listen({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    isProxy: () => false,
    answer,
    ...more,
    limits: { ...defaultLimits, checkIntervalMs: 50, ...limits },
  })
  return open.listener
}

/** A connection that says `text` and then nothing. */
function say(listener: Listener, text: string, from = '127.0.0.1'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: listener.port, host: '127.0.0.1', localAddress: from }, () => {
      socket.write(text)
      resolve(socket)
    })
    open.sockets.push(socket)
    socket.once('error', reject)
    socket.on('error', () => undefined)
  })
}

const closed = (socket: Socket): Promise<void> =>
  socket.destroyed ? Promise.resolve() : new Promise((resolve) => void socket.once('close', () => resolve()))

const urlOf = (listener: Listener): string => `http://127.0.0.1:${listener.port}/`

describe('clients that take their time (E1)', () => {
  it('lose their connection when the head of a request does not come', async () => {
    const listener = await aListener({}, { headersTimeoutMs: 200 })
    const socket = await say(listener, 'GET / HTTP/1.1\r\nhost: x\r\nx-slow: ')
    socket.resume()
    await closed(socket)
    expect((await ask(urlOf(listener))).text).toBe('hello')
  })

  it('lose it when the body does not come', async () => {
    let isCut = false
    const answer: Answer = async (asked) => {
      await asked.arrayBuffer().catch(() => (isCut = true))
      return new Response('late')
    }
    const listener = await aListener({ answer }, { headersTimeoutMs: 100, requestTimeoutMs: 300 })
    const socket = await say(listener, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf')
    socket.resume()
    await closed(socket)
    await expect.poll(() => isCut).toBe(true)
  })

  it('lose it when they do not take their answer', async () => {
    const large = 'x'.repeat(20_000_000)
    const limits = { answerTimeoutMs: 200, slowestBytesPerSecond: 1e9 }
    const listener = await aListener({ answer: () => new Response(large) }, limits)
    const socket = await say(listener, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    socket.pause()
    await expect.poll(() => listener.counts.tooSlow).toBe(1)
    await expect.poll(() => listener.counts.open).toBe(0)
  })

  it('lose it, slowest first, when too much waits for all of them together', async () => {
    const large = 'x'.repeat(20_000_000)
    const listener = await aListener({ answer: () => new Response(large) }, { maxUnsentBytes: 30_000_000 })
    for (let count = 0; count < 3; count++) (await say(listener, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')).pause()
    await expect.poll(() => listener.counts.tooSlow).toBe(2)
    await expect.poll(() => listener.counts.open).toBe(1)
  })

  it('keep it while they take a large answer slowly but steadily', async () => {
    const large = 'x'.repeat(3_000_000)
    const listener = await aListener({ answer: () => new Response(large) }, { answerTimeoutMs: 10_000 })
    const socket = await say(listener, 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    let taken = 0
    for await (const chunk of socket) {
      taken += (chunk as Buffer).length
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(taken).toBeGreaterThan(large.length)
  })
})

describe('clients that take an answer as it is made (E1)', () => {
  /** An answer of so many chunks; the next one is made when one was taken. */
  const inChunks = (count: number): Answer => {
    return () => {
      let made = 0
      const pull = (controller: ReadableStreamDefaultController): void => {
        if (made++ < count) controller.enqueue(new Uint8Array(2_000_000))
        else controller.close()
      }
      return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }))
    }
  }
  const limits = { answerTimeoutMs: 300, slowestBytesPerSecond: 4_000_000 }

  it('keep their connection however long it takes, while they are quick enough', async () => {
    const listener = await aListener({ answer: inChunks(10) }, limits)
    const socket = await say(listener, 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    let taken = 0
    for await (const chunk of socket) {
      taken += (chunk as Buffer).length
      await new Promise((resolve) => setTimeout(resolve, 4))
    }
    expect(taken).toBeGreaterThan(20_000_000)
    expect(listener.counts.tooSlow).toBe(0)
  })

  it('lose it when they stop in the middle', async () => {
    const listener = await aListener({ answer: inChunks(1000) }, limits)
    const socket = await say(listener, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    let taken = 0
    socket.on('data', (chunk: Buffer) => {
      if ((taken += chunk.length) > 5_000_000) socket.pause()
    })
    await expect.poll(() => listener.counts.tooSlow, { timeout: 10_000 }).toBe(1)
  })
})

describe('clients that hold many connections (E1)', () => {
  it('make room for their own next one first, and keep nobody else out', async () => {
    const listener = await aListener({}, { maxPerAddress: 5, maxConnections: 100 })
    const held = []
    for (let count = 0; count < 20; count++) held.push(await say(listener, 'GET / HT', '127.0.0.2'))
    await expect.poll(() => listener.counts.displaced).toBe(15)
    expect(listener.counts.open).toBe(5)
    expect((await ask(urlOf(listener), { from: '127.0.0.2' })).text).toBe('hello')
    expect((await ask(urlOf(listener), { from: '127.0.0.3' })).text).toBe('hello')
  })

  it('from many addresses lose the idle ones that they have held longest', async () => {
    const listener = await aListener({}, { maxConnections: 20 })
    for (let count = 0; count < 60; count++) await say(listener, '', `127.0.0.${2 + (count % 30)}`)
    expect((await ask(urlOf(listener), { from: '127.0.9.1' })).text).toBe('hello')
    expect(listener.counts.open).toBeLessThanOrEqual(20)
  })

  it('are refused when every connection is at work', async () => {
    const waiting: (() => void)[] = []
    const answer: Answer = () => new Promise((resolve) => waiting.push(() => resolve(new Response('done'))))
    const listener = await aListener({ answer }, { maxConnections: 2 })
    const busy = [ask(urlOf(listener)), ask(urlOf(listener))]
    await expect.poll(() => waiting.length).toBe(2)
    await expect(ask(urlOf(listener))).rejects.toThrow()
    expect(listener.counts.refused).toBe(1)
    for (const go of waiting) go()
    expect((await Promise.all(busy)).map(({ text }) => text)).toEqual(['done', 'done'])
  })

  it('are not counted by address when it is a proxy’s', async () => {
    const listener = await aListener({ isProxy: () => true }, { maxPerAddress: 2 })
    for (let count = 0; count < 10; count++) await say(listener, '')
    await expect.poll(() => listener.counts.open).toBe(10)
  })
})

describe('a body that is not wanted', () => {
  it('is not asked for from a client that waits to be told (E2)', async () => {
    const listener = await aListener({ answer: () => new Response('no', { status: 413 }) })
    const head = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\nexpect: 100-continue\r\n\r\n'
    const socket = await say(listener, head)
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    await expect.poll(() => text).toContain('413')
    expect(text).not.toContain('100 Continue')
  })
})

describe('stopping (E8)', () => {
  it('answers every request that has come, and no half one, while many clients go on asking', async () => {
    const body = 'x'.repeat(100_000)
    const answer: Answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10))
      return new Response(body)
    }
    const listener = await aListener({ answer })
    const agent = new Agent({ keepAlive: true, maxSockets: 16 })
    const seen = { whole: 0, half: 0, refused: 0 }
    let isStopped = false
    const client = async (): Promise<void> => {
      while (!isStopped) {
        await new Promise<void>((resolve) => {
          const sent = request(urlOf(listener), { agent }, (got) => {
            let length = 0
            got.on('data', (chunk: Buffer) => (length += chunk.length))
            got.on('close', () => {
              if (length === body.length && got.complete) seen.whole++
              else seen.half++
              resolve()
            })
            got.on('error', () => undefined)
          })
          sent.on('error', (error: NodeJS.ErrnoException) => {
            if (error.code === 'ECONNREFUSED') isStopped = true
            seen.refused++
            resolve()
          })
          sent.end()
        })
      }
    }
    const clients = Array.from({ length: 16 }, client)
    await expect.poll(() => seen.whole).toBeGreaterThan(100)
    const begun = performance.now()
    expect(await listener.close(10_000)).toBe(0)
    expect(performance.now() - begun).toBeLessThan(5_000)
    isStopped = true
    await Promise.all(clients)
    agent.destroy()
    expect(seen.half).toBe(0)
  })

  it('waits for a slow answer, and cuts it off when the grace is over', async () => {
    let go: () => void = () => undefined
    const answer: Answer = () => new Promise((resolve) => (go = () => resolve(new Response('done'))))
    const listener = await aListener({ answer })
    const asked = ask(urlOf(listener))
    await expect.poll(() => listener.counts.open).toBe(1)
    const closing = listener.close(10_000)
    await new Promise((resolve) => setTimeout(resolve, 400))
    go()
    expect((await asked).text).toBe('done')
    expect(await closing).toBe(0)

    const other = await aListener({ answer: () => new Promise(() => undefined) })
    const never = ask(urlOf(other)).catch((error: Error) => error)
    await expect.poll(() => other.counts.open).toBe(1)
    expect(await other.close(300)).toBe(1)
    expect(await never).toBeInstanceOf(Error)
  })

  it('is not held up by connections that are idle', async () => {
    const listener = await aListener()
    for (let count = 0; count < 5; count++) await say(listener, 'GET /')
    await expect.poll(() => listener.counts.open).toBe(5)
    const begun = performance.now()
    expect(await listener.close(10_000)).toBe(0)
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})

describe('TLS in process', () => {
  function files(folder = temporaryFolder()) {
    const { cert, key } = selfSigned(new Date())
    const [certificate, keyFile] = [path.join(folder, 'server.pem'), path.join(folder, 'server.key')]
    writeFileSync(certificate, cert)
    writeFileSync(keyFile, key)
    return { certificate, key: keyFile, cert }
  }

  const look = (listener: Listener, options: Record<string, unknown>): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const socket: TLSSocket = tlsConnect(
        { host: '127.0.0.1', port: listener.port, rejectUnauthorized: false, ...options },
        () => resolve(socket),
      )
      open.sockets.push(socket)
      socket.on('error', reject)
    })

  it('speaks 1.3 and 1.2, nothing older, and no suite that HTTP/2 forbids (S21-2)', async () => {
    const listener = await aListener({ tls: await readServerTls(files()) })
    expect((await look(listener, {})).getProtocol()).toBe('TLSv1.3')
    const older = await look(listener, { maxVersion: 'TLSv1.2' })
    expect(older.getProtocol()).toBe('TLSv1.2')
    expect(older.getCipher().name).toMatch(/^ECDHE-.*(GCM|POLY1305)/)
    await expect(look(listener, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).rejects.toThrow()
    for (const ciphers of ['AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA256', 'AES256-SHA']) {
      await expect(look(listener, { maxVersion: 'TLSv1.2', ciphers })).rejects.toThrow()
    }
  })

  it('takes a new certificate for new connections, and drops none', async () => {
    const folder = temporaryFolder()
    const first = files(folder)
    const listener = await aListener({ tls: await readServerTls(first) })
    const before = await look(listener, { ca: first.cert })
    const second = files(folder)
    listener.reload(await readServerTls(second))
    const after = await look(listener, {})
    expect(after.getPeerCertificate().fingerprint256).not.toBe(before.getPeerCertificate().fingerprint256)
    before.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    const answer = await new Promise<string>((resolve) => before.once('data', (chunk) => resolve(chunk.toString())))
    expect(answer).toContain('200 OK')
  })

  const shown = { cert: readFileSync(tlsFiles.certificate), key: readFileSync(tlsFiles.key) }

  it('tells who a client certificate is for, where one is shown and stands the check', async () => {
    const own = files()
    const asked = { ...own, clientAuthorities: tlsFiles.authority, clientCertificates: 'optional' as const }
    const answer: Answer = (_, { certificateSubject }) => new Response(certificateSubject ?? 'nobody')
    const listener = await aListener({ answer, tls: await readServerTls(asked) })
    const url = `https://127.0.0.1:${listener.port}/`
    const stranger = selfSigned(new Date())
    const ca = own.cert
    expect((await ask(url, { tls: { ca, ...shown } })).text).toBe('CN=ann')
    expect((await ask(url, { tls: { ca } })).text).toBe('nobody')
    expect((await ask(url, { tls: { ca, cert: stranger.cert, key: stranger.key } })).text).toBe('nobody')
  })

  it('never takes one name in a certificate for several', () => {
    expect(subjectText({ O: 'Example', CN: 'alice' } as never)).toBe('CN=alice,O=Example')
    expect(subjectText({ CN: 'alice,O=Example' } as never)).toBe('CN=alice\\,O=Example')
    expect(subjectText({ O: ['A', 'B+C'], CN: 'x\\,y' } as never)).toBe('CN=x\\\\\\,y,O=B\\+C,O=A')
  })

  it('refuses whoever shows none where one is required', async () => {
    const own = files()
    const listener = await aListener({ tls: await readServerTls({ ...own, clientAuthorities: tlsFiles.authority }) })
    const url = `https://127.0.0.1:${listener.port}/`
    const ca = own.cert
    await expect(ask(url, { tls: { ca } })).rejects.toThrow()
    expect((await ask(url, { tls: { ca, ...shown } })).text).toBe('hello')
  })

  it('opens a key with its passphrase, and says what is wrong with files that do not fit', async () => {
    const [own, other] = [files(), files()]
    await expect(readServerTls({ ...own, key: other.key })).rejects.toMatchObject({ code: 'SERVE_TLS_MISMATCH' })
    await expect(readServerTls({ ...own, key: '/nowhere/key' })).rejects.toMatchObject({ code: 'SERVE_TLS_FILE' })
    await expect(readServerTls({ ...own, certificate: own.key })).rejects.toMatchObject({ code: 'SERVE_TLS_FILE' })
    const folder = temporaryFolder()
    const locked = path.join(folder, 'locked.key')
    const passphrase = path.join(folder, 'passphrase')
    writeFileSync(passphrase, 'open sesame\n')
    const { createPrivateKey } = await import('node:crypto')
    const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const
    writeFileSync(locked, createPrivateKey(readFileSync(own.key)).export(options))
    await expect(readServerTls({ ...own, key: locked })).rejects.toMatchObject({ code: 'SERVE_TLS_KEY' })
    const listener = await aListener({ tls: await readServerTls({ ...own, key: locked, passphrase }) })
    expect((await ask(`https://127.0.0.1:${listener.port}/`, { tls: { ca: own.cert } })).text).toBe('hello')
  })
})

describe('a port', () => {
  it('that is in use is said to be, and one that is not ours', async () => {
    const { port } = await aListener()
    const again = { host: '127.0.0.1', port, clock: systemClock, isProxy: () => false, limits: defaultLimits }
    const answer: Answer = () => new Response('')
    await expect(listen({ ...again, answer })).rejects.toMatchObject({ code: 'SERVE_PORT_BUSY', kind: 'conflict' })
    await expect(listen({ ...again, host: '192.0.2.1', answer })).rejects.toMatchObject({
      code: 'SERVE_ADDRESS_REFUSED',
      kind: 'config',
    })
  })
})
