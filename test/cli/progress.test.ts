import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { showFetching } from '../../src/cli/fetch-progress.ts'
import { createProgress } from '../../src/cli/progress.ts'
import { noCounts } from '../../src/fetch/counts.ts'
import type { HostOutput } from '../../src/cli/host.ts'
import { fakeClock } from '../support/fake-clock.ts'

function screen(columns?: number): { readonly stream: HostOutput; readonly text: () => string } {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString()
      done()
    },
  })
  // What a terminal's stream has.
  const terminal = { isTTY: true, columns, cursorTo: () => true, clearLine: () => true, moveCursor: () => true }
  if (columns !== undefined) Object.assign(stream, terminal)
  return { stream, text: () => text }
}

const shown = { quiet: false, canDraw: false, colors: false }

describe('progress where nothing can be redrawn', () => {
  it('is a line every five seconds at most, and the last word', async () => {
    const { stream, text } = screen()
    const clock = fakeClock()
    const task = createProgress({ stream, clock, ...shown }).start('acme')
    for (let second = 0; second < 12; second += 1) {
      task.update(`acme: ${second} pages`)
      await clock.sleep(1000)
    }
    task.done('acme: 12 pages, done')
    expect(text()).toBe('acme: 5 pages\nacme: 10 pages\nacme: 12 pages, done\n')
  })

  it('S8: shows hostile text as text', () => {
    const { stream, text } = screen()
    createProgress({ stream, clock: fakeClock(), ...shown })
      .start('x')
      .done('a\u001b[2Jb\u202e')
    expect(text()).toBe('a\\u{1b}[2Jb\\u{202e}\n')
  })
})

describe('quiet progress', () => {
  it('says nothing', () => {
    const { stream, text } = screen(80)
    const progress = createProgress({ stream, clock: fakeClock(), ...shown, canDraw: true, quiet: true })
    const task = progress.start('x')
    task.update('y')
    task.done('z')
    progress.close()
    expect(text()).toBe('')
  })
})

describe('drawn progress', () => {
  it('shows all tasks on one line that fits, and leaves last words as lines', async () => {
    const { stream, text } = screen(40)
    const progress = createProgress({ stream, clock: fakeClock(), ...shown, canDraw: true })
    const first = progress.start('acme: 1 page')
    const second = progress.start('other: 2 pages')
    await expect.poll(text, { timeout: 5_000 }).toContain('acme: 1 page | other: 2 pages')
    second.update('other: '.padEnd(100, '9'))
    await expect.poll(text, { timeout: 5_000 }).toContain('…')
    progress.interrupt(() => void stream.write('a warning\n'))
    second.done('other: done')
    first.done()
    progress.close()
    expect(text()).toContain('a warning\n')
    expect(text()).toContain('other: done\n')
    const drawn = text().split(/\u001b\[[0-9;?]*[A-Za-z]|\n/)
    for (const piece of drawn) expect(piece.length).toBeLessThanOrEqual(40)
  })

  it('L12 shows the figures of a fetch in 40 columns, however long the name of the collection is', async () => {
    const { stream, text } = screen(40)
    const progress = createProgress({ stream, clock: fakeClock(), ...shown, canDraw: true })
    const showing = showFetching(progress)
    const collection = 'a3e3402f-7a80-5534-a08e-37790ec00b83'
    showing.onProgress({ source: 'acme', collection, counts: { ...noCounts, received: 120, new: 7 } })
    await expect.poll(text, { timeout: 5_000 }).toContain('120 received, 7 new')
    showing.end()
    progress.close()
  })

  it('draws nothing more once it is closed', async () => {
    const { stream, text } = screen(80)
    const progress = createProgress({ stream, clock: fakeClock(), ...shown, canDraw: true })
    progress.start('acme')
    progress.close()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(text()).not.toContain('acme')
  })
})
