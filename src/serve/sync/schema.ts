import { z } from 'zod'
import { tlpLevels } from '../authentication.ts'

const text = (what: string): z.ZodString => z.string(`must be ${what}; put it in quotes`).min(1, 'is empty')
const flag = z.boolean('must be true or false')
const words = (what: string) => z.array(text(what), 'must be a list')

const binding = z.union(
  [text('a content binding'), z.strictObject({ binding: text('a content binding'), subtypes: words('a subtype') })],
  'must be a content binding, or binding and subtypes',
)

const apiRoot = z.strictObject({
  id: text('the part of its URL').describe('stands in its URL'),
  title: text('a text'),
  description: text('a text').optional(),
  default: flag.optional().describe('named as the default by discovery'),
  public: flag.optional().describe('its collections may be listed by anybody'),
})

const collection = z.strictObject({
  name: text('a name').describe('TAXII 1 name, unique in the whole server; what a collection is found again by'),
  id: z.uuid('must be a UUID').optional().describe('default: one that follows from API root and name'),
  api_root: text('the id of an API root').optional().describe('default: default'),
  title: text('a text').optional().describe('default: the name'),
  description: text('a text').optional(),
  alias: z
    .string('must be a name')
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be letters, digits, dots, dashes and underscores')
    .optional()
    .describe('stands in URLs where the id can'),
  from: z
    .strictObject({ source: text('the name of a source'), collection: text('the id of a collection').optional() })
    .optional()
    .describe('shows what was fetched from there; without it, it has storage of its own'),
  public: flag.optional().describe('anybody may read it'),
  public_write: flag.optional().describe('anybody may add to it (TAXII 2)'),
  type: z.enum(['feed', 'set'], 'must be feed or set').optional().describe('TAXII 1: default feed'),
  available: flag.optional().describe('TAXII 1: default true'),
  accept_all_content: flag.optional().describe('TAXII 1: blocks of any binding; default true'),
  supported_content: z.array(binding, 'must be a list').optional(),
  services: words('the id of a service').optional().describe('which TAXII 1 services it is offered by; default: all'),
})

const service = z.strictObject({
  id: text('an id'),
  type: z.enum(['discovery', 'collection-management', 'poll', 'inbox'], 'must be a type of service'),
  address: text('a path or URL').optional().describe('default: /services/ and the id'),
  description: text('a text').optional(),
  available: flag.optional(),
  destination_collection_required: flag
    .optional()
    .describe('inbox: whether a message must name collections, or must not'),
  accept_all_content: flag.optional(),
  supported_content: z.array(binding, 'must be a list').optional(),
  max_result_size: z
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be 1 or more')
    .optional()
    .describe('poll: blocks a part; default 1000'),
  max_result_count: z
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be 1 or more')
    .optional()
    .describe('poll: blocks a result; default: no limit'),
  subscription_required: flag.optional().describe('poll: only under a subscription'),
  advertised_services: words('the id of a service').optional().describe('discovery: which it shows; default: all'),
  authentication_required: flag.optional().describe('whether an account is needed; default: as the server'),
})

const account = z.strictObject({
  username: text('a user name'),
  password_file: text('a path').optional().describe('its first line is the password; relative to this file'),
  admin: flag.optional().describe('may do everything'),
  blocked: flag.optional().describe('does not come in'),
  tlp: z
    .enum([...tlpLevels, 'none'], `must be one of ${[...tlpLevels, 'none'].join(', ')}`)
    .optional()
    .describe('nothing above it'),
  read: words('the name of a collection').optional().describe('names, aliases or ids of collections; or all'),
  write: words('the name of a collection')
    .optional()
    .describe('the same; adding needs no right to read, deleting does'),
  details: z.record(z.string(), z.string(), 'must be keys and texts').optional(),
})

/** What a server is to have; whatever is not said stays as it is. */
export const serverDataSchema = z.strictObject({
  api_roots: z.array(apiRoot, 'must be a list').optional(),
  collections: z.array(collection, 'must be a list').optional(),
  services: z.array(service, 'must be a list').optional(),
  accounts: z.array(account, 'must be a list').optional(),
})

export type ServerDataText = z.infer<typeof serverDataSchema>
export type ApiRootText = z.infer<typeof apiRoot>
export type CollectionText = z.infer<typeof collection>
export type ServiceText = z.infer<typeof service>
export type AccountText = z.infer<typeof account>

export function serverDataJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(serverDataSchema) as Record<string, unknown>
}
