import { describe, expect, it } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { acme, aFetch, storedIds } from './a-fetch.ts'
import { aClient, aFeed, anObject, secondsAfter, someEntries } from './scripted-feed.ts'

const cut = () => {
  throw new StixTaxiiError('HTTP_CUT', 'the answer was cut', { kind: 'network' })
}

describe('a first fetch', () => {
  it('stores every page, asks from the begin of the profile, and tells what it did', async () => {
    const feed = aFeed('c1', someEntries(5))
    const fetch = aFetch(aClient([feed]))
    const [row] = await fetch.run()
    expect(row).toMatchObject({ source: 'acme', collection: 'c1', version: '2.1', status: 'ok', error: null })
    expect(row).toMatchObject({ pages: 3, received: 5, new: 5, updated: 0, unchanged: 0, quarantined: 0 })
    expect(row).toMatchObject({ from: '2026-02-09T12:00:00.000000Z', to: secondsAfter(4) })
    expect(await storedIds(fetch.store)).toHaveLength(5)
  })

  it('L4 fails when the store does not say how far it came, rather than say that there is no checkpoint', async () => {
    const { store, run } = aFetch(aClient([aFeed('c1', someEntries(5))]))
    let isWritten = false
    const torn = new Proxy(store, {
      get(target, name) {
        if (name === 'checkpoint' && isWritten)
          return () => Promise.reject(new StixTaxiiError('STORE_FAILED', 'disk I/O error', { kind: 'local' }))
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          isWritten ||= String(name).startsWith('commit')
          return (value as (...given: unknown[]) => unknown).apply(target, given)
        }
      },
    })
    const [row] = await run({}, { dependencies: { store: torn } })
    expect(row).toMatchObject({ status: 'failed', new: 5, to: null, error: { code: 'STORE_FAILED', kind: 'local' } })
    const [again] = await run()
    expect(again).toMatchObject({ status: 'ok', new: 0, to: secondsAfter(4) })
  })

  it('gives 0 new when repeated, and begins one microsecond before the checkpoint', async () => {
    const feed = aFeed('c1', someEntries(5))
    const fetch = aFetch(aClient([feed]))
    await fetch.run()
    const [row] = await fetch.run()
    expect(row).toMatchObject({ new: 0, unchanged: 1, received: 1, from: '2026-02-20T00:00:04.000000Z' })
  })

  it('T4 takes what came later with the stamp of the checkpoint', async () => {
    const feed = aFeed('c1', someEntries(2))
    const fetch = aFetch(aClient([feed]))
    await fetch.run()
    feed.entries = [...feed.entries, { raw: anObject(77), added: secondsAfter(1) }]
    const [row] = await fetch.run()
    expect(row).toMatchObject({ new: 1, unchanged: 1 })
  })

  it('C1P-3 has no overlap in 1.x: the end label is the next exclusive begin', async () => {
    const feed = aFeed('c1', someEntries(2), { pollAddresses: ['https://taxii.example/poll'] })
    const fetch = aFetch(aClient([feed], '1.1'))
    await fetch.run()
    await fetch.run()
    expect(feed.polls.map((poll) => poll.begin)).toEqual(['2026-02-09T12:00:00.000000Z', secondsAfter(1)])
    const [checkpoint] = await fetch.store.checkpoints()
    expect(checkpoint?.key.root).toBe('https://taxii.example/poll')
  })

  it('remembers its begin when the server had nothing, so that later additions are inside the next window', async () => {
    const feed = aFeed('c1')
    const fetch = aFetch(aClient([feed]))
    const [first] = await fetch.run()
    expect(first).toMatchObject({ status: 'ok', pages: 0, to: '2026-02-09T12:00:00.000000Z' })
    await fetch.clock.advance(30 * 86_400_000)
    feed.entries = someEntries(1)
    const [second] = await fetch.run()
    expect(second).toMatchObject({ new: 1 })
  })

  it('reads a 1.x data set whole each time and keeps no stamp', async () => {
    const feed = aFeed('set', someEntries(3), { ordering: 'set' })
    feed.asPage = (page) => ({ ...page, stamp: undefined })
    const fetch = aFetch(aClient([feed], '1.1'))
    await fetch.run({ since: '2h' })
    const [row] = await fetch.run()
    expect(row).toMatchObject({ received: 3, unchanged: 3, new: 0, from: null, to: null })
  })
})

