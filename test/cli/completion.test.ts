import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { Profile, ProfileStore } from '../../src/profile/profile.ts'
import { runCli } from '../support/run-cli.ts'

const profiles = {
  list: async () => [{ name: 'acme' }, { name: 'other' }] as unknown as Profile[],
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
  })

  it('offers choices and the names of profiles there are', async () => {
    expect(await completions('fetch', '--output', 'nd')).toEqual(['ndjson'])
    expect(await completions('fetch', '--profile', '')).toEqual(['acme', 'other'])
    expect(await completions('fetch', 'ac')).toEqual(['acme'])
    expect(await completions('completion', 'b')).toEqual(['bash'])
  })

  it.each(['bash', 'zsh', 'fish', 'powershell'])('prints a script for %s', async (shell) => {
    const { exitCode, stdout, stderr } = await runCli(`completion ${shell}`)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/stixtaxii complete|complete ['"]?--/)
    if (shell === 'bash') expect(spawnSync('bash', ['-n'], { input: stdout }).status).toBe(0)
  })
})
