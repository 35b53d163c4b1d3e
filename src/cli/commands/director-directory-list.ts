import { z } from 'zod'
import { allLogpoints, resolveLogpoints } from '../../director/directory.ts'
import { defineCommand } from '../command.ts'
import { directorFields } from '../director-fields.ts'
import { wantedDirector } from '../wanted-director.ts'

export const directorDirectoryList = defineCommand({
  path: 'director directory list',
  summary: 'List the pools, Logpoints and groups that --on takes',
  details:
    'Director itself lists neither pools nor Logpoints. Their identifiers are in the Logpoint Search Master: Settings, ' +
    'Configuration, LogPoint Pool. Change the list with: stixtaxii configure director NAME --pool NAME=ID --logpoint POOL/NAME=ID',
  examples: ['stixtaxii director directory list', 'stixtaxii director directory list -o json'],
  input: z.object({ ...directorFields }),
  needs: ['options', 'environment', 'workingDirectory', 'profiles', 'output'],
  schema: 'director-directory',
  async run(input, parts) {
    const profile = await wantedDirector(input, parts)
    const pools = Object.entries(profile.pools).map(([name, id]) => ({ kind: 'pool', name, id, members: null }))
    const logpoints = allLogpoints(profile).map(({ name, id }) => ({ kind: 'logpoint', name, id, members: null }))
    const groups = Object.keys(profile.groups).map((name) => {
      const members = resolveLogpoints(profile, [name]).map((logpoint) => logpoint.name)
      return { kind: 'group', name, id: null, members }
    })
    await parts.output.list([...pools, ...logpoints, ...groups], shape)
  },
})

const shape = {
  columns: [
    { field: 'kind', head: 'Kind' },
    { field: 'name', head: 'Name' },
    { field: 'id', head: 'Identifier', long: 'whole' },
    { field: 'members', head: 'Members', long: 'wrap' },
  ],
  name: 'name',
  empty:
    'Nothing is named yet. Add pools and Logpoints with: stixtaxii configure director NAME --pool NAME=ID --logpoint POOL/NAME=ID',
} as const
