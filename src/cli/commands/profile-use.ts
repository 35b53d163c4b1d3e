import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { profileListShape, profileRow } from '../profile-records.ts'

export const profileUse = defineCommand({
  path: 'profile use',
  summary: 'Make a profile the default of its kind',
  examples: ['stixtaxii profile use acme'],
  positional: ['name'],
  input: z.object({ name: z.string().describe('name of a profile') }),
  needs: ['profiles', 'output'],
  schema: 'profile',
  async run({ name }, { profiles, output }) {
    const store = await profiles()
    const profile = await store.get(name)
    await store.setDefault(profile.kind, profile.name)
    await output.one(profileRow(profile, [profile.name]), profileListShape)
  },
})
