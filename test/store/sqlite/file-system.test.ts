import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { networkFileSystem, warnOfNetwork } from '../../../src/store/sqlite/file-system.ts'

it('L10: knows network file systems, also where their number was read as a signed one', () => {
  expect(networkFileSystem(0x6969)).toBe('NFS')
  expect(networkFileSystem(0xff534d42)).toBe('CIFS')
  expect(networkFileSystem(0xff534d42 | 0)).toBe('CIFS')
  expect(networkFileSystem(0xef53)).toBeUndefined()
})

it('says nothing of a local disk, nor of a folder that is not there', async () => {
  const told: unknown[] = []
  await warnOfNetwork(path.join(tmpdir(), 'store.db'), (notice) => told.push(notice))
  await warnOfNetwork('/no/such/folder/store.db', (notice) => told.push(notice))
  expect(told).toEqual([])
})
