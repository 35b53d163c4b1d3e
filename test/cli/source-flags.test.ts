import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { sourceFromEnvironment, stableId } from '../../src/cli/source-environment.ts'
import { equivalentCommand } from '../../src/cli/equivalent-command.ts'
import { resolveSource } from '../../src/cli/source-flags.ts'
import type { SourceParts } from '../../src/cli/source-flags.ts'
import { Secret } from '../../src/core/secret.ts'
import { openCredentials } from '../../src/profile/credentials/credentials.ts'
import { openProfileStore } from '../../src/profile/store.ts'
import type { Profile, TaxiiProfile } from '../../src/profile/profile.ts'
import { aDirectorProfile, aTaxiiProfile } from '../profile/a-profile.ts'
import { realClock, realProcesses } from '../profile/processes.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'

async function parts(
  profiles: readonly Profile[] = [],
  changes: { profile?: string; environment?: Record<string, string>; stdin?: string; chosen?: string } = {},
): Promise<SourceParts> {
  const directory = join(temporaryFolder(), 'config')
  const common = { clock: realClock, processes: realProcesses }
  const store = await openProfileStore({ directory, ...common })
  for (const profile of profiles) await store.save(profile)
  if (changes.chosen) await store.setDefault('taxii', changes.chosen)
  const environment = changes.environment ?? {}
  const credentials = openCredentials({
    ...common,
    directory: () => directory,
    environment,
    terminal: { canAsk: false, askSecret: () => Promise.reject(new Error()) },
    notices: () => undefined,
  })
  return {
    options: { profile: changes.profile ?? environment.STIXTAXII_PROFILE } as SourceParts['options'],
    environment,
    workingDirectory: '/here',
    profiles: () => Promise.resolve(store),
    credentials: () => Promise.resolve(credentials),
    stdin: Readable.from([Buffer.from(changes.stdin ?? '')]),
  }
}

const noPreset = { workingDirectory: '/here', findPreset: () => undefined }

describe('the source of a command', () => {
  it('is a URL as it was typed, with an id that is the same next time', async () => {
    const url = 'https://taxii.example/taxii2/'
    const first = await resolveSource(url, { username: 'ann', passwordFile: 'pw' }, await parts())
    expect(first).toMatchObject({
      name: 'taxii.example',
      url,
      authentication: { scheme: 'basic', username: 'ann', password: { from: 'path', path: '/here/pw' } },
    })
    expect((await resolveSource(url, {}, await parts())).id).toBe(first.id)
    expect((await resolveSource(`${url}x`, {}, await parts())).id).not.toBe(first.id)
  })

  it('is the profile of that name, changed by flags for this run only', async () => {
    const given = await parts([aTaxiiProfile({ pageSize: 5 })])
    expect(await resolveSource('acme', { pageSize: 9 }, given)).toEqual(aTaxiiProfile({ pageSize: 9 }))
    expect(await (await given.profiles()).get('acme')).toEqual(aTaxiiProfile({ pageSize: 5 }))
  })

  it('is never changed by flags of the command that only share a name with a definition', async () => {
    const flags = { collection: 'c1', begin: 'x', url: 'nonsense' } as object
    expect(await resolveSource('acme', flags, await parts([aTaxiiProfile()]))).toEqual(aTaxiiProfile())
  })

  it('is --profile, then the default, then the only one', async () => {
    const two = [aTaxiiProfile({ name: 'a' }), aTaxiiProfile({ name: 'b' })]
    const nameOf = async (given: SourceParts): Promise<string> => (await resolveSource(undefined, {}, given)).name
    expect(await nameOf(await parts(two, { profile: 'b', chosen: 'a' }))).toBe('b')
    expect(await nameOf(await parts(two, { chosen: 'a' }))).toBe('a')
    expect(await nameOf(await parts([aTaxiiProfile(), aDirectorProfile()]))).toBe('acme')
  })

  it.each([
    [[], 'There is no source yet'],
    [[aTaxiiProfile({ name: 'a' }), aTaxiiProfile({ name: 'b' })], 'Several sources'],
  ])('cannot be guessed from %#', async (profiles, message) => {
    await expect(resolveSource(undefined, {}, await parts(profiles))).rejects.toMatchObject({
      code: 'PROFILE_UNNAMED',
      kind: 'usage',
      message: expect.stringContaining(message) as string,
    })
  })

  it('is refused twice: an argument and a typed --profile', async () => {
    for (const source of ['acme', 'https://taxii.example/']) {
      const given = await parts([aTaxiiProfile()], { profile: 'acme' })
      await expect(resolveSource(source, {}, given)).rejects.toMatchObject({ code: 'PROFILE_TWICE', kind: 'usage' })
    }
  })

  it('may be an argument although STIXTAXII_PROFILE is set, and that is ignored when it is a Director', async () => {
    const profiles = [aTaxiiProfile(), aDirectorProfile()]
    const given = await parts(profiles, { environment: { STIXTAXII_PROFILE: 'hq' } })
    expect((await resolveSource('acme', {}, given)).name).toBe('acme')
    expect((await resolveSource(undefined, {}, given)).name).toBe('acme')
  })

  it('is no Director profile', async () => {
    const given = await parts([aDirectorProfile()])
    await expect(resolveSource('hq', {}, given)).rejects.toMatchObject({ code: 'PROFILE_KIND_WRONG', kind: 'usage' })
    const typed = await parts([aDirectorProfile()], { profile: 'hq' })
    await expect(resolveSource(undefined, {}, typed)).rejects.toMatchObject({ code: 'PROFILE_KIND_WRONG' })
  })

  it('takes its secret from standard input for this run, and writes it nowhere', async () => {
    const given = await parts([aTaxiiProfile()], { stdin: 't0ken\n' })
    const profile = await resolveSource('acme', { auth: 'bearer', secretStdin: true }, given)
    if (profile.authentication.scheme !== 'bearer') throw new Error('not Bearer')
    const { token } = profile.authentication
    const credentials = await given.credentials()
    expect(Secret.open(await credentials.resolve(token, { what: 'the token' }))).toBe('t0ken')
    expect(await (await credentials.open('file')).list()).toEqual([])
  })
})

