import { expect, test } from 'vitest'
import { slowOrderLimitMs, orderLimitMs } from '../../src/director/assumptions.ts'
import { parseOrderPath, type OrderOutcome } from '../../src/director/orders.ts'
import { orderFailure, waitForOrder, type Poll, type WaitOptions } from '../../src/director/wait-for-order.ts'
import { answer, reset, silence, type Step } from '../faults/fault-server.ts'
import { aDirector, anOrder, json, type OpenedDirector } from './a-director.ts'

const order = parseOrderPath(anOrder)
const pending = json({ request: {} })
const succeeded = json({ response: { success: true, message: 'Created.' } })

/** A Director that answers readings of the order one after the other; the last answer stays. */
const answering = (...steps: readonly Step[]): Promise<OpenedDirector> =>
  aDirector(({ index }) => [steps[Math.min(index, steps.length - 1)] as Step])

const wait = ({ client, clock }: OpenedDirector, options: Partial<WaitOptions> = {}): Promise<OrderOutcome> =>
  waitForOrder(client, order, { clock, random: () => 0.5, ...options })

test('D2: reads after half a second, then at intervals that grow by half up to ten seconds', async () => {
  await using director = await answering(...Array<Step>(12).fill(pending), succeeded)
  const polls: Poll[] = []

  const outcome = await wait(director, { onPoll: (poll) => polls.push(poll) })

  expect(outcome).toEqual({ state: 'succeeded', message: 'Created.' })
  const slept = director.clock.slept.map((ms) => Math.round(ms))
  expect(slept).toEqual([500, 750, 1125, 1688, 2531, 3797, 5695, 8543, 10000, 10000, 10000, 10000, 10000])
  expect(polls).toHaveLength(12)
  expect(polls[1]).toEqual({ order, count: 2, elapsedMs: 1250 })
})

test('the intervals are a little uneven, but the first', async () => {
  for (const [random, second] of [
    [0, 675],
    [0.999_999, 825],
  ] as const) {
    await using director = await answering(pending, succeeded)

    await wait(director, { random: () => random })

    expect(director.clock.slept.map((ms) => Math.round(ms))).toEqual([500, second])
  }
})

test.each([
  ['the usual limit', undefined, orderLimitMs],
  ['the limit for installing', slowOrderLimitMs, slowOrderLimitMs],
  ['a limit of one second', 1000, 1000],
])('D2: never done: pending after %s, read to its very end', async (_what, timeoutMs, expected) => {
  await using director = await answering(pending)

  const outcome = await wait(director, { timeoutMs })

  expect(outcome).toEqual({ state: 'pending' })
  expect(director.clock.monotonicMs()).toBeCloseTo(expected, 3)
})

test.each([
  ['a server error', answer({ status: 500 })],
  ['a proxy that is busy', answer({ status: 503, body: '<html>' })],
  ['a broken connection', reset],
  ['too many requests', answer({ status: 429 })],
  ['not found at first', answer({ status: 404 })],
  ['accepted', answer({ status: 202, body: 'later' })],
  ['no content', answer({ status: 204 })],
  ['an empty body', answer()],
])('D2: bears with %s', async (_what, fault) => {
  await using director = await answering(fault, fault, succeeded)

  const polls: Poll[] = []

  expect(await wait(director, { onPoll: (poll) => polls.push(poll) })).toMatchObject({ state: 'succeeded' })
  expect(director.server.requests).toHaveLength(3)
  // Each in the rhythm of the waiting, none within another.
  expect(polls).toHaveLength(2)
})

test('D2: waits as long as Retry-After asks, and gives up where that is beyond the limit', async () => {
  const busy = answer({ status: 429, headers: { 'Retry-After': '7' } })
  const later = answer({ status: 503, headers: { 'Retry-After': '3600' } })
  await using patient = await answering(busy, succeeded)
  await using impatient = await answering(later, succeeded)

  expect(await wait(patient)).toMatchObject({ state: 'succeeded' })
  expect(await wait(impatient)).toEqual({ state: 'pending' })

  expect(patient.clock.slept).toEqual([500, 7000])
  expect(impatient.clock.slept).toEqual([500])
})

test('D2: an order that is still not found after ten seconds is unverified', async () => {
  await using director = await answering(json({ message: 'no such order' }, 404))

  const outcome = await wait(director)

  expect(outcome).toMatchObject({ state: 'unverified', reason: expect.stringContaining('no such order') })
  expect(director.clock.monotonicMs()).toBeGreaterThan(10_000)
  expect(director.clock.monotonicMs()).toBeLessThan(20_000)
})

test('D2: an order that vanishes after it was read is unverified', async () => {
  const missing = answer({ status: 404 })
  await using director = await answering(...Array<Step>(6).fill(pending), missing)

  expect(await wait(director)).toMatchObject({ state: 'unverified' })
})

test.each([
  ['refused', json({ error: 'Invalid user id' }, 400)],
  ['a login page', answer({ body: '<html><title>Login</title></html>' })],
])('an order that is %s is unverified: a failed watch is not a failed change', async (_what, fault) => {
  await using director = await answering(pending, fault)

  expect(await wait(director)).toMatchObject({ state: 'unverified' })
})

test('a verdict counts also when it comes with 202', async () => {
  await using director = await answering(json({ response: { success: true } }, 202))

  expect(await wait(director)).toMatchObject({ state: 'succeeded' })
})

test.each([401, 403])('a dead token (%i) ends the waiting at once', async (status) => {
  await using director = await answering(json({ message: 'Token has expired' }, status), succeeded)

  await expect(wait(director)).rejects.toMatchObject({ code: 'DIRECTOR_UNAUTHORIZED', kind: 'auth' })
  expect(director.server.requests).toHaveLength(1)
})

test('a reading that is never answered does not outlast the limit', async () => {
  await using director = await aDirector(() => [silence], {
    http: { limits: { headersTimeoutMs: 20_000 } },
  })
  const beganMs = performance.now()

  const outcome = await wait(director, { timeoutMs: 700 })

  expect(outcome).toEqual({ state: 'pending' })
  expect(performance.now() - beganMs).toBeLessThan(5000)
})

test('can be stopped', async () => {
  await using director = await answering(silence)
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 30)

  await expect(wait(director, { signal: stop.signal })).rejects.toMatchObject({ kind: 'cancelled' })
})

test.each([
  [{ state: 'failed', reason: 'no' }, 'DIRECTOR_ORDER_FAILED', 'remote'],
  [{ state: 'pending' }, 'DIRECTOR_ORDER_PENDING', 'pending'],
  [{ state: 'unverified', reason: 'no' }, 'DIRECTOR_ORDER_UNVERIFIED', 'pending'],
] as const)('what did not succeed has an error: %o', (outcome, code, kind) => {
  expect(orderFailure(order, outcome)).toMatchObject({ code, kind, context: { order } })
})

test('the error of a pending order names the line that goes on', () => {
  expect(orderFailure(order, { state: 'pending' })?.hint).toContain(`stixtaxii director order wait ${order}`)
  expect(orderFailure(order, { state: 'succeeded' })).toBeUndefined()
})
