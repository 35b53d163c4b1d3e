import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { readAddress } from '../../../src/store/postgres/address.ts'
import { findPassword, passwordIn } from '../../../src/store/postgres/password.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
const address = readAddress('postgres://fetcher@db.example/intelligence')
let files = 0

async function aFile(text: string, mode = 0o600): Promise<string> {
  const file = join(folder, `secret-${++files}`)
  await writeFile(file, text, { mode })
  await chmod(file, mode)
  return file
}

describe('a file of passwords', () => {
  it.each([
    ['db.example:5432:intelligence:fetcher:s3cret', 's3cret'],
    ['*:*:*:*:anyone', 'anyone'],
    ['# a comment\n\nother.example:*:*:*:no\n*:5432:*:fetcher:yes\n*:*:*:*:late', 'yes'],
    ['*:*:*:fetcher:with\\:colon\\\\and more', 'with:colon\\and more'],
    ['*:*:*:fetcher:a:b:c', 'a:b:c'],
    ['*:*:*:fetcher:kept \r\n', 'kept '],
  ])('%j has %j', (text, password) => {
    expect(passwordIn(text, address)).toBe(password)
  })

  it.each(['db.example:6432:*:*:port', '*:*:other:*:database', '*:*:*:other:user', '*:*:fetcher:short', ''])(
    '%j has none',
    (text) => {
      expect(passwordIn(text, address)).toBeUndefined()
    },
  )

  it('names the default socket localhost, as libpq does', () => {
    const socket = readAddress('postgres:///intelligence?user=fetcher')
    expect(passwordIn('localhost:5432:intelligence:fetcher:here', socket)).toBe('here')
  })
})

describe('the password', () => {
  it('is the first line of the file that was named', async () => {
    const found = await findPassword(address, { passwordFile: await aFile('first\nsecond\n') })
    expect(Secret.open(found)).toBe('first')
    expect(String(found)).toBe('***')
  })

  it('is taken from the file of passwords otherwise', async () => {
    const found = await findPassword(address, { passFile: await aFile('*:*:*:fetcher:listed') })
    expect(Secret.open(found)).toBe('listed')
  })

  it('warns of a file that others can read, and reads it', async () => {
    const told: string[] = []
    const passwordFile = await aFile('open', 0o644)
    await findPassword(address, { passwordFile, notices: ({ code }) => told.push(code) })
    expect(told).toEqual(['STORE_PASSWORD_LOOSE'])
  })

  it('says where to put one when there is none', async () => {
    await expect(findPassword(address, { passFile: await aFile('') })).rejects.toMatchObject({
      code: 'STORE_PASSWORD_MISSING',
      kind: 'auth',
      hint: expect.stringContaining('--store-password-file') as string,
    })
  })

  it.each([
    ['an empty one', ''],
    ['an empty first line', '\nsecond'],
  ])('refuses %s', async (_what, text) => {
    const asked = findPassword(address, { passwordFile: await aFile(text) })
    await expect(asked).rejects.toMatchObject({ code: 'STORE_PASSWORD_FILE', kind: 'config' })
  })

  it('names the file that cannot be read', async () => {
    const asked = findPassword(address, { passwordFile: join(folder, 'nowhere') })
    await expect(asked).rejects.toMatchObject({
      code: 'STORE_PASSWORD_FILE',
      context: { file: join(folder, 'nowhere') },
    })
  })
})
