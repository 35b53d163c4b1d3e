import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { someIndicators, threeToAStamp } from '../../test/support/indicators.ts'

/** The server's collection of a campaign: what a fetch has to bring, no more and no less. */
export const collectionId = 'campaign'

/** What the server is asked over its parent's channel. */
export type ServerQuestion = { readonly ask: 'truth' }
export type ServerAnswer = { readonly url: string } | { readonly truth: readonly string[] }

/** The server of a campaign, in a process of its own, so that its truth does not depend on what is killed. */
export async function serveCampaign(objects: number): Promise<void> {
  const server = await startTaxii2Server({
    collections: [{ id: collectionId, objects: someIndicators(objects), addedAt: threeToAStamp }],
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
