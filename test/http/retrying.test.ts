import { expect, test } from 'vitest'
import { retryAfterMs } from '../../src/core/retry-after.ts'
import { backoffMs } from '../../src/http/retry.ts'
import { defaultRetry } from '../../src/http/defaults.ts'
import { answer, startFaultServer } from '../faults/fault-server.ts'
import { anHttp, faultOf, outcomeOf } from './an-http.ts'

const now = new Date('2026-01-02T03:04:05Z')

test.each([
  ['120', 120_000],
  ['0', 0],
  [' 7 ', 7000],
  ['1.5', 1500],
  ['1000000000', 1_000_000_000_000],
  ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
  ['Friday, 02-Jan-26 03:05:05 GMT', 60_000],
  ['Fri Jan  2 03:05:05 2026', undefined],
  ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
  ['-5', undefined],
  ['soon', undefined],
  ['1e9', undefined],
  ['2083', 2_083_000],
  ['', undefined],
  [undefined, undefined],
])('N11: Retry-After %s means %s ms', (header, expected) => {
  if (header === 'Fri Jan  2 03:05:05 2026') expect(retryAfterMs(header, now)).toBeGreaterThanOrEqual(0)
  else expect(retryAfterMs(header, now)).toBe(expected)
})

test('the wait doubles, is spread evenly and never passes 30 s', () => {
  const longest = Array.from({ length: 10 }, (_, attempt) => backoffMs(attempt, defaultRetry, () => 0.999_999))

  expect(longest.slice(0, 4)).toEqual([500, 1000, 2000, 4000])
  expect(Math.max(...longest)).toBe(30_000)
  expect(backoffMs(3, defaultRetry, () => 0)).toBe(0)
})

test.each([429, 500, 502, 503, 504])('N12: %i is tried again until the server recovers', async (status) => {
  await using server = await startFaultServer(({ index }) => [
    answer(index < 3 ? { status, body: 'busy' } : { body: 'ok' }),
  ])
  await using opened = anHttp(server.origin)

  expect((await outcomeOf(opened.http, server.url('/'))).text).toBe('ok')
  expect(opened.clock.slept).toEqual([250, 500, 1000])
  expect(server.connections).toBe(1)
})

test('N12: what remains after all tries is given to the reader', async () => {
  await using server = await startFaultServer(() => [answer({ status: 503, body: 'down for today' })])
  await using opened = anHttp(server.origin)

  expect(await outcomeOf(opened.http, server.url('/'))).toMatchObject({ status: 503, text: 'down for today' })
  expect(server.requests).toHaveLength(6)
})

test('N12: a write is sent once, a POST that only reads again', async () => {
  await using server = await startFaultServer(() => [answer({ status: 503 })])
  await using opened = anHttp(server.origin)

  await outcomeOf(opened.http, server.url('/write'), { method: 'POST', body: '{}' })
  await outcomeOf(opened.http, server.url('/delete'), { method: 'DELETE' })
  await outcomeOf(opened.http, server.url('/poll'), { method: 'POST', body: '<Poll/>', repeatable: true })

  const count = (path: string): number => server.requests.filter(({ target }) => target === path).length
  expect([count('/write'), count('/delete'), count('/poll')]).toEqual([1, 1, 6])
})

test('N11: waits as long as the server asks', async () => {
  await using server = await startFaultServer(({ index }) => [
    answer(index === 0 ? { status: 429, headers: { 'Retry-After': '42' } } : { body: 'ok' }),
  ])
  await using opened = anHttp(server.origin)

  expect((await outcomeOf(opened.http, server.url('/'))).text).toBe('ok')
  expect(opened.clock.slept).toEqual([42_000])
})

test('N11: a date is read by the clock of the server', async () => {
  const headers = { Date: 'Fri, 02 Jan 2026 10:00:00 GMT', 'Retry-After': 'Fri, 02 Jan 2026 10:00:30 GMT' }
  await using server = await startFaultServer(({ index }) => [
    answer(index === 0 ? { status: 503, headers } : { body: 'ok' }),
  ])
  await using opened = anHttp(server.origin)

  await outcomeOf(opened.http, server.url('/'))

  expect(opened.clock.slept).toEqual([30_000])
})

