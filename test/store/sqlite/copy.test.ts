import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { link, readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { nameIt } from '../../../src/store/sqlite/copy.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import { keep } from '../../contracts/a-store.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { anObject } from '../../support/items.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
let files = 0

/** A copy that is whole and has no name yet, and the name it is to have. */
async function unnamed() {
  const [part, file] = [path.join(folder, `.part-${++files}`), path.join(folder, `copy-${files}.db`)]
  await writeFile(part, 'whole')
  return { part, file }
}

/** What a file system answers that has no hard links, or will not make this one. */
const answering = (code: string): typeof link => {
  return () => Promise.reject(Object.assign(new Error(`${code}: link`), { code }))
}

describe('the name of a copy', () => {
  it.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])(
    'is given by a rename where there are no hard links (%s)',
    async (code) => {
      const { part, file } = await unnamed()
      await nameIt(part, file, answering(code))
      expect(await readFile(file, 'utf8')).toBe('whole')
      expect(existsSync(part)).toBe(false)
    },
  )

  it.each([undefined, 'EPERM', 'EEXIST'])('never replaces a file, with hard links or without (%s)', async (code) => {
    const { part, file } = await unnamed()
    await writeFile(file, 'mine')
    const named = nameIt(part, file, code === undefined ? link : answering(code))
    await expect(named).rejects.toMatchObject({ code: 'STORE_BACKUP_EXISTS', kind: 'conflict', context: { file } })
    expect(await readFile(file, 'utf8')).toBe('mine')
  })

  it('is not given when the disk refuses it for another reason', async () => {
    const { part, file } = await unnamed()
    const named = nameIt(part, file, answering('ENOSPC'))
    await expect(named).rejects.toMatchObject({ code: 'STORE_BACKUP_FAILED', kind: 'local', context: { file } })
    expect(existsSync(file)).toBe(false)
  })
})

it('L10: a file that comes to be while the copy is made is left as it is, and of the copy nothing stays', async () => {
  const place = path.join(folder, `store-${++files}`)
  await using store = await openSqliteStore(path.join(place, 'store.db'), {
    clock: fakeClock(),
    identity: { pid: 1, host: 'host.example' },
  })
  await keep(store, [anObject()])
  const file = path.join(place, 'copy.db')
  const copying = store.backup(file)
  const isBegun = () => readdirSync(place).some((name) => name.endsWith('.part'))
  while (!isBegun()) await new Promise((resolve) => setImmediate(resolve))
  writeFileSync(file, 'mine')
  await expect(copying).rejects.toMatchObject({ code: 'STORE_BACKUP_EXISTS' })
  expect(await readFile(file, 'utf8')).toBe('mine')
  expect((await readdir(place)).filter((name) => name.includes('copy.db'))).toEqual(['copy.db'])
})
