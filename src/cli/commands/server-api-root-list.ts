import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { apiRootRow, apiRootShape, openServed } from '../served-collections.ts'

export const serverApiRootList = defineCommand({
  path: 'server api-root list',
  summary: "List the server's API roots (TAXII 2)",
  details: 'The API root `default` has everything that was fetched; it is there without being made.',
  examples: ['stixtaxii server api-root list', 'stixtaxii server api-root list -o json'],
  input: z.object({}),
  needs: ['store', 'clock', 'output'],
  makesNoStore: true,
  schema: 'server-api-root-list',
  async run(_, parts) {
    const { taxii2 } = await openServed(parts)
    await parts.output.list((await taxii2.getApiRoots()).map(apiRootRow), apiRootShape)
  },
})
