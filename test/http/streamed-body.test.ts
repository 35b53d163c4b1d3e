import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import type { StreamedBody } from '../../src/core/ports.ts'
import { answer, answerBytes, startFaultServer } from '../faults/fault-server.ts'
import { anHttp, faultOf, outcomeOf } from './an-http.ts'

interface Watched extends StreamedBody {
  given: number
  opened: number
  closed: number
}

/** A body of equal pieces that counts what was taken of it. */
function aBody(parts: { lengthBytes: number; reallyBytes?: number; pieceBytes?: number; fault?: Error }): Watched {
  const { lengthBytes, reallyBytes = lengthBytes, pieceBytes = 64 * 1024, fault } = parts
  const body: Watched = {
    lengthBytes,
    given: 0,
    opened: 0,
    closed: 0,
    async *open() {
      body.opened += 1
      try {
        for (let at = 0; at < reallyBytes; at += pieceBytes) {
          const piece = Buffer.alloc(Math.min(pieceBytes, reallyBytes - at), 'x')
          body.given += piece.length
          yield piece
        }
        if (fault) throw fault
      } finally {
        body.closed += 1
      }
    },
  }
  return body
}

test.each([0, 1, 300_000])('D8: sends %i streamed bytes with their length', async (lengthBytes) => {
  await using server = await startFaultServer(({ body }) => [answer({ body: String(body.length) })])
  await using opened = anHttp(server.origin)
  const body = aBody({ lengthBytes })

  const outcome = await outcomeOf(opened.http, server.url('/'), { method: 'POST', body })

  expect(outcome).toMatchObject({ status: 200, text: String(lengthBytes) })
  expect(server.requests[0]?.headers['content-length']).toBe(String(lengthBytes))
  expect(server.requests[0]?.headers['transfer-encoding']).toBeUndefined()
  expect(body).toMatchObject({ opened: 1, closed: 1 })
  expect(opened.trace[0]).toMatchObject({ event: 'request', bodyBytes: lengthBytes })
})

test('D8: asks for no more than the other side takes, and fails when it takes nothing', async () => {
  const lengthBytes = 200 * 1024 * 1024
  await using server = await rawServer((socket) => socket.pause())
  await using opened = anHttp(server.origin, { limits: { headersTimeoutMs: 400 } })
  const body = aBody({ lengthBytes })

  const outcome = await outcomeOf(opened.http, new URL(server.origin), { method: 'POST', body })

  expect(faultOf(outcome)).toBe('HTTP_HEADERS_TIMEOUT network')
  expect(body.given).toBeLessThan(lengthBytes / 4)
  await expect.poll(() => body.closed).toBe(1)
})

test('D8: a server that takes slowly is not silent', async () => {
  const lengthBytes = 30 * 1024 * 1024
  let taken = 0
  await using server = await rawServer((socket) => {
    socket.on('data', (chunk) => {
      taken += chunk.length
      if (taken > lengthBytes) socket.write(answerBytes({ body: 'whole' }))
      // The rest at once: what lies in the buffers of the system is out of our sight.
      if (taken > lengthBytes / 2) return
      socket.pause()
      setTimeout(() => socket.resume(), 6)
    })
  })
  await using opened = anHttp(server.origin, { limits: { headersTimeoutMs: 1000 } })
  const beganMs = performance.now()

  const outcome = await outcomeOf(opened.http, new URL(server.origin), { method: 'POST', body: aBody({ lengthBytes }) })

  expect(outcome).toMatchObject({ status: 200, text: 'whole' })
  expect(performance.now() - beganMs).toBeGreaterThan(1000)
})

test('D8: a connection cut in the middle ends the request and lets the file go', async () => {
  await using server = await rawServer((socket) => {
    let taken = 0
    socket.on('data', (chunk) => {
      taken += chunk.length
      if (taken > 1024 * 1024) socket.resetAndDestroy()
    })
  })
  await using opened = anHttp(server.origin)
  const body = aBody({ lengthBytes: 64 * 1024 * 1024 })

  const outcome = await outcomeOf(opened.http, new URL(server.origin), { method: 'POST', body })

  expect(faultOf(outcome)).toBe('HTTP_CONNECTION_LOST network')
  expect(body.opened).toBe(1)
  await expect.poll(() => body.closed).toBe(1)
})

test('D8: an answer that comes before the end of the body is given to the reader', async () => {
  await using server = await rawServer((socket) => {
    socket.once('data', () => socket.write(answerBytes({ status: 413, body: 'too large' })))
  })
  await using opened = anHttp(server.origin)
  const body = aBody({ lengthBytes: 64 * 1024 * 1024 })

  const outcome = await outcomeOf(opened.http, new URL(server.origin), { method: 'POST', body })

  expect(outcome).toMatchObject({ status: 413, text: 'too large' })
  await expect.poll(() => body.closed).toBe(1)
})

