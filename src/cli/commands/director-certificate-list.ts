import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { directorFields, storageFields } from '../director-fields.ts'
import { listFiles } from '../director-list-files.ts'
import { directorNeeds } from '../director-targets.ts'

export const directorCertificateList = defineCommand({
  path: 'director certificate list',
  summary: "List the certificates and keys in Director's storage",
  examples: ['stixtaxii director certificate list', 'stixtaxii director certificate list --public -o json'],
  input: z.object({ ...storageFields, ...directorFields }),
  needs: directorNeeds,
  schema: 'director-files',
  run: (input, parts) => listFiles('certificates', input, parts),
})
