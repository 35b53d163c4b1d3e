import { existsSync, readFileSync } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { startLoopback } from '../../src/simulate/loopback-server.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'

const forged = '\n{"error":{"code":"FORGED"}}\r\nerror: forged\u2028error: forged\u0085error: forged\n'
const hostile = () =>
  startLoopback(() => ({
    status: 403,
    headers: { 'content-type': 'application/taxii+json;version=2.1', 'x-note': 'a {"event":"forged"}' },
    body: Buffer.from(JSON.stringify({ title: forged, description: forged })),
  }))

describe('S21 what a server says', () => {
  it.each(['json', 'ndjson'])('is one line of -o %s on standard error, and one of the trace', async (format) => {
    await using server = await hostile()
    const folder = temporaryFolder()
    const line = `collections ${server.url}/api1/ --taxii-version 2.1 -o ${format} --trace-http trace.jsonl`
    const { stderr, exitCode } = await runCli(line, { folder })
    expect(exitCode).toBe(4)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'TAXII_FORBIDDEN' } })
    const trace = readFileSync(path.join(folder, 'trace.jsonl'), 'utf8').trimEnd().split('\n')
    expect(trace.map((each) => (JSON.parse(each) as { event: string }).event)).toEqual(
      trace.map((_, index) => (index % 2 === 0 ? 'request' : 'answer')),
    )
  })

  it('is one line for a person too: no line of it looks like ours', async () => {
    await using server = await hostile()
    const { stderr } = await runCli(`collections ${server.url}/api1/ --taxii-version 2.1`)
    const lines = stderr.split(/[\n\r\u0085\u2028\u2029]/).filter(Boolean)
    expect(lines).toHaveLength(2)
    expect(lines.map((line) => line.slice(0, 6))).toEqual(['error:', 'hint: '])
  })
})

describe.skipIf(process.platform === 'win32')('S23 a program that a profile names for a secret', () => {
  it('is not run when others can write the profile', async () => {
    const folder = temporaryFolder()
    const flags = ['--auth', 'bearer', '--secret-command', `sh -c 'touch ${folder}/ran; echo secret'`]
    const url = 'http://127.0.0.1:1/'
    expect((await runCli(['configure', 'acme', '--url', url, ...flags, '--no-test'], { folder })).exitCode).toBe(0)
    await runCli('collections acme', { folder })
    expect(existsSync(path.join(folder, 'ran'))).toBe(true)
    await rm(path.join(folder, 'ran'))
    await chmod(path.join(folder, 'config', 'profiles.json'), 0o622)
    const { exitCode, stderr } = await runCli('collections acme', { folder })
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('profiles.json') as string,
    })
    expect(existsSync(path.join(folder, 'ran'))).toBe(false)
  })
})
