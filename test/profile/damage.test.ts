import { chmod, chown, mkdir, readFile, readdir, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ProcessTable } from '../../src/profile/lock.ts'
import type { ProfileStore } from '../../src/profile/profile.ts'
import { openProfileStore } from '../../src/profile/store.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { aTaxiiProfile } from './a-profile.ts'
import { realClock, realProcesses } from './processes.ts'

function open(directory: string, processes: ProcessTable = realProcesses): Promise<ProfileStore> {
  return openProfileStore({ directory, clock: realClock, processes })
}

async function aFolderWith(text: string | Buffer): Promise<{ directory: string; file: string }> {
  const directory = await temporaryFolder()
  const file = join(directory, 'profiles.json')
  await writeFile(file, text, { mode: 0o600 })
  return { directory, file }
}

const acme = JSON.stringify(aTaxiiProfile(), undefined, 2)
const wrap = (profiles: string): string => `{\n"version": 1,\n"defaults": {},\n"profiles": [${profiles}]\n}\n`

describe('a damaged profile file', () => {
  it.each<[string, string | Buffer, string]>([
    ['empty', '', ':1:1: the file ends too early'],
    ['truncated in a profile', wrap(acme).slice(0, 120), 'the file ends too early'],
    ['half of another write', '{"version": 1, "defaults": {}, "profiles": []}}\n', ':1:47: '],
    ['with a comma too many', '{\n  "version": 1,\n}', ':3:1: '],
    ['with a key that is not quoted', '{\n  version: 1}', ':2:3: '],
    ['with a line break in a string', '{"version": 1, "x": "a\nb"}', ':1:23: '],
    ['with a wrong literal', '{"version": tru}', ':1:13: '],
    ['a list', '[]', ':1:1: '],
    ['null', 'null', ':1:1: '],
    ['without profiles', '{"version": 1, "defaults": {}}', ':1:1: profiles: '],
    ['with a profile of no kind', wrap('{\n"kind": "x"\n}'), ':4:14: profiles.0: "kind" must be taxii or director'],
    ['with a wrong field', wrap(acme.replace('"20d"', '"soon"')), 'profiles.0.begin: must be a duration'],
    ['with an unknown field', wrap(acme.replace('"begin"', '"beginn"')), 'profiles.0'],
    ['with the same name twice', wrap(`${acme},${acme}`), 'profiles.1.name: this name stands twice'],
    ['with a name that is none', wrap(acme.replace('"acme"', '"../x"')), 'profiles.0.name'],
    ['not UTF-8', Buffer.from('{"version": 1, "x": "\xff"}', 'latin1'), 'is not UTF-8'],
    ['zeros, as after a power cut', '\0'.repeat(100), ':1:1: '],
  ])('L9 (%s) is a config error that names file and place', async (_, text, shown) => {
    const { directory, file } = await aFolderWith(text)
    const store = await open(directory)
    await expect(store.list()).rejects.toMatchObject({
      code: 'PROFILE_FILE_DAMAGED',
      kind: 'config',
      message: expect.stringContaining(shown) as string,
      context: expect.objectContaining({ path: file }) as object,
    })
  })

  it('L9 is never written, wiped or backed up over', async () => {
    const { directory, file } = await aFolderWith('{"version": 1, "profiles": [')
    await writeFile(`${file}.bak`, 'the version before', { mode: 0o600 })
    const store = await open(directory)
    const attempts = [
      () => store.save(aTaxiiProfile()),
      () => store.remove('acme'),
      () => store.setDefault('taxii', undefined),
    ]
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toMatchObject({ code: 'PROFILE_FILE_DAMAGED' })
    }
    expect(await readFile(file, 'utf8')).toBe('{"version": 1, "profiles": [')
    expect(await readFile(`${file}.bak`, 'utf8')).toBe('the version before')
  })

  it('L9 never has its text quoted in the message', async () => {
    const { directory } = await aFolderWith('{"version": 1, s3cret}')
    await expect((await open(directory)).list()).rejects.not.toMatchObject({
      message: expect.stringContaining('s3cret') as string,
    })
  })

  it('L9 of a newer program is refused and left as it is', async () => {
    const text = '{"version": 2, "profiles": {"any": "shape"}}'
    const { directory, file } = await aFolderWith(text)
    const store = await open(directory)
    await expect(store.save(aTaxiiProfile())).rejects.toMatchObject({ code: 'PROFILE_FILE_NEWER', kind: 'config' })
    expect(await readFile(file, 'utf8')).toBe(text)
  })

  it('L9 that has only a BOM and CRLF is no damaged file', async () => {
    const { directory } = await aFolderWith(`\ufeff${wrap(acme).replaceAll('\n', '\r\n')}`)
    const store = await open(directory)
    expect(await store.list()).toEqual([aTaxiiProfile()])
    await store.save(aTaxiiProfile({ name: 'second' }))
    expect(await store.list()).toHaveLength(2)
  })

  it('keeps __proto__ as data', async () => {
    const { directory } = await aFolderWith(
      `{"version": 1, "__proto__": {"polluted": true}, "defaults": {}, "profiles": []}`,
    )
    await expect((await open(directory)).list()).rejects.toMatchObject({ code: 'PROFILE_FILE_DAMAGED' })
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('a configuration folder', () => {
  it('L8 whose file others can read is refused, with the command that closes it', async () => {
    const { directory, file } = await aFolderWith(wrap(''))
    await chmod(file, 0o640)
    await expect((await open(directory)).list()).rejects.toMatchObject({
      code: 'PROFILE_FILE_LOOSE',
      kind: 'config',
      hint: `Close it with: chmod 600 ${file}`,
    })
  })

  it('L8 that others can write is refused', async () => {
    const { directory } = await aFolderWith(wrap(''))
    await chmod(directory, 0o770)
    await expect((await open(directory)).list()).rejects.toMatchObject({
      code: 'PROFILE_FOLDER_UNSAFE',
      hint: expect.stringContaining('chmod 700') as string,
    })
  })

  it('L8 that belongs to someone else is refused', async () => {
    const { directory } = await aFolderWith(wrap(''))
    const { uid } = await stat(directory)
    // Root's own folders are trusted, so as root the folder is given away and otherwise we pose as another user.
    if (uid === 0) await chown(directory, 4711, 4711)
    const store = await open(directory, { ...realProcesses, uid: 12_345 })
    await expect(store.list()).rejects.toMatchObject({ code: 'PROFILE_FOLDER_UNSAFE', kind: 'config' })
  })

  it('L8 that is a symbolic link to a folder of ours works, and the link stays', async () => {
    const base = await temporaryFolder()
    await mkdir(join(base, 'dotfiles'), { mode: 0o700 })
    await symlink(join(base, 'dotfiles'), join(base, 'config'))
    const store = await open(join(base, 'config'))
    await store.save(aTaxiiProfile())
    expect(await readdir(join(base, 'dotfiles'))).toEqual(['profiles.json'])
    expect(await store.list()).toHaveLength(1)
  })

  it('L8 whose file is a symbolic link keeps the link and changes what it leads to', async () => {
    const { directory, file } = await aFolderWith(wrap(acme))
    await rename(file, join(directory, 'elsewhere.json'))
    await symlink(join(directory, 'elsewhere.json'), file)
    const store = await open(directory)
    await store.save(aTaxiiProfile({ name: 'second' }))
    expect(await readFile(join(directory, 'elsewhere.json'), 'utf8')).toContain('second')
  })

  it.each([
    ['is a file', async (base: string) => writeFile(join(base, 'config'), '')],
    ['is a broken link', async (base: string) => symlink(join(base, 'nowhere', 'deep'), join(base, 'config'))],
    ['is a link to itself', async (base: string) => symlink(join(base, 'config'), join(base, 'config'))],
  ])('L8 that %s is named, with the variable that moves it', async (_, make) => {
    const base = await temporaryFolder()
    await make(base)
    await expect((await open(join(base, 'config'))).save(aTaxiiProfile())).rejects.toMatchObject({
      code: 'PROFILE_FOLDER_UNUSABLE',
      kind: 'config',
      hint: expect.stringContaining('STIXTAXII_CONFIG_DIR') as string,
    })
  })

  it.skipIf(process.geteuid?.() === 0)('L8 that cannot be written is named', async () => {
    const base = await temporaryFolder()
    await chmod(base, 0o500)
    const saved = (await open(join(base, 'config'))).save(aTaxiiProfile())
    await expect(saved).rejects.toMatchObject({ code: 'PROFILE_FOLDER_UNUSABLE', kind: 'config' })
  })
})
