import { z } from 'zod'
import { accountListShape, accountRow } from '../account-records.ts'
import { defineCommand } from '../command.ts'
import { withAccounts } from '../open-accounts.ts'

export const serverAccountList = defineCommand({
  path: 'server account list',
  summary: "List the server's accounts with their rights",
  examples: ['stixtaxii server account list', 'stixtaxii server account list -o json'],
  input: z.object({}),
  needs: ['store', 'clock', 'environment', 'terminal', 'workingDirectory', 'output'],
  makesNoStore: true,
  schema: 'server-account-list',
  async run(_, parts) {
    await withAccounts(parts, undefined, async ({ authentication, catalogue }) => {
      const [accounts, served] = await Promise.all([authentication.getAccounts(), catalogue.list()])
      await parts.output.list(
        accounts.map((account) => accountRow(account, served)),
        accountListShape,
      )
    })
  },
})
