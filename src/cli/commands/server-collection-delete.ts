import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { confirmByName } from '../director-confirm.ts'
import { collectionAutomatic } from '../../serve/persistence/faults.ts'
import { collectionRow, collectionShape, findServed, isFetched, openServed } from '../served-collections.ts'

export const serverCollectionDelete = defineCommand({
  path: 'server collection delete',
  summary: 'Delete a collection that was made, with what clients added to it',
  details: 'A view goes without what it shows. What is served without being made goes with: stixtaxii store prune',
  examples: ['stixtaxii server collection delete drops', 'stixtaxii server collection delete drops --yes -o json'],
  positional: ['collection'],
  input: z.object({ collection: z.string().describe('id, alias or TAXII 1 name') }),
  needs: ['options', 'store', 'clock', 'terminal', 'output'],
  makesNoStore: true,
  schema: 'server-collection',
  async run({ collection }, parts) {
    const { catalogue } = await openServed(parts)
    const found = findServed(collection, await catalogue.list())
    if (isFetched(found)) throw collectionAutomatic(found.name)
    const what = found.isView ? 'is no longer served' : 'is deleted with everything in it'
    await confirmByName(parts, { what: `The collection ${found.name} ${what}.`, name: found.name })
    await catalogue.remove(found.id)
    await parts.output.one(collectionRow(found), collectionShape)
  },
})
