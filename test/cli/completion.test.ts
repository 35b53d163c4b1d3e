import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { Profile, ProfileStore } from '../../src/profile/profile.ts'
import { runCli } from '../support/run-cli.ts'

const profiles = {
  list: async () =>
    [
      { name: 'acme', kind: 'taxii' },
      { name: 'other', kind: 'taxii' },
      {
        name: 'hq',
        kind: 'director',
        pools: { ten: 'ten-identifier' },
        logpoints: { 'ten/lp1': 'lp1-identifier', 'ten/lp2': 'lp2-identifier' },
        groups: { edge: ['ten/lp1'] },
      },
    ] as unknown as Profile[],
} as unknown as ProfileStore

async function completions(...words: string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await runCli(['complete', '--', ...words], {
    parts: { profiles: async () => profiles },
  })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return stdout
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith(':'))
    .map((line) => line.split('\t')[0] ?? '')
}

describe('completion', () => {
  it('offers commands, verbs of a group, and no command that is not for people', async () => {
    expect(await completions('')).toEqual(expect.arrayContaining(['fetch', 'checkpoint', 'help']))
    expect(await completions('')).not.toContain('complete')
    expect((await runCli([])).stdout).not.toContain('Answer the completion')
    expect(await completions('checkpoint', 'se')).toEqual(['set'])
  })

  it('offers the flags of the command, and those of every command', async () => {
    expect(await completions('fetch', '--si')).toEqual(['--since'])
    expect(await completions('fetch', '--lock')).toEqual(['--lock-timeout'])
    expect(await completions('store', 'prune', '--older')).toEqual(['--older-than'])
    expect(await completions('director', 'plugin', 'install', '--for')).toEqual(['--force'])
    expect(await completions('director', 'source', 're')).toEqual(['refresh'])
  })

  it('offers choices and the names of profiles there are', async () => {
    expect(await completions('fetch', '--output', 'nd')).toEqual(['ndjson'])
    expect(await completions('fetch', '--profile', '')).toEqual(['acme', 'other', 'hq'])
    expect(await completions('fetch', 'ac')).toEqual(['acme'])
    expect(await completions('completion', 'b')).toEqual(['bash'])
  })

  it('offers the Logpoints, groups and pools of the Director directory, and the sources to put there', async () => {
    const targets = ['ten/lp1', 'ten/lp2', 'edge', 'ten/*']
    expect(await completions('director', 'source', 'create', 'acme', '--on', '')).toEqual(targets)
    expect(await completions('configure', 'taxii', 'new', '--on', 'ed')).toEqual(['edge'])
    expect(await completions('director', 'package', 'list', '--pool', '')).toEqual(['ten'])
    expect(await completions('director', 'source', 'create', '')).toEqual(['acme', 'other'])
    expect(await completions('director', 'source', 'edit', 'x', '--from', '')).toEqual(['acme', 'other'])
    expect(await completions('indicator', 'list', '--source', 'o')).toEqual(['other'])
  })

  it.each(['bash', 'zsh', 'fish', 'powershell'])('prints a script for %s', async (shell) => {
    const { exitCode, stdout, stderr } = await runCli(`completion ${shell}`)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/stixtaxii complete|complete ['"]?--/)
    if (shell === 'bash') expect(spawnSync('bash', ['-n'], { input: stdout }).status).toBe(0)
  })
})
