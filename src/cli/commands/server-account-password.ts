import { z } from 'zod'
import { passwordFields, readNewPassword } from '../account-password.ts'
import { accountRow, tellAccount } from '../account-records.ts'
import { defineCommand } from '../command.ts'
import { auditField, withAccounts } from '../open-accounts.ts'

export const serverAccountPassword = defineCommand({
  path: 'server account password',
  summary: 'Give an account another password',
  details: 'The former password and every token that was given out for it end at once, also while serve runs.',
  examples: [
    'stixtaxii server account password alice',
    'stixtaxii server account password alice --generate-password -o json',
  ],
  positional: ['name'],
  input: z.object({ name: z.string().describe('user name'), ...passwordFields, auditLog: auditField }),
  needs: ['store', 'clock', 'environment', 'terminal', 'stdin', 'workingDirectory', 'credentials', 'output'],
  makesNoStore: true,
  schema: 'server-account',
  async run({ name, auditLog, ...flags }, parts) {
    await withAccounts(parts, auditLog, async ({ authentication, catalogue, find, audit }) => {
      const former = await find(name)
      const { password, generated } = await readNewPassword(flags, parts)
      const account = await authentication.updateAccount(former, password)
      audit('account password changed', { account: account.username })
      const row = accountRow(account, await catalogue.list())
      await tellAccount(parts.output, row, generated)
    })
  },
})
