import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { answer, startFaultServer } from '../faults/fault-server.ts'
import { seededPlan, startFaultProxy } from '../faults/fault-proxy.ts'
import { anHttp, noRetries, outcomeOf } from './an-http.ts'

const text = JSON.stringify({ objects: Array.from({ length: 400 }, (_, index) => ({ id: index, hash: index * 7919 })) })
const body = gzipSync(text)

test.each([1, 2, 3, 4])(
  'N5, N9: whatever a damaged line does (seed %i), the answer is whole or an error',
  async (seed) => {
    await using server = await startFaultServer(() => [answer({ headers: { 'Content-Encoding': 'gzip' }, body })])
    const plan = seededPlan({ seed, rate: 0.7, withinBytes: body.length + 60 })
    await using proxy = await startFaultProxy(server, plan)
    await using opened = anHttp(proxy.origin, {
      retry: noRetries,
      limits: { headersTimeoutMs: 500, idleTimeoutMs: 500 } as never,
    })
    let whole = 0

    const rounds = Array.from({ length: 50 }, () => outcomeOf(opened.http, proxy.url('/'), { repeatable: false }))
    for (const outcome of await Promise.all(rounds)) {
      if (outcome.error) continue
      // A flipped bit in the start line may change the status; nothing protects that in plain HTTP.
      expect(outcome.text).toBe(text)
      whole += 1
    }

    expect(whole).toBeGreaterThan(0)
    expect(whole).toBeLessThan(50)
  },
)

test('fifty exchanges at once neither mix up their answers nor leak connections', async () => {
  await using server = await startFaultServer(({ target }) => [answer({ body: target.repeat(5000) })])
  await using opened = anHttp(server.origin)

  const targets = Array.from({ length: 50 }, (_, index) => `/${index}`)
  const outcomes = await Promise.all(targets.map((target) => outcomeOf(opened.http, server.url(target))))
  await opened[Symbol.asyncDispose]()

  expect(outcomes.map((outcome) => outcome.text)).toEqual(targets.map((target) => target.repeat(5000)))
  await expect.poll(() => server.open).toBe(0)
})
