import { resolve } from 'node:path'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { directorFields, orderFields, storageFields, verifyField } from '../director-fields.ts'
import { writeFileRows } from '../director-file-rows.ts'
import { checkPackageName } from '../director-package.ts'
import { wantedStorage } from '../director-storage.ts'
import { directorNeeds, withDirector } from '../director-targets.ts'
import { readyFile } from '../director-upload-file.ts'
import { uploadFiles } from '../director-uploads.ts'
import { presentFields, wantedPresent } from '../director-present.ts'

export const directorPackageUpload = defineCommand({
  path: 'director package upload',
  summary: "Upload an application package (.pak) into Director's storage",
  details:
    "Into the pool's own storage, or with --public into the one that every pool sees. The file is sent as it is read, whatever " +
    'its size. Where Director wants a form instead of the bare bytes: stixtaxii configure director NAME --package-upload multipart',
  examples: [
    'stixtaxii director package upload StixTaxii_6.1.0.pak',
    'stixtaxii director package upload StixTaxii_6.1.0.pak --public --if-absent -o json',
  ],
  positional: ['file'],
  input: z.object({
    file: z.string().describe('the package, a .pak file'),
    ...storageFields,
    ...presentFields,
    ...orderFields,
    ...verifyField,
    ...directorFields,
  }),
  needs: directorNeeds,
  schema: 'director-file-changes',
  async run(input, parts) {
    const path = resolve(parts.workingDirectory, input.file)
    checkPackageName(path)
    const files = [await readyFile(path)]
    await withDirector(input, parts, async ({ profile, client }) => {
      const storage = wantedStorage(profile, input)
      const present = wantedPresent(input)
      const request = { client, calls: client.packages, storage, files, present, flags: input }
      await writeFileRows(parts.output, await uploadFiles(request, parts))
    })
  },
})