describe('a half-read run', () => {
  it('N5 keeps the pages before the cut and goes on behind them with its first begin', async () => {
    const feed = aFeed('c1', someEntries(6))
    const fetch = aFetch(aClient([feed]))
    feed.beforePage = (index) => (index === 2 ? cut() : undefined)
    const [first] = await fetch.run()
    expect(first).toMatchObject({ status: 'failed', new: 4, to: secondsAfter(3), error: { code: 'HTTP_CUT' } })
    await fetch.clock.advance(5 * 86_400_000)
    const [second] = await fetch.run()
    expect(second).toMatchObject({ status: 'ok', new: 2, received: 2, from: first?.from })
    expect(feed.polls[1]).toMatchObject({ position: { offset: 4 }, begin: first?.from })
    expect((await fetch.store.checkpoints())[0]?.run).toBeUndefined()
  })

  it('N13 keeps pages 1 to 6 when page 7 of 20 is refused, and stands at the sixth', async () => {
    const feed = aFeed('c1', someEntries(40))
    const fetch = aFetch(aClient([feed]))
    feed.beforePage = (index) => {
      if (index === 6) throw new StixTaxiiError('TAXII_REFUSED', 'token expired', { kind: 'auth' })
    }
    const [row] = await fetch.run()
    expect(row).toMatchObject({ status: 'failed', pages: 6, new: 12, to: secondsAfter(11), error: { kind: 'auth' } })
    expect((await fetch.run())[0]).toMatchObject({ status: 'ok', new: 28, unchanged: 0 })
  })

  it('starts again from the last committed stamp when the server has forgotten the position', async () => {
    const feed = aFeed('c1', someEntries(6))
    const fetch = aFetch(aClient([feed]))
    feed.beforePage = (index) => (index === 2 ? cut() : undefined)
    await fetch.run()
    feed.forgetful = true
    const [row] = await fetch.run()
    expect(row).toMatchObject({ status: 'ok', new: 2, unchanged: 1 })
    expect(feed.polls.at(-1)).toMatchObject({ begin: '2026-02-20T00:00:03.000000Z', position: undefined })
  })

  it('T5 starts again from its begin when a server that gives the newest first has forgotten the position', async () => {
    const feed = aFeed('c1', someEntries(8).reverse())
    feed.asPage = (page) => {
      const [newest, oldest] = [page.addedFirst, page.addedLast]
      const isFirst = newest === secondsAfter(7)
      const stamp = isFirst || page.position === undefined ? secondsAfter(7) : undefined
      return { ...page, addedFirst: oldest, addedLast: newest, stamp }
    }
    const fetch = aFetch(aClient([feed]))
    feed.beforePage = (index) => (index === 2 ? cut() : undefined)
    const [first] = await fetch.run()
    expect(first).toMatchObject({ status: 'failed', new: 4, to: first?.from })
    feed.forgetful = true
    const [second] = await fetch.run()
    expect(second).toMatchObject({ status: 'ok', new: 4, unchanged: 4, from: first?.from, to: secondsAfter(7) })
    expect((await fetch.run())[0]).toMatchObject({ status: 'ok', new: 0, unchanged: 1 })
  })

  it('ends when a server refuses every position and nothing was gained in between', async () => {
    const feed = aFeed('c1', someEntries(6))
    feed.beforePage = () => {
      throw new StixTaxiiError('TAXII_POSITION_REFUSED', 'never', { kind: 'protocol' })
    }
    const [row] = await aFetch(aClient([feed])).run()
    expect(row).toMatchObject({ status: 'failed', error: { code: 'TAXII_POSITION_REFUSED' } })
    expect(feed.polls).toHaveLength(1)
  })

  it('with an end of its own is finished first, then what lies beyond it is read too', async () => {
    const feed = aFeed('c1', someEntries(6))
    const fetch = aFetch(aClient([feed]))
    feed.beforePage = (index) => (index === 1 ? cut() : undefined)
    await fetch.run({ until: secondsAfter(3) })
    const [row] = await fetch.run()
    expect(row).toMatchObject({ status: 'ok', new: 4, to: secondsAfter(5) })
    expect(await storedIds(fetch.store)).toHaveLength(6)
  })

  it('with an end of its own is not read beyond it once --limit is reached', async () => {
    const feed = aFeed('c1', someEntries(8))
    const fetch = aFetch(aClient([feed]))
    feed.beforePage = (index) => (index === 1 ? cut() : undefined)
    await fetch.run({ until: secondsAfter(3) })
    const [row] = await fetch.run({ limit: 2 })
    expect(row).toMatchObject({ status: 'ok', received: 2, to: secondsAfter(3) })
    expect((await fetch.run())[0]).toMatchObject({ status: 'ok', new: 4 })
  })

  it('gives way to another window that is typed, whose begin decides what becomes of the checkpoint', async () => {
    const feed = aFeed('c1', someEntries(6))
    const fetch = aFetch(aClient([feed]))
    feed.beforePage = (index) => (index === 2 ? cut() : undefined)
    await fetch.run()
    const [row] = await fetch.run({ since: '2026-02-20T00:00:04Z' })
    expect(row).toMatchObject({ status: 'ok', new: 2, to: secondsAfter(3) })
    expect((await fetch.store.checkpoints())[0]?.run?.position).toEqual({ offset: 4 })
  })
})

