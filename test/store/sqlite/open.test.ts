import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import type { Notice } from '../../../src/core/notice.ts'
import { openStore } from '../../../src/store/registry.ts'
import { connect } from '../../../src/store/sqlite/binding.ts'
import { openDatabase } from '../../../src/store/sqlite/database.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import { migrate, schemaVersion } from '../../../src/store/sqlite/migrate.ts'
import { migrations } from '../../../src/store/sqlite/schema.ts'
import { acme, all, indicators, keep, others } from '../../contracts/a-store.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { anObject } from '../../support/items.ts'
import { backToSchema2 } from '../../support/older-schema.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
let files = 0
const newFile = () => path.join(folder, `${++files}`, 'store.db')
const dependencies = { clock: fakeClock(), identity: { pid: 1, host: 'host.example' } }

describe('openStore', () => {
  it('takes sqlite:PATH and a plain path for the same store', async () => {
    const file = newFile()
    await using one = await openStore(`sqlite:${file}`, dependencies)
    await keep(one, [anObject()])
    await using two = await openStore(file, dependencies)
    expect(await all(two.versions({}))).toHaveLength(1)
    expect(two.url).toBe(`sqlite:${file}`)
  })

  it.each(['mysql://ann:secret@db.example/x', 'mysql:x', 'http://x.example/'])(
    'refuses %s, without its password, and names what there is',
    async (url) => {
      const refusal = (await openStore(url, dependencies).catch((error: unknown) => error)) as Error
      expect(refusal).toMatchObject({ code: 'STORE_URL_UNKNOWN', kind: 'usage' })
      expect(refusal).toMatchObject({ hint: expect.stringContaining('postgres://USER@HOST/DATABASE') as string })
      expect(refusal.message).not.toContain('secret')
    },
  )

  it.each(['postgres', 'postgresql'])('refuses a password in a URL of %s, and does not show it', async (scheme) => {
    const url = `${scheme}://ann:secret@db.example/x`
    const refusal = (await openStore(url, dependencies).catch((error: unknown) => error)) as Error
    expect(refusal).toMatchObject({ code: 'STORE_URL_PASSWORD', kind: 'usage' })
    expect(JSON.stringify(refusal) + refusal.message).not.toContain('secret')
  })
})

