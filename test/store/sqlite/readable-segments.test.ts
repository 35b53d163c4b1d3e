import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { connect, type Connection } from '../../../src/store/sqlite/binding.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import { readableSegments } from '../../../src/store/sqlite/readable-segments.ts'
import { all, keep } from '../../contracts/a-store.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { anObject } from '../../support/items.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()

describe.each(bindings.map((binding) => [binding.name, binding] as const))(
  'what can be read of a damaged store over %s',
  (name, binding) => {
    const open = (file: string) =>
      openSqliteStore(file, { clock: fakeClock(), identity: { pid: 1, host: 'host.example' }, binding })

    const tableOf = (file: string): readonly unknown[] => {
      const connection = connect(binding, file)
      try {
        return connection.all('SELECT number FROM segment NOT INDEXED').map(({ number }) => number)
      } catch {
        return []
      } finally {
        connection.close()
      }
    }

    it('L10: segments behind one whose number is damaged are found by the index, and what is lost is told', async () => {
      const file = path.join(folder, `${name.replace(':', '-')}.db`)
      const objects = Array.from({ length: 12 }, (_, n) => anObject({ n, filler: 'x'.repeat(200) }))
      {
        await using store = await open(file)
        for (const object of objects) await keep(store, [object])
      }
      const bytes = await readFile(file)
      const wanted = tableOf(file).map((number) => (number === 3 ? 99 : number))
      let isDamaged = false
      for (let at = 4096; at < bytes.length && !isDamaged; at++) {
        if (bytes[at] !== 3) continue
        bytes[at] = 99
        await writeFile(file, bytes)
        isDamaged = JSON.stringify(tableOf(file)) === JSON.stringify(wanted)
        if (!isDamaged) bytes[at] = 3
      }
      expect(isDamaged).toBe(true)
      await using store = await open(file)
      const damaged: string[] = []
      const found = await all(store.versions({ onDamaged: (what) => damaged.push(what) }))
      expect(found.length).toBeGreaterThan(objects.length / 2)
      expect(found.length + damaged.length).toBeGreaterThanOrEqual(objects.length)
    })

    it('L10: a table that leads in a circle is read once', async () => {
      const told: string[] = []
      const circle: Connection = {
        exec: () => undefined,
        run: () => 0,
        get: (sql) => (sql.includes('ORDER BY') ? { number: 7, place: 7 } : undefined),
        all: () => [],
        close: () => undefined,
      }
      expect(await all(readableSegments(circle, 1, (what) => told.push(what)))).toEqual([])
      expect(told.join('\n')).toContain('stands behind')
    })
  },
)
