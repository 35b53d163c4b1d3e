import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { apiRootRow, apiRootShape, findApiRoot, openServed } from '../served-collections.ts'

const own = { environment: false } as const

export const serverApiRootEdit = defineCommand({
  path: 'server api-root edit',
  summary: 'Change an API root; what no flag names stays',
  examples: [
    'stixtaxii server api-root edit partners --title "For all partners"',
    'stixtaxii server api-root edit partners --no-public',
  ],
  positional: ['id'],
  input: z.object({
    id: z.string().describe('as server api-root list shows it'),
    title: z
      .string()
      .optional()
      .describe('new title')
      .meta({ ...own, value: 'TEXT' }),
    description: z
      .string()
      .optional()
      .describe('new description')
      .meta({ ...own, value: 'TEXT' }),
    default: z.boolean().optional().describe('discovery names it as the default').meta(own),
    public: z.boolean().optional().describe('anybody may list its collections').meta(own),
  }),
  needs: ['store', 'clock', 'output'],
  makesNoStore: true,
  schema: 'server-api-root',
  async run({ id, ...flags }, parts) {
    const served = await openServed(parts)
    const was = await findApiRoot(id, served)
    const changed = await served.taxii2.updateApiRoot({
      ...was,
      title: flags.title ?? was.title,
      description: flags.description ?? was.description,
      isDefault: flags.default ?? was.isDefault,
      isPublic: flags.public ?? was.isPublic,
    })
    await parts.output.one(apiRootRow(changed), apiRootShape)
  },
})
