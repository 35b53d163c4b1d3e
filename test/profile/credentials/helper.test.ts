import { describe, expect, it } from 'vitest'
import { runHelper, splitCommand } from '../../../src/profile/credentials/helper.ts'

const environment = { PATH: process.env.PATH }
const sh = (script: string, more: Record<string, string> = {}): Promise<string> =>
  runHelper(['sh', '-c', script], { environment: { ...environment, ...more } }).then((bytes) => bytes.toString())

describe('what a credential helper gives', () => {
  it('is all of its standard output, in order, however it comes', async () => {
    expect(await sh('printf "a\\n"; sleep 0.05; printf b')).toBe('a\nb')
    expect(await sh('echo complaint >&2; echo s3cret')).toBe('s3cret\n')
  })

  it('is 64 KiB at the most', async () => {
    expect(await sh('head -c 65536 /dev/zero')).toHaveLength(65_536)
    await expect(sh('head -c 65537 /dev/zero')).rejects.toMatchObject({
      code: 'PROFILE_HELPER_FAILED',
      context: { program: 'sh', reason: 'it printed more than 64 KiB' },
    })
  })

  it('S6 knows every variable but our own', async () => {
    const told = await sh('env', { STIXTAXII_TOKEN: 'canary', MY_STIXTAXII_: 'mine', STIXTAXI: 'other' })
    expect(told).not.toContain('canary')
    expect(told).toContain('MY_STIXTAXII_=mine')
    expect(told).toContain('STIXTAXI=other')
  })

  it('reads nothing from us', async () => {
    expect(await sh('wc -c').then((text) => text.trim())).toBe('0')
  })
})

describe('a credential helper that fails', () => {
  it.each([
    ['exit 7', 'it ended with status 7'],
    ['echo denied >&2; exit 7', 'it ended with status 7: denied'],
    ['echo " first line " >&2; echo second >&2; exit 1', 'it ended with status 1: first line'],
    ['echo >&2; echo second >&2; exit 1', 'it ended with status 1'],
    ['printf "  \\n"; echo "two words" >&2; exit 1', 'it ended with status 1: two words'],
    ['echo words; echo "two words" >&2; exit 1', 'it ended with status 1'],
    ['kill -TERM $$', 'it was stopped by SIGTERM'],
  ])('says how: %s', async (script, reason) => {
    await expect(sh(script)).rejects.toMatchObject({ kind: 'auth', context: { program: 'sh', reason } })
  })

  it('is quoted with 200 characters at the most', async () => {
    const said = await sh('head -c 5000 /dev/zero | tr "\\0" x >&2; exit 1').catch((error: Error) => error.message)
    expect(/x+/.exec(String(said).slice(String(said).indexOf(': x')))?.[0].length).toBeLessThanOrEqual(200)
  })

  it.each([[[]], [['']], [['sh', 'a\0b']]])('because %j is no command is not started', async (command) => {
    await expect(runHelper(command, { environment })).rejects.toMatchObject({
      context: { reason: 'it is not a command' },
    })
  })

  it('because it cannot be started has the system’s reason as its cause', async () => {
    await expect(runHelper(['/no/such/program'], { environment })).rejects.toMatchObject({
      context: { program: '/no/such/program', reason: 'it cannot be started' },
      cause: { code: 'ENOENT' },
    })
  })

  it('because it takes too long is killed', async () => {
    const asked = runHelper(['sh', '-c', 'trap "" TERM; exec sleep 20'], { environment, timeoutMs: 100 })
    await expect(asked).rejects.toMatchObject({ context: { reason: 'it was stopped by SIGKILL' } })
  })
})

describe('a command in one flag', () => {
  it.each([
    ["a'b c'd \"e 'f'\"", ['ab cd', "e 'f'"]],
    ["'' x", ['', 'x']],
    ['a\t b\n', ['a', 'b']],
    ['""', ['']],
    ['\'a "b" c\' d', ['a "b" c', 'd']],
  ])('%j has these words', (text, words) => {
    expect(splitCommand(text)).toEqual(words)
  })

  it.each(['', ' ', '"a', "b 'c", 'a" b'])('that is open or empty (%j) is an error of usage', (text) => {
    expect(() => splitCommand(text)).toThrow(expect.objectContaining({ code: 'PROFILE_FLAG_INVALID', kind: 'usage' }))
  })
})
