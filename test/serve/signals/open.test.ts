import { describe, expect, it } from 'vitest'
import { openSignals } from '../../../src/serve/signals/open.ts'
import type { SignalPayloads } from '../../../src/serve/signals.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { aLog } from './a-log.ts'

const collection = {
  id: 'c',
  apiRootId: 'r',
  title: 'C',
  isPublic: false,
  isPublicWrite: false,
  isWritable: true,
}
const deleted = (id: string): SignalPayloads['OBJECT_DELETED'] => ({ collection, id, versions: 1 })
const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function signals(more: { timeoutMs?: number; queueSize?: number; queueBytes?: number } = {}) {
  const clock = fakeClock({ autoAdvance: false })
  const log = aLog()
  return { clock, log, ...openedWith(openSignals({ clock, log, ...more })) }
}
const openedWith = (opened: ReturnType<typeof openSignals>) => ({ opened })

describe('signals', () => {
  it('tells every listener of a signal, in the order things happened, and no other', async () => {
    const { opened } = signals()
    const told: string[] = []
    opened.on('OBJECT_DELETED', ({ id }) => told.push(`a ${id}`))
    opened.on('OBJECT_DELETED', async ({ id }) => told.push(`b ${id}`))
    opened.on('JOB_FINISHED', () => told.push('never'))
    for (const id of ['1', '2']) opened.emit('OBJECT_DELETED', deleted(id))
    await turns()
    expect(told.toSorted()).toEqual(['a 1', 'a 2', 'b 1', 'b 2'])
    expect(told.filter((one) => one.startsWith('b'))).toEqual(['b 1', 'b 2'])
    expect(opened.counts()).toEqual({ told: 4, waiting: 0, dropped: 0, failed: 0 })
  })

  it('E7: never calls a listener while the request is at it', async () => {
    const { opened } = signals()
    let isTold = false
    opened.on('OBJECT_DELETED', () => {
      isTold = true
    })
    opened.emit('OBJECT_DELETED', deleted('1'))
    await Promise.resolve()
    expect(isTold).toBe(false)
    await turns()
    expect(isTold).toBe(true)
  })

  it('E7: a listener that throws, at once or later, fails alone and is told the next thing', async () => {
    const { opened, log } = signals()
    const told: string[] = []
    opened.on('OBJECT_DELETED', ({ id }) => {
      told.push(id)
      throw new Error('at\u0000once')
    })
    opened.on('OBJECT_DELETED', async () => Promise.reject(new Error('later')))
    opened.on('OBJECT_DELETED', ({ id }) => told.push(`good ${id}`))
    for (const id of ['1', '2']) expect(() => opened.emit('OBJECT_DELETED', deleted(id))).not.toThrow()
    await turns()
    expect(told.toSorted()).toEqual(['1', '2', 'good 1', 'good 2'])
    expect(opened.counts()).toMatchObject({ told: 2, failed: 4 })
    expect(log.lines.map(({ event }) => event)).toEqual(Array(4).fill('signal.failed'))
    expect(JSON.stringify(log.lines)).not.toContain('\\u0000')
  })

  it('E7: a listener that hangs is left alone after its time, and the next thing is told', async () => {
    const { opened, clock, log } = signals({ timeoutMs: 1000 })
    const told: string[] = []
    opened.on('OBJECT_DELETED', ({ id }) => {
      told.push(id)
      return new Promise(() => {})
    })
    for (const id of ['1', '2']) opened.emit('OBJECT_DELETED', deleted(id))
    await turns()
    expect(told).toEqual(['1'])
    await clock.advance(1000)
    await turns()
    expect(told).toEqual(['1', '2'])
    expect(log.lines[0]).toMatchObject({ event: 'signal.late', signal: 'OBJECT_DELETED', timeoutMs: 1000 })
  })

  it('E7: a slow listener holds up no other, and what waits for it is bounded, dropped, counted and told', async () => {
    const { opened, log } = signals({ queueSize: 3 })
    const told: string[] = []
    opened.on('OBJECT_DELETED', () => new Promise(() => {}))
    opened.on('OBJECT_DELETED', ({ id }) => told.push(id))
    for (let number = 0; number < 3; number++) opened.emit('OBJECT_DELETED', deleted(String(number)))
    await turns()
    for (let number = 3; number < 6; number++) opened.emit('OBJECT_DELETED', deleted(String(number)))
    await turns()
    expect(told).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(opened.counts()).toEqual({ told: 6, waiting: 4, dropped: 2, failed: 0 })
    expect(log.lines.filter(({ event }) => event === 'signal.dropped')).toHaveLength(1)
  })

  it('E7: contents that wait are bounded by their bytes', async () => {
    const { opened } = signals({ queueBytes: 100 })
    opened.on('CONTENT_BLOCK_CREATED', () => new Promise(() => {}))
    const block = { id: 'b', timestampLabel: '', contentBinding: 'x', content: Buffer.alloc(60) }
    for (let number = 0; number < 4; number++) opened.emit('CONTENT_BLOCK_CREATED', { block, collections: [] })
    expect(opened.counts()).toMatchObject({ waiting: 2, dropped: 3 })
  })

  it('closing stops telling and counts what was dropped', async () => {
    const { opened } = signals()
    const told: string[] = []
    opened.on('OBJECT_DELETED', ({ id }) => told.push(id))
    for (const id of ['1', '2']) opened.emit('OBJECT_DELETED', deleted(id))
    await opened[Symbol.asyncDispose]()
    opened.emit('OBJECT_DELETED', deleted('3'))
    await turns()
    expect(told).toEqual([])
    expect(opened.counts()).toMatchObject({ told: 0, dropped: 3 })
  })

  it('says whether everything was told', async () => {
    const { opened } = signals()
    const still = openSignals({ clock: fakeClock(), log: aLog() })
    still.on('OBJECT_DELETED', () => new Promise(() => {}))
    still.emit('OBJECT_DELETED', deleted('1'))
    expect(await still.settled(50)).toBe(false)
    expect(await opened.settled(50)).toBe(true)
  })
})
