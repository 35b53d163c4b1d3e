import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { openHooks } from '../../../src/serve/signals/hooks.ts'
import { openSignals } from '../../../src/serve/signals/open.ts'
import { systemClock } from '../../../src/cli/process-host.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { aLog } from './a-log.ts'

const folder = await temporaryFolder()
let modules = 0

async function aModule(text: string, parameters: Readonly<Record<string, unknown>> = {}) {
  const at = join(folder, String(++modules))
  await mkdir(at)
  const file = join(at, 'hooks.mjs')
  const said = join(at, 'said.txt')
  await writeFile(
    file,
    `import { appendFileSync } from 'node:fs'\nconst say = (text) => appendFileSync(${JSON.stringify(said)}, text + '\\n')\n${text}`,
  )
  await writeFile(said, '')
  const read = async () => (await readFile(said, 'utf8')).trimEnd()
  return { module: { file, url: pathToFileURL(file).href, exportName: 'register', parameters }, read }
}

const quick = { timeoutMs: 500, pongMs: 100, startMs: 5000 }
const collection = { id: 'c', apiRootId: 'r', title: 'C', isPublic: false, isPublicWrite: false, isWritable: true }
const deleted = (id: string) => ({ collection, id, versions: 1 })

describe('a hooks module', () => {
  it('is told in a thread of its own, with its parameters, and contents are Buffers', async () => {
    const { module, read } = await aModule(
      `import { isMainThread } from 'node:worker_threads'
      export const register = (on, { word }) => on('CONTENT_BLOCK_CREATED', async ({ block }) => {
        await null
        say([word, isMainThread, Buffer.isBuffer(block.content), block.content.toString()].join(' '))
      })`,
      { word: 'hello' },
    )
    const log = aLog()
    await using signals = openSignals({ clock: systemClock, log })
    await using hooks = await openHooks(module, { clock: systemClock, log })
    hooks.register(signals.on)
    const block = { id: 'b', timestampLabel: '', contentBinding: 'x', content: Buffer.from('päron') }
    signals.emit('CONTENT_BLOCK_CREATED', { block, collections: [] })
    expect(await signals.settled(5000)).toBe(true)
    expect(await read()).toBe('hello false true päron')
    expect(block.content.toString()).toBe('päron')
  })

  it('E7: one that computes for ever holds up nobody, is ended, and told the next thing in a new thread', async () => {
    const { module, read } = await aModule(
      `export const register = (on) => on('OBJECT_DELETED', ({ id }) => { if (id === '1') for (;;); say(id) })`,
    )
    const log = aLog()
    await using signals = openSignals({ clock: systemClock, log })
    await using hooks = await openHooks(module, { clock: systemClock, log, ...quick })
    hooks.register(signals.on)
    for (const id of ['1', '2']) signals.emit('OBJECT_DELETED', deleted(id))
    const began = systemClock.monotonicMs()
    await systemClock.sleep(20)
    expect(systemClock.monotonicMs() - began).toBeLessThan(400)
    expect(await signals.settled(5000)).toBe(true)
    expect(await read()).toBe('2')
    expect(hooks.restarts).toBe(1)
    expect(log.lines.map(({ event }) => event)).toEqual(['signal.failed', 'hooks.restarted'])
  })

  it('E7: one that hangs, throws or ends its thread fails alone', async () => {
    const { module, read } = await aModule(
      `export const register = (on) => on('OBJECT_DELETED', async ({ id }) => {
        if (id === 'hang') await new Promise(() => {})
        if (id === 'throw') throw new Error('thrown')
        if (id === 'end') process.exit(3)
        if (id === 'stray') setTimeout(() => { throw new Error('stray') }, 0)
        say(id)
      })`,
    )
    const log = aLog()
    await using signals = openSignals({ clock: systemClock, log })
    await using hooks = await openHooks(module, { clock: systemClock, log, ...quick })
    hooks.register(signals.on)
    for (const id of ['hang', 'throw', 'end', 'good']) signals.emit('OBJECT_DELETED', deleted(id))
    expect(await signals.settled(8000)).toBe(true)
    expect(await read()).toBe('good')
    expect(signals.counts()).toMatchObject({ told: 1, failed: 3 })
  })

  it.each([
    ['it has no function "register"', `export const other = 1`],
    ['there is no signal "OBJECT_DELTED"', `export const register = (on) => on('OBJECT_DELTED', () => {})`],
    ['is no function', `export const register = (on) => on('OBJECT_DELETED', 7)`],
    ['boom', `throw new Error('boom')`],
    ['boom', `export const register = async () => { throw new Error('boom') }`],
    ['it takes too long', `export const register = () => { for (;;); }`],
  ])('that cannot be started says why: %s', async (why, text) => {
    const { module } = await aModule(text)
    const opening = openHooks(module, { clock: systemClock, log: aLog(), startMs: 1000 })
    await expect(opening).rejects.toMatchObject({ code: 'SERVE_HOOKS_FAILED', kind: 'config' })
    await expect(opening).rejects.toThrow(why)
  })
})
