import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openProfileStore } from '../../../src/profile/store.ts'
import type { Profile, ProfileStore } from '../../../src/profile/profile.ts'
import { aDirectorProfile, aTaxiiProfile } from '../../profile/a-profile.ts'
import { realClock, realProcesses } from '../../profile/processes.ts'
import { schemaProblems } from '../../support/json-schema.ts'
import { runCli, temporaryFolder } from '../../support/run-cli.ts'

async function aFolderWith(...profiles: readonly Profile[]): Promise<{ folder: string; store: ProfileStore }> {
  const folder = temporaryFolder()
  const options = { directory: join(folder, 'config'), clock: realClock, processes: realProcesses }
  const store = await openProfileStore(options)
  for (const profile of profiles) await store.save(profile)
  return { folder, store }
}

const inFile = (entry: string): { from: 'file'; entry: string } => ({ from: 'file', entry })
const acme = aTaxiiProfile({
  authentication: { scheme: 'basic', username: 'ann', password: inFile('acme-x/password') },
  headers: [{ name: 'X-Key', value: { from: 'command', command: ['pass', 'show', 'hidden-argument'] } }],
})

async function withSecret(folder: string, entry: string, secret: string): Promise<void> {
  const file = join(folder, 'config', 'credentials.json')
  await writeFile(file, JSON.stringify({ version: 1, secrets: { [entry]: secret } }), { mode: 0o600 })
}

describe('profile list', () => {
  it('lists both kinds by name, as its schema says', async () => {
    const { folder } = await aFolderWith(aDirectorProfile(), acme)
    const { exitCode, stdout } = await runCli('profile list -o json', { folder })
    expect(exitCode).toBe(0)
    const rows = JSON.parse(stdout) as { name: string }[]
    expect(schemaProblems('profile-list', rows)).toEqual([])
    expect(rows.map(({ name }) => name)).toEqual(['acme', 'hq'])
    expect((await runCli('profile list --kind director -o name', { folder })).stdout).toBe('hq\n')
  })

  it('S4 says each time that secrets lie in the plain file', async () => {
    const { folder } = await aFolderWith(acme)
    const { stdout, stderr } = await runCli('profile list', { folder })
    expect(stdout).toContain('file')
    expect(stderr).toMatch(/warning: secrets of acme are in the plain credential file/)
  })

  it('gives an empty array where there is none, and a hint in the table', async () => {
    expect(await runCli('profile list -o json')).toEqual({ exitCode: 0, stdout: '[]\n', stderr: '' })
    expect((await runCli('profile list')).stderr).toContain('stixtaxii configure')
  })

  it('names file and line of a damaged profile file and ends with 3', async () => {
    const { folder } = await aFolderWith(acme)
    await writeFile(join(folder, 'config', 'profiles.json'), '{\n"version": 1,\n', { mode: 0o600 })
    const { exitCode, stdout, stderr } = await runCli('profile list -o json', { folder })
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' })
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'PROFILE_FILE_DAMAGED', kind: 'config', context: { line: 3, column: 1 } },
    })
  })
})

describe('profile show', () => {
  it('shows where each secret is, helpers without their arguments', async () => {
    const { folder } = await aFolderWith(acme)
    const { exitCode, stdout } = await runCli('profile show acme -o json', { folder })
    expect(exitCode).toBe(0)
    const record = JSON.parse(stdout) as Record<string, unknown>
    expect(schemaProblems('profile-show', record)).toEqual([])
    expect(record.secrets).toEqual([
      { field: 'password', place: 'file', where: 'file acme-x/password' },
      { field: 'header-X-Key', place: 'command', where: 'helper pass' },
    ])
    expect(stdout).not.toContain('hidden-argument')
  })

  it('shows a Director profile as its schema says', async () => {
    const { folder } = await aFolderWith(aDirectorProfile())
    const { stdout } = await runCli('profile show hq -o json', { folder })
    expect(schemaProblems('profile-show', JSON.parse(stdout))).toEqual([])
  })

  it('ends with 5 and the nearest name for one that is unknown', async () => {
    const { folder } = await aFolderWith(acme)
    const { exitCode, stderr } = await runCli('profile show acne', { folder })
    expect(exitCode).toBe(5)
    expect(stderr).toContain('Did you mean "acme"')
  })
})

