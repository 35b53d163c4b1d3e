import { expect, test } from 'vitest'
import {
  answer,
  answerBytes,
  chunked,
  end,
  reset,
  sendBytes,
  startFaultServer,
  wait,
  type Step,
} from '../faults/fault-server.ts'
import { startFaultProxy } from '../faults/fault-proxy.ts'
import { anHttp, faultOf, noRetries, outcomeOf } from './an-http.ts'

const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
const declared = (length: number, body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${body}`

const cuts: readonly (readonly [string, readonly Step[]])[] = [
  ['a reset in the middle', [sendBytes(declared(100, 'abc')), wait(20), reset]],
  ['an end in the middle of a chunk', [sendBytes(`${chunkedHead}ff\r\nabc`), end]],
  ['an end between two chunks', [sendBytes(chunkedHead), sendBytes(chunked(['abc'], true)), end]],
  ['a Content-Length that is too long', [sendBytes(declared(100, 'abc')), end]],
]

test.each(cuts)('N5: %s drops what had come and asks again', async (_name, steps) => {
  await using server = await startFaultServer(({ index }) => (index === 0 ? steps : [answer({ body: 'whole' })]))
  await using opened = anHttp(server.origin)

  const outcome = await outcomeOf(opened.http, server.url('/'))

  expect(outcome.text).toBe('whole')
  expect(server.connections).toBe(2)
})

test.each(cuts)('N5: %s ends as network when it stays so', async (_name, steps) => {
  await using server = await startFaultServer(() => steps)
  await using opened = anHttp(server.origin)

  const outcome = await outcomeOf(opened.http, server.url('/'))

  expect(faultOf(outcome)).toBe('HTTP_BODY_CUT network')
  expect(server.requests).toHaveLength(6)
})

test('N5: a connection cut at any byte of an answer never gives a short body', async () => {
  const whole = answerBytes({ body: JSON.stringify({ objects: ['x'.repeat(200)] }) })
  await using server = await startFaultServer(() => [sendBytes(whole)])
  for (let cutAt = 0; cutAt < whole.length; cutAt += 13) {
    for (const cutBy of ['fin', 'rst'] as const) {
      await using proxy = await startFaultProxy(server, (connection) =>
        connection === 0 ? { toClient: { cutAt, cutBy } } : {},
      )
      await using opened = anHttp(proxy.origin)

      const outcome = await outcomeOf(opened.http, proxy.url('/'))

      expect(outcome.text, `cut at ${cutAt} by ${cutBy}`).toHaveLength(216)
    }
  }
})

test('N5: what must not be sent twice is not sent again after a cut', async () => {
  await using server = await startFaultServer(() => [sendBytes(declared(100, 'abc')), end])
  await using opened = anHttp(server.origin)

  const outcome = await outcomeOf(opened.http, server.url('/'), { method: 'POST', body: '{}' })

  expect(faultOf(outcome)).toBe('HTTP_BODY_CUT network')
  expect(server.requests).toHaveLength(1)
})

test('N6: bytes after the announced end are an error, and the connection is not used again', async () => {
  await using server = await startFaultServer(({ index }) =>
    index === 0 ? [sendBytes(declared(5, '{"a":"this was longer"}'))] : [answer({ body: 'clean' })],
  )
  await using opened = anHttp(server.origin)

  const first = await outcomeOf(opened.http, server.url('/1'))
  const second = await outcomeOf(opened.http, server.url('/2'))

  expect(faultOf(first)).toBe('HTTP_FRAMING protocol')
  expect(second.text).toBe('clean')
  expect(server.connections).toBe(2)
})

test('N6, N20: bytes that come after the announced end, while nothing is asked, end the connection', async () => {
  await using server = await startFaultServer(({ index }) =>
    index === 0
      ? [sendBytes(declared(2, '{}')), wait(20), sendBytes(answerBytes({ body: 'smuggled' }))]
      : [answer({ body: 'mine' })],
  )
  await using opened = anHttp(server.origin)

  await outcomeOf(opened.http, server.url('/1'))
  await expect.poll(() => server.open).toBe(0)
  const second = await outcomeOf(opened.http, server.url('/2'))

  expect(second.text).toBe('mine')
})

test('N20: a second answer in one go with the first is never taken for the next', async () => {
  await using server = await startFaultServer(({ index }) =>
    index === 0
      ? [sendBytes(Buffer.concat([answerBytes({ body: 'one' }), answerBytes({ body: 'smuggled' })]))]
      : [answer({ body: 'mine' })],
  )
  await using opened = anHttp(server.origin)

  const first = await outcomeOf(opened.http, server.url('/1'))
  const second = await outcomeOf(opened.http, server.url('/2'))

  expect(faultOf(first)).toBe('HTTP_FRAMING protocol')
  expect(second.text).toBe('mine')
})

test('N7: a body that ends with the connection is given as far as it came, for the reader to check its end', async () => {
  await using server = await startFaultServer(() => [sendBytes('HTTP/1.0 200 OK\r\n\r\n{"objects":['), end])
  await using opened = anHttp(server.origin)

  expect((await outcomeOf(opened.http, server.url('/'))).text).toBe('{"objects":[')
})

test('N7: a body that ends with a reset is cut', async () => {
  await using server = await startFaultServer(() => [sendBytes('HTTP/1.0 200 OK\r\n\r\n{"objects":['), wait(20), reset])
  await using opened = anHttp(server.origin, { retry: noRetries })

  expect(faultOf(await outcomeOf(opened.http, server.url('/')))).toBe('HTTP_BODY_CUT network')
})

const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'

test.each([
  [
    'both lengths at once',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  ],
  ['two different lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
  ['a start line that is none', 'HELO 200 there\r\n\r\n'],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\nabc'],
  ['a head of more than 16 KiB', `HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(20_000)}\r\nContent-Length: 0\r\n\r\n`],
  ['an endless row of interim answers', interim.repeat(2000)],
  ['a header line folded over two', 'HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 0\r\nX\0: y\r\n\r\n'],
])('N8: %s is a protocol error', async (_name, bytes) => {
  await using server = await startFaultServer(() => [sendBytes(bytes)])
  await using opened = anHttp(server.origin)

  expect(faultOf(await outcomeOf(opened.http, server.url('/')))).toBe('HTTP_FRAMING protocol')
  expect(server.connections).toBe(1)
})

test('N8: a few interim answers are passed over', async () => {
  await using server = await startFaultServer(() => [sendBytes(interim.repeat(3)), answer({ body: 'real' })])
  await using opened = anHttp(server.origin)

  expect((await outcomeOf(opened.http, server.url('/'))).text).toBe('real')
})

test('N19: a connection that the server closes between requests is not noticed', async () => {
  await using server = await startFaultServer(({ index }) =>
    index % 2 === 0 ? [answer({ body: `${index}` })] : [answer({ body: `${index}` }), end],
  )
  await using opened = anHttp(server.origin)

  const texts = []
  for (let count = 0; count < 8; count++) texts.push((await outcomeOf(opened.http, server.url('/'))).text)

  expect(texts).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
  expect(opened.clock.slept).toEqual([])
})

test('N19: a kept connection that is reset by the next request is replaced without a wait', async () => {
  await using server = await startFaultServer(({ index }) => (index === 1 ? [reset] : [answer({ body: `${index}` })]))
  await using opened = anHttp(server.origin)

  const first = await outcomeOf(opened.http, server.url('/'))
  const second = await outcomeOf(opened.http, server.url('/'))

  expect([first.text, second.text]).toEqual(['0', '2'])
  expect(opened.clock.slept).toEqual([])
})

test('an answer that is not read to its end does not go on to the next request', async () => {
  const big = Buffer.alloc(4 * 1024 * 1024, 'z')
  await using server = await startFaultServer(({ index }) => [answer({ body: index === 0 ? big : 'next' })])
  await using opened = anHttp(server.origin)

  const first = await opened.http.exchange({ method: 'GET', url: server.url('/') }, (response) =>
    Promise.resolve(response.status),
  )
  const second = await outcomeOf(opened.http, server.url('/'))

  expect([first, second.text]).toEqual([200, 'next'])
  expect(server.connections).toBe(2)
})