describe.each(bindings.map((binding) => [binding.name, binding] as const))('opening over %s', (_name, binding) => {
  const open = (file: string) => openSqliteStore(file, { ...dependencies, binding })

  it('makes files 0600 and folders 0700, the copy and the locks too', async () => {
    const file = newFile()
    await using store = await open(file)
    await keep(store, [anObject()])
    const lock = await store.lockSource(acme, { timeoutMs: 0 })
    await store.backup(`${file}.copy`)
    const modeOf = async (name: string) => ((await stat(name)).mode & 0o777).toString(8)
    expect(await modeOf(path.dirname(file))).toBe('700')
    for (const name of [file, `${file}-wal`, `${file}-shm`, `${file}.copy`]) expect(await modeOf(name)).toBe('600')
    expect(await modeOf(`${file}.locks`)).toBe('700')
    await lock[Symbol.asyncDispose]()
  })

  it('a copy is a store of its own, and never overwrites a file', async () => {
    const file = newFile()
    await using store = await open(file)
    const objects = [anObject(), anObject()]
    await keep(store, objects)
    await store.backup(`${file}.copy`)
    await keep(store, [anObject()])
    await expect(store.backup(`${file}.copy`)).rejects.toMatchObject({ code: 'STORE_BACKUP_EXISTS', kind: 'conflict' })
    await expect(store.backup(path.join(folder, 'no', 'such'))).rejects.toMatchObject({ code: 'STORE_BACKUP_FAILED' })
    await using copy = await open(`${file}.copy`)
    expect((await all(copy.versions({}))).map(({ item }) => item)).toEqual(objects)
    expect((await copy.verify()).ok).toBe(true)
  })

  it('L13: a copy has its name only when it is whole, and leaves nothing else behind', async () => {
    const file = newFile()
    await using store = await open(file)
    await keep(
      store,
      Array.from({ length: 2000 }, () => anObject()),
    )
    const target = path.join(path.dirname(file), 'copy.db')
    const isThere = () => stat(target).then(Boolean, () => false)
    const seen = new Set<string>()
    let isOver = false
    const watching = (async () => {
      while (!isOver) {
        if (await isThere()) {
          await using early = await open(target)
          seen.add(`${(await all(early.versions({}))).length}`)
        }
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    await store.backup(target)
    isOver = true
    await watching
    expect([...seen].filter((count) => count !== '2000')).toEqual([])
    expect(await isThere()).toBe(true)
    expect((await readdir(path.dirname(file))).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  // Somebody else's rights can only be had by a whole process: not where tests run in threads, as for mutations.
  it.runIf(isMainThread)('L13: a copy goes into a folder that may be written and not read', async () => {
    await using store = await open(newFile())
    await keep(store, [anObject()])
    const closed = await mkdtemp(path.join(tmpdir(), 'stixtaxii-test-'))
    await chmod(closed, 0o333)
    // Root reads every folder; somebody else does not.
    const isRoot = process.getuid?.() === 0
    if (isRoot) process.seteuid?.(65_534)
    try {
      await store.backup(path.join(closed, 'copy.db'))
    } finally {
      if (isRoot) process.seteuid?.(0)
      await chmod(closed, 0o755)
    }
    expect(await readdir(closed)).toEqual(['copy.db'])
    await rm(closed, { recursive: true })
  })

  it('L10: a file that is no database, or only begins like one, is STORE_CORRUPT and left as it is', async () => {
    const file = newFile()
    await mkdir(path.dirname(file))
    const garbage = Buffer.from('SQLite format 3\0'.padEnd(5000, 'x'))
    for (const content of [garbage, Buffer.alloc(5000, 65)]) {
      await writeFile(file, content)
      await expect(open(file)).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        kind: 'local',
        hint: expect.stringContaining('store verify') as string,
      })
      expect((await readFile(file)).equals(content)).toBe(true)
    }
  })

  it('L10: another program’s database is refused and left as it is', async () => {
    const file = newFile()
    await mkdir(path.dirname(file))
    const other = connect(binding, file)
    other.exec('CREATE TABLE bookmarks (a); PRAGMA user_version = 1')
    other.close()
    await expect(open(file)).rejects.toMatchObject({ code: 'STORE_FOREIGN', kind: 'local' })
    const again = connect(binding, file)
    again.exec('PRAGMA user_version = 0')
    await expect(open(file)).rejects.toMatchObject({ code: 'STORE_FOREIGN' })
    expect(again.all('SELECT name FROM sqlite_schema').map((row) => row['name'])).toEqual(['bookmarks'])
    again.close()
  })

  it('L10: a store of a newer release is refused and left as it is', async () => {
    const file = newFile()
    await (await open(file))[Symbol.asyncDispose]()
    const connection = connect(binding, file)
    connection.exec(`PRAGMA user_version = ${migrations.length + 1}`)
    await expect(open(file)).rejects.toMatchObject({
      code: 'STORE_NEWER',
      kind: 'local',
      context: { known: migrations.length },
    })
    expect(schemaVersion(connection)).toBe(migrations.length + 1)
    connection.close()
  })

  it('L10: a newer release that upgrades a store which is open has its next transaction refused', async () => {
    const file = newFile()
    await using store = await open(file)
    await keep(store, [anObject()])
    const connection = connect(binding, file)
    connection.exec(`PRAGMA user_version = ${migrations.length + 1}`)
    connection.close()
    await expect(keep(store, [anObject()])).rejects.toMatchObject({ code: 'STORE_NEWER', kind: 'local' })
    expect(await all(store.versions({}))).toHaveLength(1)
  })

  it('L10: a program of before schema 4 cannot write on into a store that was upgraded while it had it open', async () => {
    const file = newFile()
    await using store = await open(file)
    const object = anObject()
    await keep(store, [object])
    const older = connect(binding, file)
    for (const sql of [
      "INSERT INTO segment (collection, first, items, types, data) VALUES (1, 9e15, 1, '', x'')",
      "UPDATE segment SET items = 0, types = '', data = x''",
      'DELETE FROM segment',
    ]) {
      expect(() => older.run(sql)).toThrow('a newer stixtaxii has upgraded it')
    }
    older.close()
    expect((await store.verify()).ok).toBe(true)
    // One that knows them does all three.
    await keep(store, [anObject()])
    await keep(store, [anObject()], { key: others })
    expect(await store.removeVersions(indicators, { id: object.id })).toBe(1)
    expect((await store.verify()).ok).toBe(true)
  })

  it('L10: a migration is one transaction, after a copy', async () => {
    const file = newFile()
    {
      await using store = await open(file)
      await keep(store, [anObject()])
    }
    const database = await openDatabase(file, binding, dependencies.clock)
    const broken = [...migrations, 'CREATE TABLE half (a); nonsense']
    await expect(migrate(database, broken, dependencies)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(schemaVersion(database.reader)).toBe(migrations.length)
    expect(database.reader.get(`SELECT 1 FROM sqlite_schema WHERE name = 'half'`)).toBeUndefined()

    await dependencies.clock.advance(5000)
    // A program that was killed in the middle of its copy, in the same second, is in nobody's way.
    const stamp = dependencies.clock
      .now()
      .toISOString()
      .replaceAll(/[-:]|\.\d+/g, '')
    const left = `${file}.schema-${migrations.length}-${stamp}`
    await writeFile(left, 'half')
    await migrate(database, [...migrations, 'CREATE TABLE whole (a)'], dependencies)
    expect(schemaVersion(database.reader)).toBe(migrations.length + 1)
    await database.close()
    expect(await readFile(left, 'utf8')).toBe('half')
    await using copy = await open(`${left}-2`)
    expect(await all(copy.versions({}))).toHaveLength(1)
  })

  it('L10: programs of a new release that start at once bring the store to it, and none fails', async () => {
    const file = newFile()
    const objects = Array.from({ length: 500 }, () => anObject({ filler: 'x'.repeat(500) }))
    {
      await using store = await open(file)
      await keep(store, objects)
    }
    backToSchema2(binding, file)
    const clock = {
      now: () => new Date(),
      monotonicMs: () => performance.now(),
      sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    }
    const stores = await Promise.all([1, 2].map(() => openSqliteStore(file, { ...dependencies, clock, binding })))
    for (const store of stores) {
      expect(await all(store.versions({}))).toHaveLength(500)
      await store[Symbol.asyncDispose]()
    }
    const copies = (await readdir(path.dirname(file))).filter((name) => /\.schema-2-[0-9TZ]+$/.test(name))
    expect(copies).toHaveLength(1)
    for (const copy of copies) {
      const connection = connect(binding, path.join(path.dirname(file), copy))
      expect(schemaVersion(connection)).toBe(2)
      expect(connection.get('SELECT count(*) AS versions FROM version')).toEqual({ versions: 500 })
      connection.close()
    }
  })

  it('L10: who meets another that is bringing the store to a new release is told so, waits, and goes on', async () => {
    const file = newFile()
    {
      await using store = await open(file)
      await keep(store, [anObject()])
    }
    backToSchema2(binding, file)
    const other = connect(binding, file)
    other.exec('BEGIN IMMEDIATE')
    const told: string[] = []
    const notices = ({ code }: Notice): void => {
      told.push(code)
      if (code === 'STORE_UPGRADE_AWAITED' && told.length === 3) other.exec('ROLLBACK')
    }
    await using store = await openSqliteStore(file, { ...dependencies, binding, notices })
    expect(told).toEqual([...Array<string>(3).fill('STORE_UPGRADE_AWAITED'), 'STORE_UPGRADED'])
    expect(await all(store.versions({}))).toHaveLength(1)
    other.close()
  })

  it('L10: an upgrade by another that does not end is a conflict that says what is waited for', async () => {
    const file = newFile()
    await (await open(file))[Symbol.asyncDispose]()
    backToSchema2(binding, file)
    const other = connect(binding, file)
    other.exec('BEGIN IMMEDIATE')
    const opened = openSqliteStore(file, { ...dependencies, binding })
    await expect(opened).rejects.toMatchObject({ code: 'STORE_UPGRADING', kind: 'conflict', context: { found: 2 } })
    other.exec('ROLLBACK')
    other.close()
  })

  it('says what is wrong when it may not write there', async () => {
    const blocker = newFile()
    await mkdir(path.dirname(blocker))
    await writeFile(blocker, '')
    await expect(open(path.join(blocker, 'store.db'))).rejects.toMatchObject({
      code: 'STORE_UNREADABLE',
      kind: 'local',
    })
    await expect(open(path.dirname(blocker))).rejects.toMatchObject({ code: 'STORE_UNREADABLE', kind: 'local' })
    if (process.getuid?.() === 0) return
    await chmod(path.dirname(blocker), 0o500)
    await expect(open(path.join(path.dirname(blocker), 'new.db'))).rejects.toMatchObject({ code: 'STORE_UNREADABLE' })
  })
})
