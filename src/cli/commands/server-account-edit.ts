import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { accountRow, accountShape } from '../account-records.ts'
import { changedRights } from '../account-rights.ts'
import { defineCommand } from '../command.ts'
import { auditField, rightsFields, tellRights, tlpCeilings, withAccounts } from '../open-accounts.ts'

export const serverAccountEdit = defineCommand({
  path: 'server account edit',
  summary: "Change an account's rights, its TLP ceiling, or block it",
  details:
    'Only what is given changes: --read and --write add to the rights there are, --revoke takes both away. It counts at once, ' +
    'also for tokens that were given out. A blocked account cannot come in until --no-blocked.',
  examples: [
    'stixtaxii server account edit alice --read acme.indicators --write reports',
    'stixtaxii server account edit alice --revoke all --read acme.indicators',
    'stixtaxii server account edit alice --tlp green',
    'stixtaxii server account edit alice --blocked',
  ],
  positional: ['name'],
  input: z.object({
    name: z.string().describe('user name'),
    admin: z.boolean().optional().describe('every right, in every collection').meta({ environment: false }),
    blocked: z.boolean().optional().describe('it cannot come in').meta({ environment: false }),
    ...rightsFields,
    revoke: z
      .array(z.string())
      .default([])
      .describe('collections in which it has no right of its own any more')
      .meta({ value: 'COLLECTION', environment: false }),
    tlp: z
      .enum(tlpCeilings)
      .optional()
      .describe('nothing above this level; none: no ceiling')
      .meta({ environment: false }),
    auditLog: auditField,
  }),
  needs: ['store', 'clock', 'environment', 'terminal', 'workingDirectory', 'output'],
  makesNoStore: true,
  schema: 'server-account',
  async run({ name, admin, blocked, tlp, auditLog, ...flags }, parts) {
    const isNothing = admin === undefined && blocked === undefined && tlp === undefined
    if (isNothing && [...flags.read, ...flags.write, ...flags.revoke].length === 0) throw nothingToChange()
    await withAccounts(parts, auditLog, async ({ authentication, catalogue, find, audit }) => {
      const former = await find(name)
      const account = await authentication.updateAccount({
        ...former,
        isAdmin: admin ?? former.isAdmin,
        isBlocked: blocked ?? former.isBlocked,
        tlpCeiling: tlp === 'none' ? undefined : (tlp ?? former.tlpCeiling),
        permissions: await changedRights(former.permissions, flags, catalogue),
      })
      const [read, write, revoke] = [flags.read, flags.write, flags.revoke].map((words) => words.join(',') || undefined)
      audit('account changed', { account: account.username, admin, blocked, tlp, read, write, revoke })
      await parts.output.one(accountRow(account, await catalogue.list()), accountShape)
      tellRights(account, parts.terminal)
    })
  },
})

function nothingToChange(): StixTaxiiError {
  return new StixTaxiiError('CLI_NOTHING_TO_CHANGE', 'Nothing was given to change', {
    kind: 'usage',
    hint: 'Give --read, --write, --revoke, --tlp, --admin or --blocked. Passwords: stixtaxii server account password',
  })
}
