import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { ctrlC, down, enter, hasPseudoTerminal, onTerminal, space } from './pseudo-terminal.ts'
import type { PseudoTerminal } from './pseudo-terminal.ts'

const program = resolve('bin/stixtaxii.js')
const isReady = hasPseudoTerminal && existsSync(resolve('dist/bin'))
const collections = [
  { id: '11111111-2222-4333-8444-555555555555', title: 'Malware', objects: [] },
  { id: '66666666-7777-4888-9999-000000000000', title: 'Phishing', objects: [] },
]
const authentication = { scheme: 'basic', username: 'ann', password: 'canary-s3cret' } as const

async function start(folder: string, ...args: string[]): Promise<PseudoTerminal> {
  const env = {
    STIXTAXII_CONFIG_DIR: join(folder, 'config'),
    STIXTAXII_DATA_DIR: join(folder, 'data'),
    STIXTAXII_PASSPHRASE: 'open sesame',
  }
  return Promise.resolve(onTerminal([process.execPath, program, 'configure', ...args], env))
}

async function savedProfile(folder: string): Promise<Record<string, unknown>> {
  const file = JSON.parse(await readFile(join(folder, 'config', 'profiles.json'), 'utf8')) as { profiles: [never] }
  return file.profiles[0]
}

describe.skipIf(!isReady)('configure on a pseudo-terminal (needs util-linux script and the built program)', () => {
  it(
    'asks, connects, lets collections be picked, saves, and says which command does the same',
    { timeout: 60_000 },
    async () => {
      await using server = await startTaxii2Server({ collections, authentication })
      const folder = await temporaryFolder()
      const terminal = await start(folder)
      await terminal.shows('Where does the intelligence come from?')
      terminal.press(enter)
      await terminal.shows('? Address')
      terminal.press(`${server.discoveryUrl}${enter}`)
      await terminal.shows('? Name of the profile')
      terminal.press(`${'\b'.repeat(20)}acme${enter}`)
      await terminal.shows('How does one log in?')
      terminal.press(`${down}${enter}`)
      await terminal.shows('? User name')
      terminal.press(`ann${enter}`)
      await terminal.shows('Where is the password kept?')
      terminal.press(`${down}${enter}`)
      await terminal.shows('? Password')
      terminal.press(`canary-s3cret${enter}`)
      await terminal.shows('offers 2 collections')
      await terminal.shows('Which collections?')
      terminal.press(`${down}${space}${enter}`)
      await terminal.shows('How far back')
      terminal.press(enter)
      await terminal.shows('How often')
      terminal.press(enter)
      await terminal.shows('The same without questions')
      expect(await terminal.ended).toBe(0)
      expect(await savedProfile(folder)).toMatchObject({
        name: 'acme',
        version: '2.1',
        collections: ['66666666-7777-4888-9999-000000000000'],
        authentication: { scheme: 'basic', username: 'ann', password: { from: 'sealed' } },
        begin: '30d',
      })
      expect(terminal.screen()).toContain(`stixtaxii configure taxii acme --url ${server.discoveryUrl}`)
      expect(terminal.screen()).toContain('--credential-store sealed --secret-stdin')
      expect(terminal.raw()).not.toContain('canary-s3cret')
    },
  )

  it('shows what went wrong, lets the answers be changed, and shows the former ones', { timeout: 60_000 }, async () => {
    await using server = await startTaxii2Server({ collections, authentication })
    const folder = await temporaryFolder()
    const terminal = await start(folder, 'taxii', 'acme')
    await terminal.shows('Where does the intelligence come from?')
    terminal.press(enter)
    await terminal.shows('? Address')
    terminal.press(`nonsense${enter}`)
    await terminal.shows('not an http or https URL')
    terminal.press(`${'\b'.repeat(20)}${server.discoveryUrl}${enter}`)
    await terminal.shows('How does one log in?')
    terminal.press(enter)
    await terminal.shows('The server asks for Basic')
    await terminal.shows('What now?')
    expect(terminal.screen()).not.toContain('--no-test')
    terminal.press(enter)
    await terminal.shows(server.discoveryUrl)
    terminal.press(enter)
    await terminal.shows('How does one log in?')
    // What the server asked for is where the cursor stands.
    terminal.press(enter)
    await terminal.shows('? User name')
    terminal.press(`bob${enter}`)
    await terminal.shows('Where is the password kept?')
    terminal.press(`${down}${enter}`)
    await terminal.shows('? Password')
    terminal.press(`wrong${enter}`)
    await terminal.shows('What now?')
    expect(existsSync(join(folder, 'config', 'profiles.json'))).toBe(false)
    terminal.press(enter)
    await terminal.shows(server.discoveryUrl)
    terminal.press(enter)
    await terminal.shows('How does one log in?')
    terminal.press(enter)
    await terminal.shows('(bob)')
    terminal.press(`ann${enter}`)
    await terminal.shows('As now: sealed')
    terminal.press(`${down}${down}${enter}`)
    await terminal.shows('? Password')
    terminal.press(`canary-s3cret${enter}`)
    await terminal.shows('Which collections?')
    terminal.press(enter)
    await terminal.shows('How far back')
    terminal.press(enter)
    await terminal.shows('How often')
    terminal.press(`${'\b'.repeat(5)}6h${enter}`)
    expect(await terminal.ended).toBe(0)
    expect(await savedProfile(folder)).toMatchObject({
      authentication: { username: 'ann' },
      collections: [],
      fetchInterval: '6h',
    })
  })

  it('saves nothing when it is stopped with Ctrl-C, and ends with 130', { timeout: 30_000 }, async () => {
    const folder = await temporaryFolder()
    const terminal = await start(folder)
    await terminal.shows('Where does the intelligence come from?')
    terminal.press(ctrlC)
    expect(await terminal.ended).toBe(130)
    expect(existsSync(join(folder, 'config'))).toBe(false)
  })

  it('asks nothing when flags say everything', { timeout: 30_000 }, async () => {
    await using server = await startTaxii2Server({ collections })
    const folder = await temporaryFolder()
    const terminal = await start(folder, 'taxii', 'acme', '--url', server.discoveryUrl)
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen()).not.toContain('?')
    expect(await savedProfile(folder)).toMatchObject({ name: 'acme' })
  })
})