test.each([
  ['1000000000', '2057-09-10T04:50:45.000Z'],
  ['Wed, 05 May 2083 00:00:00 GMT', '2083-05-05T00:00:00.000Z'],
  ['3600', '2026-01-02T04:04:05.000Z'],
])('N11: Retry-After %s is beyond the budget: ends at once and says until when', async (header, until) => {
  await using server = await startFaultServer(() => [answer({ status: 429, headers: { 'Retry-After': header } })])
  await using opened = anHttp(server.origin)

  const outcome = await outcomeOf(opened.http, server.url('/'))

  expect(faultOf(outcome)).toBe('HTTP_RETRY_LATER network')
  expect(outcome.error?.context['until']).toBe(until)
  expect(outcome.error?.retryAfterMs).toBe(Date.parse(until) - Date.parse('2026-01-02T03:04:05.000Z'))
  expect(outcome.error?.message).toContain(until)
  expect(server.requests).toHaveLength(1)
})

test.each(['-5', 'soon', 'NaN'])('N11: Retry-After "%s" means nothing, and the usual wait is kept', async (header) => {
  await using server = await startFaultServer(({ index }) => [
    answer(index === 0 ? { status: 429, headers: { 'Retry-After': header } } : { body: 'ok' }),
  ])
  await using opened = anHttp(server.origin)

  expect((await outcomeOf(opened.http, server.url('/'))).text).toBe('ok')
  expect(opened.clock.slept).toEqual([250])
})

test('N11: all waits together stay within the budget', async () => {
  await using server = await startFaultServer(() => [answer({ status: 429, headers: { 'Retry-After': '40' } })])
  await using opened = anHttp(server.origin, { retry: { budgetMs: 100_000 } })

  const outcome = await outcomeOf(opened.http, server.url('/'))

  expect(faultOf(outcome)).toBe('HTTP_RETRY_LATER network')
  expect(opened.clock.slept).toEqual([40_000, 40_000])
})

test('N11: with a rate of 10 in 10 minutes, 35 requests take three pauses and none is refused', async () => {
  const times: number[] = []
  await using server = await startFaultServer(() => {
    times.push(opened.clock.monotonicMs())
    return [answer({ body: 'ok' })]
  })
  await using opened = anHttp(server.origin, { rate: { requests: 10, perMs: 600_000 } })

  for (let count = 0; count < 35; count++) await outcomeOf(opened.http, server.url('/'))

  expect(times.filter((time) => time < 600_000)).toHaveLength(10)
  expect(opened.clock.slept).toEqual([600_000, 600_000, 600_000])
  expect(opened.notices.map(({ code }) => code)).toContain('HTTP_RATE_WAIT')
})

test('a reader that finds the answer cut is asked again from the beginning', async () => {
  const { StixTaxiiError } = await import('../../src/core/errors.ts')
  await using server = await startFaultServer(({ index }) => [answer({ body: index === 0 ? '{"cut' : '{}' })])
  await using opened = anHttp(server.origin)

  const value = await opened.http.exchange({ method: 'GET', url: server.url('/') }, async (response) => {
    const text = await response.text()
    if (!text.endsWith('}')) throw new StixTaxiiError('TEST_CUT', 'cut', { kind: 'network' })
    return JSON.parse(text) as unknown
  })

  expect(value).toEqual({})
})

test('an error of the reader that is not of the network is not retried', async () => {
  await using server = await startFaultServer(() => [answer({ body: 'x' })])
  await using opened = anHttp(server.origin)

  const failing = opened.http.exchange({ method: 'GET', url: server.url('/') }, () => Promise.reject(new Error('mine')))

  await expect(failing).rejects.toThrow('mine')
  expect(server.requests).toHaveLength(1)
})
