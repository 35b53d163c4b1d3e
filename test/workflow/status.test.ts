import { expect, it } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { readStatus } from '../../src/workflow/status.ts'
import { acme, aFetch } from '../fetch/a-fetch.ts'
import { aClient, aFeed, secondsAfter, someEntries } from '../fetch/scripted-feed.ts'
import { aTaxiiProfile } from '../support/a-profile.ts'

const profile = aTaxiiProfile({ ...acme, fetchInterval: '2d' })

it('says never before the first attempt', async () => {
  const { store } = aFetch(aClient([]))
  expect(await readStatus([profile], store)).toEqual([
    {
      source: 'acme',
      enabled: true,
      status: 'never',
      lastAttempt: null,
      lastSuccess: null,
      nextFetch: null,
      entries: 0,
      error: null,
      collections: [],
    },
  ])
})

it("shows what Logpoint's General Information shows", async () => {
  const fetch = aFetch(aClient([aFeed('c1', someEntries(3)), aFeed('c2', someEntries(2))]))
  await fetch.run()
  const [status] = await readStatus([profile], fetch.store)
  expect(status).toMatchObject({
    status: 'ok',
    entries: 5,
    lastAttempt: '2026-03-01T12:00:00.000000Z',
    lastSuccess: '2026-03-01T12:00:00.000000Z',
    nextFetch: '2026-03-03T12:00:00.000000Z',
    error: null,
  })
  expect(status?.collections[0]).toMatchObject({
    collection: 'c1',
    title: 'Title of c1',
    entries: 3,
    checkpoint: secondsAfter(2),
  })
})

it('is failed when one collection failed last, and keeps the last success', async () => {
  const broken = aFeed('c2', someEntries(2))
  const fetch = aFetch(aClient([aFeed('c1', someEntries(3)), broken]))
  await fetch.run()
  await fetch.clock.advance(60_000)
  broken.beforePage = () => {
    throw new StixTaxiiError('HTTP_DOWN', 'no answer', { kind: 'network' })
  }
  await fetch.run()
  const [status] = await readStatus([profile], fetch.store)
  expect(status).toMatchObject({
    status: 'failed',
    error: { code: 'HTTP_DOWN', kind: 'network' },
    lastSuccess: '2026-03-01T12:01:00.000000Z',
  })
  expect(status?.collections.map((each) => [each.status, each.lastSuccess])).toEqual([
    ['ok', '2026-03-01T12:01:00.000000Z'],
    ['failed', '2026-03-01T12:00:00.000000Z'],
  ])
})

it('forgets one look at what may not be read with the next fetch', async () => {
  const hidden = aFeed('c2', someEntries(2), { canRead: false })
  const fetch = aFetch(aClient([aFeed('c1', someEntries(3)), hidden]))
  await fetch.run({ collections: ['c2'] })
  expect((await readStatus([profile], fetch.store))[0]).toMatchObject({ status: 'failed' })
  await fetch.clock.advance(60_000)
  await fetch.run()
  expect((await readStatus([profile], fetch.store))[0]).toMatchObject({ status: 'ok', error: null })
  expect((await readStatus([{ ...profile, collections: ['c2'] }], fetch.store))[0]).toMatchObject({ status: 'failed' })
})

it('shows a login that fails before any collection is known, until it works again', async () => {
  const fetch = aFetch(aClient([aFeed('c1', someEntries(3))]))
  const refused = new StixTaxiiError('HTTP_AUTH', 'wrong password', { kind: 'auth' })
  await fetch.run({}, { source: { connect: () => Promise.reject(refused) } })
  expect((await readStatus([profile], fetch.store))[0]).toMatchObject({
    status: 'failed',
    error: { kind: 'auth' },
    collections: [],
  })
  await fetch.clock.advance(60_000)
  await fetch.run()
  expect((await readStatus([profile], fetch.store))[0]).toMatchObject({ status: 'ok', error: null })
})
