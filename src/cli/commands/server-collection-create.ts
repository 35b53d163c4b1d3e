import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import type { StorePersistence } from '../../serve/persistence/open.ts'
import type { CollectionKey, Store } from '../../store/store.ts'
import { defineCommand } from '../command.ts'
import { collectionRow, collectionShape, findApiRoot, openServed } from '../served-collections.ts'

const own = { environment: false } as const
const aliasForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export const serverCollectionCreate = defineCommand({
  path: 'server collection create',
  summary: 'Make a collection: storage that clients add to, or a view of what was fetched',
  details:
    'Without --from it has storage of its own, and clients with the right add to it by POST (TAXII 2) or inbox (TAXII 1). ' +
    'With --from it shows one stored collection of a source, read-only, under a title, alias and rights of its own; what is ' +
    'fetched later shows too. Both are offered by TAXII 1 and 2.',
  examples: [
    'stixtaxii server collection create "Sightings of partners" --api-root partners --alias sightings',
    'stixtaxii server collection create Indicators --from acme --from-collection indicators --alias acme --public',
    'stixtaxii server collection create drops --type set -o json',
  ],
  positional: ['title'],
  input: z.object({
    title: z.string().min(1, 'is empty').describe('for people'),
    apiRoot: z
      .string()
      .default('default')
      .describe('the API root it is in (TAXII 2)')
      .meta({ ...own, value: 'ID' }),
    id: z
      .uuid('must be a UUID')
      .optional()
      .describe('default: a new one')
      .meta({ ...own, value: 'UUID' }),
    alias: z
      .string()
      .regex(aliasForm, 'must be letters, digits, dots, dashes and underscores')
      .optional()
      .describe('stands in URLs where the id can; default: the title where it can be one')
      .meta({ ...own, value: 'NAME' }),
    name: z
      .string()
      .optional()
      .describe('name for TAXII 1; default: alias or title')
      .meta({ ...own, value: 'NAME' }),
    description: z
      .string()
      .optional()
      .describe('what is in it')
      .meta({ ...own, value: 'TEXT' }),
    from: z
      .string()
      .optional()
      .describe('show what was fetched from this source')
      .meta({ ...own, value: 'SOURCE' }),
    fromCollection: z
      .string()
      .optional()
      .describe('which of its collections; default: the only one')
      .meta({ ...own, value: 'C' }),
    type: z.enum(['feed', 'set']).default('feed').describe('TAXII 1: ordered by time, or not').meta(own),
    public: z.boolean().default(false).describe('anybody may read it').meta(own),
    publicWrite: z.boolean().default(false).describe('anybody may add to it').meta(own),
  }),
  needs: ['store', 'clock', 'output'],
  schema: 'server-collection',
  async run({ apiRoot, from, fromCollection, public: isPublic, publicWrite, ...named }, parts) {
    if (from === undefined && fromCollection !== undefined) throw noSource()
    if (from !== undefined && publicWrite) throw viewIsReadOnly()
    const served = await openServed(parts)
    const { id: apiRootId } = await findApiRoot(apiRoot, served)
    const alias = named.alias ?? (await freeAlias(named.title, apiRootId, served))
    const viewOf = from === undefined ? undefined : await storedCollection(served.store, from, fromCollection)
    const made = await served.catalogue.create({
      ...named,
      alias,
      apiRootId,
      viewOf,
      isPublic,
      isPublicWrite: publicWrite,
    })
    await parts.output.one(collectionRow({ ...made, isAutomatic: false }), collectionShape)
  },
})

/** A title that can stand in a URL does, unless another has that alias. */
async function freeAlias(
  title: string,
  apiRootId: string,
  { catalogue }: Pick<StorePersistence, 'catalogue'>,
): Promise<string | undefined> {
  return aliasForm.test(title) && !(await catalogue.byAlias(apiRootId, title)) ? title : undefined
}

async function storedCollection(store: Store, source: string, wanted: string | undefined): Promise<CollectionKey> {
  const all = await store.collections()
  const own = all.filter((each) => [each.source.id, each.source.name].includes(source))
  const found = wanted === undefined ? own : own.filter(({ key, title }) => [key.collection, title].includes(wanted))
  if (found.length === 1) return (found[0] as (typeof found)[number]).key
  const sources = [...new Set(all.map((each) => each.source.name))].join(', ')
  if (own.length === 0) {
    throw new StixTaxiiError('CLI_STORED_UNKNOWN', `Nothing of a source "${source}" is stored`, {
      kind: 'not-found',
      hint: sources === '' ? `Fetch it first: stixtaxii fetch ${source}` : `Stored are: ${sources}`,
      context: { source },
    })
  }
  const names = own.map(({ key }) => key.collection).join(', ')
  const isUnknown = found.length === 0
  throw new StixTaxiiError(
    isUnknown ? 'CLI_STORED_UNKNOWN' : 'CLI_STORED_AMBIGUOUS',
    isUnknown
      ? `"${source}" has no stored collection "${wanted}"`
      : `"${source}" has ${found.length} stored collections, and one is shown`,
    {
      kind: isUnknown ? 'not-found' : 'usage',
      hint: `Name it with --from-collection: ${names}`,
      context: { source, collection: wanted },
    },
  )
}

function noSource(): StixTaxiiError {
  return new StixTaxiiError('CLI_FLAGS_CONFLICT', '--from-collection says which collection of --from is shown', {
    kind: 'usage',
    hint: 'Name the source too: --from SOURCE',
  })
}

function viewIsReadOnly(): StixTaxiiError {
  return new StixTaxiiError('CLI_FLAGS_CONFLICT', 'What was fetched is shown as it is: nobody adds to it', {
    kind: 'usage',
    hint: 'Leave --public-write out, or leave --from out to make storage that clients add to.',
  })
}
