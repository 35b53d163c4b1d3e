import { z } from 'zod'
import { tlpLevels } from '../../serve/authentication.ts'
import { passwordFields, readNewPassword } from '../account-password.ts'
import { accountRow, tellAccount } from '../account-records.ts'
import { changedRights } from '../account-rights.ts'
import { defineCommand } from '../command.ts'
import { auditField, rightsFields, tellRights, withAccounts } from '../open-accounts.ts'

export const serverAccountCreate = defineCommand({
  path: 'server account create',
  summary: 'Make an account for clients of the server',
  details:
    'The password is asked for twice on a terminal. From the first account on nobody reads without one, also while serve runs. ' +
    'Rights count in TAXII 1 and 2 alike; an administrator has all of them. With --tlp the account gets nothing that is ' +
    'marked above that level, nor what has a marking that nobody defines.',
  examples: [
    'stixtaxii server account create alice --read all',
    'stixtaxii server account create alice --password-file alice.txt --read acme.indicators --tlp amber',
    'stixtaxii server account create sensor --generate-password --read all -o json',
    'stixtaxii server account create root --admin',
  ],
  positional: ['name'],
  input: z.object({
    name: z.string().describe('user name'),
    ...passwordFields,
    admin: z.boolean().default(false).describe('every right, in every collection').meta({ environment: false }),
    ...rightsFields,
    tlp: z.enum(tlpLevels).optional().describe('nothing above this level').meta({ environment: false }),
    auditLog: auditField,
  }),
  needs: ['store', 'clock', 'environment', 'terminal', 'stdin', 'workingDirectory', 'credentials', 'output'],
  schema: 'server-account',
  async run({ name, admin, read, write, tlp, auditLog, ...flags }, parts) {
    await withAccounts(parts, auditLog, async ({ authentication, catalogue, audit }) => {
      const permissions = await changedRights({ taxii1: {}, taxii2: {} }, { read, write }, catalogue)
      const { password, generated } = await readNewPassword(flags, parts)
      const more = { isAdmin: admin, permissions, tlpCeiling: tlp }
      const account = await authentication.createAccount(name, password, more)
      audit('account created', { account: account.username, admin, tlp, collections: [...read, ...write].join(',') })
      const row = accountRow(account, await catalogue.list())
      await tellAccount(parts.output, row, generated)
      tellRights(account, parts.terminal)
    })
  },
})
