import { z } from 'zod'
import type { CollectionKey } from '../../store/store.ts'
import { defineCommand } from '../command.ts'
import { wantedSources } from '../wanted-sources.ts'

export const checkpointList = defineCommand({
  path: 'checkpoint list',
  summary: 'Show how far each collection has been read',
  examples: ['stixtaxii checkpoint list', 'stixtaxii checkpoint list acme -o json'],
  positional: ['source'],
  input: z.object({
    source: z.array(z.string()).default([]).describe('names of profiles; default: everything stored'),
  }),
  needs: ['options', 'environment', 'profiles', 'store', 'output'],
  makesNoStore: true,
  schema: 'checkpoint-list',
  async run({ source }, parts) {
    const store = await parts.store()
    const named = source.length > 0 || parts.options.profile !== undefined
    const wanted = named ? await wantedSources(source, await parts.profiles(), parts) : undefined
    const ids = wanted && new Set(wanted.map(({ id }) => id))
    const names = new Map((await store.sources()).map(({ id, name }) => [id, name]))
    const titles = new Map((await store.collections()).map(({ key, title }) => [placeOf(key), title]))
    const checkpoints = (await store.checkpoints()).filter(({ key }) => !ids || ids.has(key.source))
    const records = checkpoints.map(({ key, stamp, run, movedAt }) => ({
      source: names.get(key.source) ?? key.source,
      collection: key.collection,
      title: titles.get(placeOf(key)) ?? null,
      root: key.root,
      stamp: stamp ?? null,
      halfRead: run !== undefined,
      movedAt,
    }))
    await parts.output.list(records, shape)
  },
})

// One text for one collection, to look it up by.
const placeOf = ({ source, root, collection }: CollectionKey): string => JSON.stringify([source, root, collection])

const shape = {
  columns: [
    { field: 'source', head: 'Source' },
    { field: 'collection', head: 'Collection' },
    { field: 'title', head: 'Title', minor: 2 },
    { field: 'stamp', head: 'Read up to', long: 'whole' },
    { field: 'halfRead', head: 'Half read' },
    { field: 'movedAt', head: 'Moved at', minor: 1 },
  ],
  name: 'collection',
  empty: 'No collection has been read yet',
} as const
