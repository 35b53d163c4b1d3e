import { describe, expect, it } from 'vitest'
import { connect, SqlError, type SqlValue } from '../../../src/store/sqlite/binding.ts'
import { bindings } from '../../support/bindings.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
let files = 0

describe.each(bindings.map((binding) => [binding.name, binding] as const))('binding %s', (name, binding) => {
  const open = () => connect(binding, `${folder}/${name.replace(':', '-')}-${++files}.db`)

  it('L3 is done with a connection that will not close: what was committed stays', () => {
    const file = `${folder}/${name.replace(':', '-')}-unclosed-${++files}.db`
    const failing = {
      ...binding,
      open: (at: string) => {
        const raw = binding.open(at)
        const close = (): never => {
          raw.close()
          throw Object.assign(new Error('disk I/O error'), { rawCode: 1034, errcode: 1034 })
        }
        return { exec: (sql: string) => raw.exec(sql), prepare: (sql: string) => raw.prepare(sql), close }
      },
    }
    const connection = connect(failing, file)
    connection.exec('CREATE TABLE t (a ANY) STRICT; INSERT INTO t VALUES (1)')
    expect(() => connection.close()).not.toThrow()
    expect(connect(binding, file).get('SELECT a FROM t')).toEqual({ a: 1 })
  })

  it('refuses what SQLite cannot hold as it is, before it is bound', () => {
    const connection = open()
    connection.exec('CREATE TABLE t (a ANY) STRICT')
    const refused = [
      true,
      undefined,
      NaN,
      Infinity,
      2 ** 53,
      -(2 ** 53),
      9007199254740993n,
      {},
      new Uint8Array(1),
      new Date(),
    ]
    for (const value of refused) {
      expect(() => connection.run('INSERT INTO t VALUES (?)', [value as SqlValue])).toThrow(TypeError)
    }
    expect(connection.get('SELECT count(*) AS rows FROM t')).toEqual({ rows: 0 })
    connection.close()
  })

  it('gives back what was bound: text, integers, fractions, null, Buffers', () => {
    const connection = open()
    connection.exec('CREATE TABLE t (n INTEGER PRIMARY KEY, a ANY, i INTEGER) STRICT')
    const values = ['', "o'brien \u{1f352}", 1.5, null, Buffer.alloc(0), Buffer.from([0, 255, 128])]
    for (const value of values) connection.run('INSERT INTO t (a, i) VALUES (?, ?)', [value, Number.MAX_SAFE_INTEGER])
    expect(connection.all('SELECT a FROM t ORDER BY n').map((row) => row['a'])).toEqual(values)
    expect(connection.get('SELECT a, i FROM t WHERE n = ?', [6])).toEqual({ a: values[5], i: Number.MAX_SAFE_INTEGER })
    expect(Buffer.isBuffer(connection.get('SELECT a FROM t WHERE n = ?', [6])?.['a'])).toBe(true)
    expect(Buffer.isBuffer(connection.all('SELECT a FROM t WHERE n = 6')[0]?.['a'])).toBe(true)
    expect(connection.get('SELECT a FROM t WHERE a = ?', [Buffer.from([0, 255, 128])])).toBeDefined()
    expect(connection.get('SELECT 1 AS one WHERE ? IS NULL', [null])).toEqual({ one: 1 })
    expect(connection.get('SELECT a FROM t WHERE n = 99')).toBeUndefined()
    connection.close()
  })

  it('gives errors SQLite’s own number', () => {
    const connection = open()
    connection.exec('CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT; INSERT INTO t VALUES (1)')
    const numberOf = (work: () => unknown): number => {
      try {
        work()
      } catch (error) {
        return error instanceof SqlError ? error.number & 0xff : -1
      }
      return 0
    }
    expect(numberOf(() => connection.exec('nonsense'))).toBe(1)
    expect(numberOf(() => connection.get('SELECT * FROM nowhere'))).toBe(1)
    expect(numberOf(() => connection.run('INSERT INTO t VALUES (?)', [1]))).toBe(19)
    expect(numberOf(() => connect(binding, `${folder}/no/such/folder.db`))).toBe(14)
    connection.close()
  })
})
