import { describe, expect, test } from 'vitest'
import { timestampOfDate } from '../../../src/core/timestamp.ts'
import { threatConnectLike } from './presets.ts'
import { aClient, aPollServer, aServer, block, contentsOf, message, pagesOf, taxiiHeaders } from './support.ts'

const day = 86_400_000
const now = (): Date => new Date('2026-01-21T00:00:00.000Z')
const labels = (body: Buffer | string): (string | undefined)[] => [
  /Exclusive_Begin_Timestamp>([^<]*)</.exec(body.toString())?.[1],
  /Inclusive_End_Timestamp>([^<]*)</.exec(body.toString())?.[1],
]
const pollsOf = (server: { requests: readonly { body: Buffer }[] }): (string | undefined)[][] =>
  server.requests.filter(({ body }) => body.includes(':Poll_Request')).map(({ body }) => labels(body))
/** One block every twelve hours for twenty days. */
const spread = Array.from({ length: 40 }, (_, at) => `<a xmlns="urn:a">${at}</a>`)
const labelAt = (at: number): string => timestampOfDate(new Date(Date.parse('2026-01-01T00:00:01Z') + (at * day) / 2))
const collections = [{ name: 'feed', blocks: spread, labelAt }]

describe('windows that a provider wants short', () => {
  test('ThreatConnect: twenty days are twenty polls of 24 hours, each of which proves its end', async () => {
    const { client, server } = await aServer({ collections, maxWindowMs: day, now }, { preset: threatConnectLike })
    const pages = await pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z' })
    const polls = pollsOf(server)
    expect(polls).toHaveLength(20)
    expect(polls[0]).toEqual(['2026-01-01T00:00:00Z', '2026-01-02T00:00:00.000000Z'])
    expect(polls[19]).toEqual(['2026-01-20T00:00:00.000000Z', '2026-01-21T00:00:00.000000Z'])
    expect(contentsOf(pages)).toEqual(spread)
    expect(pages.map(({ stamp }) => stamp)).toEqual(polls.map(([, end]) => end))
    expect(pages.map(({ position }) => position === undefined)).toEqual(pages.map((_, at) => at === 19))
  })

  test('a poll goes on from any window', async () => {
    const { client } = await aServer({ collections, maxWindowMs: day, now }, { maxWindowMs: day })
    const pages = await pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z' })
    const rest = await pagesOf(client, { collection: 'feed', begin: 'ignored', position: pages[7]?.position })
    expect(contentsOf(rest)).toEqual(contentsOf(pages.slice(8)))
  })

  test('windows with parts prove nothing before their last part', async () => {
    const { client } = await aServer({ collections, maxWindowMs: day, now, partSize: 1 }, { maxWindowMs: day })
    const pages = await pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z' })
    expect(contentsOf(pages)).toEqual(spread)
    expect(pages.map(({ stamp }) => stamp !== undefined)).toEqual(pages.map((_, at) => at % 2 === 1))
  })

  test('an end that was asked for bounds the last window', async () => {
    const { client, server } = await aServer({ collections, maxWindowMs: day, now }, { maxWindowMs: day })
    await pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z', end: '2026-01-02T12:00:00Z' })
    expect(pollsOf(server)).toEqual([
      ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00.000000Z'],
      ['2026-01-02T00:00:00.000000Z', '2026-01-02T12:00:00Z'],
    ])
  })

  test('windows grow where nothing is, up to what is allowed', async () => {
    const { client, server } = await aServer({ collections, maxBlocks: 3, now })
    const pages = await pagesOf(client, { collection: 'feed' })
    expect(contentsOf(pages)).toEqual(spread)
    expect(pollsOf(server).length).toBeLessThan(150)
  })
})

