import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { openFileStore } from '../../../src/profile/credentials/file.ts'
import { describeCredentialStore } from '../../contracts/credential-suite.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { realClock, realProcesses } from '../processes.ts'

const options = { clock: realClock, processes: realProcesses }

describeCredentialStore('file', async () => {
  const directory = join(await temporaryFolder(), 'config')
  const open = () => openFileStore({ ...options, directory: () => directory })
  return { store: await open(), reopen: open }
})

describe('the plain file', () => {
  it('S4 is 0600, and leaves no copy of a removed secret', async () => {
    const directory = join(await temporaryFolder(), 'config')
    const store = await openFileStore({ ...options, directory: () => directory })
    await store.set('a/password', new Secret('s3cret'))
    expect((await stat(join(directory, 'credentials.json'))).mode & 0o777).toBe(0o600)
    await store.remove('a/password')
    const { readdir } = await import('node:fs/promises')
    const files = await readdir(directory)
    const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')))
    expect(texts.join()).not.toContain('s3cret')
  })

  it('holds its entries in the order of their names, and is not written where nothing was removed', async () => {
    const directory = join(await temporaryFolder(), 'config')
    const store = await openFileStore({ ...options, directory: () => directory })
    for (const key of ['b', 'a', 'c']) await store.set(key, new Secret(`of ${key}`))
    const file = join(directory, 'credentials.json')
    const text = await readFile(file, 'utf8')
    expect(JSON.parse(text)).toEqual({ version: 1, secrets: { a: 'of a', b: 'of b', c: 'of c' } })
    expect(text.indexOf('"a"') < text.indexOf('"b"') && text.indexOf('"b"') < text.indexOf('"c"')).toBe(true)
    const { ino } = await stat(file)
    expect(await store.remove('d')).toBe(false)
    expect((await stat(file)).ino).toBe(ino)
  })

  it.each([
    ['{', 'PROFILE_FILE_DAMAGED', '2:1'],
    ['{"version": 9}', 'PROFILE_FILE_NEWER', 'format 9'],
    ['{"version": 1, "secrets": {"a": 1}}', 'PROFILE_FILE_DAMAGED', '1:1'],
    ['[]', 'PROFILE_FILE_DAMAGED', '1:1'],
    ['null', 'PROFILE_FILE_DAMAGED', '1:1'],
    ['{"version": 0}', 'PROFILE_FILE_DAMAGED', '1:1'],
    ['{"version": "2"}', 'PROFILE_FILE_DAMAGED', '1:1'],
    ['{"version": 1}', 'PROFILE_FILE_DAMAGED', '1:1'],
    ['{"version": 1, "secrets": null}', 'PROFILE_FILE_DAMAGED', '1:1'],
    ['{"version": 1, "secrets": "a"}', 'PROFILE_FILE_DAMAGED', '1:1'],
    ['{"version": 1, "secrets": {"a": "b", "c": null}}', 'PROFILE_FILE_DAMAGED', '1:1'],
  ])('holding %s is refused and left as it is', async (text, code, shown) => {
    const directory = await temporaryFolder()
    const file = join(directory, 'credentials.json')
    await writeFile(file, `${text}\n`, { mode: 0o600 })
    const store = await openFileStore({ ...options, directory: () => directory })
    await expect(store.set('a', new Secret('b'))).rejects.toMatchObject({
      code,
      kind: 'config',
      context: { path: file },
      message: expect.stringContaining(shown) as string,
    })
    expect(await readFile(file, 'utf8')).toBe(`${text}\n`)
  })
})
