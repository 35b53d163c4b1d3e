import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { answer, end, sendBytes, startFaultServer } from '../faults/fault-server.ts'
import { anHttp, faultOf, noRetries, outcomeOf } from './an-http.ts'

const text = JSON.stringify({ objects: Array.from({ length: 500 }, (_, index) => ({ id: `indicator--${index}` })) })
const packed = gzipSync(text)

const flipped = Buffer.from(packed)
flipped[Math.floor(packed.length / 2)] = (flipped[Math.floor(packed.length / 2)] ?? 0) ^ 0x10

const flippedCrc = Buffer.from(packed)
flippedCrc[packed.length - 5] = (flippedCrc[packed.length - 5] ?? 0) ^ 1

async function served(encoding: string, body: Buffer): Promise<string> {
  await using server = await startFaultServer(() => [answer({ headers: { 'Content-Encoding': encoding }, body })])
  await using opened = anHttp(server.origin, { retry: noRetries })
  const outcome = await outcomeOf(opened.http, server.url('/'))
  return outcome.error ? faultOf(outcome) : (outcome.text ?? '')
}

test.each([
  ['gzip', gzipSync(text)],
  ['x-gzip', gzipSync(text)],
  ['GZIP', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['br', brotliCompressSync(text)],
  ['identity', Buffer.from(text)],
  ['gzip', Buffer.concat([gzipSync(text.slice(0, 100)), gzipSync(text.slice(100))])],
])('unpacks %s', async (encoding, body) => {
  expect(await served(encoding, body)).toBe(text)
})

test.each([
  ['corrupt', 'gzip', flipped],
  ['cut', 'gzip', packed.subarray(0, packed.length >> 1)],
  ['cut at its first byte', 'gzip', packed.subarray(0, 1)],
  ['without its checksum', 'gzip', packed.subarray(0, packed.length - 8)],
  ['with a wrong checksum', 'gzip', flippedCrc],
  ['followed by junk', 'gzip', Buffer.concat([packed, Buffer.from('junk after the end')])],
  ['followed by zeros', 'gzip', Buffer.concat([packed, Buffer.alloc(64)])],
  ['followed by much junk', 'gzip', Buffer.concat([packed, Buffer.alloc(500_000, 'j')])],
  ['not packed at all', 'gzip', Buffer.from(text)],
  ['cut', 'br', brotliCompressSync(text).subarray(0, 40)],
  ['followed by junk', 'br', Buffer.concat([brotliCompressSync(text), Buffer.from('junk')])],
  ['cut', 'deflate', deflateSync(text).subarray(0, 60)],
  ['without a checksum', 'deflate', deflateRawSync(text)],
])('N9: a body %s (%s) is refused as damaged', async (_what, encoding, body) => {
  expect(await served(encoding, body)).toBe('HTTP_BODY_DAMAGED protocol')
})

test.each(['gzip, gzip', 'gzip, br', 'zstd', 'compress', 'gzip;q=1', 'constructor'])(
  'N9: Content-Encoding "%s" is refused',
  async (encoding) => {
    expect(await served(encoding, gzipSync(packed))).toBe('HTTP_ENCODING_REFUSED protocol')
  },
)

test('N9: a gzip body whose connection is cut ends as cut, whatever the decoder thinks', async () => {
  await using server = await startFaultServer(() => [
    sendBytes(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`),
    sendBytes(packed.subarray(0, packed.length - 3)),
    end,
  ])
  await using opened = anHttp(server.origin, { retry: noRetries })

  expect(faultOf(await outcomeOf(opened.http, server.url('/')))).toBe('HTTP_BODY_CUT network')
})

test('N9: a close-delimited gzip body that is cut is damaged', async () => {
  await using server = await startFaultServer(() => [
    sendBytes('HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n'),
    sendBytes(packed.subarray(0, packed.length - 3)),
    end,
  ])
  await using opened = anHttp(server.origin, { retry: noRetries })

  expect(faultOf(await outcomeOf(opened.http, server.url('/')))).toBe('HTTP_BODY_DAMAGED protocol')
})

test('N10: a bomb of 1000 to 1 is stopped early, with little memory', async () => {
  const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024))
  await using server = await startFaultServer(() => [answer({ headers: { 'Content-Encoding': 'gzip' }, body: bomb })])
  await using opened = anHttp(server.origin, { retry: noRetries })
  let read = 0
  const before = process.memoryUsage().rss
  let most = before

  const fault = opened.http.exchange({ method: 'GET', url: server.url('/') }, async (response) => {
    for await (const chunk of response.body) {
      read += chunk.length
      most = Math.max(most, process.memoryUsage().rss)
    }
  })

  await expect(fault).rejects.toMatchObject({ code: 'HTTP_BODY_BOMB', kind: 'protocol' })
  expect(read).toBeLessThan(64 * 1024 * 1024)
  expect(most - before).toBeLessThan(64 * 1024 * 1024)
})

test('N10: more than the allowed bytes are refused, packed or not', async () => {
  for (const headers of [{ 'Content-Encoding': 'gzip' }, {}]) {
    const body = 'Content-Encoding' in headers ? packed : Buffer.from(text)
    await using server = await startFaultServer(() => [answer({ headers: { ...headers }, body })])
    await using opened = anHttp(server.origin, { limits: { maxBodyBytes: 5000 } as never })

    const outcome = await opened.http
      .exchange({ method: 'GET', url: server.url('/') }, async (response) => {
        for await (const chunk of response.body) expect(chunk.length).toBeLessThanOrEqual(5000)
      })
      .catch((error: unknown) => error)

    expect(outcome).toMatchObject({ code: 'HTTP_BODY_TOO_LARGE', kind: 'protocol' })
  }
})

test('bytes() takes at most what the caller allows', async () => {
  await using server = await startFaultServer(() => [answer({ body: text })])
  await using opened = anHttp(server.origin)

  const reading = opened.http.exchange({ method: 'GET', url: server.url('/') }, (response) => response.bytes(100))

  await expect(reading).rejects.toMatchObject({ code: 'HTTP_BODY_TOO_LARGE', context: { maxBytes: 100 } })
})

test.each([
  ['a BOM is dropped', Buffer.from('\ufeffé'), 'é'],
  ['invalid UTF-8 is refused', Buffer.from([0x7b, 0xc3, 0x28, 0x7d]), 'HTTP_BODY_ENCODING protocol'],
  ['UTF-16 is refused', Buffer.from('\ufeff{}', 'utf16le'), 'HTTP_BODY_ENCODING protocol'],
  ['a cut character at the end is refused', Buffer.from([0x61, 0xe2, 0x82]), 'HTTP_BODY_ENCODING protocol'],
])('N14: as text, %s', async (_what, body, expected) => {
  expect(await served('identity', body)).toBe(expected)
})

test('an empty body is empty, whatever Content-Encoding says', async () => {
  expect(await served('gzip', Buffer.alloc(0))).toBe('')
})
