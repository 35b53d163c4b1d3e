import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { connect, type Connection } from '../../../src/store/sqlite/binding.ts'
import { newSnapshots } from '../../../src/store/sqlite/snapshots.ts'
import { bindings } from '../../support/bindings.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()

describe.each(bindings.map((binding) => [binding.name, binding] as const))('snapshots over %s', (name, binding) => {
  const file = path.join(folder, `${name.replace(':', '-')}.db`)
  const writer = connect(binding, file)
  writer.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)')
  const numberIn = (connection: Connection) => connection.get('SELECT max(n) AS n FROM t')?.['n']

  function opened() {
    const connections: Connection[] = []
    const snapshots = newSnapshots(() => {
      const connection = connect(binding, file)
      connections.push(connection)
      return Promise.resolve(connection)
    })
    return { connections, snapshots }
  }

  /** Work that lasts until it is told to end. */
  function lasting() {
    let end: () => void = () => undefined
    const ended = new Promise<void>((resolve) => (end = resolve))
    return { work: () => ended, end: () => end() }
  }

  it('sees one moment until it is done, and the next one in the next', async () => {
    const { snapshots, connections } = opened()
    const numbers = await snapshots.run((connection) => {
      const before = numberIn(connection)
      writer.run('INSERT INTO t SELECT max(n) + 1 FROM t')
      return Promise.resolve([before, numberIn(connection)])
    })
    expect(numbers[0]).toBe(numbers[1])
    expect(await snapshots.run((connection) => Promise.resolve(numberIn(connection)))).toBe((numbers[0] as number) + 1)
    expect(connections).toHaveLength(1)
    await snapshots.close()
  })

  it('lets four read at once, and the fifth when one of them is done, over its connection', async () => {
    const { snapshots, connections } = opened()
    const four = [lasting(), lasting(), lasting(), lasting()]
    const reading = four.map(({ work }) => snapshots.run(work))
    let began = 0
    const fifth = snapshots.run(() => Promise.resolve(began++))
    const sixth = snapshots.run(() => Promise.resolve(began++))
    await new Promise((resolve) => setImmediate(resolve))
    expect([connections.length, began]).toEqual([4, 0])
    four[0]?.end()
    expect(await Promise.all([fifth, sixth])).toEqual([0, 1])
    for (const { end } of four) end()
    await Promise.all(reading)
    await Promise.all([1, 2, 3, 4].map(() => snapshots.run(() => Promise.resolve())))
    expect(connections).toHaveLength(4)
    await snapshots.close()
  })

  it('takes no turn away when work fails, and reads on over another connection when one cannot end what it read', async () => {
    const { snapshots, connections } = opened()
    for (let turn = 0; turn < 6; turn++) {
      await expect(snapshots.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    }
    expect(connections).toHaveLength(1)
    await snapshots.run((connection) => Promise.resolve(connection.close()))
    expect(await snapshots.run((connection) => Promise.resolve(numberIn(connection)))).toBeGreaterThan(0)
    expect(connections).toHaveLength(2)
    await snapshots.close()
  })

  it('closes when everyone has read to the end', async () => {
    const { snapshots, connections } = opened()
    const last = lasting()
    const reading = snapshots.run(last.work)
    let isClosed = false
    const closing = snapshots.close().then(() => (isClosed = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(isClosed).toBe(false)
    last.end()
    await Promise.all([reading, closing])
    expect(() => numberIn(connections[0] as Connection)).toThrow()
  })
})
