import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import type { Store } from '../../../src/store/store.ts'
import { bindings } from '../../support/bindings.ts'
import { buildChild, startChild } from '../../support/child-program.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { loadSaid } from '../../support/said.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { all } from '../../contracts/a-store.ts'

const folder = await temporaryFolder()
let stores = 0
let program: string
beforeAll(async () => {
  program = await buildChild(path.resolve(import.meta.dirname, '../children/store-child.ts'))
})

const key = (collection: string) => ({ source: 'p-1', root: 'https://taxii.example/root/', collection })

describe.each(bindings.map((binding) => [binding.name, binding] as const))(
  'processes over %s',
  { timeout: 60_000 },
  (name, binding) => {
    const newFile = () => path.join(folder, `${name.replace(':', '-')}-${++stores}`, 'store.db')
    const open = (file: string): Promise<Store> =>
      openSqliteStore(file, {
        clock: fakeClock(),
        identity: { pid: process.pid, host: 'host.example' },
        binding,
        loadReader: loadSaid,
      })

    it('L1: killed at any instant it has lost nothing, doubled nothing, and the checkpoint is that of the data', async () => {
      const file = newFile()
      const wanted = 4000
      let reached = 0
      for (let kill = 0; reached < wanted && kill < 100; kill++) {
        const child = startChild(program, ['commit', file, name, 'c1', String(reached), String(wanted)])
        if (kill < 8) {
          await child.line()
          await pause(Math.random() * 40)
          child.process.kill('SIGKILL')
        }
        await child.ended
        await using store = await open(file)
        reached = Number((await store.checkpoint(key('c1')))?.stamp ?? 0)
        const ids = (await all(store.versions({}))).map(({ item }) => item.id)
        expect(ids).toHaveLength(reached)
        expect(new Set(ids).size).toBe(reached)
        expect(await all(store.knownValues())).toHaveLength(reached)
        expect((await store.verify()).problems).toEqual([])
      }
      expect(reached).toBe(wanted)
    })

    it('L10: a reindex that is killed loses nothing: who asks next finishes it', async () => {
      const file = newFile()
      const count = 4000
      await startChild(program, ['commit', file, name, 'c1', '0', String(count)]).ended
      for (let kill = 0; kill < 5; kill++) {
        const child = startChild(program, ['reindex', file, name])
        await child.line()
        await pause(Math.random() * 30)
        child.process.kill('SIGKILL')
        await child.ended
        await using store = await open(file)
        expect((await store.verify()).problems).toEqual([])
        const values = await all(store.knownValues())
        expect(values).toHaveLength(count)
        expect(values.every(({ statements }) => statements.length === 1)).toBe(true)
        expect((await store.verify()).problems).toEqual([])
      }
    })

    it('E4, E5: killed at any instant, a job says complete when its objects are there, and only then', async () => {
      const file = newFile()
      const kills = Number(process.env['STIXTAXII_TEST_KILLS'] ?? 8)
      let begun = 0
      for (let kill = 0; kill < kills; kill++) {
        const child = startChild(program, ['post', file, name, String(begun), '1000000'])
        await child.line()
        await pause(Math.random() * 60)
        child.process.kill('SIGKILL')
        await child.ended
        await using store = await open(file)
        const jobs = await store.records.list('job')
        const complete = jobs.flatMap(({ id, body }) =>
          (body as { status: string }).status === 'complete' ? [Number(id)] : [],
        )
        const numbers = (await all(store.versions({}))).map(({ item }) => parseInt(item.id.slice(-12), 16))
        const wanted = complete.flatMap((job) => Array.from({ length: 20 }, (_, n) => job * 20 + n))
        expect(numbers.toSorted((a, b) => a - b)).toEqual(wanted.toSorted((a, b) => a - b))
        expect(jobs.length - complete.length).toBeLessThanOrEqual(kill + 1)
        expect((await store.verify()).problems).toEqual([])
        begun = Math.max(...jobs.map(({ id }) => Number(id))) + 1
      }
      expect(begun).toBeGreaterThan(kills)
    })

    it('L7: no update of a record by two processes at once is lost', async () => {
      const file = newFile()
      const children = Array.from({ length: 3 }, () => startChild(program, ['count', file, name, 'hits', '60']))
      expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0])
      await using store = await open(file)
      expect(await store.records.get('counter', 'hits')).toMatchObject({ body: 180, revision: 180 })
    })

    it('L7: eight processes write at once and everything is there once', async () => {
      const file = newFile()
      const children = Array.from({ length: 8 }, (_, n) =>
        startChild(program, ['commit', file, name, n % 2 ? 'shared' : `own-${n}`, '0', '500']),
      )
      expect(await Promise.all(children.map(({ ended }) => ended))).toEqual(Array(8).fill(0))
      await using store = await open(file)
      const { collections } = await store.info()
      expect(collections.map(({ versions }) => versions)).toEqual([500, 500, 500, 500, 500])
      const runs = await store.runs()
      expect(runs.reduce((sum, run) => sum + run.new, 0)).toBe(2500)
      expect(runs.reduce((sum, run) => sum + run.unchanged, 0)).toBe(1500)
      expect((await store.verify()).problems).toEqual([])
    })

    it('L7: a second process waits for the lock, names the first, and takes over when that is killed', async () => {
      const file = newFile()
      const first = startChild(program, ['lock', file, name, '0'])
      expect(await first.line()).toMatch(/^locked/)
      const second = startChild(program, ['lock', file, name, '150'])
      expect(await second.line()).toBe(`STORE_SOURCE_LOCKED ${first.process.pid}`)
      second.process.stdin?.end()

      const third = startChild(program, ['lock', file, name, '60000'])
      await pause(300)
      const killedAt = Date.now()
      first.process.kill('SIGKILL')
      const lockedAt = Number((await third.line()).split(' ')[1])
      expect(lockedAt).toBeGreaterThanOrEqual(killedAt)
      expect(lockedAt - killedAt).toBeLessThan(1000)
      third.process.stdin?.end()
      await Promise.all([first.ended, second.ended, third.ended])
    })
  },
)
