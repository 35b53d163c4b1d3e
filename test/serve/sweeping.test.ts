import { expect, it } from 'vitest'
import { startSweeping } from '../../src/serve/sweeping.ts'

it('records that have expired are removed while a server runs, also after it failed once', async () => {
  const warnings: string[] = []
  let count = 0
  const sweep = () => (++count === 2 ? Promise.reject(new Error('locked')) : Promise.resolve(1))
  const log = { warn: (event: string) => void warnings.push(event) }
  const sweeping = startSweeping({ records: { sweep }, log }, { firstMs: 20, everyMs: 5 })
  expect(count).toBe(0)
  await expect.poll(() => count).toBeGreaterThan(3)
  expect(warnings).toEqual(['sweep'])
  await sweeping[Symbol.asyncDispose]()
  const counted = count
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(count).toBe(counted)
})
