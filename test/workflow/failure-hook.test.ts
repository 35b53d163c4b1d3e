import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { commandWords, runFailureHook } from '../../src/workflow/failure-hook.ts'
import type { HookFailure } from '../../src/workflow/failure-hook.ts'
import { temporaryFolder } from '../support/temporary.ts'

const failure: HookFailure = {
  source: 'acme',
  failures: 2,
  error: { code: 'HTTP_DOWN', kind: 'network', message: '$(touch evil); `touch evil` "\' \n' },
  results: [],
}

it.each([
  ['notify --urgent', ['notify', '--urgent']],
  ['"/opt/my hooks/tell" \'a b\' c\\ d ""', ['/opt/my hooks/tell', 'a b', 'c d', '']],
  ['tell $HOME;rm *', ['tell', '$HOME;rm', '*']],
])('reads %s as words and nothing more', (text, words) => {
  expect(commandWords(text)).toEqual(words)
})

it.each(['', '   ', '"open', "''"])('refuses %j', (text) => {
  expect(() => commandWords(text)).toThrow(expect.objectContaining({ code: 'WORKFLOW_HOOK_UNREADABLE', kind: 'usage' }))
})

async function aHook(body: string): Promise<{ folder: string; words: string[] }> {
  const folder = await temporaryFolder()
  const script = path.join(folder, 'hook.mjs')
  await writeFile(script, body)
  return { folder, words: [process.execPath, script] }
}

it('hands what a server said to the command as data only, and none of our own variables', async () => {
  const { folder, words } = await aHook(`
    import { readFileSync, writeFileSync } from 'node:fs'
    writeFileSync('seen.json', JSON.stringify({ input: JSON.parse(readFileSync(0, 'utf8')), args: process.argv.slice(2), env: process.env }))
  `)
  const environment = { ...process.env, STIXTAXII_PASSWORD: 'canary', STIXTAXII_STORE: 'x' }
  const signal = new AbortController().signal
  await runFailureHook(failure, {
    words: [...words, 'one two'],
    environment,
    workingDirectory: folder,
    timeoutMs: 10_000,
    signal,
  })
  const seen = JSON.parse(await readFile(path.join(folder, 'seen.json'), 'utf8')) as { env: Record<string, string> }
  expect(seen).toMatchObject({ input: failure, args: ['one two'] })
  expect(seen.env).toMatchObject({ STIXTAXII_SOURCE: 'acme', STIXTAXII_ERROR_MESSAGE: failure.error.message })
  expect(JSON.stringify(seen.env)).not.toContain('canary')
})

it.each([
  ['ends with another status', 'process.exit(3)', 'ended with 3'],
  ['takes too long', 'setTimeout(() => undefined, 60_000)', 'ended by SIGKILL'],
])('says so when the command %s', async (_what, body, message) => {
  const { folder, words } = await aHook(body)
  const signal = new AbortController().signal
  const options = { words, environment: process.env, workingDirectory: folder, timeoutMs: 1_500, signal }
  await expect(runFailureHook(failure, options)).rejects.toThrow(message)
})

it('says so when there is no such command', async () => {
  const options = { words: ['/nowhere/at/all'], environment: {}, workingDirectory: '/', timeoutMs: 1_000 }
  const run = runFailureHook(failure, { ...options, signal: new AbortController().signal })
  await expect(run).rejects.toMatchObject({ code: 'WORKFLOW_HOOK_FAILED', kind: 'local' })
})
