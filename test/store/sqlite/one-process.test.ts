import { monitorEventLoopDelay } from 'node:perf_hooks'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/cli/process-host.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import type { Store } from '../../../src/store/store.ts'
import { all, indicators, keep } from '../../contracts/a-store.ts'
import { bindings } from '../../support/bindings.ts'
import { anObject } from '../../support/items.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
let files = 0
const newFile = () => path.join(folder, `${++files}`, 'store.db')

/** For how long nine of ten turns of the event loop were held up at most, in milliseconds. */
async function stalledMs(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  await work()
  delay.disable()
  return delay.percentile(90) / 1e6
}

describe.each(bindings.map((binding) => [binding.name, binding] as const))('one process over %s', (_name, binding) => {
  const open = (file: string) =>
    openSqliteStore(file, { clock: systemClock, identity: { pid: process.pid, host: 'host.example' }, binding })

  it('L7: five stores on one file take turns, and none stops the process while it waits', async () => {
    const objects = Array.from({ length: 300 }, () => anObject({ filler: 'x'.repeat(2000) }))
    const rounds = async (store: Store, number: number): Promise<void> => {
      for (let round = 0; round < 4; round++) await keep(store, [...objects, anObject({ number, round })])
    }
    await using lonely = await open(newFile())
    const alone = await stalledMs(() => rounds(lonely, 0))
    const file = newFile()
    const stores = await Promise.all(Array.from({ length: 5 }, () => open(file)))
    const together = await stalledMs(() => Promise.all(stores.map(rounds)))
    // The longest piece of a commit, which a busy machine stretches for one store too; who waits inside SQLite stops everything for longer.
    expect(together).toBeLessThan(Math.max(60, 4 * alone))
    for (const store of stores) await store[Symbol.asyncDispose]()
    await using store = await open(file)
    expect(await all(store.versions({}))).toHaveLength(320)
    expect((await store.verify()).problems).toEqual([])
  })

  it('L7: a page is never made of what was there before another emptied the store', async () => {
    const file = newFile()
    await using reader = await open(file)
    await using writer = await open(file)
    const ids = async () =>
      (await reader.readPage(indicators, { limit: 10, types: ['malware'] })).entries.map(({ item }) => item.id)
    await keep(writer, [anObject({ type: 'tool' })])
    expect(await ids()).toEqual([])
    await writer.clear()
    const second = anObject({ type: 'malware' })
    await keep(writer, [second])
    expect(await ids()).toEqual([second.id])
  })
})
