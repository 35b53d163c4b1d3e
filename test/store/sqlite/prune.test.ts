import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Binding } from '../../../src/store/sqlite/binding.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import { all, keep } from '../../contracts/a-store.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { anObject } from '../../support/items.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
let files = 0

/** Tells of each transaction that writes. */
function watched(binding: Binding, told: (sql: string) => void): Binding {
  return {
    name: binding.name,
    open(file) {
      const database = binding.open(file)
      const exec = (sql: string) => {
        if (/^(BEGIN IMMEDIATE|COMMIT)/.test(sql)) told(sql)
        return database.exec(sql)
      }
      return { exec, prepare: (sql) => database.prepare(sql), close: () => database.close() }
    },
  }
}

describe.each(bindings.map((binding) => [binding.name, binding] as const))('prune over %s', (name, binding) => {
  it('L7: takes away 32 segments at a time, so that others have their turn between', async () => {
    const said: string[] = []
    const file = path.join(folder, `${name.replace(':', '-')}-${++files}.db`)
    await using store = await openSqliteStore(file, {
      clock: fakeClock(),
      identity: { pid: 1, host: 'host.example' },
      binding: watched(binding, (sql) => said.push(sql)),
    })
    const objects = Array.from({ length: 34 }, () => anObject())
    for (const object of objects) await keep(store, [object])
    const added = (await all(store.versions({}))).map(({ addedAt }) => addedAt)
    const commits = () => said.splice(0).filter((sql) => sql.startsWith('COMMIT')).length
    commits()
    expect(await store.prune({ all: true, dryRun: true })).toBe(34)
    expect(commits()).toBe(0)
    expect(await store.prune({ all: true, addedBefore: added[33] })).toBe(33)
    expect(commits()).toBe(2)
    expect((await all(store.versions({}))).map(({ item }) => item.id)).toEqual([objects[33]?.id])
    expect((await store.verify()).problems).toEqual([])
    expect(await store.prune({ all: true })).toBe(1)
    expect(commits()).toBe(1)
  })
})
