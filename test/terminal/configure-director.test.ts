import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startDirectorEmulator } from '../../src/simulate/director/emulator.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { down, enter, hasPseudoTerminal, onTerminal } from './pseudo-terminal.ts'
import type { PseudoTerminal } from './pseudo-terminal.ts'

const program = resolve('bin/stixtaxii.js')
const isReady = hasPseudoTerminal && existsSync(resolve('dist/bin'))
const pool = '0123456789abcdef0123456789abcdef'
const logpoint = 'fedcba9876543210fedcba9876543210'
const token = 'canary-t0ken-of-director'

function start(folder: string, ...args: string[]): PseudoTerminal {
  const env = {
    STIXTAXII_CONFIG_DIR: join(folder, 'config'),
    STIXTAXII_DATA_DIR: join(folder, 'data'),
    STIXTAXII_PASSPHRASE: 'open sesame',
  }
  return onTerminal([process.execPath, program, ...args], env)
}

async function answer(terminal: PseudoTerminal, ...steps: readonly (readonly [string, string])[]): Promise<void> {
  for (const [question, keys] of steps) {
    await terminal.shows(question)
    terminal.press(keys)
  }
}

describe.skipIf(!isReady)('Director on a pseudo-terminal (needs util-linux script and the built program)', () => {
  it('configure asks, tests, saves, and says which command does the same', { timeout: 60_000 }, async () => {
    await using director = await startDirectorEmulator({ plugin: 'StixTaxii_6.1.0.pak', token })
    const folder = await temporaryFolder()
    const terminal = start(folder, 'configure', 'director')
    await answer(
      terminal,
      ["? Director's address", `${director.url}${enter}`],
      ['? Name of the profile', enter],
      ['Where is the token kept?', `${down}${enter}`],
      ['? Token', `${token}${enter}`],
      ['"Always Active"?', `y${enter}`],
      ['? Name of a pool', `acme${enter}`],
      ['? UUID of acme', `${pool}${enter}`],
      ['? Name of a Logpoint in acme', `lp1${enter}`],
      ['? Identifier of acme/lp1', `${logpoint}${enter}`],
      ['? Name of a Logpoint in acme', enter],
      ['? Name of a pool (empty', enter],
      ['Its token may read acme/lp1', ''],
      ['The same without questions', ''],
    )
    expect(await terminal.ended).toBe(0)
    const saved = JSON.parse(await readFile(join(folder, 'config', 'profiles.json'), 'utf8')) as { profiles: unknown[] }
    expect(saved.profiles).toMatchObject([
      { name: 'hq', tokenAlwaysActive: true, token: { from: 'sealed' }, logpoints: { 'acme/lp1': logpoint } },
    ])
    const screen = terminal.screen().replace(/\s+/g, ' ')
    expect(screen).toContain(`stixtaxii configure director hq --url ${director.url}/`)
    expect(screen).toContain('--credential-store sealed --secret-stdin --token-always-active')
    expect(terminal.raw()).not.toContain(token)
  })

  it('delete has the name typed, and another one changes nothing', { timeout: 60_000 }, async () => {
    await using director = await startDirectorEmulator({ plugin: 'StixTaxii_6.1.0.pak', token })
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'token'), token, { mode: 0o600 })
    const flags = ['--director-url', director.url, '--director-token-file', join(folder, 'token')]
    const on = ['--on', `${pool}/${logpoint}`, ...flags]
    const url = 'https://feed.example/taxii2/'
    const created = start(folder, 'director', 'source', 'create', '--url', url, '--taxii-version', '2.1', ...on)
    expect(await created.ended).toBe(0)
    const refused = start(folder, 'director', 'source', 'delete', url, ...on)
    await answer(refused, ['type its name', `feed${enter}`])
    expect(await refused.ended).toBe(130)
    expect(director.requests.filter(({ method }) => method === 'DELETE')).toEqual([])
    const deleted = start(folder, 'director', 'source', 'delete', url, ...on)
    await answer(deleted, ['type its name', `${url}${enter}`])
    expect(await deleted.ended).toBe(0)
    expect(director.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1)
  })

  it('edit asks for what the list does not show', { timeout: 60_000 }, async () => {
    await using director = await startDirectorEmulator({ plugin: 'StixTaxii_6.1.0.pak', token })
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'token'), token, { mode: 0o600 })
    await writeFile(join(folder, 'pw'), 'a-password', { mode: 0o600 })
    const flags = ['--director-url', director.url, '--director-token-file', join(folder, 'token')]
    const on = ['--on', `${pool}/${logpoint}`, ...flags]
    const url = 'https://feed.example/taxii2/'
    const login = ['--username', 'ann', '--password-file', join(folder, 'pw')]
    const create = ['director', 'source', 'create', '--url', url, '--taxii-version', '2.1', '--begin', '2mo', ...login]
    expect(await start(folder, ...create, ...on, '--state', join(folder, 'another.json')).ended).toBe(0)
    director.setFaults({ lists: { secrets: 'masked' } })
    const edited = start(folder, 'director', 'source', 'edit', url, '--fetch-interval', '6h', ...on)
    await answer(
      edited,
      ['Begin is 2, of which unit?', `${down}${down}${enter}`],
      ['? Password', `typed-password${enter}`],
    )
    expect(await edited.ended).toBe(0)
    const [sent] = director.requests.filter(({ method }) => method === 'PUT')
    expect(sent?.json).toMatchObject({
      data: { begin: 2, begin_unit: 'Months', basic_auth_mode: { password: 'typed-password' } },
    })
    expect(edited.raw()).not.toContain('typed-password')
  })
})
