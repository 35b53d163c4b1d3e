import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { StixTaxiiError } from '../../../src/core/errors.ts'
import type { CredentialStore } from '../../../src/core/ports.ts'
import { Secret } from '../../../src/core/secret.ts'
import { openSealedStore } from '../../../src/profile/credentials/sealed.ts'
import { describeCredentialStore } from '../../contracts/credential-suite.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { realClock, realProcesses } from '../processes.ts'

// The least that the format allows: these tests derive hundreds of keys.
const cost = { logN: 10, r: 1, p: 1 }

function open(directory: string, passphrase = 'open sesame'): Promise<CredentialStore> {
  const options = { clock: realClock, processes: realProcesses, directory: () => directory }
  return openSealedStore({ ...options, passphrase: () => Promise.resolve(new Secret(passphrase)) }, cost)
}

describeCredentialStore('sealed', async () => {
  const directory = join(await temporaryFolder(), 'config')
  return { store: await open(directory), reopen: () => open(directory) }
})

describe('the sealed file', () => {
  it('S5 is found out whatever single byte of it is flipped', { timeout: 60_000 }, async () => {
    const directory = join(await temporaryFolder(), 'config')
    await (await open(directory)).set('acme/password', new Secret('s3cret'))
    const file = join(directory, 'credentials.sealed.json')
    const good = await readFile(file)
    const unnoticed: number[] = []
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good)
      bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8))
      await writeFile(file, bad, { mode: 0o600 })
      const read = await (await open(directory)).get('acme/password').catch((error: unknown) => error)
      if (!(read instanceof StixTaxiiError)) unnoticed.push(at)
    }
    expect({ bytes: good.length > 200, unnoticed }).toEqual({ bytes: true, unnoticed: [] })
  })

  it('S5 is found out by its seal when someone makes the digest fit again', async () => {
    const directory = join(await temporaryFolder(), 'config')
    await (await open(directory)).set('acme/password', new Secret('s3cret'))
    const file = join(directory, 'credentials.sealed.json')
    const sealed = JSON.parse(await readFile(file, 'utf8')) as Record<string, string | number>
    const { createHash } = await import('node:crypto')
    const content = Buffer.from(String(sealed.content), 'base64')
    content[0] = (content[0] ?? 0) ^ 1
    const body: Record<string, unknown> = { ...sealed, content: content.toString('base64') }
    delete body.digest
    const digest = createHash('sha256').update(JSON.stringify(body)).digest('base64')
    await writeFile(file, `${JSON.stringify({ ...body, digest }, undefined, 2)}\n`, { mode: 0o600 })
    await expect((await open(directory)).get('acme/password')).rejects.toMatchObject({ code: 'PROFILE_SEALED_DAMAGED' })
  })

  it('S5 says that the passphrase is wrong, which is another thing than damage', async () => {
    const directory = join(await temporaryFolder(), 'config')
    await (await open(directory)).set('acme/password', new Secret('s3cret'))
    await expect((await open(directory, 'open barley')).get('acme/password')).rejects.toMatchObject({
      code: 'PROFILE_PASSPHRASE_WRONG',
      kind: 'auth',
    })
  })

  it('S5 never uses a nonce or a salt twice', async () => {
    const directory = join(await temporaryFolder(), 'config')
    const store = await open(directory)
    const seen = new Set<unknown>()
    for (let round = 0; round < 50; round++) {
      await store.set('acme/password', new Secret('the same'))
      const sealed = JSON.parse(await readFile(join(directory, 'credentials.sealed.json'), 'utf8')) as {
        salt: string
        nonce: string
        content: string
      }
      for (const part of [sealed.salt, sealed.nonce, sealed.content]) seen.add(part)
    }
    expect(seen.size).toBe(150)
  })

  it('holds neither secrets nor their names in clear', async () => {
    const directory = join(await temporaryFolder(), 'config')
    await (await open(directory)).set('acme/password', new Secret('s3cret'))
    const text = await readFile(join(directory, 'credentials.sealed.json'), 'utf8')
    for (const clear of ['s3cret', 'acme', 'password']) {
      expect(text).not.toContain(clear)
      expect(text).not.toContain(Buffer.from(clear).toString('base64').replace(/=+$/, ''))
    }
  })

  it('is not written again with a passphrase that does not open it', async () => {
    const directory = join(await temporaryFolder(), 'config')
    await (await open(directory)).set('acme/password', new Secret('s3cret'))
    const before = await readFile(join(directory, 'credentials.sealed.json'))
    await expect((await open(directory, 'other')).set('b', new Secret('x'))).rejects.toMatchObject({ kind: 'auth' })
    expect(await readFile(join(directory, 'credentials.sealed.json'))).toEqual(before)
  })

  it('asks for its passphrase once, and as for a new file only where there is none', async () => {
    const directory = join(await temporaryFolder(), 'config')
    const asked: boolean[] = []
    const opened = (): Promise<CredentialStore> => {
      const passphrase = (isNew: boolean): Promise<Secret> => {
        asked.push(isNew)
        return Promise.resolve(new Secret('open sesame'))
      }
      return openSealedStore(
        { clock: realClock, processes: realProcesses, directory: () => directory, passphrase },
        cost,
      )
    }
    const fresh = await opened()
    expect([await fresh.get('a'), await fresh.list(), await fresh.remove('a'), asked]).toEqual([
      undefined,
      [],
      false,
      [],
    ])
    await fresh.set('b', new Secret('2'))
    await fresh.set('a', new Secret('1'))
    expect(asked).toEqual([true])
    const again = await opened()
    await again.set('c', new Secret('3'))
    expect([await again.list(), asked]).toEqual([
      ['a', 'b', 'c'],
      [true, false],
    ])
    const file = join(directory, 'credentials.sealed.json')
    const before = await readFile(file, 'utf8')
    expect(await (await opened()).remove('d')).toBe(false)
    expect(await readFile(file, 'utf8')).toBe(before)
    expect([await (await opened()).remove('b'), await (await opened()).list()]).toEqual([true, ['a', 'c']])
    expect(asked.slice(2).every((isNew) => !isNew)).toBe(true)
  })

  it.each([
    '',
    'null',
    '[]',
    '{"version": 1}',
    '{"version": 1.5}',
    '{"version": 100}',
    '{"version": "2"}',
    '{"version": 0}',
  ])('S5 holding %j is damaged, and left as it is', async (text) => {
    const directory = await temporaryFolder()
    const file = join(directory, 'credentials.sealed.json')
    await writeFile(file, text, { mode: 0o600 })
    for (const act of [(store: CredentialStore) => store.get('a'), (store: CredentialStore) => store.remove('a')]) {
      await expect(act(await open(directory))).rejects.toMatchObject({
        code: 'PROFILE_SEALED_DAMAGED',
        kind: 'config',
        context: { path: file },
      })
    }
    expect(await readFile(file, 'utf8')).toBe(text)
  })

  it.each([
    ['logN', 9],
    ['logN', 21],
    ['r', 0],
    ['r', 17],
    ['p', 0],
    ['p', 5],
    ['salt', Buffer.alloc(15).toString('base64')],
    ['nonce', Buffer.alloc(13).toString('base64')],
    ['check', Buffer.alloc(31).toString('base64')],
    ['tag', Buffer.alloc(4).toString('base64')],
    ['digest', ''],
    ['content', 'no base64!'],
    ['kdf', 'argon2id'],
    ['more', 1],
  ])('S5 with %s %j is damaged before any key is derived', async (name, value) => {
    const directory = join(await temporaryFolder(), 'config')
    await (await open(directory)).set('a', new Secret('b'))
    const file = join(directory, 'credentials.sealed.json')
    const good = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
    const body: Record<string, unknown> = { ...good, [name]: value }
    delete body.digest
    const { createHash } = await import('node:crypto')
    const digest = name === 'digest' ? value : createHash('sha256').update(JSON.stringify(body)).digest('base64')
    await writeFile(file, `${JSON.stringify({ ...body, digest }, undefined, 2)}\n`, { mode: 0o600 })
    let asked = 0
    const passphrase = (): Promise<Secret> => {
      asked += 1
      return Promise.resolve(new Secret('open sesame'))
    }
    const store = await openSealedStore(
      { clock: realClock, processes: realProcesses, directory: () => directory, passphrase },
      cost,
    )
    await expect(store.get('a')).rejects.toMatchObject({ code: 'PROFILE_SEALED_DAMAGED' })
    expect(asked).toBe(0)
  })

  it('of a newer program is refused and left alone', async () => {
    const directory = join(await temporaryFolder(), 'config')
    const store = await open(directory)
    await store.set('a', new Secret('b'))
    const file = join(directory, 'credentials.sealed.json')
    await writeFile(file, '{"version": 2, "kdf": "argon2id"}', { mode: 0o600 })
    await expect(store.set('a', new Secret('c'))).rejects.toMatchObject({ code: 'PROFILE_FILE_NEWER', kind: 'config' })
    expect(await readFile(file, 'utf8')).toBe('{"version": 2, "kdf": "argon2id"}')
  })
})
