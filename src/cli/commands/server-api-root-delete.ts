import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { defineCommand } from '../command.ts'
import { confirmByName } from '../director-confirm.ts'
import { apiRootRow, apiRootShape, findApiRoot, openServed } from '../served-collections.ts'

export const serverApiRootDelete = defineCommand({
  path: 'server api-root delete',
  summary: 'Delete an API root with its collections, and what clients added to them',
  details: 'What was fetched stays: only views of it go.',
  examples: ['stixtaxii server api-root delete partners', 'stixtaxii server api-root delete partners --yes'],
  positional: ['id'],
  input: z.object({ id: z.string().describe('as server api-root list shows it') }),
  needs: ['options', 'store', 'clock', 'terminal', 'output'],
  makesNoStore: true,
  schema: 'server-api-root',
  async run({ id }, parts) {
    const served = await openServed(parts)
    const root = await findApiRoot(id, served)
    const own = (await served.catalogue.list(root.id)).filter(({ isAutomatic }) => !isAutomatic)
    if (root.id === 'default') throw isAutomatic()
    const what = `The API root ${root.id} is deleted with ${own.length} collection${own.length === 1 ? '' : 's'}.`
    await confirmByName(parts, { what, name: root.id })
    await served.taxii2.deleteApiRoot(root.id)
    await parts.output.one(apiRootRow(root), apiRootShape)
  },
})

function isAutomatic(): StixTaxiiError {
  return new StixTaxiiError('CLI_API_ROOT_AUTOMATIC', 'The API root "default" has what was fetched, and cannot go', {
    kind: 'refused',
    hint: 'Make another the default: stixtaxii server api-root edit NAME --default',
  })
}
