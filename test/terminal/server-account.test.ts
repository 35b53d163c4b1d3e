import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary.ts'
import { enter, hasPseudoTerminal, onTerminal } from './pseudo-terminal.ts'
import type { PseudoTerminal } from './pseudo-terminal.ts'

const program = resolve('bin/stixtaxii.js')
const isReady = hasPseudoTerminal && existsSync(resolve('dist/bin'))

function start(folder: string, ...args: string[]): PseudoTerminal {
  const env = { STIXTAXII_CONFIG_DIR: join(folder, 'config'), STIXTAXII_DATA_DIR: join(folder, 'data') }
  return onTerminal([process.execPath, program, 'server', 'account', ...args], env)
}

async function answer(terminal: PseudoTerminal, ...steps: readonly (readonly [string, string])[]): Promise<void> {
  for (const [question, keys] of steps) {
    await terminal.shows(question)
    terminal.press(keys)
  }
}

describe.skipIf(!isReady)('accounts on a pseudo-terminal (needs util-linux script and the built program)', () => {
  it('create asks twice, delete has the name typed', { timeout: 60_000 }, async () => {
    const folder = await temporaryFolder()
    const created = start(folder, 'create', 'alice', '--read', 'all')
    await answer(
      created,
      ['? Password', `canary-one-1${enter}`],
      ['? The same password again', `canary-two-2${enter}`],
      ['? They differ. Password', `canary-one-1${enter}`],
      ['? The same password again', `canary-one-1${enter}`],
    )
    expect(await created.ended).toBe(0)
    expect(created.raw()).not.toContain('canary')
    const refused = start(folder, 'delete', 'alice')
    await answer(refused, ['type its name, alice', `bob${enter}`])
    expect(await refused.ended).toBe(130)
    const deleted = start(folder, 'delete', 'alice')
    await answer(deleted, ['type its name, alice', `alice${enter}`])
    expect(await deleted.ended).toBe(0)
    const listed = start(folder, 'list')
    expect(await listed.ended).toBe(0)
    expect(listed.screen()).toContain('There is no account yet')
  })
})
