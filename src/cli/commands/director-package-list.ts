import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { directorFields, storageFields } from '../director-fields.ts'
import { listFiles } from '../director-list-files.ts'
import { directorNeeds } from '../director-targets.ts'

export const directorPackageList = defineCommand({
  path: 'director package list',
  summary: "List the application packages in Director's storage",
  examples: ['stixtaxii director package list', 'stixtaxii director package list --public -o json'],
  input: z.object({ ...storageFields, ...directorFields }),
  needs: directorNeeds,
  schema: 'director-files',
  run: (input, parts) => listFiles('packages', input, parts),
})
