import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { someIndicators } from '../support/indicators.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { programFile, runProgram } from '../support/run-program.ts'
import { hasTmux, startInTerminal, type PseudoTerminal } from './pseudo-terminal.ts'

const collection = '91a7b528-80eb-42ed-a74d-c6fbd5a26116'
const canary = 'canary-9f2e'

const objects = someIndicators(60)

const serve = (thinkMs = 0): ReturnType<typeof startTaxii2Server> =>
  startTaxii2Server({
    version: '2.1',
    collections: [{ id: collection, title: 'Fresh \u001b]0;owned\u0007 indicators', objects }],
    authentication: { scheme: 'basic', username: 'ann', password: canary },
    pageCap: 10,
    thinkMs,
  })

const environmentOf = (folder: string): Record<string, string> => ({
  HOME: folder,
  STIXTAXII_CONFIG_DIR: path.join(folder, 'config'),
  STIXTAXII_DATA_DIR: path.join(folder, 'data'),
  STIXTAXII_NO_INPUT: '',
})

const start = (argv: readonly string[], folder: string, size: { columns?: number } = {}): Promise<PseudoTerminal> =>
  startInTerminal([process.execPath, programFile, ...argv], { ...size, env: environmentOf(folder) })

async function saved(url: string, folder: string): Promise<void> {
  const flags = ['--url', url, '--username', 'ann', '--secret-env', 'ACME_PASSWORD', '--begin', '100mo', '--no-test']
  const { exitCode, stderr } = await runProgram(['configure', 'taxii', 'acme', ...flags], { folder })
  expect(exitCode, stderr).toBe(0)
}

describe.skipIf(!hasTmux())('in a real terminal', () => {
  it('the wizard asks, tests, saves, and says the command that does the same', async () => {
    await using server = await serve()
    const folder = temporaryFolder()
    await using terminal = await start(['configure', 'taxii'], folder, { columns: 100 })
    await terminal.waitFor('Where does the intelligence come from?')
    await terminal.press('Enter')
    await terminal.waitFor('Address')
    await terminal.type('not an address')
    await terminal.press('Enter')
    await terminal.waitFor(/Address[^]*(http|URL)/)
    await terminal.press('C-u')
    await terminal.type(server.discoveryUrl)
    await terminal.press('Enter')
    await terminal.waitFor('Name of the profile')
    await terminal.press('C-u')
    await terminal.type('acme')
    await terminal.press('Enter')
    await terminal.waitFor('How does one log in?')
    await terminal.press('Down', 'Enter')
    await terminal.waitFor('User name')
    await terminal.type('ann')
    await terminal.press('Enter')
    await terminal.waitFor('Where is the password kept?')
    await terminal.type('3')
    await terminal.press('Enter')
    await terminal.waitFor('? Password')
    await terminal.type(canary)
    await terminal.waitFor('***')
    await terminal.press('Enter')
    await terminal.waitFor('Which collections?')
    await terminal.press('Space', 'Enter')
    await terminal.waitFor('How far back')
    await terminal.type('soon')
    await terminal.press('Enter')
    await terminal.waitFor('Write a duration')
    await terminal.press('C-u')
    await terminal.type('3mo')
    await terminal.press('Enter')
    await terminal.waitFor('How often')
    await terminal.press('Enter')
    expect(await terminal.exitStatus()).toBe(0)
    const screen = await terminal.screen()
    expect(screen).toContain('The same without questions:')
    expect(screen).toContain('stixtaxii configure taxii acme')
    expect(screen).not.toContain(canary)
    const profile = readFileSync(path.join(folder, 'config', 'profiles.json'), 'utf8')
    expect(profile).toContain(collection)
    expect(profile).not.toContain(canary)
  })

  it('L6: Ctrl-C in the wizard ends it with 130 and saves nothing', async () => {
    const folder = temporaryFolder()
    await using terminal = await start(['configure', 'taxii'], folder)
    await terminal.waitFor('Where does the intelligence come from?')
    const begun = performance.now()
    await terminal.press('C-c')
    expect(await terminal.exitStatus(2_000)).toBe(130)
    expect(performance.now() - begun).toBeLessThan(2_000)
    expect(await terminal.screen()).not.toContain('    at ')
    expect(() => readFileSync(path.join(folder, 'config', 'profiles.json'))).toThrow('ENOENT')
  })

  it('a fetch shows how far it is, on one line, and leaves a table', async () => {
    await using server = await serve(700)
    const folder = temporaryFolder()
    await saved(server.discoveryUrl, folder)
    await using terminal = await startInTerminal([process.execPath, programFile, 'fetch'], {
      env: { ...environmentOf(folder), ACME_PASSWORD: canary },
    })
    const first = await terminal.waitFor(/\d0 received, \d0 new/)
    const later = await terminal.waitFor(/[3-6]0 received/)
    for (const screen of [first, later]) expect(screen.match(/received,/g)?.length).toBe(1)
    expect(await terminal.exitStatus(30_000)).toBe(0)
    const screen = await terminal.screen()
    expect(screen).toMatch(/acme .* 60 /)
    expect(screen).not.toContain('received,')
  })

  it('L6: Ctrl-C during a fetch ends it within two seconds; the next one goes on', async () => {
    await using server = await serve(700)
    const folder = temporaryFolder()
    await saved(server.discoveryUrl, folder)
    const env = { ...environmentOf(folder), ACME_PASSWORD: canary }
    await using terminal = await startInTerminal([process.execPath, programFile, 'fetch'], { env })
    await terminal.waitFor(/[2-4]0 received/)
    const begun = performance.now()
    await terminal.press('C-c')
    expect(await terminal.exitStatus(2_500)).toBe(130)
    expect(performance.now() - begun).toBeLessThan(2_500)
    const { exitCode, stdout } = await runProgram(['fetch', '-o', 'json'], { folder, env })
    expect(exitCode).toBe(0)
    const [row] = (JSON.parse(stdout) as { results: { new: number; received: number }[] }).results
    expect(row?.new).toBeLessThan(60)
    const { stdout: all } = await runProgram(['export', '--format', 'ndjson'], { folder })
    expect(new Set(all.trim().split('\n')).size).toBe(60)
  })

  it('L12: a table in a terminal of 20 columns is not torn into columns of letters', async () => {
    const folder = temporaryFolder()
    await saved('http://127.0.0.1:1/taxii2/', folder)
    await using terminal = await start(['profile', 'list'], folder, { columns: 20 })
    expect(await terminal.exitStatus()).toBe(0)
    const [shown = ''] = (await terminal.screen()).split('Pane is dead')
    // Two rows; what does not fit is wrapped by the terminal, not by us into a column of letters.
    expect(shown.trim().split('\n').length).toBeLessThan(12)
  })
})
