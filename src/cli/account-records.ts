import type { OutputRecord, OutputWriter, Shape } from '../output/writer.ts'
import type { Account } from '../serve/authentication.ts'
import type { ServedCollection } from '../serve/persistence/served-collection.ts'
import { collectionsWith } from './account-rights.ts'

/** One account of the server, never its password. */
export function accountRow(account: Account, served: readonly ServedCollection[]): OutputRecord {
  return {
    account: account.username,
    admin: account.isAdmin,
    blocked: account.isBlocked ?? false,
    tlp: account.tlpCeiling ?? null,
    read: account.isAdmin ? ['all'] : collectionsWith('read', account, served),
    write: account.isAdmin ? ['all'] : collectionsWith('write', account, served),
    createdAt: account.createdAt ?? null,
  }
}

const columns: Shape['columns'] = [
  { field: 'account', head: 'Account' },
  { field: 'admin', head: 'Admin' },
  { field: 'blocked', head: 'Blocked', minor: 2 },
  { field: 'tlp', head: 'TLP up to', minor: 0 },
  { field: 'read', head: 'Reads', long: 'wrap' },
  { field: 'write', head: 'Writes', long: 'wrap' },
  { field: 'createdAt', head: 'Made', minor: 3 },
]

export const accountShape: Shape = { columns, name: 'account' }

const newAccountShape: Shape = {
  columns: [...columns, { field: 'password', head: 'Password', long: 'whole', minor: 0 }],
  name: 'account',
}

export const accountListShape: Shape = {
  columns,
  name: 'account',
  empty: 'There is no account yet: this machine reads without one. Make one with: stixtaxii server account create',
}

/** An account that got a password: what was generated is shown this once, and no empty place for one that was given. */
export async function tellAccount(
  output: OutputWriter,
  row: OutputRecord,
  generated: string | undefined,
): Promise<void> {
  if (generated === undefined && output.format === 'table') return output.one(row, accountShape)
  await output.one({ ...row, password: generated ?? null }, newAccountShape)
}
