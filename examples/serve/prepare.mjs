// Makes what the example server begins with: one API root with a collection, and an administrator.
//   node prepare.mjs NAME PASSWORD-FILE
import { readFileSync, realpathSync } from 'node:fs'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { Secret, StixTaxiiError } from 'stixtaxii'
import { open as openAccounts } from './file-authentication.mjs'
import { open as openFolder } from './folder-persistence.mjs'

export async function prepare({ accounts, data, username, password }) {
  const parts = { clock: { now: () => new Date() }, Secret, StixTaxiiError }
  const authentication = await openAccounts({ file: accounts }, { ...parts, role: 'authentication' })
  await authentication.createAccount(username, new Secret(password), { isAdmin: true })
  const persistence = openFolder({ folder: data }, { ...parts, role: 'taxii2' })
  const root = await persistence.createApiRoot({ id: 'one', isDefault: true, title: 'One', isPublic: false })
  const rights = { isPublic: false, isPublicWrite: false, isWritable: true }
  return persistence.createCollection({ apiRootId: root.id, title: 'Shared', alias: 'shared', ...rights })
}

if (argv[1] && realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  const [username, passwordFile] = argv.slice(2)
  const password = readFileSync(passwordFile, 'utf8').split('\n', 1)[0]
  await prepare({ accounts: 'accounts.json', data: 'data', username, password })
}