describe('a window', () => {
  it('that begins after the checkpoint leaves it where it was', async () => {
    const feed = aFeed('c1', someEntries(2))
    const fetch = aFetch(aClient([feed]))
    await fetch.run()
    feed.entries = someEntries(9)
    const [row] = await fetch.run({ since: secondsAfter(6) })
    expect(row).toMatchObject({ new: 2, to: secondsAfter(1) })
    const [rest] = await fetch.run()
    expect(rest).toMatchObject({ new: 5, to: secondsAfter(8) })
  })

  it('that begins before the checkpoint moves it on, and never back', async () => {
    const feed = aFeed('c1', someEntries(6))
    const fetch = aFetch(aClient([feed]))
    await fetch.run()
    feed.beforePage = (index) => (index === 4 ? cut() : undefined)
    const [cutRow] = await fetch.run({ since: '30d' })
    expect(cutRow).toMatchObject({ status: 'failed', unchanged: 2, to: secondsAfter(5) })
    feed.entries = [...feed.entries, ...someEntries(1, 6)]
    const [row] = await fetch.run({ since: '30d' })
    expect(row).toMatchObject({ status: 'ok', new: 1, to: secondsAfter(6) })
  })

  it('read with a match never moves the checkpoint', async () => {
    const feed = aFeed('c1', someEntries(2))
    const fetch = aFetch(aClient([feed]))
    const [row] = await fetch.run({ match: [{ field: 'type', values: ['indicator'] }] })
    expect(row).toMatchObject({ new: 2, to: null })
    expect(feed.polls[0]?.match).toEqual([{ field: 'type', values: ['indicator'] }])
  })

  it('with a limit stops at a page border, and the next fetch goes on there', async () => {
    const feed = aFeed('c1', someEntries(7))
    const fetch = aFetch(aClient([feed]))
    const [first] = await fetch.run({ limit: 3 })
    expect(first).toMatchObject({ status: 'ok', received: 4, pages: 2 })
    const [second] = await fetch.run({ limit: 3 })
    expect(second).toMatchObject({ received: 3, new: 3, to: secondsAfter(6) })
  })

  it('up to an end moves the checkpoint no further than that', async () => {
    const feed = aFeed('c1', someEntries(6))
    feed.asPage = (page) => ({ ...page, stamp: secondsAfter(500) })
    const fetch = aFetch(aClient([feed]))
    const [row] = await fetch.run({ until: secondsAfter(2) })
    expect(row).toMatchObject({ new: 3, to: secondsAfter(2) })
  })

  it('that ends before the checkpoint has nothing in it, asks nothing and moves nothing', async () => {
    const feed = aFeed('c1', someEntries(6))
    const fetch = aFetch(aClient([feed]))
    await fetch.run()
    const [row] = await fetch.run({ until: secondsAfter(2) })
    expect(row).toMatchObject({ status: 'ok', received: 0, to: secondsAfter(5) })
    expect(feed.polls).toHaveLength(1)
  })

  it.each([
    [{ since: 'yesterday' }, 'CORE_WINDOW_UNREADABLE'],
    [{ since: '2h', until: '3h' }, 'FETCH_WINDOW_EMPTY'],
    [{ since: '2206-01-02T03:04:05Z' }, 'FETCH_SINCE_FUTURE'],
    [{ full: true, limit: 5 }, 'FETCH_FULL_WINDOW'],
  ])('that cannot be meant is refused before anything is asked: %o', async (request, code) => {
    const feed = aFeed('c1', someEntries(1))
    await expect(aFetch(aClient([feed])).run(request)).rejects.toMatchObject({ code, kind: 'usage' })
    expect(feed.polls).toHaveLength(0)
  })

  it('T10 is taken from the server when its clock is behind ours', async () => {
    const feed = aFeed('c1', someEntries(4))
    feed.asPage = (page) => ({ ...page, serverDate: '2026-02-20T00:30:00.000000Z' })
    const fetch = aFetch(aClient([feed]), {
      clock: fakeClock({ start: '2026-02-20T01:00:02.000Z', autoAdvance: false }),
    })
    const [row] = await fetch.run({ since: '1h' })
    expect(row).toMatchObject({ from: '2026-02-19T23:30:00.000000Z', new: 4 })
  })
})