test.each([
  ['shorter', 100_000],
  ['longer', 300_000],
])('D8: a file that is %s than promised is never taken for whole', async (_what, reallyBytes) => {
  let whole = 0
  await using server = await startFaultServer(() => {
    whole += 1
    return [answer()]
  })
  await using opened = anHttp(server.origin)
  const body = aBody({ lengthBytes: 200_000, reallyBytes })

  const outcome = await outcomeOf(opened.http, server.url('/'), { method: 'POST', body })

  expect(faultOf(outcome)).toBe('HTTP_BODY_LENGTH local')
  expect(outcome.error?.message).toContain('200000')
  await expect.poll(() => server.open).toBe(0)
  expect(whole).toBe(0)
  expect(body.closed).toBe(1)
})

test('D8: a file that cannot be read to its end is said to be so', async () => {
  await using server = await startFaultServer(() => [answer()])
  await using opened = anHttp(server.origin)
  const fault = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
  const body = aBody({ lengthBytes: 200_000, reallyBytes: 100_000, fault })

  const outcome = await outcomeOf(opened.http, server.url('/'), { method: 'POST', body })

  expect(faultOf(outcome)).toBe('HTTP_BODY_UNREADABLE local')
  expect(outcome.error?.context).toEqual({ reason: 'EIO' })
})

test('an abort in the middle of a body closes the file and the connection', async () => {
  await using server = await rawServer((socket) => socket.pause())
  await using opened = anHttp(server.origin)
  const body = aBody({ lengthBytes: 64 * 1024 * 1024 })
  const stop = new AbortController()
  const reason = new StixTaxiiError('CORE_CANCELLED', 'Stopped', { kind: 'cancelled' })
  setTimeout(() => stop.abort(reason), 50)

  const outcome = await outcomeOf(opened.http, new URL(server.origin), {
    method: 'POST',
    body,
    signal: stop.signal,
  })

  expect(faultOf(outcome)).toBe('CORE_CANCELLED cancelled')
  await expect.poll(() => body.closed).toBe(1)
})

test('tells when a request begins to go onto the wire, and not before there is a connection', async () => {
  await using server = await startFaultServer(() => [{ do: 'reset' }])
  await using opened = anHttp(server.origin)
  let sent = 0
  const onSending = (): void => void (sent += 1)
  const closedPort = await freePort()
  await using nowhere = anHttp(`http://127.0.0.1:${closedPort}`)

  await outcomeOf(nowhere.http, new URL(`http://127.0.0.1:${closedPort}/`), { method: 'POST', body: 'x', onSending })
  expect(sent).toBe(0)
  await outcomeOf(opened.http, server.url('/'), { method: 'POST', body: 'x', onSending })
  expect(sent).toBe(1)
})

test('gives a redirect as it came, and fails at the first fault, where the caller wants that', async () => {
  await using server = await startFaultServer(({ target }) => [
    target === '/moved' ? answer({ status: 308, headers: { Location: '/there' } }) : answer({ status: 503 }),
  ])
  await using opened = anHttp(server.origin)

  const moved = await outcomeOf(opened.http, server.url('/moved'), { keepRedirect: true })
  const busy = await outcomeOf(opened.http, server.url('/busy'), { singleTry: true })

  expect([moved.status, busy.status]).toEqual([308, 503])
  expect(server.requests.map(({ target }) => target)).toEqual(['/moved', '/busy'])
})

test('S6: the trace shows the body it was given to show, without secrets that were sent; the wire has the true one', async () => {
  await using server = await startFaultServer(() => [answer()])
  await using opened = anHttp(server.origin)
  const url = server.url('/?token=canaryToken')

  await outcomeOf(opened.http, url, {
    method: 'POST',
    body: '{"password":"canaryBody"}',
    shownBody: { password: '***', note: 'so canaryToken it is', count: 2 },
  })

  expect(server.requests[0]?.body.toString()).toBe('{"password":"canaryBody"}')
  expect(opened.trace[0]).toMatchObject({ body: { password: '***', note: 'so *** it is', count: 2 } })
})

/** A server of bare sockets, which need not read. */
async function rawServer(onSocket: (socket: Socket) => void): Promise<AsyncDisposable & { origin: string }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function freePort(): Promise<number> {
  await using server = await startFaultServer(() => [])
  return server.port
}
