import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { Notice } from '../../../src/core/notice.ts'
import { networkFileSystem, warnOfNetwork } from '../../../src/store/sqlite/file-system.ts'

it('L10: knows network file systems, also where their number was read as a signed one', () => {
  expect(networkFileSystem(0x6969)).toBe('NFS')
  expect(networkFileSystem(0xff534d42)).toBe('CIFS')
  expect(networkFileSystem(0xff534d42 | 0)).toBe('CIFS')
  expect(networkFileSystem(0xef53)).toBeUndefined()
})

it('L10: warns of a store in a folder that other machines can write to', async () => {
  const told: Notice[] = []
  const asked: string[] = []
  const nfs = (folder: string) => Promise.resolve({ type: 0x6969, folder: asked.push(folder) })
  await warnOfNetwork('/srv/shared/store.db', (notice) => told.push(notice), nfs)
  await warnOfNetwork('/srv/shared/store.db', undefined, nfs)
  expect(told).toMatchObject([{ code: 'STORE_ON_NETWORK', message: expect.stringContaining('/srv/shared/store.db') }])
  expect(told[0]?.message).toContain('NFS')
  expect(asked).toEqual(['/srv/shared'])
})

it('says nothing of a local disk, nor of a folder that is not there', async () => {
  const told: unknown[] = []
  await warnOfNetwork(path.join(tmpdir(), 'store.db'), (notice) => told.push(notice))
  await warnOfNetwork('/no/such/folder/store.db', (notice) => told.push(notice))
  expect(told).toEqual([])
})
