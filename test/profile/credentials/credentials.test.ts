import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Notice } from '../../../src/core/notice.ts'
import { Secret } from '../../../src/core/secret.ts'
import { openCredentials } from '../../../src/profile/credentials/credentials.ts'
import type { CredentialsOptions } from '../../../src/profile/credentials/credentials.ts'
import { runHelper, splitCommand } from '../../../src/profile/credentials/helper.ts'
import type { Credentials } from '../../../src/profile/profile.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { realClock, realProcesses } from '../processes.ts'

async function some(
  changes: Partial<CredentialsOptions> = {},
): Promise<{ credentials: Credentials; notices: Notice[]; folder: string }> {
  const folder = await temporaryFolder()
  const notices: Notice[] = []
  const credentials = openCredentials({
    directory: () => join(folder, 'config'),
    clock: realClock,
    processes: realProcesses,
    environment: { PATH: process.env.PATH },
    terminal: { canAsk: false, askSecret: () => Promise.reject(new Error('nobody is here')) },
    notices: (notice) => notices.push(notice),
    ...changes,
  })
  return { credentials, notices, folder }
}

const password = { what: 'the password', profile: 'acme' }
const node = process.execPath
const open = async (secret: Promise<Secret>): Promise<string> => Secret.open(await secret)

describe('a reference', () => {
  it('to a file gives its first line, without BOM and line break', async () => {
    const { credentials, folder } = await some()
    const file = join(folder, 'pw')
    await writeFile(file, '\ufeffs3cret\r\nsecond line\n', { mode: 0o600 })
    expect(await open(credentials.resolve({ from: 'path', path: file }, password))).toBe('s3cret')
  })

  it('to a file of the user that others can read only warns', async () => {
    const { credentials, notices, folder } = await some()
    const file = join(folder, 'pw')
    await writeFile(file, 's3cret')
    await chmod(file, 0o644)
    expect(await open(credentials.resolve({ from: 'path', path: file }, password))).toBe('s3cret')
    expect(notices).toMatchObject([
      { code: 'PROFILE_SECRET_FILE_LOOSE', message: expect.stringMatching(/0644.*chmod 600/) as string },
    ])
  })

  it('to a variable gives its value', async () => {
    const { credentials } = await some({ environment: { PW: 's3cret' } })
    expect(await open(credentials.resolve({ from: 'env', name: 'PW' }, password))).toBe('s3cret')
  })

  it('to a program gives the first line it prints; no shell reads its arguments', async () => {
    const { credentials } = await some()
    const program = 'console.log(process.argv[1]); console.log("more")'
    const command = [node, '-e', program, '$(id) `id` ; *']
    expect(await open(credentials.resolve({ from: 'command', command }, password))).toBe('$(id) `id` ; *')
  })

  it('to an entry of a store gives what was set there', async () => {
    const { credentials } = await some()
    await (await credentials.open('file')).set('acme-1/password', new Secret('s3cret'))
    const reference = { from: 'file', entry: 'acme-1/password' } as const
    expect(await open(credentials.resolve(reference, password))).toBe('s3cret')
  })

  it.each([
    [{ from: 'path', path: '/no/such/file' }, 'ENOENT', 'Check its path and rights, or name another file.'],
    [{ from: 'env', name: 'NOT_SET' }, 'NOT_SET'],
    [{ from: 'file', entry: 'acme-1/password' }, 'acme-1/password'],
  ] as const)(
    'that leads nowhere (%o) is an auth error that says what to do',
    async (reference, shown, hint?: string) => {
      const { credentials } = await some()
      await expect(credentials.resolve(reference, password)).rejects.toMatchObject({
        code: 'PROFILE_SECRET_MISSING',
        kind: 'auth',
        message: expect.stringContaining(shown) as string,
        hint: hint ?? 'Set it with: stixtaxii credential set acme',
      })
    },
  )

  it.each(['a\0b', 'a\rb', 'a\nX-Evil: 1'])('S7 to a value with a line break or NUL (%j) is refused', async (value) => {
    const { credentials } = await some({ environment: { PW: value } })
    await expect(credentials.resolve({ from: 'env', name: 'PW' }, password)).rejects.toMatchObject({
      code: 'PROFILE_SECRET_UNSAFE',
      kind: 'config',
    })
  })

  it('that is staged gives the staged secret, and writes it only at commit', async () => {
    const { credentials } = await some()
    const reference = { from: 'file', entry: 'acme-1/password' } as const
    credentials.stage(reference, new Secret('s3cret'))
    expect(await open(credentials.resolve(reference, password))).toBe('s3cret')
    credentials.stage({ from: 'file', entry: 'changed-mind/password' }, new Secret('other'))
    expect(await (await credentials.open('file')).list()).toEqual([])
    await credentials.commit([reference])
    expect(await (await credentials.open('file')).list()).toEqual(['acme-1/password'])
  })

  it('that is staged is told from others by its store and its entry, and is the store’s again after commit', async () => {
    const { credentials } = await some({ environment: { PW: 'from the variable', STIXTAXII_PASSPHRASE: 'p' } })
    const [one, two] = ['a/password', 'b/password'].map((entry) => ({ from: 'file', entry }) as const)
    const sealed = { from: 'sealed', entry: 'a/password' } as const
    if (!one || !two) throw new Error('two references')
    credentials.stage(one, new Secret('first'))
    credentials.stage(two, new Secret('second'))
    credentials.stage(sealed, new Secret('third'))
    const seen = [one, two, sealed, { from: 'env', name: 'PW' } as const]
    const told = await Promise.all(seen.map((reference) => open(credentials.resolve(reference, password))))
    expect(told).toEqual(['first', 'second', 'third', 'from the variable'])
    await credentials.commit([one, { from: 'file', entry: 'never staged' }])
    const store = await credentials.open('file')
    expect(await store.list()).toEqual(['a/password'])
    await store.set('a/password', new Secret('changed since'))
    expect(await open(credentials.resolve(one, password))).toBe('changed since')
    await expect(credentials.resolve(two, password)).rejects.toMatchObject({ code: 'PROFILE_SECRET_MISSING' })
  })

  it.each([
    ['a folder', 'EISDIR', { what: 'the password', profile: 'acme' }, 'The password of profile "acme" is missing: '],
    ['a folder, for nobody', 'EISDIR', { what: 'the token' }, 'The token is missing: '],
  ] as const)('to %s says what cannot be read, and why', async (_what, why, purpose, beginning) => {
    const { credentials, folder } = await some()
    await expect(credentials.resolve({ from: 'path', path: folder }, purpose)).rejects.toMatchObject({
      code: 'PROFILE_SECRET_MISSING',
      message: `${beginning}${folder} cannot be read: is a folder, a file is needed (${why})`,
      context: { profile: 'profile' in purpose ? purpose.profile : undefined },
      cause: { code: why },
    })
  })

  it.each([
    ['an empty file', { from: 'path', path: '/dev/null' }],
    ['an empty variable', { from: 'env', name: 'EMPTY' }],
    ['a silent program', { from: 'command', command: ['true'] }],
  ] as const)('to %s is a missing secret', async (_what, reference) => {
    const { credentials } = await some({ environment: { PATH: process.env.PATH, EMPTY: '' } })
    await expect(credentials.resolve(reference, password)).rejects.toMatchObject({ code: 'PROFILE_SECRET_MISSING' })
  })

  it('to a file that only its user can read warns of nothing', async () => {
    const { credentials, notices, folder } = await some()
    const file = join(folder, 'pw')
    await writeFile(file, 'a\ufeff b', { mode: 0o600 })
    expect(await open(credentials.resolve({ from: 'path', path: file }, password))).toBe('a\ufeff b')
    expect(notices).toEqual([])
  })

  it('to a store that there is not is a mistake of ours', async () => {
    const { credentials } = await some()
    expect(() => credentials.open('vault' as never)).toThrow(TypeError)
  })
})

