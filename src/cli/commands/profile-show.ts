import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { defaultNames, profileRecord, profileShowShape, warnOfPlainFiles } from '../profile-records.ts'

export const profileShow = defineCommand({
  path: 'profile show',
  summary: 'Show one profile; where its secrets are, never what they are',
  examples: ['stixtaxii profile show acme', 'stixtaxii profile show acme -o yaml'],
  positional: ['name'],
  input: z.object({ name: z.string().describe('name of a profile') }),
  needs: ['profiles', 'output', 'terminal'],
  schema: 'profile-show',
  async run({ name }, { profiles, output, terminal }) {
    const store = await profiles()
    const profile = await store.get(name)
    const isDefault = (await defaultNames(store)).includes(profile.name)
    await output.one(profileRecord(profile, isDefault), profileShowShape)
    warnOfPlainFiles([profile], terminal)
  },
})
