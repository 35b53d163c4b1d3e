import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { defaultNames, profileListShape, profileRow, warnOfPlainFiles } from '../profile-records.ts'

export const profileList = defineCommand({
  path: 'profile list',
  summary: 'List the saved profiles',
  examples: ['stixtaxii profile list', 'stixtaxii profile list --kind taxii -o name'],
  input: z.object({ kind: z.enum(['taxii', 'director']).optional().describe('only profiles of this kind') }),
  needs: ['profiles', 'output', 'terminal'],
  schema: 'profile-list',
  async run({ kind }, { profiles, output, terminal }) {
    const store = await profiles()
    const wanted = (await store.list()).filter((profile) => kind === undefined || profile.kind === kind)
    const defaults = await defaultNames(store)
    await output.list(
      wanted.map((profile) => profileRow(profile, defaults)),
      profileListShape,
    )
    warnOfPlainFiles(wanted, terminal)
  },
})
