import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineCommand, type CommandRow } from '../../src/cli/command.ts'
import { cancelled, StixTaxiiError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { version } from '../../src/cli/version.ts'
import { runCli } from '../support/run-cli.ts'

const shape = { columns: [{ field: 'name', head: 'Name' }], name: 'name' }

const echo = defineCommand({
  path: 'thing echo',
  summary: 'Say what was typed',
  details: 'A command of the tests.',
  examples: ['stixtaxii thing echo a b'],
  positional: ['words'],
  input: z.object({
    words: z.array(z.string()).default([]).describe('any words'),
    limit: z.number().int().positive().optional().describe('how many'),
    pageSize: z.number().default(100).describe('a page'),
    level: z.enum(['low', 'high']).default('low').describe('how much'),
    collection: z.array(z.string()).optional().describe('which'),
    useBasic: z.boolean().optional().describe('two positions'),
    test: z.boolean().default(true).describe('try first'),
    full: z.boolean().default(false).describe('all of it'),
    passwordFile: z.string().optional().meta({ description: 'where it is', value: 'FILE', environment: false }),
    file: z.string().optional().meta({ short: 'f' }),
  }),
  needs: ['output'],
  run: (input, { output }) => output.one({ name: 'echo', ...input }, shape),
})

const required = defineCommand({
  path: 'thing need',
  summary: 'Needs things',
  examples: ['stixtaxii thing need one'],
  positional: ['id'],
  input: z.object({ id: z.string().describe('which thing'), collection: z.string().describe('where from') }),
  needs: ['output'],
  run: (input, { output }) => output.one(input, shape),
})

const failing = defineCommand({
  path: 'thing fail',
  summary: 'Fails',
  examples: ['stixtaxii thing fail bug'],
  positional: ['how'],
  input: z.object({ how: z.string() }),
  needs: ['output', 'notices', 'signal'],
  async run({ how }, { output, notices, signal }) {
    if (how === 'bug') throw new TypeError(`cannot read ${String(new Secret('canary'))}\nof undefined`)
    if (how === 'hang') await new Promise(() => undefined)
    if (how === 'stop') await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('x'))))
    if (how === 'serve') await new Promise((resolve) => signal.addEventListener('abort', resolve))
    if (how === 'cancelled') throw cancelled()
    if (how === 'system') throw Object.assign(new Error('x'), { code: 'ENOSPC', syscall: 'write', path: '/a/b' })
    if (how !== 'partial') return
    notices({ code: 'TEST_ODD', message: 'odd' })
    notices({ code: 'TEST_ODD', message: 'odd' })
    await output.results([{ name: 'a' }], { failed: 1 }, shape)
    throw new StixTaxiiError('TEST_PARTIAL', 'One of two\u001b failed', {
      kind: 'partial',
      hint: 'Again',
      context: { n: 1 },
    })
  },
})

const own = defineCommand({
  path: 'raw',
  summary: 'Has a format of its own',
  examples: ['stixtaxii raw'],
  input: z.object({}),
  needs: ['output'],
  ownFormat: true,
  run: (_, { output }) => output.raw('{"a":1}\n'),
})

const serving = defineCommand({
  path: 'serving',
  summary: 'Runs until it is stopped',
  examples: ['stixtaxii serving'],
  input: z.object({}),
  needs: ['signal'],
  endsBySigterm: true,
  run: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
})

const rows: readonly CommandRow[] = [echo, required, failing, own, serving].map((command) => ({
  path: command.path,
  summary: command.summary,
  load: async () => command as unknown as Awaited<ReturnType<CommandRow['load']>>,
}))

const cli = (line: string | readonly string[], options: Parameters<typeof runCli>[1] = {}) =>
  runCli(line, { rows, ...options })
const json = async (line: string, options: Parameters<typeof runCli>[1] = {}): Promise<Record<string, unknown>> =>
  JSON.parse((await cli(`${line} -o json`, options)).stdout) as Record<string, unknown>
const errorOf = (stderr: string): Record<string, unknown> =>
  (JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as { error: Record<string, unknown> }).error

