import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { directorFields, storageFields } from '../director-fields.ts'
import { fileListShape, storageRecord, wantedStorage } from '../director-storage.ts'
import { directorNeeds, withDirector } from '../director-targets.ts'

export const directorPackageList = defineCommand({
  path: 'director package list',
  summary: "List the application packages in Director's storage",
  examples: ['stixtaxii director package list', 'stixtaxii director package list --public -o json'],
  input: z.object({ ...storageFields, ...directorFields }),
  needs: directorNeeds,
  schema: 'director-files',
  async run(input, parts) {
    await withDirector(input, parts, async ({ profile, client }) => {
      const storage = wantedStorage(profile, input)
      const names = await client.packages.list(storage, { signal: parts.signal })
      await parts.output.list(
        names.map((name) => ({ name, ...storageRecord(storage) })),
        fileListShape,
      )
    })
  },
})