describe('row 37, row 67, row 68: answers that are too much for the server', () => {
  test('413 halves the window until it fits, nothing lost and nothing twice', async () => {
    const { client, codes, server } = await aServer({ collections, maxBlocks: 6, now })
    const pages = await pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z' })
    expect(contentsOf(pages)).toEqual(spread)
    expect(pages.at(-1)?.stamp).toBe('2026-01-21T00:00:00.000000Z')
    expect(codes()).toContain('TAXII_WINDOW_HALVED')
    const asked = pollsOf(server).map(String)
    expect(new Set(asked).size).toBe(asked.length)
  })

  test('5xx, drops and cut answers halve it too', async () => {
    for (const spoilt of ['drop', 504, 'cut'] as const) {
      const { client } = await aServer({
        collections,
        now,
        onResponse: (request, response) => {
          if (response.body.length < 4000 || !request.body.includes(':Poll_')) return response
          if (spoilt === 'cut') return { ...response, cutAt: 2000 }
          return spoilt === 'drop' ? 'drop' : { status: 504, headers: {}, body: Buffer.alloc(0) }
        },
      })
      const pages = await pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z' })
      expect(contentsOf(pages), String(spoilt)).toEqual(spread)
    }
  })

  test('halving ends at a second, with the error of the server', async () => {
    const { client } = await aServer({ collections, maxBlocks: 0, now })
    await expect(
      pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z', end: '2026-01-01T00:20:00Z' }),
    ).rejects.toMatchObject({ code: 'TAXII_TOO_LARGE' })
  })

  test('row 68: a server that never answers is not asked for ever', async () => {
    const server = await aPollServer(() => ({ status: 504, body: '', headers: {} }))
    const { client } = await aClient(server.url)
    await expect(pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z' })).rejects.toMatchObject({
      code: 'TAXII_UNAVAILABLE',
      kind: 'network',
    })
    expect(server.polls().length).toBeLessThanOrEqual(12)
  })

  test('row 68: a 502 that works on retry is not noticed', async () => {
    let failures = 0
    const { client } = await aServer({
      collections,
      now,
      onRequest: (request) =>
        request.body.includes(':Poll_') && failures++ === 0
          ? { status: 502, headers: {}, body: Buffer.alloc(0) }
          : undefined,
    })
    expect(contentsOf(await pagesOf(client, { collection: 'feed' }))).toEqual(spread)
  })

  test('row 41: a server that fails at seconds is asked for whole minutes, and gives no more than was asked for', async () => {
    for (const failure of [500, 'FAILURE', 'BAD_MESSAGE'] as const) {
      const { client, server } = await aServer({
        collections,
        now,
        onRequest: (request) =>
          failure === 500 && /T\d\d:\d\d:(?!00)/.test(request.body.toString())
            ? { status: 500, headers: {}, body: Buffer.alloc(0) }
            : undefined,
        onPoll: (_, request) =>
          failure !== 500 && /T\d\d:\d\d:(?!00)/.test(request.body.toString()) ? { type: failure } : undefined,
      })
      const pages = await pagesOf(client, {
        collection: 'feed',
        begin: '2026-01-02T00:00:01Z',
        end: '2026-01-03T00:00:01.000000Z',
      })
      expect(contentsOf(pages), String(failure)).toEqual([spread[3], spread[4]])
      expect(pages.at(-1)?.stamp).toBe('2026-01-03T00:00:01.000000Z')
      expect(pollsOf(server).at(-1)).toEqual(['2026-01-02T00:00:00Z', '2026-01-03T00:01:00Z'])
    }
  })

  test('row 82: a server that wants a window gets one when it has refused a poll without', async () => {
    const { client, server } = await aServer({ collections, needsWindow: true, now })
    const pages = await pagesOf(client, { collection: 'feed' })
    expect(contentsOf(pages)).toEqual(spread)
    expect(pollsOf(server)).toEqual([
      [undefined, undefined],
      ['1970-01-01T00:00:00Z', '2026-01-21T00:00:00.000000Z'],
    ])
    expect(pages.at(-1)?.stamp).toBe('2026-01-21T00:00:00.000000Z')
  })
})