describe('--full', () => {
  it('T9 reads everything again, marks what vanished and leaves the checkpoint', async () => {
    const feed = aFeed('c1', someEntries(4))
    const fetch = aFetch(aClient([feed]))
    await fetch.run()
    feed.entries = [...feed.entries.slice(1), ...someEntries(1, 9)]
    const [row] = await fetch.run({ full: true })
    expect(row).toMatchObject({ status: 'ok', vanished: 1, new: 1, unchanged: 3, from: null, to: secondsAfter(3) })
    expect(feed.polls.at(-1)?.begin).toBeUndefined()
  })
})

describe('damage', () => {
  it('goes to quarantine and does not stop the rest', async () => {
    const broken = { raw: Buffer.from('{"type":"indicator"}'), added: secondsAfter(1) }
    const feed = aFeed('c1', [...someEntries(1), broken, ...someEntries(2, 2)])
    const fetch = aFetch(aClient([feed]))
    const [row] = await fetch.run()
    expect(row).toMatchObject({ status: 'ok', received: 4, new: 3, quarantined: 1 })
  })

  it('in a page of several slabs leaves nothing of that page, and what came before stays', async () => {
    const feed = aFeed('c1', someEntries(6))
    let given = 0
    feed.asPage = (page) => {
      if (given++ !== 1) return page
      feed.beforePage = cut
      return { ...page, partial: true }
    }
    const fetch = aFetch(aClient([feed]))
    const [row] = await fetch.run()
    expect(row).toMatchObject({ status: 'failed', new: 2, to: secondsAfter(1) })
    expect(await storedIds(fetch.store)).toHaveLength(2)
  })

  it('of none: a page of several slabs is one page in one commit', async () => {
    const feed = aFeed('c1', someEntries(6))
    feed.pageSize = 6
    feed.asPage = (page) => {
      const half = (items: typeof page.items, partial: boolean) => ({ ...page, items, partial })
      return [half(page.items.slice(0, 3), true), half(page.items.slice(3), false)]
    }
    const progress: unknown[] = []
    const fetch = aFetch(aClient([feed]))
    const [row] = await fetch.run({}, { dependencies: { onProgress: (each) => progress.push(each) } })
    expect(row).toMatchObject({ status: 'ok', new: 6, pages: 1 })
    expect(progress).toHaveLength(1)
  })
})

describe('collections', () => {
  it('T14 one that is broken leaves the others alone', async () => {
    const feeds = Array.from({ length: 100 }, (_, index) => aFeed(`c${index}`, someEntries(1, index)))
    const broken = feeds[50]
    if (broken) broken.beforePage = cut
    const rows = await aFetch(aClient(feeds)).run()
    expect(rows.filter((row) => row.status === 'ok')).toHaveLength(99)
    expect(rows[50]).toMatchObject({ collection: 'c50', status: 'failed', error: { code: 'HTTP_CUT' } })
  })

  it('are no longer tried once three in a row had no answer', async () => {
    const feeds = Array.from({ length: 9 }, (_, index) => aFeed(`c${index}`, someEntries(1)))
    for (const feed of feeds) feed.beforePage = cut
    const rows = await aFetch(aClient(feeds)).run()
    expect(rows).toHaveLength(9)
    expect(rows[8]?.error).toMatchObject({ code: 'FETCH_SOURCE_UNREACHABLE', kind: 'network' })
    expect(feeds.filter((feed) => feed.polls.length > 0)).toHaveLength(3)
  })

  it('can be named by id, alias or title, and an unknown one names the nearest', async () => {
    const feeds = [aFeed('c1', someEntries(1)), aFeed('c2', someEntries(1), { alias: 'second' }), aFeed('c3')]
    const rows = await aFetch(aClient(feeds)).run({ collections: ['second', 'Title of c1', 'secnd', 'c2'] })
    expect(rows.map((row) => [row.collection, row.status])).toEqual([
      ['c2', 'ok'],
      ['c1', 'ok'],
      ['secnd', 'failed'],
    ])
    expect(rows[2]?.error).toMatchObject({ kind: 'not-found', hint: 'Did you mean "second"?' })
  })

  it('T15 that are gone or may be read no more are said, and keep their checkpoint', async () => {
    const [gone, closed, stays] = [aFeed('gone', someEntries(1)), aFeed('closed', someEntries(1)), aFeed('stays')]
    const fetch = aFetch(aClient([gone, closed, stays]))
    await fetch.run()
    const shut = { ...closed, collection: { ...closed.collection, canRead: false } }
    const after = aFetch(aClient([shut, stays]), fetch)
    const rows = await after.run()
    expect(rows.map((row) => [row.collection, row.error?.kind, row.to])).toEqual([
      ['stays', undefined, '2026-02-09T12:00:00.000000Z'],
      ['gone', 'not-found', secondsAfter(0)],
      ['closed', 'auth', secondsAfter(0)],
    ])
    expect((await after.run({ collections: ['gone'] }))[0]).toMatchObject({
      error: { kind: 'not-found' },
      to: secondsAfter(0),
    })
  })

  it('that were never readable are passed over in silence', async () => {
    const rows = await aFetch(aClient([aFeed('c1'), aFeed('c2', [], { canRead: false })])).run()
    expect(rows.map((row) => row.collection)).toEqual(['c1'])
  })
})

