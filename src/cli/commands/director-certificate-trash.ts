import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { confirmByName, namesOf } from '../director-confirm.ts'
import { dependentsOf } from '../director-dependents.ts'
import { directorFields, orderFields, storageFields, verifyField } from '../director-fields.ts'
import { writeFileRows } from '../director-file-rows.ts'
import { describeStorage, wantedStorage } from '../director-storage.ts'
import { directorNeeds, withDirector } from '../director-targets.ts'
import { listedName, trashFile } from '../director-uploads.ts'

export const directorCertificateTrash = defineCommand({
  path: 'director certificate trash',
  summary: "Remove a certificate or key from Director's storage",
  details:
    'It cannot be brought back: asks for the name, or takes --yes. Before that the Logpoints are named whose enrichment ' +
    'sources use it. From the storage that every pool sees only with --public.',
  examples: [
    'stixtaxii director certificate trash client.crt',
    'stixtaxii director certificate trash client.key --pool acme --yes -o json',
  ],
  positional: ['name'],
  input: z.object({
    name: z.string().describe('name of the file, as `director certificate list` shows it'),
    ...storageFields,
    ...orderFields,
    ...verifyField,
    ...directorFields,
  }),
  needs: directorNeeds,
  schema: 'director-file-changes',
  async run({ name: word, ...input }, parts) {
    await withDirector(input, parts, async ({ profile, client }) => {
      const storage = wantedStorage(profile, input)
      const { signal } = parts
      const listed = await client.certificates.list(storage, { signal })
      const name = listedName(word, listed, storage, 'stixtaxii director certificate upload')
      const dependents = await dependentsOf(profile, storage, parts, async (logpoint) => {
        const sources = await client.sources.list(logpoint, { signal })
        return sources.some(({ certificate }) => [certificate.certificateFile, certificate.keyFile].includes(name))
      })
      if (dependents.length > 0) {
        parts.terminal.warn(
          `enrichment sources of ${namesOf(dependents)} name ${name}: they will not connect without it`,
        )
      }
      await confirmByName(parts, { what: `Trash ${name} in ${describeStorage(storage)}?`, name })
      const request = { client, calls: client.certificates, storage, name, flags: input }
      await writeFileRows(parts.output, [await trashFile(request, parts)])
    })
  },
})
