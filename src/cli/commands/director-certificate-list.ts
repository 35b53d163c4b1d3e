import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { directorFields, storageFields } from '../director-fields.ts'
import { fileListShape, storageRecord, wantedStorage } from '../director-storage.ts'
import { directorNeeds, withDirector } from '../director-targets.ts'

export const directorCertificateList = defineCommand({
  path: 'director certificate list',
  summary: "List the certificates and keys in Director's storage",
  examples: ['stixtaxii director certificate list', 'stixtaxii director certificate list --public -o json'],
  input: z.object({ ...storageFields, ...directorFields }),
  needs: directorNeeds,
  schema: 'director-files',
  async run(input, parts) {
    await withDirector(input, parts, async ({ profile, client }) => {
      const storage = wantedStorage(profile, input)
      const names = await client.certificates.list(storage, { signal: parts.signal })
      await parts.output.list(
        names.map((name) => ({ name, ...storageRecord(storage) })),
        fileListShape,
      )
    })
  },
})
