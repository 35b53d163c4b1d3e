import { readdirSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli, temporaryFolder } from '../support/run-cli.ts'

/** A line for each command that works with what a store has. */
const lines = [
  ...['checkpoint list', 'checkpoint reset acme --yes', 'checkpoint rewind acme 1d', 'status', 'enrich'],
  ...['lookup 192.0.2.1', 'export --format csv', 'indicator list', 'indicator show x', 'provenance x'],
  ...['store info', 'store verify', 'store prune --older-than 1d --yes', 'store reindex', 'store backup copy.sqlite'],
  ...[
    'server account list',
    'server account delete ann --yes',
    'server account edit ann --admin',
    'server api-root list',
  ],
  ...['server api-root delete x --yes', 'server api-root edit x --title y', 'server collection list'],
  ...['server collection delete x --yes', 'server collection edit x --title y', 'serve --port 0', 'doctor acme'],
]

describe('a store that is named and does not exist', () => {
  const folder = temporaryFolder()

  beforeAll(async () => {
    await runCli(`server collection create feed --store ${path.join(folder, 'intel.sqlite')}`, { folder })
    await runCli('configure taxii acme --url https://taxii.example/ --no-test', { folder })
  })

  it.each(lines)('is not found by %s, which makes none and names the one beside it', async (line) => {
    const before = readdirSync(folder)
    const result = await runCli(`${line} --store ${path.join(folder, 'intell.sqlite')}`, { folder, stdin: '' })
    // Doctor tells it among its other checks.
    const told = line === 'doctor acme' ? result.stdout : result.stderr
    expect(told).toContain('There is no store')
    expect(told).toContain(path.join(folder, 'intel.sqlite'))
    if (line !== 'doctor acme') expect(result.exitCode).toBe(5)
    expect(readdirSync(folder)).toEqual(before)
  })
})
