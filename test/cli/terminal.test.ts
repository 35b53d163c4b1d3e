import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { HostInput, HostOutput } from '../../src/cli/host.ts'
import { createProgress } from '../../src/cli/progress.ts'
import { createTerminal } from '../../src/cli/terminal.ts'
import type { Terminal } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'
import { fakeClock } from '../support/fake-clock.ts'

interface Scene {
  readonly terminal: Terminal
  readonly type: (text: string) => void
  readonly text: () => string
  readonly controller: AbortController
}

function scene(options: { tty?: boolean; input?: boolean; quiet?: boolean; term?: string } = {}): Scene {
  const { tty = true, input = true, quiet = false, term = 'xterm' } = options
  const stdin = new PassThrough() as PassThrough & { isTTY?: boolean; setRawMode?: () => unknown }
  let text = ''
  const stderr = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString()
      done()
    },
  }) as HostOutput
  if (tty) {
    Object.assign(stdin, { isTTY: true, setRawMode: () => stdin })
    Object.assign(stderr, { isTTY: true, columns: 80, rows: 24 })
  }
  const controller = new AbortController()
  const progress = createProgress({ stream: stderr, clock: fakeClock(), quiet, canDraw: false, colors: false })
  const terminal = createTerminal(
    { stdin: stdin as HostInput, stderr, environment: { TERM: term } },
    { input, quiet, color: 'auto' },
    { signal: controller.signal, progress: () => progress },
  )
  return { terminal, type: (keys) => void stdin.write(keys), text: () => text, controller }
}

/** Types once the question is on the screen. */
async function answer<T>({ type, text }: Scene, question: Promise<T>, ...keys: string[]): Promise<T> {
  await expect.poll(text, { timeout: 10_000 }).toContain('?')
  for (const key of keys) {
    await new Promise((resolve) => setTimeout(resolve, 30))
    type(key)
  }
  return question
}

describe('the terminal', () => {
  it('asks for a line, and again when it is not valid', async () => {
    const at = scene()
    const validate = (value: string): true | string => value === 'ok' || 'Say ok'
    const asked = at.terminal.ask({ message: 'Name?', validate })
    expect(await answer(at, asked, 'no', '\r', '\u007f\u007f', 'ok', '\r')).toBe('ok')
    expect(at.text()).toContain('Say ok')
  })

  it('offers a default', async () => {
    const at = scene()
    expect(await answer(at, at.terminal.ask({ message: 'Name?', default: 'acme' }), '\r')).toBe('acme')
  })

  it('S6: never shows a secret that is typed', async () => {
    const at = scene()
    const secret = await answer(at, at.terminal.askSecret({ message: 'Password?' }), 'hunter2', '\r')
    expect(Secret.open(secret)).toBe('hunter2')
    expect(at.text()).not.toContain('hunter2')
  })

  it('asks again for a secret when nothing was typed, unless it may be empty', async () => {
    const at = scene()
    const secret = await answer(at, at.terminal.askSecret({ message: 'Password?' }), '\r', 'hunter2', '\r')
    expect(Secret.open(secret)).toBe('hunter2')
    expect(at.text()).toContain('Nothing was typed')
    const free = scene()
    const none = await answer(free, free.terminal.askSecret({ message: 'Passphrase?', mayBeEmpty: true }), '\r')
    expect(Secret.open(none)).toBe('')
  })

  it('says why nobody is asked on a terminal that cannot be drawn on', async () => {
    const { terminal } = scene({ term: 'dumb' })
    expect(terminal).toMatchObject({ canAsk: false, whyNobody: expect.stringContaining('TERM=dumb') as string })
    await expect(terminal.ask({ message: 'Name?' })).rejects.toMatchObject({
      code: 'CLI_CANNOT_ASK',
      hint: expect.stringContaining('TERM=dumb') as string,
    })
    expect(scene({ tty: false, term: 'dumb' }).terminal.whyNobody).toBeUndefined()
    expect(scene({ input: false, term: 'dumb' }).terminal.whyNobody).toBeUndefined()
  })

  it('confirms, and offers one or several of a list', async () => {
    const confirming = scene()
    expect(await answer(confirming, confirming.terminal.confirm({ message: 'Sure?', default: false }), 'y', '\r')).toBe(
      true,
    )
    const choices = [
      { value: 'a', name: 'First' },
      { value: 'b', name: 'Second' },
    ] as const
    const one = scene()
    expect(await answer(one, one.terminal.choose({ message: 'Which?', choices }), '\u001b[B', '\r')).toBe('b')
    const many = scene()
    expect(await answer(many, many.terminal.chooseMany({ message: 'Which?', choices }), ' ', '\r')).toEqual(['a'])
  })

  it('L6: a stop while it asks is a cancellation', async () => {
    const at = scene()
    const asked = at.terminal.ask({ message: 'Name?' })
    await expect.poll(at.text, { timeout: 10_000 }).toContain('?')
    at.controller.abort()
    await expect(asked).rejects.toMatchObject({ code: 'CORE_CANCELLED', kind: 'cancelled' })
  })

  it.each([
    ['without a terminal', { tty: false }],
    ['with --no-input', { input: false }],
    ['on a terminal that cannot be redrawn', { term: 'dumb' }],
  ])('asks nothing %s', async (_, options) => {
    const { terminal, text } = scene(options)
    expect(terminal.canAsk).toBe(false)
    await expect(terminal.ask({ message: 'Name?' })).rejects.toMatchObject({ code: 'CLI_CANNOT_ASK', kind: 'usage' })
    expect(text()).toBe('')
  })

  it('tells nothing but errors when quiet, and hostile text as text', () => {
    const quiet = scene({ quiet: true })
    quiet.terminal.note('a')
    quiet.terminal.warn('b')
    expect(quiet.text()).toBe('')
    const loud = scene()
    loud.terminal.note('a\u001b[2J')
    loud.terminal.warn('b')
    expect(loud.text()).toBe('a\\u{1b}[2J\nwarning: b\n')
  })
})
