import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')

it('L1 a fetch that is killed at random instants loses nothing, doubles nothing and goes on without a flag', async () => {
  const argv = ['tools/run.mjs', 'tools/kill.ts', 'random', '--kills', '20', '--objects', '2000']
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root, timeout: 240_000 })
  expect(stdout).toMatch(/lost 0, doubled 0, foreign 0, overcounted 0, new when fetched again 0/)
  expect(stdout).toContain('integrity ok')
  expect(Number(/kills (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(5)
})

it('L1 L9 L13 D3 a command that is killed as it writes has harmed nothing, and the same again completes it', async () => {
  const argv = ['tools/run.mjs', 'tools/kill.ts', 'syscalls', '--points', '2']
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root, timeout: 280_000 })
  expect(stdout).toMatch(/(\d+) done, 0 not held/)
  expect(Number(/(\d+) done/.exec(stdout)?.[1])).toBeGreaterThan(15)
})

it('L2 a command whose power is cut leaves a store that is sound and not ahead of its data, and nothing it said is done is lost', async () => {
  const argv = ['tools/run.mjs', 'tools/kill.ts', 'power', '--points', '1', 'fetch', 'export', 'configure']
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root, timeout: 280_000 })
  expect(stdout).toMatch(/(\d+) done, 0 not held/)
  expect(Number(/(\d+) done/.exec(stdout)?.[1])).toBeGreaterThan(5)
})
