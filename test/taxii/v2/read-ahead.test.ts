import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { idAt } from '../../support/indicators.ts'
import { aClient, readPoll } from '../a-client.ts'

interface Served {
  readonly sizes: readonly number[]
  /** Where each body is cut into writes. */
  readonly cuts: readonly number[]
  readonly nextFirst: boolean
  readonly gzip: boolean
  readonly pretty: boolean
  /** Pages whose first answer is cut short. */
  readonly broken: ReadonlySet<number>
  /** Holds the end of the first page back until the second was asked for. */
  readonly holds?: boolean
}

/** A server whose pages come in pieces that end anywhere; counts how many page requests were ever open at once. */
async function startPieces(served: Served) {
  const state = { open: 0, mostOpen: 0, asked: [] as string[] }
  let first = 0
  const pages = served.sizes.map((size) =>
    Array.from({ length: size }, () => ({ type: 'x', id: idAt(first++), n: 'é"\\' })),
  )
  const seen = new Set<number>()
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x')
    const type = { 'content-type': 'application/taxii+json;version=2.1' }
    if (!url.pathname.endsWith('/objects/')) {
      response.writeHead(200, type).end(JSON.stringify({ id: 'c1', title: 'c1', can_read: true, can_write: false }))
      return
    }
    const page = Number(url.searchParams.get('next') ?? 0)
    state.asked.push(String(page))
    state.mostOpen = Math.max(state.mostOpen, ++state.open)
    const more = page + 1 < pages.length
    const way = more ? { more, next: String(page + 1) } : { more }
    const value = served.nextFirst ? { ...way, objects: pages[page] } : { objects: pages[page], ...way }
    const text = Buffer.from(JSON.stringify(value, undefined, served.pretty ? 2 : undefined))
    const body = served.gzip ? gzipSync(text) : text
    const isBroken = served.broken.has(page) && !seen.has(page)
    seen.add(page)
    const encoding = served.gzip ? { 'content-encoding': 'gzip' } : {}
    response.writeHead(200, { ...type, ...encoding, 'content-length': body.length })
    const held = served.holds === true && page === 0 ? () => state.asked.length > 1 : () => true
    void writeCut(response, body, served.cuts, isBroken, held).finally(() => state.open--)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/root/collections/c1/objects/`
  return { url, state, ids: pages.flat().map(({ id }) => id), [Symbol.asyncDispose]: async () => void server.close() }
}

async function writeCut(
  response: ServerResponse,
  body: Buffer,
  cuts: readonly number[],
  isBroken: boolean,
  mayEnd: () => boolean,
) {
  const borders = [0, ...cuts.map((cut) => cut % (body.length + 1)).sort((a, b) => a - b), body.length]
  for (let index = 1; index < borders.length; index++) {
    if (isBroken && index === borders.length - 1) {
      response.destroy()
      return
    }
    while (index === borders.length - 1 && !mayEnd()) await turn()
    response.write(body.subarray(borders[index - 1], borders[index]))
    await turn()
  }
  response.end()
}

it('F5: loses, doubles and reorders nothing, however the pages are cut, and asks at most one page ahead', async () => {
  const servers = fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 }),
    cuts: fc.array(fc.nat(), { maxLength: 6 }),
    nextFirst: fc.boolean(),
    gzip: fc.boolean(),
    pretty: fc.boolean(),
    broken: fc.uniqueArray(fc.nat(5), { maxLength: 2 }).map((pages) => new Set(pages)),
  })
  await fc.assert(
    fc.asyncProperty(servers, async (served) => {
      await using server = await startPieces(served)
      await using opened = await aClient(server.url, {}, { retry: { maxRetries: 3 } })
      const { ids, error } = await readPoll(opened.client)
      expect(error).toBeUndefined()
      expect(ids).toEqual(server.ids)
      expect(server.state.mostOpen).toBeLessThanOrEqual(2)
    }),
    { numRuns: 60 },
  )
})

it('asks for the next page before this one has come whole, when next stands first', async () => {
  const served = {
    sizes: [50, 50],
    cuts: [200],
    nextFirst: true,
    gzip: false,
    pretty: false,
    broken: new Set<number>(),
  }
  await using server = await startPieces({ ...served, holds: true })
  await using opened = await aClient(server.url)
  const { ids, error } = await readPoll(opened.client)
  expect(error).toBeUndefined()
  expect(ids).toEqual(server.ids)
})

it('gives the request ahead up when the reader stops early', async () => {
  const served = {
    sizes: [50, 50, 50],
    cuts: [],
    nextFirst: true,
    gzip: false,
    pretty: false,
    broken: new Set<number>(),
  }
  await using server = await startPieces(served)
  await using opened = await aClient(server.url)
  for await (const page of opened.client.poll({ collection: 'c1' })) {
    expect(page.items).toHaveLength(50)
    break
  }
  await turn()
  expect(server.state.asked.length).toBeLessThanOrEqual(2)
})
