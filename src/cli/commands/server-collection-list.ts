import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { collectionListShape, collectionRow, findApiRoot, openServed } from '../served-collections.ts'

export const serverCollectionList = defineCommand({
  path: 'server collection list',
  summary: 'List the collections that are served: what was fetched, and what was made',
  details:
    'Kinds: `fetched` is there without being made, `view` shows something fetched under another name, `own` is storage ' +
    'that clients add to. The id is for TAXII 2, the name for TAXII 1.',
  examples: ['stixtaxii server collection list', 'stixtaxii server collection list --api-root partners -o json'],
  input: z.object({
    apiRoot: z.string().optional().describe('only of this API root').meta({ environment: false, value: 'ID' }),
  }),
  needs: ['store', 'clock', 'output'],
  makesNoStore: true,
  schema: 'server-collection-list',
  async run({ apiRoot }, parts) {
    const served = await openServed(parts)
    const root = apiRoot === undefined ? undefined : await findApiRoot(apiRoot, served)
    await parts.output.list((await served.catalogue.list(root?.id)).map(collectionRow), collectionListShape)
  },
})
