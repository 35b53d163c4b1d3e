import { deflateSync, gzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { httpStatusOf, isPassing } from '../../src/serve/http-status.ts'
import type { ServeEnvironment } from '../../src/serve/parts.ts'
import { createBodyBudget, readBody } from '../../src/serve/read-body.ts'

const app = new Hono<ServeEnvironment>()
app.post('/', async (c) => c.body(new Uint8Array(await readBody(c, 1000))))
app.onError((error, c) => c.text(error instanceof StixTaxiiError ? error.code : 'other', httpStatusOf(error)))

async function post(
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, headers, duplex: 'half' }
  const answer = await app.request('/', init)
  return { status: answer.status, text: await answer.text() }
}

/** A body that comes in pieces and says how many of them were taken. */
function inPieces(count: number, size: number): { readonly body: ReadableStream<Uint8Array>; taken: number } {
  const given = {
    taken: 0,
    body: new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (given.taken++ >= count) return controller.close()
          controller.enqueue(new Uint8Array(size).fill(97))
        },
      },
      { highWaterMark: 0 },
    ),
  }
  return given
}

describe('the body of a request', () => {
  it('is given whole, up to the last byte that is allowed', async () => {
    expect(await post('hello')).toEqual({ status: 200, text: 'hello' })
    expect(await post('a'.repeat(1000))).toEqual({ status: 200, text: 'a'.repeat(1000) })
    expect(await post('')).toEqual({ status: 200, text: '' })
  })

  it('that says it is too large is refused before any of it is read (E2)', async () => {
    const given = inPieces(5, 400)
    expect(await post(given.body, { 'content-length': '1001' })).toEqual({ status: 413, text: 'SERVE_BODY_TOO_LARGE' })
    expect(given.taken).toBe(0)
  })

  it('that does not say its length is refused as soon as it is too large (E2)', async () => {
    const given = inPieces(1_000_000, 400)
    expect(await post(given.body)).toEqual({ status: 413, text: 'SERVE_BODY_TOO_LARGE' })
    expect(given.taken).toBe(3)
  })

  it.each(['4', '6'])('of five bytes that says %s is cut, not taken (E2)', async (length) => {
    expect(await post('hello', { 'content-length': length })).toEqual({ status: 400, text: 'SERVE_BODY_CUT' })
  })

  it.each([
    ['gzip', gzipSync],
    ['X-GZIP', gzipSync],
    ['deflate', deflateSync],
    [' identity ', (bytes: Buffer) => bytes],
  ] as const)('packed with %s is unpacked', async (encoding, pack) => {
    const packed = new Uint8Array(pack(Buffer.from('hello')))
    expect(await post(packed, { 'content-encoding': encoding })).toEqual({ status: 200, text: 'hello' })
  })

  it('that is small but unpacks to too much is refused (E2)', async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(50_000)))
    expect(bomb.length).toBeLessThan(1000)
    expect(await post(bomb, { 'content-encoding': 'gzip' })).toEqual({ status: 413, text: 'SERVE_BODY_TOO_LARGE' })
  })

  it.each([
    ['cut', gzipSync('hello').subarray(0, -9)],
    ['without its check sum', gzipSync('hello').subarray(0, -8)],
    ['not packed at all', Buffer.from('hello')],
    ['empty', Buffer.alloc(0)],
    ['followed by something', Buffer.concat([gzipSync('hello'), Buffer.from('more')])],
  ])('that says gzip and is %s is damaged', async (_name, bytes) => {
    const answer = await post(new Uint8Array(bytes), { 'content-encoding': 'gzip' })
    expect(answer).toEqual({ status: 400, text: 'SERVE_BODY_DAMAGED' })
  })

  it.each(['br', 'gzip, gzip', 'constructor', 'zstd'])('packed with %s is not understood', async (encoding) => {
    expect(await post('x', { 'content-encoding': encoding })).toEqual({ status: 415, text: 'SERVE_BODY_ENCODING' })
  })

  it('that breaks off is cut', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('connection lost'))
      },
    })
    expect(await post(body)).toEqual({ status: 400, text: 'SERVE_BODY_CUT' })
  })
})

it('E2 bodies of many clients together are bounded: one that finds no room is sent away for a while, one alone never', async () => {
  const budget = createBodyBudget(1000)
  const seen: unknown[] = []
  const shared = new Hono<ServeEnvironment>()
  shared.post('/', async (c) => c.body(new Uint8Array(await readBody(c, 5000, budget))))
  shared.onError((error, c) => {
    seen.push([error instanceof StixTaxiiError ? error.code : 'other', isPassing(error)])
    return c.text('', 503)
  })
  const send = async (body: NonNullable<RequestInit['body']>): Promise<number> => {
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' }
    return (await shared.request('/', init)).status
  }
  let go: (() => void) | undefined
  const waits = new Promise<void>((resolve) => (go = resolve))
  const slow = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new Uint8Array(800))
      await waits
      controller.close()
    },
  })
  const first = send(slow)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect([await send('a'.repeat(150)), await send('a'.repeat(300))]).toEqual([200, 503])
  go?.()
  expect([await first, await send('a'.repeat(300)), await send('a'.repeat(4000))]).toEqual([200, 200, 200])
  expect(seen).toEqual([['SERVE_BODIES_BUSY', true]])
})
