import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { describeReference, isStored } from '../../profile/secret-fields.ts'
import { defineCommand } from '../command.ts'
import { confirmOrStop } from '../confirm.ts'
import { credentialRow, credentialShape, wantedField } from '../credential-records.ts'

export const credentialRemove = defineCommand({
  path: 'credential remove',
  summary: 'Remove a secret from the credential store it is kept in',
  details: 'The profile stays and still says where its secret belongs; set it again with: stixtaxii credential set',
  examples: ['stixtaxii credential remove acme', 'stixtaxii credential remove acme key-passphrase --yes'],
  positional: ['name', 'field'],
  input: z.object({
    name: z.string().describe('name of a profile'),
    field: z.string().optional().describe('which secret, as `credential list` calls it; default: that of its login'),
  }),
  needs: ['options', 'terminal', 'profiles', 'credentials', 'output'],
  schema: 'credential',
  async run(input, parts) {
    const profile = await (await parts.profiles()).get(input.name)
    const { field, reference } = wantedField(profile, input.field)
    if (!isStored(reference)) {
      throw new StixTaxiiError('PROFILE_SECRET_ELSEWHERE', `The ${field} of "${profile.name}" is in no store of ours`, {
        kind: 'usage',
        hint: reference
          ? `It is in ${describeReference(reference)}: remove it there.`
          : 'There is none: it is an empty password.',
        context: { profile: profile.name, field },
      })
    }
    await confirmOrStop(parts, `Remove the ${field} of ${profile.name} from the ${reference.from} store?`)
    const store = await (await parts.credentials()).open(reference.from)
    if (!(await store.remove(reference.entry))) {
      throw new StixTaxiiError(
        'PROFILE_SECRET_MISSING',
        `The ${reference.from} store has no entry ${reference.entry}`,
        {
          kind: 'not-found',
          hint: 'It was removed before.',
          context: { profile: profile.name, field },
        },
      )
    }
    await parts.output.one(credentialRow(profile, field, reference), credentialShape)
  },
})
