import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { collectionRow, collectionShape, findServed, openServed } from '../served-collections.ts'

const own = { environment: false } as const

export const serverCollectionEdit = defineCommand({
  path: 'server collection edit',
  summary: 'Change how a collection is served; what no flag names stays',
  details: 'Also of what is served without being made: its title, alias, TAXII 1 name, and who may read it.',
  examples: [
    'stixtaxii server collection edit acme.indicators --alias acme --public',
    'stixtaxii server collection edit drops --no-writable',
    'stixtaxii server collection edit drops --no-available',
  ],
  positional: ['collection'],
  input: z.object({
    collection: z.string().describe('id, alias or TAXII 1 name'),
    title: z
      .string()
      .min(1, 'is empty')
      .optional()
      .describe('for people')
      .meta({ ...own, value: 'TEXT' }),
    alias: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be letters, digits, dots, dashes and underscores')
      .optional()
      .describe('stands in URLs where the id can')
      .meta({ ...own, value: 'NAME' }),
    name: z
      .string()
      .min(1, 'is empty')
      .optional()
      .describe('name for TAXII 1')
      .meta({ ...own, value: 'NAME' }),
    description: z
      .string()
      .optional()
      .describe('what is in it')
      .meta({ ...own, value: 'TEXT' }),
    public: z.boolean().optional().describe('anybody may read it').meta(own),
    publicWrite: z.boolean().optional().describe('anybody may add to it').meta(own),
    writable: z.boolean().optional().describe('clients with the right may add to it').meta(own),
    available: z.boolean().optional().describe('TAXII 1: it can be polled').meta(own),
  }),
  needs: ['store', 'clock', 'output'],
  makesNoStore: true,
  schema: 'server-collection',
  async run({ collection, title, alias, name, description, ...flags }, parts) {
    const { catalogue } = await openServed(parts)
    const { id } = findServed(collection, await catalogue.list())
    const changed = await catalogue.change(id, (was) => ({
      ...was,
      title: title ?? was.title,
      alias: alias ?? was.alias,
      name: name ?? was.name,
      description: description ?? was.description,
      isPublic: flags.public ?? was.isPublic,
      isPublicWrite: !was.isView && (flags.publicWrite ?? was.isPublicWrite),
      isWritable: !was.isView && (flags.writable ?? was.isWritable),
      isAvailable: flags.available ?? was.isAvailable,
    }))
    await parts.output.one(collectionRow(changed), collectionShape)
  },
})