describe('the command line', () => {
  it('turns words into the input of the command that was named', async () => {
    const input = await json(
      'thing echo one two --limit 3 --page-size 7 --level high --collection a --collection b --full --no-test -f x',
    )
    expect(input).toMatchObject({
      words: ['one', 'two'],
      limit: 3,
      pageSize: 7,
      level: 'high',
      collection: ['a', 'b'],
      full: true,
      test: false,
      file: 'x',
    })
    expect(input).not.toHaveProperty('useBasic')
  })

  it('keeps a switch without a default in three positions', async () => {
    expect(await json('thing echo --use-basic')).toHaveProperty('useBasic', true)
    expect(await json('thing echo --no-use-basic')).toHaveProperty('useBasic', false)
  })

  it('takes flags of every command before and after the command', async () => {
    expect((await cli('-o ndjson thing echo')).stdout).toMatch(/^\{"name":"echo"/)
    expect((await cli('thing -o ndjson echo')).stdout).toMatch(/^\{"name":"echo"/)
  })

  it('prefers the flag to the environment and the environment to the default', async () => {
    const env = { STIXTAXII_LIMIT: '5', STIXTAXII_COLLECTION: 'c, d', STIXTAXII_FULL: 'yes', STIXTAXII_NO_TEST: '1' }
    expect(await json('thing echo', { env })).toMatchObject({
      limit: 5,
      collection: ['c', 'd'],
      full: true,
      test: false,
    })
    expect(await json('thing echo --limit 6', { env })).toMatchObject({ limit: 6, pageSize: 100 })
    expect((await cli('thing echo', { env: { STIXTAXII_OUTPUT: 'ndjson' } })).stdout).toMatch(/^\{/)
  })

  it('leaves a flag that opts out alone in the environment', async () => {
    expect(await json('thing echo', { env: { STIXTAXII_PASSWORD_FILE: 'p' } })).not.toHaveProperty('passwordFile')
  })

  it('prints help for nothing, and the version', async () => {
    expect(await cli([])).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout: expect.stringContaining('Usage: stixtaxii'),
    })
    expect(await cli('--version')).toEqual({ exitCode: 0, stderr: '', stdout: `${version}\n` })
  })

  it('help alone is the help of the program, and words after a command do not matter', async () => {
    expect(await cli('help')).toEqual(await cli('--help'))
    expect(await cli('help thing echo acme')).toEqual(await cli('thing echo --help'))
    expect(await cli('help thing nonsense')).toMatchObject({ exitCode: 2 })
  })

  it('shows usage, details, arguments, flags, global flags, examples and exit statuses in the help of a command', async () => {
    for (const line of ['thing echo --help', 'help thing echo', 'thing echo -h']) {
      const { exitCode, stdout, stderr } = await cli(line)
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      for (const part of [
        'Usage: stixtaxii thing echo [options] [WORDS...]',
        'Say what was typed',
        'A command of the tests.',
        '--page-size <SIZE>',
        'default 100',
        'one of low, high',
        '--[no-]use-basic',
        '--no-test',
        '-f, --file',
        '--password-file <FILE>',
        '-o, --output',
        'stixtaxii thing echo a b',
        '2 usage',
      ]) {
        expect(stdout).toContain(part)
      }
    }
  })

  it('shows the help of a group', async () => {
    expect((await cli('thing --help')).stdout).toContain('echo')
  })
})

describe('usage errors', () => {
  const cases: readonly (readonly [string, string, RegExp, RegExp])[] = [
    ['thng', 'CLI_COMMAND_UNKNOWN', /There is no command "thng"/, /Did you mean thing\?/],
    ['thing ecko', 'CLI_COMMAND_UNKNOWN', /There is no command "thing ecko"/, /Did you mean echo\?/],
    ['thing zzzzzz', 'CLI_COMMAND_UNKNOWN', /There is no command "thing zzzzzz"/, /It has: echo, need, fail.*--help/],
    ['thing', 'CLI_COMMAND_MISSING', /needs one of: echo, need, fail/, /stixtaxii thing --help/],
    ['thing echo --limt 3', 'CLI_FLAG_UNKNOWN', /There is no flag --limt/, /Did you mean --limit\?/],
    ['thing echo --token-file t', 'CLI_FLAG_UNKNOWN', /There is no flag --token-file/, /Did you mean --file\?/],
    ['thing echo --limit', 'CLI_FLAG_VALUE_MISSING', /--limit/, /--help/],
    ['thing echo --limit abc', 'CLI_FLAG_INVALID', /--limit "abc" is not valid: a number is expected/, /./],
    ['thing echo --limit 0', 'CLI_FLAG_INVALID', /--limit "0" is not valid/, /./],
    ['thing echo --level mid', 'CLI_FLAG_INVALID', /--level "mid" .*: it is one of low, high/, /^null$/],
    [
      'thing echo --level hgih',
      'CLI_FLAG_INVALID',
      /--level "hgih" .*: it is one of low, high/,
      /^Did you mean high\?$/,
    ],
    ['thing need', 'CLI_ARGUMENT_MISSING', /ID/, /It is: which thing\. See: .*thing need --help/],
    ['thing need one', 'CLI_FLAG_MISSING', /--collection is missing/, /It is: where from\. See: .*thing need --help/],
    ['thing need one two', 'CLI_ARGUMENT_EXTRA', /more arguments than "thing need" takes/, /thing need --help/],
    ['thing echo --lock-timeout soon', 'CLI_FLAG_INVALID', /--lock-timeout "soon"/, /30s/],
    ['--bogus', 'CLI_FLAG_UNKNOWN', /There is no flag --bogus/, /./],
  ]
  it.each(cases)('%s ends with 2 as %s, for a person and as JSON', async (line, code, message, hint) => {
    const person = await cli(line)
    expect(person).toMatchObject({ exitCode: 2, stdout: '' })
    expect(person.stderr).toMatch(/^error: /)
    expect(person.stderr).toMatch(message)
    const machine = await cli(`${line} -o json`)
    expect(machine).toMatchObject({ exitCode: 2, stdout: '' })
    const error = errorOf(machine.stderr)
    expect(error).toMatchObject({ code, kind: 'usage', message: expect.stringMatching(message) })
    expect(String(error.hint)).toMatch(hint)
  })

  it('refuses -o where a command has a format of its own, but not STIXTAXII_OUTPUT', async () => {
    expect((await cli('raw -o yaml')).exitCode).toBe(2)
    const { exitCode, stderr } = await cli('raw -o json')
    expect(exitCode).toBe(2)
    expect(errorOf(stderr)).toMatchObject({ code: 'CLI_OUTPUT_UNUSED', kind: 'usage' })
    expect(await cli('raw', { env: { STIXTAXII_OUTPUT: 'csv' } })).toMatchObject({ exitCode: 0, stdout: '{"a":1}\n' })
  })

  it('names the variable when a value from the environment is wrong', async () => {
    const { exitCode, stderr } = await cli('thing echo', { env: { STIXTAXII_YES: 'perhaps' } })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('STIXTAXII_YES="perhaps"')
  })

  it('S6: does not repeat what may be a secret in the wrong place', async () => {
    const inFlag = await cli('thing echo --password=hunter2 -o json')
    const inUrl = await cli('thing echo --limit https://ann:hunter2@taxii.example/')
    for (const { stderr } of [inFlag, inUrl]) expect(stderr).not.toContain('hunter2')
    expect(errorOf(inFlag.stderr).hint).toContain('--password-file')
  })
})

describe('failures', () => {
  it('are a message, a code and a hint for a person; hostile characters are made visible', async () => {
    const { exitCode, stdout, stderr } = await cli('thing fail partial')
    expect(exitCode).toBe(12)
    expect(stdout).toContain('a')
    expect(stderr).toBe('warning: odd\nfailed 1\nerror: One of two\\u{1b} failed [TEST_PARTIAL]\nhint: Again\n')
  })

  it('are one line of JSON after the results', async () => {
    const { exitCode, stdout, stderr } = await cli('thing fail partial -o json')
    expect(exitCode).toBe(12)
    expect(JSON.parse(stdout)).toEqual({ results: [{ name: 'a' }], totals: { failed: 1 } })
    const lines = stderr.trimEnd().split('\n')
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual([['warning'], ['error']])
    expect(errorOf(stderr)).toEqual({
      code: 'TEST_PARTIAL',
      kind: 'partial',
      message: 'One of two\\u{1b} failed',
      hint: 'Again',
      context: { n: 1 },
    })
  })

  it('of ours are one line without a stack, which --debug adds', async () => {
    const plain = await cli('thing fail bug')
    expect(plain.exitCode).toBe(1)
    expect(plain.stderr.split('\n')[0]).toBe('error: Unexpected failure: TypeError: cannot read *** [CLI_INTERNAL]')
    expect(plain.stderr).not.toContain('    at ')
    expect((await cli('thing fail bug --debug')).stderr).toContain('    at ')
  })

  it('of the system name the path and what to do', async () => {
    const { exitCode, stderr } = await cli('thing fail system')
    expect(exitCode).toBe(11)
    expect(stderr).toContain('/a/b: no space left on the disk')
  })
})

describe('L6: stop signals', () => {
  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends a command that minds it with %i', async (signal, status) => {
    const stopped = await cli('thing fail stop', { onStart: (stop) => setTimeout(() => stop(signal), 20) })
    expect(stopped.exitCode).toBe(status)
    expect(stopped.stderr).toContain(`Stopped by ${signal}`)
  })

  it('ends a command that finishes its work after the signal with the status of the signal, and no error', async () => {
    const stopped = await cli('thing fail serve', { onStart: (stop) => setTimeout(() => stop('SIGINT'), 20) })
    expect(stopped).toEqual({ exitCode: 130, stdout: '', stderr: '' })
  })

  it('ends a command whose ordinary end is SIGTERM with 0', async () => {
    const send = (signal: 'SIGTERM' | 'SIGINT') => ({
      onStart: (stop: (by: typeof signal) => void) => void setTimeout(() => stop(signal), 20),
    })
    expect((await cli('serving', send('SIGTERM'))).exitCode).toBe(0)
    expect((await cli('serving', send('SIGINT'))).exitCode).toBe(130)
  })

  it('ends a command that hangs within two seconds', async () => {
    const begun = performance.now()
    const stopped = await cli('thing fail hang', { onStart: (stop) => setTimeout(() => stop('SIGINT'), 20) })
    expect(stopped.exitCode).toBe(130)
    expect(performance.now() - begun).toBeLessThan(2_000)
  })

  it('ends at once at the second SIGINT', async () => {
    const begun = performance.now()
    const send = (stop: (signal: 'SIGINT') => void): void => {
      setTimeout(() => stop('SIGINT'), 20)
      setTimeout(() => stop('SIGINT'), 60)
    }
    expect((await cli('thing fail hang', { onStart: send })).exitCode).toBe(130)
    expect(performance.now() - begun).toBeLessThan(1_000)
  })

  it('is 130 when a prompt was cancelled', async () => {
    expect((await cli('thing fail cancelled')).exitCode).toBe(130)
  })
})