describe('a credential helper', () => {
  it('that fails is an auth error with its status and what it complained, not what it printed', async () => {
    const { credentials } = await some()
    const program = 'console.log("s3cret"); console.error("no such entry\\u001b[31m"); process.exitCode = 3'
    const failed = credentials.resolve({ from: 'command', command: [node, '-e', program] }, password)
    await expect(failed).rejects.toMatchObject({
      code: 'PROFILE_HELPER_FAILED',
      kind: 'auth',
      message: expect.stringMatching(/status 3: no such entry\\u\{1b\}/) as string,
    })
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('s3cret') as string })
  })

  it('that repeats its secret as a complaint is not quoted', async () => {
    const { credentials } = await some()
    const program = 'console.log("s3cret"); console.error("denied: s3cret"); process.exitCode = 1'
    const failed = credentials.resolve({ from: 'command', command: [node, '-e', program] }, password)
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('s3cret') as string })
  })

  it('that repeats one of the lines it printed as a complaint is not quoted', async () => {
    const { credentials } = await some()
    const program = 'console.log("s3cret\\nuser: me"); console.error("denied: s3cret"); process.exitCode = 1'
    const failed = credentials.resolve({ from: 'command', command: [node, '-e', program] }, password)
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('s3cret') as string })
  })

  it.each([
    ['ends', 'sleep 5 & echo s3cret', 's3cret'],
    ['takes too long', 'echo s3cret; sleep 5; echo more', undefined],
  ])('L11 that %s is waited for no longer because of what it left running', async (_what, script, secret) => {
    const began = performance.now()
    const asked = runHelper(['sh', '-c', script], { environment: { PATH: process.env.PATH }, timeoutMs: 1_000 })
    if (secret === undefined) await expect(asked).rejects.toMatchObject({ code: 'PROFILE_HELPER_FAILED' })
    else expect((await asked).toString().trim()).toBe(secret)
    expect(performance.now() - began).toBeLessThan(3_500)
  })

  it('that cannot be started, or prints without end, is an auth error', async () => {
    const { credentials } = await some()
    for (const command of [['/no/such/program'], [node, '-e', 'for (;;) process.stdout.write("x".repeat(9999))']]) {
      const failed = credentials.resolve({ from: 'command', command }, password)
      await expect(failed).rejects.toMatchObject({ code: 'PROFILE_HELPER_FAILED', kind: 'auth' })
    }
  })

  it('S6 does not get our own variables, which may be secrets', async () => {
    const environment = { PATH: process.env.PATH, STIXTAXII_PASSWORD: 's3cret', STIXTAXII_PASSPHRASE: 'p' }
    const { credentials } = await some({ environment })
    const program = 'console.log(Object.keys(process.env).filter((name) => /stixtaxii/i.test(name)).length)'
    const reference = { from: 'command', command: [node, '-e', program] } as const
    expect(await open(credentials.resolve(reference, password))).toBe('0')
  })

  it.each([
    ['pass show x', ['pass', 'show', 'x']],
    ['  sh -c \'echo "a b"\' ', ['sh', '-c', 'echo "a b"']],
    ['op read "op://a b/c"', ['op', 'read', 'op://a b/c']],
    ['a"b c"d', ['ab cd']],
  ])('typed as %s has these words', (text, words) => {
    expect(splitCommand(text)).toEqual(words)
  })

  it.each(['', '   ', "sh -c 'open", 'a "b'])('typed as %j is refused', (text) => {
    expect(() => splitCommand(text)).toThrow('cannot be split')
  })
})

