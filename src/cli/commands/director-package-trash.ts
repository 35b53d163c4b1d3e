import { z } from 'zod'
import { isStixTaxiiPlugin } from '../../director/assumptions.ts'
import { defineCommand } from '../command.ts'
import { confirmByName, namesOf } from '../director-confirm.ts'
import { dependentsOf } from '../director-dependents.ts'
import { directorFields, orderFields, storageFields, verifyField } from '../director-fields.ts'
import { writeFileRows } from '../director-file-rows.ts'
import { describeStorage, wantedStorage } from '../director-storage.ts'
import { directorNeeds, withDirector } from '../director-targets.ts'
import { listedName, trashFile } from '../director-uploads.ts'

export const directorPackageTrash = defineCommand({
  path: 'director package trash',
  summary: "Remove an application package from Director's storage",
  details:
    'It cannot be brought back: asks for the name, or takes --yes. Before that the Logpoints are named that have the plugin ' +
    'installed; they keep it. From the storage that every pool sees only with --public.',
  examples: [
    'stixtaxii director package trash StixTaxii_6.1.0.pak',
    'stixtaxii director package trash StixTaxii_6.1.0.pak --public --yes -o json',
  ],
  positional: ['name'],
  input: z.object({
    name: z.string().describe('name of the package, as `director package list` shows it'),
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
      const listed = await client.packages.list(storage, { signal })
      const name = listedName(word, listed, storage, 'stixtaxii director package upload')
      const dependents = await dependentsOf(profile, storage, parts, async (logpoint) => {
        const plugins = await client.plugins.list(logpoint, { signal })
        return plugins.some((plugin) => isStixTaxiiPlugin(plugin.name))
      })
      if (dependents.length > 0)
        parts.terminal.note(`StixTaxii is installed on ${namesOf(dependents)}, and stays there.`)
      await confirmByName(parts, { what: `Trash ${name} in ${describeStorage(storage)}?`, name })
      const request = { client, calls: client.packages, storage, name, flags: input }
      await writeFileRows(parts.output, [await trashFile(request, parts)])
    })
  },
})
