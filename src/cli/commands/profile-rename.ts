import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { defaultNames, profileListShape, profileRow } from '../profile-records.ts'

export const profileRename = defineCommand({
  path: 'profile rename',
  summary: 'Give a profile another name; checkpoints, stored objects and secrets stay with it',
  examples: ['stixtaxii profile rename acme apex'],
  positional: ['name', 'newName'],
  input: z.object({
    name: z.string().describe('name of a profile'),
    newName: z.string().describe('its new name'),
  }),
  needs: ['profiles', 'output'],
  schema: 'profile',
  async run({ name, newName }, { profiles, output }) {
    const store = await profiles()
    await store.rename(name, newName)
    await output.one(profileRow(await store.get(newName), await defaultNames(store)), profileListShape)
  },
})
