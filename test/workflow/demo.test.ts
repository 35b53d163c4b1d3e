import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, vi } from 'vitest'
import type { StixTaxiiError } from '../../src/core/errors.ts'
import { runDemo } from '../../src/workflow/demo.ts'
import type { DemoDependencies } from '../../src/workflow/demo.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'

vi.setConfig({ testTimeout: 60_000 })

const folderOf = (transcript: string): string => /kept in (\S+)/.exec(transcript)?.[1] ?? ''

const colour = /\u001b\[[0-9;]*m/g

it('does the main job offline with the real commands, says what to type next, and leaves nothing behind', async () => {
  const own = temporaryFolder()
  const begun = performance.now()
  const { exitCode, stdout, stderr } = await runCli('demo', { folder: own, columns: 80 })
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(performance.now() - begun).toBeLessThan(30_000)
  const plain = stdout.replaceAll(colour, '')
  expect(plain).not.toBe(stdout)
  for (const typed of [
    'discover http',
    'configure taxii lab',
    'fetch --since 20d',
    'provenance indicator--',
    'status',
    'plan -f fleet.yaml',
    'apply -f fleet.yaml --yes',
    'director source status',
    'plan -f fleet.yaml --exit-code',
  ]) {
    expect(plain).toContain(`$ stixtaxii ${typed}`)
  }
  expect(plain).toMatch(/all 278 items are here, byte for byte/)
  expect(plain).toMatch(/Checked again: all 528 items, none lost, none twice/)
  expect(plain).toMatch(/The Logpoint fetched all \d+ by itself, and nothing is left to do/)
  expect(plain).toMatch(/stixtaxii configure +asks what it needs/)
  expect(folderOf(plain)).not.toBe('')
  expect(existsSync(folderOf(plain))).toBe(false)
  expect(existsSync(path.join(own, 'config')) || existsSync(path.join(own, 'data'))).toBe(false)
})

it('writes no colour where there is no terminal, and never touches what the environment names', async () => {
  const { exitCode, stdout } = await runCli('demo', { env: { STIXTAXII_URL: 'https://taxii.example/', LANG: 'C' } })
  expect(exitCode).toBe(0)
  expect(stdout.match(colour)).toBeNull()
  expect(stdout).not.toContain('taxii.example')
  const own = stdout.split('\n').filter((line) => /^(\$|\d\.| {2}stixtaxii|Checked|That was|Offline)/.test(line))
  for (const line of own) expect(line.length, line).toBeLessThanOrEqual(80)
})

it('fails when a step ends otherwise than it must, and when the store is not exact', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'stixtaxii-test-'))
  const demo = (run: DemoDependencies['run']): Promise<unknown> =>
    runDemo({
      clock: fakeClock(),
      folder,
      storeFile: path.join(folder, 'store.sqlite'),
      run,
      show: async () => undefined,
      signal: new AbortController().signal,
      fetchSource: async () => ({ entries: 0 }),
    }).catch((error: unknown) => error)
  try {
    const failed = (await demo(async () => 7)) as StixTaxiiError
    expect([failed.code, failed.kind]).toEqual(['DEMO_STEP_FAILED', 'internal'])
    // Commands that say they did it and did nothing.
    expect(await demo(async () => 0)).toMatchObject({ code: 'DEMO_NOT_EXACT' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

it('is stopped by Ctrl-C, and cleans up', async () => {
  const { exitCode, stdout } = await runCli('demo', { onStart: (stop) => void setTimeout(() => stop('SIGINT'), 50) })
  expect(exitCode).toBe(130)
  expect(existsSync(folderOf(stdout))).toBe(false)
})
