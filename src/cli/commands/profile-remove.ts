import { z } from 'zod'
import { storedReferences } from '../../profile/secret-fields.ts'
import { defineCommand } from '../command.ts'
import { confirmOrStop } from '../confirm.ts'
import { profileListShape, profileRow } from '../profile-records.ts'

export const profileRemove = defineCommand({
  path: 'profile remove',
  summary: 'Remove a profile and the secrets kept for it',
  details:
    'What was fetched stays in the store. Files that the profile only names (a password file, a certificate) stay too. ' +
    'If a credential store cannot be opened, nothing is removed; --keep-secrets leaves its entries where they are.',
  examples: ['stixtaxii profile remove acme', 'stixtaxii profile remove acme --yes'],
  positional: ['name'],
  input: z.object({
    name: z.string().describe('name of a profile'),
    keepSecrets: z.boolean().default(false).describe('leave its secrets in the credential store'),
  }),
  needs: ['options', 'terminal', 'profiles', 'credentials', 'output'],
  schema: 'profile',
  async run({ name, keepSecrets }, parts) {
    const store = await parts.profiles()
    const profile = await store.get(name)
    await confirmOrStop(parts, `Remove the profile ${profile.name} (${profile.url})?`)
    const credentials = await parts.credentials()
    if (!keepSecrets) {
      for (const { from, entry } of storedReferences(profile)) await (await credentials.open(from)).remove(entry)
    }
    await store.remove(profile.name)
    await parts.output.one(profileRow(profile, []), profileListShape)
  },
})
