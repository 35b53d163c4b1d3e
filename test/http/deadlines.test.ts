import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import {
  answer,
  answerBytes,
  chunked,
  drip,
  pause,
  sendBytes,
  silence,
  startFaultServer,
  wait,
} from '../faults/fault-server.ts'
import { anHttp, faultOf, noRetries, outcomeOf } from './an-http.ts'

const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

test('N3: a head that never comes ends as network', async () => {
  await using server = await startFaultServer(() => [silence])
  await using opened = anHttp(server.origin, { retry: noRetries, limits: { headersTimeoutMs: 100 } })

  expect(faultOf(await outcomeOf(opened.http, server.url('/')))).toBe('HTTP_HEADERS_TIMEOUT network')
})

test('N3: a head that drips in does not outlive the limit', async () => {
  await using server = await startFaultServer(() => [drip(answerBytes({ body: 'late' }), 1, 20)])
  await using opened = anHttp(server.origin, { retry: noRetries, limits: { headersTimeoutMs: 150 } })

  expect(faultOf(await outcomeOf(opened.http, server.url('/')))).toBe('HTTP_HEADERS_TIMEOUT network')
})

test('N3: a body that drips for ever ends with the total time', async () => {
  await using server = await startFaultServer(() => [sendBytes(head), drip(chunked(['x'.repeat(10_000)]), 1, 20)])
  await using opened = anHttp(server.origin, { limits: { totalTimeoutMs: 300 } })

  expect(faultOf(await outcomeOf(opened.http, server.url('/')))).toBe('HTTP_TOTAL_TIMEOUT network')
})

test('N3: a body that drips for ever ends without a total time too', async () => {
  await using server = await startFaultServer(() => [sendBytes(head), drip(chunked(['x'.repeat(10_000)]), 1, 10)])
  await using opened = anHttp(server.origin, { retry: noRetries, limits: { idleTimeoutMs: 150 } })

  expect(faultOf(await outcomeOf(opened.http, server.url('/')))).toBe('HTTP_TOO_SLOW network')
})

test('N3: a body that stops ends with the idle limit', async () => {
  await using server = await startFaultServer(() => [sendBytes(head), sendBytes('3\r\nabc\r\n'), silence])
  await using opened = anHttp(server.origin, { retry: noRetries, limits: { idleTimeoutMs: 100 } })

  expect(faultOf(await outcomeOf(opened.http, server.url('/')))).toBe('HTTP_IDLE network')
})

test('N4: a server that falls silent is noticed while the reader does something else', async () => {
  const five = Buffer.alloc(5 * 1024 * 1024, 'a')
  await using server = await startFaultServer(() => [sendBytes(head), sendBytes(chunked([five], true)), silence])
  await using opened = anHttp(server.origin, { retry: noRetries, limits: { idleTimeoutMs: 300 } })
  let closedAfterMs = Infinity

  const outcome = opened.http.exchange({ method: 'GET', url: server.url('/') }, async (response) => {
    const iterator = response.body[Symbol.asyncIterator]()
    await iterator.next()
    const paused = performance.now()
    while (server.open > 0 && performance.now() - paused < 5000) await pause(10)
    closedAfterMs = performance.now() - paused
    while (!(await iterator.next()).done);
  })

  await expect(outcome).rejects.toMatchObject({ code: 'HTTP_IDLE' })
  expect(closedAfterMs).toBeLessThan(1300)
})

test('N4: a reader slower than the idle limit still gets everything from a server that goes on', async () => {
  const part = Buffer.alloc(1024 * 1024, 'b')
  const parts = Array.from({ length: 24 }, () => part)
  await using server = await startFaultServer(() => [sendBytes(head), sendBytes(chunked(parts))])
  await using opened = anHttp(server.origin, { retry: noRetries, limits: { idleTimeoutMs: 100 } })

  const read = await opened.http.exchange({ method: 'GET', url: server.url('/') }, async (response) => {
    let bytes = 0
    for await (const chunk of response.body) {
      if (bytes === 0) await pause(600)
      bytes += chunk.length
    }
    return bytes
  })

  expect(read).toBe(24 * 1024 * 1024)
})

test('N4: no more than a few MiB are read ahead of a reader that is busy', async () => {
  let connection: Socket | undefined
  const part = sendBytes(Buffer.alloc(1024 * 1024, 'c'))
  const parts = Array.from({ length: 64 }, () => part)
  const length = 'HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n'
  await using server = await startFaultServer(() => [sendBytes(length), ...parts], {
    onConnection: (socket) => (connection = socket),
  })
  await using opened = anHttp(server.origin, { retry: noRetries, limits: { idleTimeoutMs: 60_000 } })

  const sent = await opened.http.exchange({ method: 'GET', url: server.url('/') }, async (response) => {
    await response.body[Symbol.asyncIterator]().next()
    await pause(500)
    return connection?.bytesWritten
  })

  // Our 8 MiB and what the kernel keeps for both ends.
  expect(sent).toBeLessThan(32 * 1024 * 1024)
})

test('a request is given up at once when it is aborted, wherever it stands', async () => {
  const stages = {
    head: [silence],
    body: [sendBytes(head), sendBytes('3\r\nabc\r\n'), silence],
  }
  for (const steps of Object.values(stages)) {
    await using server = await startFaultServer(() => steps)
    await using opened = anHttp(server.origin)
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 50)
    const begun = performance.now()

    const outcome = await outcomeOf(opened.http, server.url('/'), { signal: stop.signal })

    expect(faultOf(outcome)).toBe('CORE_CANCELLED cancelled')
    expect(performance.now() - begun).toBeLessThan(1000)
    await expect.poll(() => server.open).toBe(0)
  }
})

test('a request is given up while the connection is being made', async () => {
  await using server = await startFaultServer(() => [answer()], { onConnection: () => undefined })
  await using opened = anHttp(`https://127.0.0.1:${server.port}`, { limits: { connectTimeoutMs: 10_000 } })
  const stop = new AbortController()
  setTimeout(() => stop.abort(new StixTaxiiError('TEST_STOP', 'stop', { kind: 'cancelled' })), 50)
  const begun = performance.now()

  const outcome = await outcomeOf(opened.http, new URL(`https://127.0.0.1:${server.port}/`), { signal: stop.signal })

  expect(faultOf(outcome)).toBe('TEST_STOP cancelled')
  expect(performance.now() - begun).toBeLessThan(1000)
})

test('a TLS handshake that never comes ends with the connect time-out', async () => {
  await using server = await startFaultServer(() => [wait(0)])
  await using opened = anHttp(`https://127.0.0.1:${server.port}`, {
    retry: noRetries,
    limits: { connectTimeoutMs: 100 },
  })

  const outcome = await outcomeOf(opened.http, new URL(`https://127.0.0.1:${server.port}/`))

  expect(faultOf(outcome)).toBe('HTTP_CONNECT_TIMEOUT network')
})
