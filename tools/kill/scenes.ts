import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { someIndicators, threeToAStamp } from '../../test/support/indicators.ts'
import { directorScene } from './director-scene.ts'
import { profileScenes } from './profile-scenes.ts'
import type { Scene } from './scene.ts'
import { collectionId } from './server.ts'
import { fetchScenes, fileScenes, storeScenes } from './store-scenes.ts'

/**
 * Every command that is killed, with the servers they ask, which end when it is disposed. `wanted` are words that a scene's
 * name begins with; none: all scenes.
 */
export async function openScenes(wanted: readonly string[]): Promise<{ readonly scenes: Scene[] } & AsyncDisposable> {
  const count = 400
  const collections = [{ id: collectionId, objects: someIndicators(count), addedAt: threeToAStamp }]
  const open = await startTaxii2Server({ collections, pageCap: 50, thinkMs: 25 })
  const guarded = await startTaxii2Server({ collections, authentication: { scheme: 'basic', needsPassword: true } })
  const truth = new Set(open.truth(collectionId, 'last').map(({ id, raw }) => `${id} ${raw}`))
  const every = [
    ...fetchScenes(open.discoveryUrl, truth),
    ...fileScenes,
    ...storeScenes,
    ...profileScenes(guarded.discoveryUrl),
    directorScene(),
  ]
  return {
    scenes: every.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.startsWith(word))),
    async [Symbol.asyncDispose]() {
      await open.close()
      await guarded.close()
    },
  }
}