describe('a change of authentication by flags', () => {
  const basic = { scheme: 'basic', username: 'ann', password: { from: 'env', name: 'PW' } } as const
  const jwt = { scheme: 'jwt', url: undefined, username: 'ann', password: { from: 'env', name: 'PW' } } as const
  it.each([
    ['a new user name keeps the password', basic, { username: 'bob' }, { ...basic, username: 'bob' }],
    ['a user name keeps JWT', jwt, { username: 'bob' }, { ...jwt, username: 'bob' }],
    ['--auth jwt keeps what Basic had', basic, { auth: 'jwt' }, jwt],
    [
      'an empty user name is one',
      { scheme: 'none' },
      { username: '' },
      { scheme: 'basic', username: '', password: null },
    ],
    ['--auth none ends it', basic, { auth: 'none' }, { scheme: 'none' }],
    [
      'a token file keeps the word before it',
      { scheme: 'token', token: { from: 'env', name: 'T' } },
      { tokenFile: '/t' },
      { scheme: 'token', token: { from: 'path', path: '/t' } },
    ],
    [
      'a helper is split into words',
      basic,
      { secretCommand: "pass show 'a b'" },
      { ...basic, password: { from: 'command', command: ['pass', 'show', 'a b'] } },
    ],
  ] as const)('%s', async (_, authentication, flags, expected) => {
    const given = await parts([aTaxiiProfile({ authentication } as Partial<TaxiiProfile>)])
    expect((await resolveSource('acme', flags, given)).authentication).toEqual(expected)
  })

  it('adds, replaces and removes headers by name, whatever their case', async () => {
    const headers = [
      { name: 'X-One', value: { from: 'env', name: 'A' } as const },
      { name: 'X-Two', value: { from: 'env', name: 'B' } as const },
    ]
    const given = await parts([aTaxiiProfile({ headers })])
    const changed = await resolveSource('acme', { header: ['x-one=/f', 'X-Two=', 'X-Three=/g'] }, given)
    expect(changed.headers).toEqual([
      { name: 'x-one', value: { from: 'path', path: '/f' } },
      { name: 'X-Three', value: { from: 'path', path: '/g' } },
    ])
  })
})

