import { resolve } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { z } from 'zod'
import type { Directory } from '../../director/directory.ts'
import { defineCommand } from '../command.ts'
import { parseDirectory, readDirectoryFile } from '../director-directory-file.ts'
import { wantedDirector } from '../wanted-director.ts'

export const directorDirectoryImport = defineCommand({
  path: 'director directory import',
  summary: 'Read pools, Logpoints and groups from YAML into a Director profile',
  details: 'What is already named stays, or is changed by the file; with --replace only what the file names is left.',
  examples: [
    'stixtaxii director directory import directory.yaml',
    'stixtaxii director directory import directory.yaml --profile hq --replace',
  ],
  positional: ['file'],
  input: z.object({
    file: z.string().describe('YAML or JSON; - for standard input'),
    replace: z.boolean().default(false).describe('forget what the file does not name'),
  }),
  needs: ['options', 'environment', 'workingDirectory', 'profiles', 'stdin', 'output'],
  schema: 'director-directory-import',
  async run({ file, replace }, parts) {
    const path = resolve(parts.workingDirectory, file)
    const read =
      file === '-' ? await parseDirectory(await textOf(parts.stdin), 'standard input') : await readDirectoryFile(path)
    const former = await wantedDirector({}, parts)
    const directory = replace ? read : merged(former, read)
    await (await parts.profiles()).save({ ...former, ...directory })
    const counts = {
      pools: Object.keys(directory.pools).length,
      logpoints: Object.keys(directory.logpoints).length,
      groups: Object.keys(directory.groups).length,
    }
    await parts.output.one({ profile: former.name, ...counts }, shape)
  },
})

function merged(former: Directory, read: Directory): Directory {
  return {
    pools: { ...former.pools, ...read.pools },
    logpoints: { ...former.logpoints, ...read.logpoints },
    groups: { ...former.groups, ...read.groups },
  }
}

const shape = {
  columns: [
    { field: 'profile', head: 'Profile' },
    { field: 'pools', head: 'Pools', align: 'right' },
    { field: 'logpoints', head: 'Logpoints', align: 'right' },
    { field: 'groups', head: 'Groups', align: 'right' },
  ],
  name: 'profile',
} as const