describe('the passphrase of the sealed store', () => {
  const sealed = { from: 'sealed', entry: 'acme-1/password' } as const

  it('comes from the file, before the variable', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'phrase')
    await writeFile(file, 'open sesame\n', { mode: 0o600 })
    const environment = { STIXTAXII_PASSPHRASE: 'other' }
    const directory = (): string => join(folder, 'config')
    const first = await some({ passphraseFile: file, environment, directory })
    await (await first.credentials.open('sealed')).set('acme-1/password', new Secret('s3cret'))
    const again = await some({ environment: { STIXTAXII_PASSPHRASE: 'open sesame' }, directory })
    expect(await open(again.credentials.resolve(sealed, password))).toBe('s3cret')
  })

  it('is asked for once on a terminal, and twice when the file is new', async () => {
    const folder = await temporaryFolder()
    const asked: string[] = []
    const terminal = {
      canAsk: true,
      askSecret: ({ message }: { message: string }) => {
        asked.push(message)
        return Promise.resolve(new Secret('open sesame'))
      },
    }
    const directory = (): string => join(folder, 'config')
    const first = await some({ terminal, directory })
    const store = await first.credentials.open('sealed')
    await store.set('acme-1/password', new Secret('s3cret'))
    await store.set('b', new Secret('x'))
    expect(asked).toEqual(['New passphrase for the sealed store', 'The same passphrase again'])
    asked.length = 0
    const again = await some({ terminal, directory })
    await again.credentials.resolve(sealed, password)
    await again.credentials.resolve(sealed, password)
    expect(asked).toEqual(['Passphrase of the sealed store'])
  })

  it('is asked for again until both are the same and not empty', async () => {
    const typed = ['one', 'two', '', '', 'open sesame', 'open sesame']
    const asked: string[] = []
    const askSecret = ({ message }: { message: string }): Promise<Secret> => {
      asked.push(message.slice(0, 10))
      return Promise.resolve(new Secret(typed[asked.length - 1] ?? ''))
    }
    const { credentials } = await some({ terminal: { canAsk: true, askSecret } })
    await (await credentials.open('sealed')).set('acme-1/password', new Secret('s3cret'))
    expect(asked).toEqual(['New passph', 'The same p', 'They diffe', 'The same p', 'They diffe', 'The same p'])
  })

  it('that is nowhere is an auth error naming every way to give it', async () => {
    const { credentials } = await some()
    const store = await credentials.open('sealed')
    await expect(store.set('a', new Secret('b'))).rejects.toMatchObject({
      code: 'PROFILE_PASSPHRASE_MISSING',
      kind: 'auth',
      hint: expect.stringMatching(/STIXTAXII_PASSPHRASE.*--passphrase-file/) as string,
    })
  })
})
