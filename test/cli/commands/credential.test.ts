import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { schemaProblems } from '../../support/json-schema.ts'
import { runCli, temporaryFolder } from '../../support/run-cli.ts'

async function aFolder(flags = '--auth bearer --secret-env TOKEN'): Promise<string> {
  const folder = temporaryFolder()
  const made = await runCli(`configure acme --url https://taxii.example/ ${flags} --no-test`, { folder })
  expect(made).toMatchObject({ exitCode: 0 })
  return folder
}

async function plainFile(folder: string): Promise<{ secrets: Record<string, string> }> {
  return JSON.parse(await readFile(join(folder, 'config', 'credentials.json'), 'utf8')) as never
}

describe('credential set', () => {
  it('takes the secret from standard input into a chosen store', async () => {
    const folder = await aFolder()
    const { exitCode, stdout, stderr } = await runCli('credential set acme --stdin --credential-store file -o json', {
      folder,
      stdin: 't0ken\n',
    })
    expect(exitCode).toBe(0)
    const record = JSON.parse(stdout) as { where: string }
    expect(schemaProblems('credential', record)).toEqual([])
    expect(stderr).toContain('unencrypted')
    expect(Object.values((await plainFile(folder)).secrets)).toEqual(['t0ken'])
  })

  it('copies it from a file, or remembers the file', async () => {
    const folder = await aFolder()
    const file = join(folder, 'token.txt')
    await writeFile(file, 'fr0m-file\n', { mode: 0o600 })
    const remembered = await runCli(`credential set acme token --file ${file} -o json`, { folder })
    expect(JSON.parse(remembered.stdout)).toEqual({ profile: 'acme', field: 'token', place: 'path', where: file })
    await runCli(`credential set acme --file ${file} --credential-store file`, { folder })
    expect(Object.values((await plainFile(folder)).secrets)).toEqual(['fr0m-file'])
  })

  it('leaves no copy behind in the store it moves away from', async () => {
    const folder = await aFolder()
    await runCli('credential set acme --stdin --credential-store file', { folder, stdin: 't0ken' })
    await runCli('credential set acme --env TOKEN', { folder })
    expect((await plainFile(folder)).secrets).toEqual({})
  })

  it('keeps using the store that the secret is in', async () => {
    const folder = await aFolder()
    await runCli('credential set acme --stdin --credential-store file', { folder, stdin: 'one' })
    expect(await runCli('credential set acme --stdin', { folder, stdin: 'two' })).toMatchObject({ exitCode: 0 })
    expect(Object.values((await plainFile(folder)).secrets)).toEqual(['two'])
  })

  it.each([
    ['credential set acme', 2, 'Nobody can be asked'],
    ['credential set acme --stdin', 2, '--credential-store'],
    ['credential set acme --env A --file b', 2, 'Give one'],
    ['credential set acme passwrod --env A', 5, 'It has: token'],
    ['credential set nobody --env A', 5, 'nobody'],
    ['credential set acme --stdin --credential-store sealed', 4, 'STIXTAXII_PASSPHRASE'],
    ['credential set acme --file /no/such/file --credential-store file', 4, 'ENOENT'],
    ['credential set acme s3cret t0ken', 2, ''],
  ])('%s ends with %i', async (command, status, shown) => {
    const folder = await aFolder()
    const { exitCode, stdout, stderr } = await runCli(command, { folder, stdin: 'x\n' })
    expect({ exitCode, stdout }).toEqual({ exitCode: status, stdout: '' })
    expect(stderr).toContain(shown)
  })

  it('S7 refuses a secret with a NUL, and an empty one', async () => {
    const folder = await aFolder()
    const command = 'credential set acme --stdin --credential-store file'
    expect(await runCli(command, { folder, stdin: 'a\0b\n' })).toMatchObject({ exitCode: 3 })
    expect(await runCli(command, { folder, stdin: '\n' })).toMatchObject({ exitCode: 4 })
  })

  it('ends with 5 for a profile that uses no secret', async () => {
    const folder = await aFolder('')
    expect(await runCli('credential set acme --env A', { folder })).toMatchObject({ exitCode: 5 })
  })
})

describe('credential list', () => {
  it('says of each secret where it is, and with --check whether it is there', async () => {
    const folder = await aFolder('--username ann --password-file /no/such --header X-Key=/no/such')
    const { stdout } = await runCli('credential list -o json', { folder })
    expect(schemaProblems('credential-list', JSON.parse(stdout))).toEqual([])
    expect(JSON.parse(stdout)).toMatchObject([
      { field: 'password', place: 'path', where: '/no/such', state: 'unchecked', problem: null },
      { field: 'header-X-Key', state: 'unchecked' },
    ])
    const checked = await runCli('credential list acme --check -o json', { folder })
    expect(checked.exitCode).toBe(0)
    expect(schemaProblems('credential-list', JSON.parse(checked.stdout))).toEqual([])
    expect(JSON.parse(checked.stdout)).toMatchObject([
      { state: 'missing', problem: expect.stringContaining('ENOENT') as string },
      { state: 'missing' },
    ])
  })
})

describe('credential remove', () => {
  it('removes the secret from its store and leaves the profile', async () => {
    const folder = await aFolder()
    await runCli('credential set acme --stdin --credential-store file', { folder, stdin: 't0ken' })
    expect(await runCli('credential remove acme', { folder })).toMatchObject({ exitCode: 2 })
    const { exitCode, stdout } = await runCli('credential remove acme --yes -o json', { folder })
    expect(exitCode).toBe(0)
    expect(schemaProblems('credential', JSON.parse(stdout))).toEqual([])
    expect((await plainFile(folder)).secrets).toEqual({})
    expect(await runCli('credential remove acme --yes', { folder })).toMatchObject({ exitCode: 5 })
    const { stdout: listed } = await runCli('credential list --check -o json', { folder })
    expect(JSON.parse(listed)).toMatchObject([{ state: 'missing' }])
  })

  it('names the place of a secret that is not in a store of ours', async () => {
    const folder = await aFolder()
    const { exitCode, stderr } = await runCli('credential remove acme --yes', { folder })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('$TOKEN')
  })
})
