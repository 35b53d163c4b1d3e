import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/cli/process-host.ts'
import { processTable } from '../../../src/cli/process-table.ts'
import type { Profile } from '../../../src/profile/profile.ts'
import { openProfileStore } from '../../../src/profile/store.ts'
import { startTaxii1Server } from '../../../src/simulate/taxii1-server.ts'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import { profilesOf } from '../../support/a-profile.ts'
import { schemaProblems } from '../../support/json-schema.ts'
import { runCli, temporaryFolder } from '../../support/run-cli.ts'

const collections = [
  { id: '11111111-2222-4333-8444-555555555555', title: 'Malware', alias: 'malware', objects: [] },
  { id: '66666666-7777-4888-9999-000000000000', title: 'Phishing', objects: [] },
]

async function aSecretFile(text: string, name = 'pw.txt'): Promise<string> {
  const file = join(temporaryFolder(), name)
  await writeFile(file, `${text}\n`, { mode: 0o600 })
  return file
}

async function savedProfiles(folder: string): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, 'config', 'profiles.json'), 'utf8'))
}

describe('configure taxii', () => {
  it('L3 leaves no secret behind in a credential store when the profile cannot be saved', async () => {
    const folder = temporaryFolder()
    const password = await aSecretFile('s3cret')
    const line =
      `configure taxii acme --url https://taxii.example/taxii2/ --username ann --password-file ${password} ` +
      '--credential-store file --no-test -o json'
    const profiles = () => Promise.resolve(profilesOf([]))
    const failed = await runCli(line, { folder, parts: { profiles } })
    expect(failed.exitCode).not.toBe(0)
    expect(await readFile(join(folder, 'config', 'credentials.json'), 'utf8')).not.toContain('s3cret')
    expect((await runCli(line, { folder })).exitCode).toBe(0)
    const kept = await readFile(join(folder, 'config', 'credentials.json'), 'utf8')
    expect(kept.split('s3cret')).toHaveLength(2)
  })

  it('L3 puts the former secret back when the changed profile cannot be saved', async () => {
    const folder = temporaryFolder()
    const line = async (password: string, begin: string) =>
      `configure taxii acme --url https://taxii.example/taxii2/ --username ann --begin ${begin} --no-test ` +
      `--credential-store file --password-file ${await aSecretFile(password)}`
    expect((await runCli(await line('old s3cret', '10d'), { folder })).exitCode).toBe(0)
    const directory = join(folder, 'config')
    const real = await openProfileStore({ directory, clock: systemClock, processes: processTable })
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    })
    const profiles = () => Promise.resolve({ ...real, save: () => Promise.reject(full) })
    for (const begin of ['20d', '10d']) {
      expect((await runCli(await line('new s3cret', begin), { folder, parts: { profiles } })).exitCode).toBe(11)
      const kept = await readFile(join(directory, 'credentials.json'), 'utf8')
      expect([kept.includes('old s3cret'), kept.includes('new s3cret')]).toEqual([true, false])
    }
  })

  it('L3 leaves the secret of a profile that was saved before something failed', async () => {
    const folder = temporaryFolder()
    const password = await aSecretFile('s3cret')
    const directory = join(folder, 'config')
    const real = await openProfileStore({ directory, clock: systemClock, processes: processTable })
    const profiles = () =>
      Promise.resolve({
        ...real,
        async save(profile: Profile) {
          await real.save(profile)
          throw Object.assign(new Error('EIO: i/o error, unlink'), { code: 'EIO', syscall: 'unlink' })
        },
      })
    const failed = await runCli(
      `configure taxii acme --url https://taxii.example/taxii2/ --username ann --password-file ${password} ` +
        '--credential-store file --no-test',
      { folder, parts: { profiles } },
    )
    expect(failed.exitCode).toBe(11)
    expect(await savedProfiles(folder)).toMatchObject({ profiles: [{ name: 'acme' }] })
    expect(await readFile(join(directory, 'credentials.json'), 'utf8')).toContain('s3cret')
  })

  it('tries the server, saves what it found, and keeps a reference to the password file', async () => {
    const authentication = { scheme: 'basic', username: 'ann', password: 's3cret' } as const
    await using server = await startTaxii2Server({ collections, authentication })
    const folder = temporaryFolder()
    const password = await aSecretFile('s3cret')
    const { exitCode, stdout, stderr } = await runCli(
      `configure taxii acme --url ${server.discoveryUrl} --username ann --password-file ${password} ` +
        '--collection malware --begin 20d --fetch-interval 2d -o json',
      { folder },
    )
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining(password) as string })
    const record = JSON.parse(stdout) as Record<string, unknown>
    expect(schemaProblems('configure', record)).toEqual([])
    expect(record).toMatchObject({ name: 'acme', version: '2.1', offered: 2, tested: true, created: true })
    expect(await savedProfiles(folder)).toMatchObject({
      profiles: [
        {
          name: 'acme',
          url: server.discoveryUrl,
          version: '2.1',
          collections: ['malware'],
          authentication: { scheme: 'basic', username: 'ann', password: { from: 'path', path: password } },
          begin: '20d',
          fetchInterval: '2d',
        },
      ],
    })
  })

  it('saves nothing when the password is wrong, ends with 4 and names --no-test', async () => {
    const authentication = { scheme: 'basic', username: 'ann', password: 's3cret' } as const
    await using server = await startTaxii2Server({ collections, authentication })
    const folder = temporaryFolder()
    const password = await aSecretFile('wrong')
    const { exitCode, stdout, stderr } = await runCli(
      `configure taxii acme --url ${server.discoveryUrl} --username ann --password-file ${password} -o json`,
      { folder },
    )
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' })
    expect(JSON.parse(stderr.slice(stderr.indexOf('{')))).toMatchObject({
      error: { kind: 'auth', hint: expect.stringContaining('--no-test') as string },
    })
    await expect(stat(join(folder, 'config'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('leaves an existing profile as it was when the try fails', async () => {
    await using server = await startTaxii2Server({ collections })
    const folder = temporaryFolder()
    expect(await runCli(`configure acme --url ${server.discoveryUrl}`, { folder })).toMatchObject({ exitCode: 0 })
    const before = await savedProfiles(folder)
    const { exitCode } = await runCli('configure acme --collection no-such', { folder })
    expect(exitCode).toBe(5)
    expect(await savedProfiles(folder)).toEqual(before)
  })

  it('C1D-5: takes the word for a collection where nothing lists any, as at a bare poll address', async () => {
    await using server = await startTaxii1Server({ collections: [{ name: 'feed', type: 'feed', blocks: ['<a/>'] }] })
    const folder = temporaryFolder()
    const { exitCode } = await runCli(
      `configure taxii old --url ${server.addresses.poll} --taxii-version 1.1 --collection feed -o json`,
      { folder },
    )
    expect(exitCode).toBe(0)
    const fetched = await runCli('fetch old --since 2000-01-01T00:00:00Z -o json', { folder })
    expect(JSON.parse(fetched.stdout)).toMatchObject({ results: [{ collection: 'feed', new: 1, status: 'ok' }] })
  })

  it('names the nearest collection when one is not offered', async () => {
    await using server = await startTaxii2Server({ collections })
    const { exitCode, stderr } = await runCli(`configure acme --url ${server.discoveryUrl} --collection malwar`)
    expect(exitCode).toBe(5)
    expect(stderr).toContain('"malwar"')
    expect(stderr).toContain('Did you mean "malware"')
  })

  it('saves without connecting when told so', async () => {
    const { exitCode, stdout } = await runCli('configure acme --url https://taxii.example/x --no-test -o json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ version: 'auto', tested: false, offered: null })
  })

  it('changes only what a flag names, keeps the id, and empties what is given as empty', async () => {
    const folder = temporaryFolder()
    const password = await aSecretFile('x')
    await runCli(
      `configure acme --url https://taxii.example/x --username ann --password-file ${password} --collection a --collection b --ca ${password} --no-test`,
      { folder },
    )
    const [before] = ((await savedProfiles(folder)) as { profiles: [Record<string, unknown>] }).profiles
    await runCli(['configure', 'acme', '--no-use-basic', '--disabled', '--collection', '', '--no-test'], { folder })
    const [after] = ((await savedProfiles(folder)) as { profiles: [Record<string, unknown>] }).profiles
    expect(after).toEqual({ ...before, useBasic: false, enabled: false, collections: [] })
  })

  it('takes every field that a definition of Director has, switched on or off', async () => {
    const folder = temporaryFolder()
    const key = await aSecretFile('-----BEGIN X-----', 'key.pem')
    const { exitCode } = await runCli(
      `configure acme --url https://taxii.example/x --stix-version 2 --taxii-version 2.1 --username ann --password-file ${key} ` +
        `--certificate ${key} --key ${key} --key-passphrase-file ${key} --no-use-certificate --certificate-location public ` +
        '--proxy http://proxy.example:3128 --no-use-proxy --begin 3mo --fetch-interval 4h --enabled --no-test',
      { folder },
    )
    expect(exitCode).toBe(0)
    expect(await savedProfiles(folder)).toMatchObject({
      profiles: [
        {
          stixVersion: '2',
          version: '2.1',
          useBasic: true,
          certificate: {
            certificate: key,
            key,
            passphrase: { from: 'path', path: key },
            use: false,
            location: 'public',
          },
          proxy: { url: 'http://proxy.example:3128', use: false },
          begin: '3mo',
          fetchInterval: '4h',
          enabled: true,
        },
      ],
    })
  })

  it.each([
    ['https://ann:pw@taxii.example/', 'user name or password'],
    ['https://taxii.example/?apikey=abc', '("apikey")'],
    ['ftp://taxii.example/', 'http or https'],
    ['taxii.example/taxii2/', 'https://taxii.example/taxii2/'],
  ])('refuses %s as an address, says why, and never shows the secret in it', async (url, why) => {
    const { exitCode, stdout, stderr } = await runCli(['configure', 'acme', '--url', url, '--no-test'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(why)
    expect(stderr).not.toMatch(/:pw@|=abc/)
  })

  it('refuses a proxy with a password in its address', async () => {
    const { exitCode, stderr } = await runCli(
      'configure acme --url https://taxii.example/ --proxy http://u:pw@proxy.example:1 --no-test',
    )
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--proxy-password-file')
    expect(stderr).not.toContain('u:pw')
  })

  it('wants a confirmation before verification is switched off', async () => {
    const flags = 'configure acme --url https://taxii.example/ --insecure --no-test'
    expect(await runCli(flags)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--yes') as string })
    expect(await runCli(`${flags} --yes`)).toMatchObject({ exitCode: 0 })
  })

  it('asks nobody without a terminal: what is missing is named', async () => {
    expect(await runCli('configure')).toMatchObject({ exitCode: 2, stdout: '' })
    const { exitCode, stderr } = await runCli('configure taxii acme')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--url')
  })

  it.each([
    ['--username ann --token-file F', '--token-file and --username'],
    ['--auth oauth2 --client-id x', '--oauth-token-url'],
    ['--auth bearer', '--token-file'],
    ['--query-key k', '--query-key-file'],
    ['--header Host=F', 'set by the program'],
    ['--header nonsense', 'NAME=FILE'],
    ['--pin abc', '64 hex digits'],
    ['--begin soon', '2h, 20d'],
    ['--key F', '--certificate'],
    ['--secret-stdin --auth bearer', '--credential-store'],
    ['--preset nosuch', 'preset'],
    ['--allow-origin https://other.example/path', 'more than an origin'],
    ['--pool a=1', 'director'],
  ])('refuses %s and says what is wrong', async (flags, why) => {
    const { exitCode, stdout, stderr } = await runCli(`configure acme --url https://taxii.example/ --no-test ${flags}`)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(why)
  })

  it('copies a secret into the store that is chosen, and says so before it is written in clear', async () => {
    const folder = temporaryFolder()
    const token = await aSecretFile('t0ken')
    const { exitCode, stderr } = await runCli(
      `configure acme --url https://taxii.example/ --token-file ${token} --credential-store file --no-test`,
      { folder },
    )
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(/unencrypted/)
    const file = join(folder, 'config', 'credentials.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readFile(file, 'utf8')).toContain('t0ken')
    expect(JSON.stringify(await savedProfiles(folder))).not.toContain('t0ken')
  })

  it('takes the secret from standard input', async () => {
    const folder = temporaryFolder()
    const env = { STIXTAXII_PASSPHRASE: 'open sesame' }
    const flags =
      'configure acme --url https://taxii.example/ --auth bearer --secret-stdin --credential-store sealed --no-test'
    expect(await runCli(flags, { folder, env, stdin: 't0ken\nignored\n' })).toMatchObject({ exitCode: 0 })
    const { stdout } = await runCli('credential list --check -o json', { folder, env })
    expect(JSON.parse(stdout)).toMatchObject([{ profile: 'acme', field: 'token', place: 'sealed', state: 'present' }])
  })

  it('takes address and fixed user name from the preset', async () => {
    const folder = temporaryFolder()
    const key = await aSecretFile('k')
    await runCli(`configure sekoia --preset sekoia --password-file ${key} --no-test`, { folder })
    expect(await savedProfiles(folder)).toMatchObject({
      profiles: [
        {
          url: 'https://app.sekoia.io/api/v2/inthreat/taxii-server/taxii',
          preset: 'sekoia',
          authentication: { scheme: 'basic', username: 'sekoia' },
        },
      ],
    })
  })
})

describe('configure director', () => {
  it('saves a Director profile from flags', async () => {
    const folder = temporaryFolder()
    const token = await aSecretFile('t')
    const { exitCode, stdout } = await runCli(
      `configure director hq --url https://director.example --token-file ${token} --pool acme=0123456789abcdef0123456789abcdef ` +
        '--logpoint acme/lp1=fedcba9876543210fedcba9876543210 --no-test -o json',
      { folder },
    )
    expect(exitCode).toBe(0)
    expect(schemaProblems('configure', JSON.parse(stdout))).toEqual([])
    expect(await savedProfiles(folder)).toMatchObject({
      profiles: [
        {
          kind: 'director',
          token: { from: 'path', path: token },
          pools: { acme: '0123456789abcdef0123456789abcdef' },
          logpoints: { 'acme/lp1': 'fedcba9876543210fedcba9876543210' },
        },
      ],
    })
  })

  it('refuses a Logpoint in a pool that it does not know', async () => {
    const { exitCode, stderr } = await runCli(
      'configure director hq --url https://director.example --secret-env T --logpoint acme/lp1=12345678',
    )
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--pool acme=')
  })

  it('does not turn a profile of one kind into the other', async () => {
    const folder = temporaryFolder()
    await runCli('configure hq --url https://taxii.example --no-test', { folder })
    const { exitCode } = await runCli('configure director hq --url https://d.example --secret-env T', { folder })
    expect(exitCode).toBe(2)
  })
})