describe('what end labels mean', () => {
  const headers = { ...taxiiHeaders, date: 'Wed, 21 Jan 2026 00:00:00 GMT' }
  const answering = (labelled: (asked: (string | undefined)[], count: number) => string, blocks = '') =>
    aPollServer(({ id, body }, count) => {
      const label = labelled(labels(body), count)
      const end = label === '' ? '' : `<t:Inclusive_End_Timestamp>${label}</t:Inclusive_End_Timestamp>`
      return { headers, body: message('Poll_Response', id, '', end + blocks) }
    }, headers)

  test('C1P-4: an answer that covers less than was asked for is followed on from its end', async () => {
    const ends = ['2026-01-05T00:00:00Z', '2026-01-12T00:00:00Z', '2026-01-21T00:00:00Z']
    const server = await answering((_, count) => ends[count - 1] ?? '', block('<a/>'))
    const { client } = await aClient(server.url)
    const pages = await pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z' })
    expect(server.polls().map(({ body }) => labels(body)[0])).toEqual(['2026-01-01T00:00:00Z', ends[0], ends[1]])
    expect(pages.map(({ stamp }) => stamp)).toEqual(ends)
  })

  test('a server whose end label is that of its newest block is asked once more, and not for ever', async () => {
    const server = await answering(() => '2026-01-05T00:00:00Z')
    const { client } = await aClient(server.url)
    const pages = await pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z' })
    expect(server.polls()).toHaveLength(2)
    expect(pages.at(-1)?.stamp).toBe('2026-01-05T00:00:00Z')
    await pagesOf(client, { collection: 'feed', begin: '2026-01-05T00:00:00Z' })
    expect(server.polls()).toHaveLength(3)
  })

  test('contracts 2: without an end label the end that was asked for counts', async () => {
    const server = await answering(() => '')
    const { client } = await aClient(server.url)
    const [page] = await pagesOf(client, { collection: 'feed', end: '2026-01-10T00:00:00Z' })
    expect(page?.stamp).toBe('2026-01-10T00:00:00Z')
  })

  test('contracts 2, T10: without any end the server clock counts as it was before the poll, never ours', async () => {
    const server = await answering(() => '')
    const { client } = await aClient(server.url)
    await client.discovery()
    const [page] = await pagesOf(client, { collection: 'feed' })
    expect(page?.stamp).toBe('2026-01-21T00:00:00.000000Z')
  })

  test('T5, T10: an end label in the future of the server does not move the checkpoint there', async () => {
    const server = await answering(() => '2083-01-01T00:00:00Z')
    const { client, codes } = await aClient(server.url)
    const [page] = await pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z' })
    expect(page?.stamp).toBe('2026-01-21T00:00:00.000000Z')
    expect(codes()).toContain('TAXII_LABEL_FUTURE')
  })

  test.each([
    ['the asked end comes back as the label', (asked: string) => asked],
    ['no label comes', () => ''],
  ])(
    'T5, T10: an end that our clock set beyond that of the server proves nothing of the future: %s',
    async (_, label) => {
      const server = await answering(([, end]) => label(end ?? ''))
      const { client } = await aClient(server.url)
      const end = '2026-01-21T00:03:00Z'
      const [page] = await pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z', end })
      expect(page?.stamp).toBe('2026-01-21T00:00:00.000000Z')
    },
  )

  test('T5, T10: windows end at the clock of the server, also where a later end was asked for', async () => {
    const server = await answering(([, end]) => end ?? '')
    const { client } = await aClient(server.url, { maxWindowMs: 7 * day })
    const pages = await pagesOf(client, {
      collection: 'feed',
      begin: '2026-01-01T00:00:00Z',
      end: '2026-02-01T00:00:00Z',
    })
    expect(server.polls()).toHaveLength(3)
    expect(pages.at(-1)).toMatchObject({ stamp: '2026-01-21T00:00:00.000000Z', position: undefined })
  })

  test('an end label beyond what was asked for proves no more than that', async () => {
    const server = await answering(() => '2026-01-20T00:00:00Z')
    const { client } = await aClient(server.url)
    const [page] = await pagesOf(client, { collection: 'feed', end: '2026-01-10T00:00:00Z' })
    expect(page?.stamp).toBe('2026-01-10T00:00:00Z')
  })

  test('an end label before the begin proves nothing', async () => {
    const server = await answering(() => '2025-01-01T00:00:00Z')
    const { client } = await aClient(server.url)
    const pages = await pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z' })
    expect(pages.map(({ stamp }) => stamp)).toEqual([undefined])
    expect(server.polls()).toHaveLength(1)
  })

  test.each([
    ['2026-01-20T12:00:00', '2026-01-20T12:00:00Z'],
    ['2026-01-20 12:00:00.123456', '2026-01-20T12:00:00.123456Z'],
    ['2026-01-20T12:00:00 UTC', '2026-01-20T12:00:00Z'],
    ['2026-01-20T12:00:00GMT', '2026-01-20T12:00:00Z'],
  ])('row 51: the end label %s is taken as UTC, and told', async (written, stamp) => {
    const server = await answering(() => written)
    const { client, codes } = await aClient(server.url)
    const pages = await pagesOf(client, {
      collection: 'feed',
      begin: '2026-01-01T00:00:00Z',
      end: '2026-01-20T23:00:00Z',
    })
    expect(pages[0]?.stamp).toBe(stamp)
    expect(pages[0]?.addedLast).toBe(written)
    expect(codes()).toContain('TAXII_LABEL_ZONE')
  })

  test('an end label that is no time counts as none, and is told', async () => {
    const server = await answering(() => 'yesterday')
    const { client, codes } = await aClient(server.url)
    const [page] = await pagesOf(client, { collection: 'feed', end: '2026-01-10T00:00:00Z' })
    expect(page?.stamp).toBe('2026-01-10T00:00:00Z')
    expect(codes()).toContain('TAXII_LABEL_UNREADABLE')
  })

  test('row 51: block labels without a zone are completed; unreadable ones are left out', async () => {
    const blocks = block('<a/>', '2026-01-05T00:00:00') + block('<b/>', 'x')
    const server = await answering(() => '2026-01-21T00:00:00Z', blocks)
    const { client, codes } = await aClient(server.url)
    const [page] = await pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z' })
    expect(page?.items.map((item) => (item.kind === 'block' ? item.timestampLabel : ''))).toEqual([
      '2026-01-05T00:00:00Z',
      undefined,
    ])
    expect(codes().filter((code) => code === 'TAXII_BLOCK_ODD')).toHaveLength(2)
  })

  test('row 50: a server that ignores the begin is not asked for ever', async () => {
    const server = await answering(() => '2026-01-20T00:00:00Z', block('<a/>', '2020-01-01T00:00:00Z'))
    const { client } = await aClient(server.url)
    await pagesOf(client, { collection: 'feed', begin: '2026-01-01T00:00:00Z' })
    expect(server.polls().length).toBeLessThanOrEqual(2)
  })
})
