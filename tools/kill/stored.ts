import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { systemClock } from '../../src/cli/process-host.ts'
import { openStore } from '../../src/store/registry.ts'

/** What a store holds, and what its own verification says of it. */
export interface Stored {
  /** `id raw` of every version. */
  readonly versions: readonly string[]
  /** Counted as new or updated over all runs. */
  readonly counted: number
  readonly checkpoints: readonly string[]
  readonly problems: readonly string[]
}

/** The store's address in a folder of ours. */
export const storeFileOf = (folder: string): string => path.join(folder, 'data', 'store.sqlite')

/** Opens a store, which takes back what was not committed, and reads all of it; undefined while there is no file. */
export async function readStored(address: string): Promise<Stored | undefined> {
  if (!address.includes('://') && !existsSync(address)) return undefined
  await using store = await openStore(address, {
    clock: systemClock,
    identity: { pid: process.pid, host: hostname() },
  })
  const versions: string[] = []
  for await (const { item } of store.versions({})) versions.push(`${item.id} ${item.raw.toString('utf8')}`)
  return {
    versions,
    counted: (await store.runs()).reduce((sum, each) => sum + each.new + each.updated, 0),
    checkpoints: (await store.checkpoints()).map(({ key, stamp }) => `${key.collection} ${stamp ?? ''}`).sort(),
    problems: (await store.verify()).problems,
  }
}
