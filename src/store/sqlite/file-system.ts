import { statfs } from 'node:fs/promises'
import path from 'node:path'
import type { NoticeSink } from '../../core/notice.ts'

/** Linux's numbers of file systems that other machines can write to; elsewhere the numbers mean something else. */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
])

/** The name of a network file system by what `statfs` says of it; undefined for local and unknown ones. */
export function networkFileSystem(type: number): string | undefined {
  return networkFileSystems.get(type >>> 0)
}

/**
 * Warns when the store lies where other machines can open it too: SQLite's log and locks work among processes of one
 * machine only.
 */
export async function warnOfNetwork(
  file: string,
  notices: NoticeSink | undefined,
  askSystem: (folder: string) => Promise<{ readonly type: number }> = statfs,
): Promise<void> {
  if (!notices) return
  const found = await askSystem(path.dirname(file)).then(
    ({ type }) => networkFileSystem(type),
    () => undefined,
  )
  if (found === undefined) return
  notices({
    code: 'STORE_ON_NETWORK',
    message: `The store ${file} is on a network file system (${found}). Two machines that use it at once damage it: keep it on a local disk.`,
  })
}
