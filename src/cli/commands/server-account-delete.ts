import { z } from 'zod'
import { accountRow, accountShape } from '../account-records.ts'
import { defineCommand } from '../command.ts'
import { confirmByName } from '../director-confirm.ts'
import { auditField, withAccounts } from '../open-accounts.ts'

export const serverAccountDelete = defineCommand({
  path: 'server account delete',
  summary: 'Delete an account; its tokens end at once',
  details:
    'What it added stays. When the last account is gone, this machine reads without one again. To keep somebody out for a ' +
    'while: stixtaxii server account edit alice --blocked',
  examples: ['stixtaxii server account delete alice', 'stixtaxii server account delete alice --yes'],
  positional: ['name'],
  input: z.object({ name: z.string().describe('user name'), auditLog: auditField }),
  needs: ['options', 'store', 'clock', 'environment', 'terminal', 'workingDirectory', 'output'],
  makesNoStore: true,
  schema: 'server-account',
  async run({ name, auditLog }, parts) {
    await withAccounts(parts, auditLog, async ({ authentication, catalogue, find, audit }) => {
      const account = await find(name)
      await confirmByName(parts, { what: `The account ${account.username} is deleted.`, name: account.username })
      await authentication.deleteAccount(account.username)
      audit('account deleted', { account: account.username })
      await parts.output.one(accountRow(account, await catalogue.list()), accountShape)
    })
  },
})
