import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { apiRootRow, apiRootShape, openServed } from '../served-collections.ts'

const own = { environment: false } as const

export const serverApiRootCreate = defineCommand({
  path: 'server api-root create',
  summary: 'Make an API root: a group of collections with a URL of its own',
  details: 'ID stands in its URL, https://HOST/ID/: letters, digits, dots, dashes and underscores.',
  examples: [
    'stixtaxii server api-root create partners --title "For partners"',
    'stixtaxii server api-root create main --title Main --default',
  ],
  positional: ['id'],
  input: z.object({
    id: z.string().describe('stands in its URL'),
    title: z
      .string()
      .optional()
      .describe('default: the id')
      .meta({ ...own, value: 'TEXT' }),
    description: z
      .string()
      .optional()
      .describe('what it is for')
      .meta({ ...own, value: 'TEXT' }),
    default: z.boolean().default(false).describe('discovery names it as the default').meta(own),
    public: z.boolean().default(false).describe('anybody may list its collections').meta(own),
  }),
  needs: ['store', 'clock', 'output'],
  schema: 'server-api-root',
  async run({ id, title = id, description, default: isDefault, public: isPublic }, parts) {
    const { taxii2 } = await openServed(parts)
    const made = await taxii2.createApiRoot({ id, title, description, isDefault, isPublic })
    await parts.output.one(apiRootRow(made), apiRootShape)
  },
})