describe('a profile wholly from the environment', () => {
  it('is there when STIXTAXII_URL is, with every flag as a variable and its secret left in its own', async () => {
    const profile = await sourceFromEnvironment(
      {
        STIXTAXII_URL: 'https://taxii.example/taxii2/',
        STIXTAXII_USERNAME: 'ann',
        STIXTAXII_PASSWORD: 's3cret',
        STIXTAXII_COLLECTION: 'a, b',
        STIXTAXII_TAXII_VERSION: '2.0',
        STIXTAXII_BEGIN: '2h',
        STIXTAXII_ALLOW_HTTP: 'yes',
        STIXTAXII_PAGE_SIZE: '50',
        STIXTAXII_CA: 'ca.pem',
      },
      noPreset,
    )
    expect(profile).toMatchObject({
      name: 'environment',
      version: '2.0',
      collections: ['a', 'b'],
      authentication: { scheme: 'basic', username: 'ann', password: { from: 'env', name: 'STIXTAXII_PASSWORD' } },
      begin: '2h',
      allowHttp: true,
      pageSize: 50,
      tls: { ca: ['/here/ca.pem'] },
    })
    expect(JSON.stringify(profile)).not.toContain('s3cret')
  })

  it.each([
    [{ STIXTAXII_TOKEN: 't' }, { scheme: 'bearer', token: { from: 'env', name: 'STIXTAXII_TOKEN' } }],
    [
      { STIXTAXII_PASSWORD_FILE: '/run/secrets/pw', STIXTAXII_USERNAME: 'ann' },
      { scheme: 'basic', username: 'ann', password: { from: 'path', path: '/run/secrets/pw' } },
    ],
    [
      { STIXTAXII_QUERY_KEY: 'key', STIXTAXII_QUERY_KEY_VALUE: 'k' },
      { scheme: 'query', name: 'key', key: { from: 'env', name: 'STIXTAXII_QUERY_KEY_VALUE' } },
    ],
    [
      { STIXTAXII_AUTH: 'jwt', STIXTAXII_USERNAME: 'ann', STIXTAXII_PASSWORD: 'p' },
      { scheme: 'jwt', url: undefined, username: 'ann', password: { from: 'env', name: 'STIXTAXII_PASSWORD' } },
    ],
    [{}, { scheme: 'none' }],
    [{ STIXTAXII_USERNAME: '' }, { scheme: 'none' }],
  ] as const)('logs in as %o says', async (variables, expected) => {
    const profile = await sourceFromEnvironment({ STIXTAXII_URL: 'https://t.example/', ...variables }, noPreset)
    expect(profile?.authentication).toEqual(expected)
  })

  it('is not there without STIXTAXII_URL', async () => {
    expect(await sourceFromEnvironment({ STIXTAXII_USERNAME: 'ann' }, noPreset)).toBeUndefined()
  })

  it.each([
    { STIXTAXII_URL: 'nonsense' },
    { STIXTAXII_URL: 'https://a:b@t.example' },
    { STIXTAXII_URL: 'https://t.example', STIXTAXII_TAXII_VERSION: '3' },
    { STIXTAXII_URL: 'https://t.example', STIXTAXII_PAGE_SIZE: 'many' },
    { STIXTAXII_URL: 'https://t.example', STIXTAXII_ALLOW_HTTP: 'perhaps' },
  ])('that is wrong (%o) is a usage error', async (variables) => {
    await expect(sourceFromEnvironment(variables, noPreset)).rejects.toMatchObject({ kind: 'usage' })
  })

  it('is listed, is the default, and cannot be changed', async () => {
    const folder = temporaryFolder()
    await runCli('configure acme --url https://taxii.example/ --no-test', { folder })
    const env = { STIXTAXII_URL: 'https://env.example/' }
    const { stdout } = await runCli('profile list -o json', { folder, env })
    expect(JSON.parse(stdout)).toMatchObject([
      { name: 'acme', from: 'file', default: false },
      { name: 'environment', from: 'environment', url: 'https://env.example/', default: true },
    ])
    for (const command of [
      'profile remove environment --yes',
      'profile rename environment x',
      'profile use environment',
    ]) {
      expect(await runCli(command, { folder, env })).toMatchObject({ exitCode: 2 })
    }
  })

  it('L8 works for a user without a home folder', async () => {
    const env = { STIXTAXII_URL: 'https://env.example/', STIXTAXII_CONFIG_DIR: undefined, HOME: undefined }
    const { exitCode, stdout } = await runCli('profile list -o name', { env, folder: '' })
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'environment\n' })
  })

  it('leaves other profiles alone: its user name and password go to no saved one', async () => {
    const folder = temporaryFolder()
    const env = { STIXTAXII_USERNAME: 'ann', STIXTAXII_PASSWORD: 'p', STIXTAXII_TAXII_VERSION: '1.1' }
    await runCli('configure acme --url https://taxii.example/ --no-test', { folder, env })
    const { stdout } = await runCli('profile show acme -o json', { folder, env })
    expect(JSON.parse(stdout)).toMatchObject({ version: 'auto', authentication: { scheme: 'none' } })
  })
})

describe('the command that does the same', () => {
  it('makes the same profile again', async () => {
    const folder = temporaryFolder()
    const file = join(folder, "it's a file")
    await writeFile(file, 'x\n', { mode: 0o600 })
    const profile = aTaxiiProfile({
      version: '2.1',
      stixVersion: '2',
      apiRoot: '/api1/',
      collections: ['c1', 'with blank'],
      authentication: { scheme: 'basic', username: 'a "b"', password: { from: 'path', path: file } },
      useBasic: false,
      headers: [{ name: 'X-Key', value: { from: 'path', path: file } }],
      certificate: {
        certificate: file,
        key: file,
        passphrase: { from: 'path', path: file },
        use: false,
        location: 'public',
      },
      tls: { ca: [file], pin: 'ab'.repeat(32), insecure: true },
      proxy: { url: 'http://proxy.example:3128', username: 'u', password: { from: 'path', path: file }, use: false },
      enabled: false,
      pageSize: 7,
      maxWindow: '24h',
      allowOrigins: ['https://other.example'],
      allowHttp: true,
    })
    const { execFileSync } = await import('node:child_process')
    const script = `${equivalentCommand(profile)} --no-test`.replace('stixtaxii', 'printf "%s\\0"')
    const words = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)
    expect(await runCli(words, { folder })).toMatchObject({ exitCode: 0 })
    const directory = join(folder, 'config')
    const store = await openProfileStore({ directory, clock: realClock, processes: realProcesses })
    expect({ ...(await store.get('acme')), id: profile.id }).toEqual(profile)
  })
})

it('makes ids that are UUIDs', () => {
  expect(stableId('passing', 'x')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
