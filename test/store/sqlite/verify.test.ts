import { deflateSync } from 'node:zlib'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { versionOf } from '../../../src/store/compare.ts'
import { connect, type SqlValue } from '../../../src/store/sqlite/binding.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import type { Store } from '../../../src/store/store.ts'
import { keep } from '../../contracts/a-store.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { aBlock, anObject, somethingDamaged } from '../../support/items.ts'
import { anIndicatorSaying, loadSaid, saying } from '../../support/said.ts'
import { storeDamages } from '../../support/store-damages.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()

describe.each(bindings.map((binding) => [binding.name, binding] as const))('verify over %s', (name, binding) => {
  let files = 0
  const newFile = () => path.join(folder, `${name.replace(':', '-')}-${++files}.db`)
  const open = (file: string): Promise<Store> =>
    openSqliteStore(file, {
      clock: fakeClock(),
      identity: { pid: 1, host: 'host.example' },
      binding,
      loadReader: loadSaid,
    })

  /** A store with some of everything, in two segments; answers how problems are shortened. */
  async function filled(file: string): Promise<(problem: string) => string> {
    await using store = await open(file)
    const object = anIndicatorSaying({ confidence: 55 })
    const clash = anObject({ id: object.id, name: 'other' })
    const revoked = anObject({ id: object.id, revoked: true, modified: '2026-02-01T00:00:00.000Z' })
    const relations = [{ from: object.id, type: 'indicates', to: 'malware--m' }]
    const malware = saying({ relations, named: [{ id: 'malware--m', type: 'malware', name: 'Zeus' }] })
    const block = aBlock()
    const move = { stamp: '2026-01-03T00:00:00Z', run: null }
    await keep(store, [object, revoked, malware, clash], { damaged: [somethingDamaged()], move })
    await keep(store, [block], { move })
    const expiresAt = '2030-01-01T00:00:00Z'
    await store.records.write([{ kind: 'job', id: 'j', owner: 'a', expiresAt, body: [1] }])
    expect((await store.verify()).problems).toEqual([])
    const names = [
      [object.id, 'A'],
      [malware.id, 'B'],
      [block.id, 'X'],
      [versionOf(block), 'VERSION'],
      [file, 'FILE'],
    ] as const
    return (problem) => names.reduce((text, [long, short]) => text.replaceAll(long, short), problem)
  }

  async function problemsAfter(
    file: string,
    sql: string,
    values: readonly SqlValue[] = [],
  ): Promise<readonly string[]> {
    const connection = connect(binding, file)
    if (values.length > 0) connection.run(sql, [...values])
    else connection.exec(sql)
    connection.close()
    await using store = await open(file)
    const { ok, problems } = await store.verify()
    expect(ok).toBe(problems.length === 0)
    return problems
  }

  it.each(storeDamages)('L10: verify finds %s', async (_what, sql, wanted) => {
    const file = newFile()
    const shortened = await filled(file)
    expect((await problemsAfter(file, sql)).map(shortened)).toEqual(wanted)
  })

  it.each([
    ['ends inside a record', '[3,0,"indicator--1"', 'it ends inside a record'],
    ['ends inside an item', '[9,0,"block--1",null,"b"]\n<x/>', 'it ends inside an item'],
    ['has an item of no length', '["x",0,"block--1",null,"b"]\n<x/>', 'it ends inside an item'],
  ])('L10: verify names a segment that %s, and reads those behind it', async (_what, text, why) => {
    const file = newFile()
    const shortened = await filled(file)
    const problems = await problemsAfter(file, 'UPDATE segment SET data = ? WHERE number = 1', [
      deflateSync(Buffer.from(text)),
    ])
    expect(problems.map(shortened).slice(0, 2)).toEqual([
      `acme c1, segment 1767323045000000: SQLite: a segment cannot be read (${why})`,
      'acme c1: versions with bytes: 1, not 4',
    ])
  })

  it.each([1, 2])('L10: verify finds a segment that begins %i into another of three', async (into) => {
    const file = newFile()
    await filled(file)
    const again = `SELECT collection, first + ${into}, items, types, data FROM segment WHERE number = 1`
    const sql = `DROP TRIGGER standing_first; INSERT INTO segment (collection, first, items, types, data) ${again}`
    expect((await problemsAfter(file, sql))[0]).toBe(
      `acme c1, segment ${1767323045000000 + into}: overlaps the one before`,
    )
  })

  it('L10: verify finds a segment that has nothing in it, and reads those behind it', async () => {
    const file = newFile()
    await filled(file)
    const nothing = deflateSync(Buffer.alloc(0))
    const problems = await problemsAfter(file, 'UPDATE segment SET data = ? WHERE number = 1', [nothing])
    expect(problems[0]).toBe('acme c1, segment 1767323045000000: 0 items, not 3')
    expect(problems).toContain('acme c1: versions with bytes: 1, not 4')
  })

  it('L10: verify finds what many statements have in common altered', async () => {
    const file = newFile()
    const said = Array.from({ length: 3 }, (_, n) =>
      anIndicatorSaying({ about: [{ kind: 'domain', value: `d${n}.example` }], labels: ['malware'] }),
    )
    {
      await using store = await open(file)
      await keep(store, said)
    }
    const problems = await problemsAfter(file, `UPDATE trait SET body = CAST(replace(body, 'malware', 'x') AS BLOB)`)
    // The first one came when nobody knew that others would say the same.
    expect(problems).toEqual(
      said.slice(1).map(({ id }) => `acme c1: ${id} has other statements in the index than it makes`),
    )
  })

  it('L10: verify reads every entry of quarantine and every conflict, however many there are', async () => {
    const file = newFile()
    {
      await using store = await open(file)
      const objects = Array.from({ length: 201 }, () => anObject())
      const clashes = objects.map(({ id }) => anObject({ id, name: 'other' }))
      await keep(store, [...objects, ...clashes], { damaged: objects.map(() => somethingDamaged()) })
    }
    const altered = (table: string, column: string) =>
      `UPDATE ${table} SET ${column} = CAST('x' AS BLOB) WHERE number IN (1, 100, 101, 200, 201)`
    expect(await problemsAfter(file, `${altered('quarantine', 'raw')}; ${altered('conflict', 'kept')}`)).toEqual([
      ...[1, 100, 101, 200, 201].map((number) => `acme c1: quarantine entry ${number} was altered`),
      ...[1, 100, 101, 200, 201].map((number) => `acme c1: conflict ${number} was altered`),
    ])
  })

  it('L10: verify names no more than a thousand problems', async () => {
    const file = newFile()
    {
      await using store = await open(file)
      await keep(
        store,
        Array.from({ length: 1001 }, () => anObject()),
      )
    }
    expect(await problemsAfter(file, 'UPDATE version SET digest = zeroblob(16)')).toHaveLength(1000)
  })
})
