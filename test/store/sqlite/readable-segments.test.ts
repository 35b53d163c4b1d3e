import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { connect, type Connection } from '../../../src/store/sqlite/binding.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import { readableSegments } from '../../../src/store/sqlite/readable-segments.ts'
import type { VersionFilter } from '../../../src/store/store.ts'
import { all, keep } from '../../contracts/a-store.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { aBlock, anObject } from '../../support/items.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()

describe.each(bindings.map((binding) => [binding.name, binding] as const))(
  'what can be read of a damaged store over %s',
  (name, binding) => {
    const open = (file: string) =>
      openSqliteStore(file, { clock: fakeClock(), identity: { pid: 1, host: 'host.example' }, binding })

    let stores = 0
    const newFile = (what: string) => path.join(folder, `${name.replace(':', '-')}-${++stores}-${what}.db`)

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
      const file = newFile('numbered')
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

    /** Where the root of a table or index lies in the file. */
    const rootOf = (file: string, what: string): number => {
      const connection = connect(binding, file)
      const row = connection.get('SELECT rootpage FROM sqlite_schema WHERE name = ?', [what])
      connection.close()
      return ((row?.['rootpage'] as number) - 1) * 4096
    }

    /** The leaves of the table of segments: where each lies, and the numbers of the segments in it. */
    const leavesOf = (file: string, bytes: Buffer) => {
      const root = rootOf(file, 'segment')
      expect(bytes[root]).toBe(5)
      const numbers = tableOf(file) as readonly number[]
      const cells = Array.from({ length: bytes.readUInt16BE(root + 3) }, (_, n) =>
        bytes.readUInt16BE(root + 12 + n * 2),
      )
      // Behind the child's page stands its last key, below 128 in one byte.
      const found = cells.map((cell) => [bytes.readUInt32BE(root + cell), bytes[root + cell + 4] as number] as const)
      return [...found, [bytes.readUInt32BE(root + 8), Infinity] as const].map(([page, last], n) => ({
        at: (page - 1) * 4096,
        numbers: numbers.filter((number) => number <= last && number > (found[n - 1]?.[1] ?? 0)),
      }))
    }

    /** A store of thirty segments of an object each, over three pages or so, with `change` done to it by SQL. */
    async function thirty(change = ''): Promise<{ readonly file: string; readonly ids: readonly string[] }> {
      const file = newFile('thirty')
      const objects = Array.from({ length: 30 }, (_, n) => anObject({ n, filler: randomBytes(150).toString('base64') }))
      {
        await using store = await open(file)
        for (const object of objects) await keep(store, [object])
      }
      const connection = connect(binding, file)
      connection.exec(`DROP TRIGGER standing_kept; DROP TRIGGER standing_left; ${change};
        PRAGMA wal_checkpoint(TRUNCATE)`)
      connection.close()
      return { file, ids: objects.map(({ id }) => id) }
    }

    async function readable(file: string, places: readonly number[]) {
      const bytes = await readFile(file)
      for (const at of places) bytes[at] = 0
      await writeFile(file, bytes)
      await using store = await open(file)
      const told: string[] = []
      const found = await all(store.versions({ onDamaged: (what) => told.push(what) }))
      return { found: found.map(({ item }) => item.id), told }
    }

    it('L10: of a table with a damaged page the index names what is lost, and all else is found', async () => {
      const { file, ids } = await thirty()
      const [, second] = leavesOf(file, await readFile(file))
      const lost = second?.numbers ?? []
      expect(lost.length).toBeGreaterThan(3)
      const { found, told } = await readable(file, [second?.at as number])
      expect(found).toEqual(ids.filter((_, n) => !lost.includes(n + 1)))
      expect(told[0]).toMatch(/^the table of segments: ./)
      expect(told.slice(1).map((text) => text.replace(/: .*/, ''))).toEqual(lost.map((number) => `segment ${number}`))
    })

    it('L10: what is lost is told in the order in which it was stored, wherever it was looked for', async () => {
      const { file } = await thirty(`UPDATE segment SET data = CAST('nothing' AS BLOB) WHERE number IN (1, 30)`)
      const [, second] = leavesOf(file, await readFile(file))
      const { told } = await readable(file, [second?.at as number])
      const lost = [1, ...(second?.numbers ?? []), 30]
      expect(told.slice(1).map((text) => text.replace(/: .*/, ''))).toEqual(lost.map((number) => `segment ${number}`))
    })

    it('L10: a damaged index hides nothing that the table has', async () => {
      const { file, ids } = await thirty()
      const { found, told } = await readable(file, [rootOf(file, 'segment_order')])
      expect(found).toEqual(ids)
      expect(told).toEqual([expect.stringMatching(/^the index of segments: ./)])
    })

    it('L10: with both damaged, segments are looked for by their numbers, over gaps of up to ten thousand', async () => {
      const { file, ids } = await thirty(`UPDATE segment SET number = number + 9900 WHERE number > 20;
        UPDATE segment SET number = number + 20000 WHERE number > 9925`)
      const leaves = leavesOf(file, await readFile(file))
      const first = leaves[0]
      const { found, told } = await readable(file, [first?.at as number, rootOf(file, 'segment_order')])
      expect(told.map((text) => text.replace(/:.*/, ''))).toEqual(['the table of segments', 'the index of segments'])
      expect(found).toEqual(ids.filter((_, n) => n < 25 && !first?.numbers.includes(n + 1)))
    })

    it('L10: a segment that the index names and the table has not is told', async () => {
      const { file, ids } = await thirty()
      const bytes = await readFile(file)
      const connection = connect(binding, file)
      connection.exec('DELETE FROM segment WHERE number IN (7, 8); PRAGMA wal_checkpoint(TRUNCATE)')
      connection.close()
      const { at } = leavesOf(file, bytes)[0] as { readonly at: number }
      // The table's page as it is now, with the index as it was before.
      const now = await readFile(file)
      now.copy(bytes, at, at, at + 4096)
      await writeFile(file, bytes)
      expect(await readable(file, [])).toEqual({
        found: ids.filter((_, n) => n !== 6 && n !== 7),
        told: ['segment 7: it is not where it should be', 'segment 8: it is not where it should be'],
      })
    })

    it('L10: of what can be read, what is asked for is shown: by id, kind and type, added after a moment', async () => {
      const file = newFile('asked')
      await using store = await open(file)
      const [one, two, block] = [anObject(), anObject({ type: 'malware' }), aBlock()]
      await keep(store, [one, two])
      await keep(store, [block, anObject({ id: one.id, modified: '2026-02-01T00:00:00.000Z' })])
      const shown = async (filter: VersionFilter) => {
        const found = await all(store.versions({ ...filter, onDamaged: () => undefined }))
        return found.map(({ item, superseded, vanished, source }) => {
          expect([superseded, vanished, source.name]).toEqual([false, false, 'acme'])
          return item.id
        })
      }
      const everything = await all(store.versions({}))
      const added = everything.map(({ addedAt }) => addedAt)
      expect(await shown({})).toEqual([one.id, two.id, block.id, one.id])
      expect((await all(store.versions({ onDamaged: () => undefined }))).map(({ addedAt }) => addedAt)).toEqual(added)
      expect(await shown({ addedAfter: added[1] })).toEqual([block.id, one.id])
      expect(await shown({ addedAfter: added[0], id: one.id })).toEqual([one.id])
      expect(await shown({ addedAfter: added[3] })).toEqual([])
      expect(await shown({ id: one.id })).toEqual([one.id, one.id])
      expect(await shown({ kind: 'block' })).toEqual([block.id])
      expect(await shown({ kind: 'object', type: 'malware' })).toEqual([two.id])
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
