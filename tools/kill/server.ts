import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { collectionId } from './plan.ts'

/** What the server is asked over its parent's channel. */
export type ServerQuestion = { readonly ask: 'truth' }
export type ServerAnswer = { readonly url: string } | { readonly truth: readonly string[] }

/** The server of a campaign, in a process of its own, so that its truth does not depend on what is killed. */
export async function serveCampaign(objects: number): Promise<void> {
  const server = await startTaxii2Server({
    collections: [{ id: collectionId, objects: makeObjects(objects), addedAt: stampOf }],
    pageCap: 50,
    thinkMs: 2,
  })
  process.on('message', (question: ServerQuestion) => {
    if (question.ask !== 'truth') return
    const truth = server.truth(collectionId, 'last').map(({ id, raw }) => `${id} ${raw}`)
    process.send?.({ truth } satisfies ServerAnswer)
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ url: server.discoveryUrl } satisfies ServerAnswer)
}

/** Three objects share each stamp, so that stamps are equal at most borders of pages. */
function stampOf(index: number): string {
  const micros = String(Math.floor(index / 3)).padStart(6, '0')
  return `2026-01-01T00:00:00.${micros}Z`
}

function makeObjects(count: number): readonly Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => ({
    type: 'indicator',
    spec_version: '2.1',
    id: `indicator--00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    created: '2026-01-01T00:00:00.000Z',
    modified: '2026-01-01T00:00:00.000Z',
    name: `Made up ${index}`,
    pattern: `[ipv4-addr:value = '192.0.2.${index % 256}']`,
    pattern_type: 'stix',
    valid_from: '2026-01-01T00:00:00Z',
  }))
}
