import { z } from 'zod'
import { defineCommand } from '../command.ts'

export const storeInfo = defineCommand({
  path: 'store info',
  summary: 'Show where the store is, how large it is and what it holds',
  examples: ['stixtaxii store info', 'stixtaxii store info -o json'],
  input: z.object({}),
  needs: ['store', 'output'],
  readsStore: true,
  schema: 'store-info',
  async run(_input, parts) {
    const store = await parts.store()
    const { collections, ...rest } = await store.info()
    const counts = await store.countValues()
    const rows = collections.map(({ source, key, title, lastAddedAt, ...counts }) => ({
      source: source.name,
      collection: key.collection,
      root: key.root,
      title: title ?? null,
      ...counts,
      lastAddedAt: lastAddedAt ?? null,
    }))
    const sum = (count: 'ids' | 'versions' | 'blocks' | 'statements' | 'unusable') =>
      rows.reduce((total, row) => total + row[count], 0)
    const totals = {
      ids: sum('ids'),
      versions: sum('versions'),
      blocks: sum('blocks'),
      statements: sum('statements'),
      unusable: sum('unusable'),
      values: counts.reduce((total, { values }) => total + values, 0),
    }
    const isText = parts.output.format === 'table' || parts.output.format === 'csv'
    const kinds = isText ? counts.map(({ kind, values }) => `${values} ${kind}`).join(', ') : counts
    await parts.output.results(rows, { ...rest, collections: rows.length, ...totals, kinds }, shape)
  },
})

const shape = {
  columns: [
    { field: 'source', head: 'Source' },
    { field: 'collection', head: 'Collection' },
    { field: 'version', head: 'TAXII' },
    { field: 'ids', head: 'Ids', align: 'right' },
    { field: 'versions', head: 'Versions', align: 'right' },
    { field: 'blocks', head: 'Blocks', align: 'right', minor: 0 },
    { field: 'quarantined', head: 'Quarantined', align: 'right', minor: 0 },
    { field: 'conflicts', head: 'Conflicts', align: 'right', minor: 0 },
    { field: 'statements', head: 'Statements', align: 'right', minor: 2 },
    { field: 'unusable', head: 'Unusable', align: 'right', minor: 0 },
    { field: 'lastAddedAt', head: 'Last added', minor: 1, long: 'whole' },
  ],
  name: 'collection',
  empty: 'The store is empty',
} as const
