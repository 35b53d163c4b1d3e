import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { SqlError, type Binding, type RawDatabase } from '../../../src/store/sqlite/binding.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import { storeFailure } from '../../../src/store/sqlite/failure.ts'
import type { Store } from '../../../src/store/store.ts'
import { all, aPage, aRun, indicators, keep } from '../../contracts/a-store.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { anObject, somethingDamaged } from '../../support/items.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
let files = 0
const newFile = () => path.join(folder, `${++files}`, 'store.db')
const openOver = (file: string, binding: Binding): Promise<Store> =>
  openSqliteStore(file, { clock: fakeClock(), identity: { pid: 1, host: 'host.example' }, binding })
const objects = (count: number) =>
  Array.from({ length: count }, () => anObject({ filler: Math.random().toString(36).repeat(30) }))

async function stateOf(store: Store): Promise<unknown> {
  return {
    ids: (await all(store.versions({}))).map(({ item, addedAt }) => [item.id, addedAt]),
    quarantined: (await all(store.quarantined())).length,
    conflicts: (await all(store.conflicts())).length,
    checkpoint: await store.checkpoint(indicators),
    runs: await store.runs(),
    collections: (await store.info()).collections,
  }
}

/** A binding whose database may not grow beyond a limit that can be lifted. */
function limited(binding: Binding): Binding & { limit(pages: number): void } {
  const open: RawDatabase[] = []
  return {
    name: binding.name,
    open(file) {
      const database = binding.open(file)
      open.push(database)
      return database
    },
    limit: (pages) => open.forEach((database) => database.exec(`PRAGMA max_page_count = ${pages}`)),
  }
}

/** A binding whose writes fail at one point as on a full disk, where SQLite may roll back by itself. */
function failing(binding: Binding): Binding & { failAt: number; writes: number } {
  const made = {
    name: binding.name,
    failAt: -1,
    writes: 0,
    open(file: string): RawDatabase {
      const database = binding.open(file)
      const guarded = <Result>(sql: string, work: () => Result): Result => {
        if (/^\s*(INSERT|UPDATE|DELETE|COMMIT)/.test(sql) && ++made.writes === made.failAt) {
          database.exec('ROLLBACK')
          throw Object.assign(new Error('database or disk is full'), { rawCode: 13 })
        }
        return work()
      }
      return {
        exec: (sql) => guarded(sql, () => database.exec(sql)),
        prepare(sql) {
          const statement = database.prepare(sql)
          return {
            run: (values) => guarded(sql, () => statement.run(values)),
            get: (values) => statement.get(values),
            all: (values) => statement.all(values),
          }
        },
        close: () => database.close(),
      }
    },
  }
  return made
}

describe.each(bindings.map((binding) => [binding.name, binding] as const))('failures over %s', (_name, binding) => {
  it('L3: a full disk ends as STORE_FULL, leaves everything as it was, and it works again when there is room', async () => {
    const small = limited(binding)
    await using store = await openOver(newFile(), small)
    await keep(store, objects(100), { move: { stamp: '2026-01-01T00:00:00Z', run: null } })
    const runId = await aRun(store)
    const before = await stateOf(store)
    small.limit(120)
    const many = objects(5000)
    const commit = keep(store, many, { runId, move: { stamp: '2026-02-01T00:00:00Z', run: null } })
    await expect(commit).rejects.toMatchObject({ code: 'STORE_FULL', kind: 'local' })
    expect(await stateOf(store)).toEqual(before)
    expect((await store.verify()).problems).toEqual([])
    small.limit(1_000_000)
    expect(await keep(store, many, { runId })).toMatchObject({ new: 5000 })
    expect((await store.verify()).problems).toEqual([])
  })

  it('L3: whichever write of a commit fails, nothing of it is kept, also when SQLite has rolled back by itself', async () => {
    const faulty = failing(binding)
    await using store = await openOver(newFile(), faulty)
    const known = anObject({ name: 'known' })
    await keep(store, [known, ...objects(30)])
    const runId = await aRun(store, indicators, { full: true })
    const other = anObject({ id: known.id, name: 'other' })
    const items = [other, ...objects(400)]
    const commit = () =>
      store.commit({
        key: indicators,
        runId,
        parts: [aPage(items.slice(0, 200), [somethingDamaged('{"n":1}')]), aPage(items.slice(200))],
        checkpoint: () => ({ stamp: '2026-02-01T00:00:00Z', run: null }),
      })
    const before = await stateOf(store)
    for (let failAt = 1; ; failAt++) {
      Object.assign(faulty, { failAt, writes: 0 })
      const outcome = await commit().catch((error: unknown) => error)
      if (!(outcome instanceof Error)) {
        expect(failAt).toBeGreaterThan(15)
        expect(outcome).toMatchObject({ new: 400, conflicts: 1, quarantined: 1 })
        break
      }
      expect(outcome).toMatchObject({ code: 'STORE_FULL' })
      expect(await stateOf(store)).toEqual(before)
    }
    expect((await store.verify()).problems).toEqual([])
  })

  it('L8: asking why a file does not open takes no lock away from who holds it', async () => {
    const file = newFile()
    await mkdir(path.dirname(file))
    const holder = binding.open(file)
    holder.exec('CREATE TABLE t (n); BEGIN EXCLUSIVE')
    expect(storeFailure(new SqlError(14, 'unable to open database file', undefined), file)).toMatchObject({
      code: 'STORE_UNREADABLE',
    })
    const other = `const Database = require('libsql'); const db = new Database(process.argv[1])
      try { db.exec('INSERT INTO t VALUES (1)'); console.log('written') } catch (error) { console.log(error.code) }`
    expect(execFileSync(process.execPath, ['-e', other, file], { encoding: 'utf8' }).trim()).toBe('SQLITE_BUSY')
    holder.close()
  })
})
