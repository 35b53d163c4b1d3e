import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')

it('L3 L4 N5 a call that fails once ends in one clean error or in nothing at all, and the next run completes the set', () => {
  const argv = [
    'tools/run.mjs',
    'tools/torture.ts',
    'fetch-again',
    'import-stdin',
    'profile-use',
    'init',
    'director-source-edit',
    '--points',
    '6',
    '--seed',
    '7',
  ]
  const { status, stdout } = spawnSync(process.execPath, argv, { cwd: root, encoding: 'utf8', timeout: 240_000 })
  expect(stdout).toMatch(/5 commands, \d{3} calls/)
  expect(Number(/(\d+) done, 0 not held/.exec(stdout)?.[1]), stdout).toBeGreaterThan(20)
  expect(status, stdout).toBe(0)
}, 250_000)