describe('profile use, rename and remove', () => {
  it('use makes the default', async () => {
    const { folder, store } = await aFolderWith(acme, aTaxiiProfile({ name: 'b' }))
    const { stdout } = await runCli('profile use b -o json', { folder })
    expect(schemaProblems('profile', JSON.parse(stdout))).toEqual([])
    expect(await store.defaultName('taxii')).toBe('b')
  })

  it('rename keeps id and secret', async () => {
    const { folder, store } = await aFolderWith(acme)
    expect(await runCli('profile rename acme apex', { folder })).toMatchObject({ exitCode: 0 })
    expect(await store.list()).toEqual([{ ...acme, name: 'apex' }])
  })

  it('rename to a name that is taken ends with 6 and changes nothing', async () => {
    const { folder, store } = await aFolderWith(acme, aDirectorProfile())
    expect(await runCli('profile rename acme HQ', { folder })).toMatchObject({ exitCode: 6 })
    expect(await store.list()).toEqual([acme, aDirectorProfile()])
  })

  it('remove wants --yes where nobody can be asked', async () => {
    const { folder, store } = await aFolderWith(acme)
    expect(await runCli('profile remove acme', { folder })).toMatchObject({ exitCode: 2 })
    expect(await store.list()).toEqual([acme])
  })

  it('remove takes the secrets that were kept for it along', async () => {
    const { folder, store } = await aFolderWith(acme)
    await withSecret(folder, 'acme-x/password', 's3cret')
    const { exitCode, stdout } = await runCli('profile remove acme --yes -o json', { folder })
    expect(exitCode).toBe(0)
    expect(schemaProblems('profile', JSON.parse(stdout))).toEqual([])
    expect(await store.list()).toEqual([])
    expect(await readFile(join(folder, 'config', 'credentials.json'), 'utf8')).not.toContain('s3cret')
  })

  it('remove removes nothing when the credential store cannot be opened', async () => {
    const sealed = aTaxiiProfile({ authentication: { scheme: 'bearer', token: { from: 'sealed', entry: 'a/token' } } })
    const { folder, store } = await aFolderWith(sealed)
    await writeFile(join(folder, 'config', 'credentials.sealed.json'), '{}', { mode: 0o600 })
    const env = { STIXTAXII_PASSPHRASE: 'x' }
    expect(await runCli('profile remove acme --yes', { folder, env })).toMatchObject({ exitCode: 3 })
    expect(await store.list()).toEqual([sealed])
    expect(await runCli('profile remove acme --yes --keep-secrets', { folder })).toMatchObject({ exitCode: 0 })
  })
})

