import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import type { OutputRecord } from '../../output/writer.ts'
import type { Conflict, Quarantined, Store } from '../../store/store.ts'
import { defineCommand } from '../command.ts'

export const storeQuarantine = defineCommand({
  path: 'store quarantine',
  summary: 'List what was received damaged, and versions that came with two contents',
  details:
    'A damaged object or block is kept here with its reason and stops nothing else. A conflict is a version that came again ' +
    'with other content: the first is what the store holds, the other is shown here. -o json has the bytes themselves.',
  examples: ['stixtaxii store quarantine', 'stixtaxii store quarantine --source acme -o ndjson'],
  input: z.object({ source: z.string().optional().describe('only of this source') }),
  needs: ['store', 'output'],
  readsStore: true,
  schema: 'store-quarantine',
  async run({ source }, { store, output }) {
    await output.list(keptAside(await store(), source), shape)
  },
})

async function* keptAside(store: Store, source: string | undefined): AsyncGenerator<OutputRecord> {
  for await (const damaged of store.quarantined({ source })) yield damagedRecord(damaged)
  for await (const conflict of store.conflicts({ source })) yield conflictRecord(conflict)
}

function damagedRecord({ source, key, reason, detail, quarantinedAt, raw }: Quarantined): OutputRecord {
  const place = { source: source.name, collection: key.collection, id: null, version: null }
  return { kind: 'damaged', ...place, reason, detail, seenAt: quarantinedAt, ...contentOf(raw) }
}

function conflictRecord({ source, key, id, version, seenAt, other }: Conflict): OutputRecord {
  const place = { source: source.name, collection: key.collection, id, version }
  const detail = 'The same version came with other content; the first is kept'
  return { kind: 'conflict', ...place, reason: 'STORE_CONFLICT', detail, seenAt, ...contentOf(other) }
}

/** Text where it is text: a decoder's replacement characters would hide what came. */
function contentOf(raw: Buffer): { content: string | null; contentBase64: string | null } {
  return isUtf8(raw)
    ? { content: raw.toString(), contentBase64: null }
    : { content: null, contentBase64: raw.toString('base64') }
}

const shape = {
  columns: [
    { field: 'kind', head: 'Kind' },
    { field: 'source', head: 'Source' },
    { field: 'collection', head: 'Collection' },
    { field: 'reason', head: 'Reason' },
    { field: 'detail', head: 'Detail' },
    { field: 'id', head: 'Id', minor: 2 },
    { field: 'seenAt', head: 'Seen at', minor: 1 },
  ],
  name: 'reason',
  empty: 'Nothing was received damaged, and no version came with two contents',
} as const
