import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { defineCommand } from '../command.ts'

export const provenance = defineCommand({
  path: 'provenance',
  summary: 'Show who told us of an object, when, and in which answer',
  examples: ['stixtaxii provenance indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f', 'stixtaxii provenance ID -o json'],
  positional: ['id'],
  input: z.object({ id: z.string().min(1).describe('id of an object or a content block') }),
  needs: ['store', 'output'],
  readsStore: true,
  schema: 'provenance',
  async run({ id }, parts) {
    const told = await (await parts.store()).provenance(id)
    if (told.length === 0) {
      throw new StixTaxiiError('STORE_OBJECT_UNKNOWN', `The store has no "${id}"`, {
        kind: 'not-found',
        hint: 'See what is stored with: stixtaxii export --format ndjson',
        context: { id },
      })
    }
    const records = told.map(({ source, key, page, version, addedAt, runId }) => ({
      id,
      version,
      source: source.name,
      collection: key.collection,
      root: key.root,
      addedAt,
      url: page.url,
      digest: page.digest,
      receivedAt: page.receivedAt,
      peerFingerprint: page.peerFingerprint ?? null,
      addedFirst: page.addedFirst ?? null,
      addedLast: page.addedLast ?? null,
      runId,
    }))
    await parts.output.list(records, shape)
  },
})

const shape = {
  columns: [
    { field: 'version', head: 'Version', long: 'whole' },
    { field: 'source', head: 'Source' },
    { field: 'collection', head: 'Collection' },
    { field: 'addedAt', head: 'Added at', long: 'whole' },
    { field: 'url', head: 'URL', long: 'whole' },
    { field: 'digest', head: 'SHA-256 of the answer' },
  ],
  name: 'id',
} as const