describe('profile export and import', () => {
  it.each(['yaml', 'json'])('carry profiles over as %s without any secret', async (format) => {
    const { folder } = await aFolderWith(acme, aDirectorProfile())
    await withSecret(folder, 'acme-x/password', 's3cret')
    const exported = await runCli(`profile export --format ${format}`, { folder })
    expect(exported).toMatchObject({ exitCode: 0, stderr: '' })
    expect(exported.stdout).not.toContain('s3cret')
    const other = await aFolderWith()
    const { exitCode, stdout, stderr } = await runCli('profile import - --allow-commands -o json', {
      folder: other.folder,
      stdin: exported.stdout,
    })
    expect(exitCode).toBe(0)
    expect(schemaProblems('profile-import', JSON.parse(stdout))).toEqual([])
    expect(JSON.parse(stdout)).toMatchObject({ results: [{ name: 'acme', missing: ['password'] }, { name: 'hq' }] })
    expect(stderr).toContain('credential set acme password')
    expect(await other.store.list()).toEqual([acme, aDirectorProfile()])
  })

  it('write secrets only into a file of their own, 0600, and bring them into a chosen store', async () => {
    const { folder } = await aFolderWith(acme)
    await withSecret(folder, 'acme-x/password', 's3cret')
    expect(await runCli('profile export --include-secrets', { folder })).toMatchObject({ exitCode: 2, stdout: '' })
    const out = join(folder, 'all.yaml')
    const exported = await runCli(`profile export --include-secrets --out ${out}`, { folder })
    expect(exported).toMatchObject({ exitCode: 0, stdout: '' })
    expect((await stat(out)).mode & 0o777).toBe(0o600)
    expect(await readFile(out, 'utf8')).toContain('s3cret')
    const other = await aFolderWith()
    const env = { STIXTAXII_PASSPHRASE: 'open sesame' }
    const flags = `profile import ${out} --allow-commands`
    expect(await runCli(flags, { folder: other.folder, env })).toMatchObject({ exitCode: 2 })
    const imported = await runCli(`${flags} --credential-store sealed`, { folder: other.folder, env })
    expect(imported).toMatchObject({ exitCode: 0 })
    const { stdout } = await runCli('credential list acme --check -o json', { folder: other.folder, env })
    expect(JSON.parse(stdout)).toMatchObject([{ field: 'password', place: 'sealed', state: 'present' }, {}])
  })

  it('refuse a file whose profile would run a program', async () => {
    const { folder } = await aFolderWith(acme)
    const { stdout } = await runCli('profile export', { folder })
    const other = await aFolderWith()
    const { exitCode, stderr } = await runCli('profile import -', { folder: other.folder, stdin: stdout })
    expect(exitCode).toBe(13)
    expect(stderr).toContain('--allow-commands')
    expect(await other.store.list()).toEqual([])
  })

  it('are all or nothing: a taken name imports none; --replace keeps the id here; --rename avoids it', async () => {
    const plain = aTaxiiProfile({ url: 'https://new.example/' })
    const { folder } = await aFolderWith(aTaxiiProfile({ name: 'zeta' }), plain)
    const { stdout } = await runCli('profile export', { folder })
    const mine = aTaxiiProfile({ id: '22222222-2222-4222-8222-222222222222' })
    const other = await aFolderWith(mine)
    const run = (flags: string): Promise<{ exitCode: number }> =>
      runCli(`profile import - ${flags}`, { folder: other.folder, stdin: stdout })
    expect(await run('')).toMatchObject({ exitCode: 6 })
    expect(await other.store.list()).toEqual([mine])
    expect(await run('--rename acme=apex')).toMatchObject({ exitCode: 0 })
    expect((await other.store.list()).map(({ name }) => name)).toEqual(['acme', 'apex', 'zeta'])
    expect(await run('--replace')).toMatchObject({ exitCode: 0 })
    expect(await other.store.get('acme')).toEqual({ ...plain, id: mine.id })
  })

  it.each([
    ['profiles: [', ':1:'],
    ['stixtaxii: 1\nprofiles:\n  - kind: taxii\n    id: x\n', ':4:9: profiles.0.id'],
    ['stixtaxii: 2\nprofiles: []\n', ':1:12: stixtaxii: must be 1'],
    ['&a [*a, *a, *a]', ':1:'],
    ['', ':1:1'],
  ])('name the place of a fault (%j) and import nothing', async (text, shown) => {
    const { exitCode, stderr } = await runCli('profile import -', { stdin: text })
    expect(exitCode).toBe(3)
    expect(stderr).toContain(shown)
  })

  it('end with 5 for a file that is not there', async () => {
    expect(await runCli('profile import /no/such/file')).toMatchObject({ exitCode: 5 })
  })
})
