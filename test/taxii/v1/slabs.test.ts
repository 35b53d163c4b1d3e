import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { StixTaxiiError } from '../../../src/core/errors.ts'
import type { Page } from '../../../src/taxii/client.ts'
import { createDirectory } from '../../../src/taxii/v1/directory.ts'
import { makeLink } from '../../../src/taxii/v1/link.ts'
import { poll } from '../../../src/taxii/v1/poll.ts'
import { aTransport, block, contentsOf, message, status, taxiiHeaders } from './support.ts'

const contents = Array.from({ length: 40 }, (_, at) => `<a>${at}${'x'.repeat(20_000)}</a>`)
const label = '<t:Inclusive_End_Timestamp>2026-01-02T00:00:00Z</t:Inclusive_End_Timestamp>'
const whole = (id: string): Buffer =>
  Buffer.from(message('Poll_Response', id, '', label + contents.map((text) => block(text)).join('')))
const small = { wholeBytes: 100_000, slabBytes: 50_000 }

/** A poll service that answers as `answer` writes; `closed` once a connection was torn from our side. */
async function aWriter(answer: (id: string, response: ServerResponse, count: number, body: string) => void) {
  let polls = 0
  let tell = (): void => undefined
  const closed = new Promise<void>((resolve) => (tell = resolve))
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const id = /message_id="([^"]*)"/.exec(body)?.[1] ?? ''
      if (!/:Poll_/.test(body)) return void response.writeHead(200, taxiiHeaders).end(status('BAD_MESSAGE', id))
      response.on('close', () => response.writableFinished || tell())
      answer(id, response, ++polls, body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, polls: () => polls, closed }
}