describe('a run', () => {
  it('is recorded with its counts, also when the source failed before its collections were known', async () => {
    const fetch = aFetch(aClient([aFeed('c1', someEntries(3))]))
    await fetch.run()
    const refused = new StixTaxiiError('HTTP_AUTH', 'wrong password', { kind: 'auth' })
    const rows = await fetch.run({}, { source: { connect: () => Promise.reject(refused) } })
    expect(rows).toMatchObject([{ collection: null, version: null, status: 'failed', error: { code: 'HTTP_AUTH' } }])
    const runs = await fetch.store.runs()
    expect(runs[0]).toMatchObject({
      status: 'failed',
      error: { code: 'HTTP_AUTH', kind: 'auth' },
      key: { collection: '' },
    })
    expect(runs[1]).toMatchObject({ status: 'ok', new: 3, to: secondsAfter(2) })
  })

  it('L7 is refused while another holds the source', async () => {
    const fetch = aFetch(aClient([aFeed('c1', someEntries(3))]))
    const lock = await fetch.store.lockSource(acme, { timeoutMs: 0 })
    const rows = await fetch.run()
    expect(rows).toMatchObject([{ collection: null, status: 'failed', error: { kind: 'conflict' } }])
    await lock[Symbol.asyncDispose]()
    expect(await fetch.run()).toMatchObject([{ status: 'ok', new: 3 }])
  })

  it('L6 is stopped by the signal though the server does not answer: pages are kept, the lock is free', async () => {
    const feed = aFeed('c1', someEntries(6))
    const stop = new AbortController()
    feed.beforePage = (index) => {
      if (index !== 2) return
      setTimeout(() => stop.abort(), 5)
      return new Promise(() => undefined)
    }
    const fetch = aFetch(aClient([feed, aFeed('c2', someEntries(1))]), {
      clock: fakeClock(),
    })
    const rows = await fetch.run({}, { signal: stop.signal })
    expect(rows).toMatchObject([
      { collection: 'c1', status: 'cancelled', new: 4, error: { kind: 'cancelled' } },
      { collection: 'c2', status: 'cancelled', new: 0 },
    ])
    feed.beforePage = () => undefined
    expect((await fetch.run())[0]).toMatchObject({ status: 'ok', new: 2 })
  })

  it('hands over new and updated items after their commit and waits for them to be taken', async () => {
    const feed = aFeed('c1', someEntries(2))
    const fetch = aFetch(aClient([feed]))
    const seen: string[] = []
    const dependencies = {
      onStored: (_source: unknown, collection: string, item: { id: string }) =>
        seen.push(`${collection} ${item.id.slice(-2)}`),
      onCommitted: () => Promise.resolve(void seen.push('taken')),
    }
    await fetch.run({}, { dependencies })
    feed.entries.push({ raw: anObject(1, '2026-02-21T00:00:00Z'), added: secondsAfter(9) })
    await fetch.run({}, { dependencies })
    expect(seen).toEqual(['c1 00', 'c1 01', 'taken', 'c1 01', 'taken'])
  })
})
