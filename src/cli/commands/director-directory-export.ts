import { resolve } from 'node:path'
import { z } from 'zod'
import { writeOwnFile } from '../../profile/own-files.ts'
import { defineCommand } from '../command.ts'
import { writeDirectory } from '../director-directory-file.ts'
import { directorFields } from '../director-fields.ts'
import { wantedDirector } from '../wanted-director.ts'

export const directorDirectoryExport = defineCommand({
  path: 'director directory export',
  summary: 'Write the pools, Logpoints and groups as YAML',
  details:
    'The file holds no secret. Others take it with `director directory import`, or for one run with --directory.',
  examples: [
    'stixtaxii director directory export > directory.yaml',
    'stixtaxii director directory export --profile hq --out directory.yaml',
  ],
  input: z.object({
    out: z.string().optional().describe('file to write instead of standard output').meta({ value: 'FILE' }),
    ...directorFields,
  }),
  needs: ['options', 'environment', 'workingDirectory', 'profiles', 'terminal', 'output'],
  ownFormat: true,
  async run({ out, ...flags }, parts) {
    const profile = await wantedDirector(flags, parts)
    const text = await writeDirectory(profile)
    if (out === undefined) return parts.output.raw(text)
    const file = resolve(parts.workingDirectory, out)
    await writeOwnFile(file, text)
    parts.terminal.note(`The directory of ${profile.name} was written to ${file}`)
  },
})