/** Polls with slabs of these sizes, which clients have much larger. */
function pollAt(url: string, sizes: { wholeBytes: number; slabBytes: number }, signal?: AbortSignal) {
  const { told, ...dependencies } = aTransport(url, { limits: { idleTimeoutMs: 300 } })
  const link = makeLink('1.1', { url: new URL(url), version: '1.1' }, dependencies)
  const request = { collection: 'feed', begin: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' }
  return { pages: poll(link, createDirectory(link), request, signal, { sizes }), told }
}

async function read(pages: AsyncIterable<Page>): Promise<{ pages: Page[]; error: unknown }> {
  const got: Page[] = []
  try {
    for await (const page of pages) got.push(page)
    return { pages: got, error: undefined }
  } catch (error) {
    return { pages: got, error }
  }
}

const sizeOf = ({ items, damaged }: Page): number =>
  [...items, ...damaged].reduce((sum, { raw }) => sum + raw.length, 0)

describe('row 67: answers that are larger than what is held', () => {
  test('come in slabs of the size that is wanted, with nothing lost, and stamp and labels with the last', async () => {
    const server = await aWriter((id, response) => void response.writeHead(200, taxiiHeaders).end(whole(id)))
    const { pages, error } = await read(pollAt(server.url, small).pages)
    expect(error).toBeUndefined()
    expect(contentsOf(pages)).toEqual(contents)
    expect(pages.length).toBeGreaterThan(4)
    expect(pages.map(({ partial }) => partial)).toEqual(pages.map((_page, at) => at < pages.length - 1))
    for (const page of pages.slice(0, -1)) {
      expect(sizeOf(page)).toBeGreaterThanOrEqual(small.slabBytes)
      expect(sizeOf(page)).toBeLessThan(small.slabBytes + 200_000)
      expect([page.stamp, page.addedLast]).toEqual([undefined, undefined])
    }
    expect(pages.at(-1)?.stamp).toBe('2026-01-02T00:00:00Z')
    expect(new Set(pages.map((page) => page.digest())).size).toBe(pages.length)
  })

  test.each([
    ['is no larger than what is held whole', (length: number) => ({ wholeBytes: length, slabBytes: 1 })],
    ['has blocks of less than a slab', () => ({ wholeBytes: 1, slabBytes: 10_000_000 })],
  ])('an answer that %s comes as one page, with the digest of all its bytes', async (_name, sizes) => {
    let sent: Buffer = Buffer.alloc(0)
    const server = await aWriter((id, response) => {
      sent = whole(id)
      response.writeHead(200, taxiiHeaders).end(sent)
    })
    const { pages } = await read(pollAt(server.url, sizes(whole('1234567890').length)).pages)
    expect(pages.map(({ items, partial }) => [items.length, partial])).toEqual([[40, false]])
    expect(pages[0]?.digest()).toBe(createHash('sha256').update(sent).digest('hex'))
  })

  test('what is broken counts for a slab as what is whole does', async () => {
    const broken = contents.map((text) => block(text.replace('</a>', '</b>')))
    const server = await aWriter((id, response) => {
      response.writeHead(200, taxiiHeaders).end(message('Poll_Response', id, '', label + broken.join('')))
    })
    const { pages, error } = await read(pollAt(server.url, { wholeBytes: 100_000, slabBytes: 1000 }).pages)
    expect(error).toBeUndefined()
    expect(pages.flatMap(({ damaged }) => damaged)).toHaveLength(40)
    expect(pages.length).toBeGreaterThan(4)
    for (const page of pages.slice(0, -1)) expect(sizeOf(page)).toBeGreaterThanOrEqual(1000)
  })

  test('an answer that is cut before a slab of it was given is asked for again, and nothing comes twice', async () => {
    const server = await aWriter((id, response, count) => {
      const body = whole(id)
      response.writeHead(200, { ...taxiiHeaders, 'content-length': String(body.length) })
      if (count > 1) return void response.end(body)
      response.write(body.subarray(0, 300_000), () => setTimeout(() => response.destroy(), 20))
    })
    const { pages, error } = await read(pollAt(server.url, { wholeBytes: 10_000_000, slabBytes: 1 }).pages)
    expect([error, server.polls()]).toEqual([undefined, 2])
    expect(contentsOf(pages)).toEqual(contents)
  })

  test('the bytes of an answer that was cut do not count for the one that follows', async () => {
    let sent: Buffer = Buffer.alloc(0)
    const server = await aWriter((id, response, count) => {
      const body = whole(id)
      response.writeHead(200, { ...taxiiHeaders, 'content-length': String(body.length) })
      if (count === 1)
        return void response.write(body.subarray(0, 600_000), () => setTimeout(() => response.destroy(), 20))
      sent = body
      response.end(body)
    })
    const { pages } = await read(pollAt(server.url, { wholeBytes: 900_000, slabBytes: 1 }).pages)
    expect(server.polls()).toBe(2)
    expect(pages.map(({ items }) => items.length)).toEqual([40])
    expect(pages[0]?.digest()).toBe(createHash('sha256').update(sent).digest('hex'))
  })

  test('one that breaks off after a slab was given is not asked for again: network trouble, which says what to do', async () => {
    const server = await aWriter((id, response) => {
      const body = whole(id)
      response.writeHead(200, { ...taxiiHeaders, 'content-length': String(body.length) })
      response.write(body.subarray(0, 500_000), () => setTimeout(() => response.destroy(), 20))
    })
    const { pages, error } = await read(pollAt(server.url, small).pages)
    expect(error).toMatchObject({
      code: 'TAXII_ANSWER_BROKEN_OFF',
      kind: 'network',
      cause: { code: 'TAXII_ANSWER_BROKEN_OFF' },
    })
    expect((error as StixTaxiiError).hint).toContain('Try again')
    expect(pages.length).toBeGreaterThan(0)
    expect(pages.every(({ partial }) => partial)).toBe(true)
  })

  test('one that is no XML any more after a slab was given ends as what it is', async () => {
    const server = await aWriter((id, response) => {
      response.writeHead(200, taxiiHeaders).end(whole(id).toString().replace('</t:Poll_Response>', '</t:Other>'))
    })
    const { pages, error } = await read(pollAt(server.url, small).pages)
    expect(error).toMatchObject({ kind: 'protocol' })
    expect((error as StixTaxiiError).code).toMatch(/^TAXII_XML/)
    expect(pages.length).toBeGreaterThan(0)
    expect(server.polls()).toBe(1)
  })

  test('parts whose blocks were all given before their end are neither empty nor the same', async () => {
    const server = await aWriter((id, response, count) => {
      const more =
        count < 5 ? `more="true" result_id="r" result_part_number="${count}"` : `result_part_number="${count}"`
      const inside =
        label +
        contents
          .slice(0, 20)
          .map((text) => block(text.replace('x', String(count))))
          .join('')
      const body = message('Poll_Response', id, more, inside + ' '.repeat(100_000))
      response.writeHead(200, taxiiHeaders).end(body)
    })
    const { pages, error } = await read(pollAt(server.url, { wholeBytes: 1, slabBytes: 1 }).pages)
    expect(error).toBeUndefined()
    expect(pages.flatMap(({ items }) => items)).toHaveLength(100)
    expect(pages.filter(({ partial, items }) => !partial && items.length === 0)).toHaveLength(5)
  })
})

describe('a poll that is given up', () => {
  /** Writes blocks for ever. */
  const endless = (id: string, response: ServerResponse): void => {
    response
      .writeHead(200, taxiiHeaders)
      .write(message('Poll_Response', id, '', label).replace('</t:Poll_Response>', ''))
    const go = (): void => {
      if (response.destroyed) return
      if (response.write(contents.map((text) => block(text)).join(''))) setImmediate(go)
      else response.once('drain', go)
    }
    go()
  }

  test('by a reader that goes away tears its connection', async () => {
    const server = await aWriter(endless)
    for await (const page of pollAt(server.url, small).pages) {
      expect(page.partial).toBe(true)
      break
    }
    await server.closed
    expect(server.polls()).toBe(1)
  })

  test('by a signal ends as cancelled, and tears its connection', async () => {
    const server = await aWriter(endless)
    const stop = new AbortController()
    const reason = new StixTaxiiError('CORE_CANCELLED', 'enough', { kind: 'cancelled' })
    const reading = (async () => {
      for await (const page of pollAt(server.url, small, stop.signal).pages) if (page.partial) stop.abort(reason)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'CORE_CANCELLED', kind: 'cancelled' })
    await server.closed
  })
})
