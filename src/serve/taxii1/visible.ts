import type { Item } from '../../stix/item.ts'
import { openTlpCeiling } from '../auth/tlp.ts'
import type { FindDefinitions } from '../auth/tlp.ts'
import type { ContentBlockEntity, Taxii1Collection } from '../taxii1-persistence.ts'
import type { Taxii2Persistence } from '../taxii2-persistence.ts'
import type { Visit } from './visit.ts'

/** Of some blocks those that may be handed out, in order. */
export type Sieve = (blocks: readonly ContentBlockEntity[]) => Promise<readonly ContentBlockEntity[]>

/**
 * Keeps back what is above the ceiling of whoever asks (S26); undefined where nothing has to be looked at. A bundle is as
 * secret as the most secret in it. Markings that are not TLP's own are looked up in the collection.
 */
export function sieveOf(visit: Visit, collection: Taxii1Collection): Sieve | undefined {
  const level = visit.principal.kind === 'account' ? visit.principal.account.tlpCeiling : undefined
  const ceiling = openTlpCeiling(level, definitionsIn(visit.parts.taxii2, collection.id))
  if (!ceiling) return undefined
  return async (blocks) => {
    const permitted = await ceiling.permits(blocks.map(itemOf))
    return blocks.filter((_, index) => permitted[index] === true)
  }
}

function itemOf({ id, contentBinding: binding, content }: ContentBlockEntity): Item {
  return { kind: 'block', id, binding, raw: content }
}

/** Versions of a definition that are looked at. */
const maxVersions = 4

/** The same collection as the other family has it, since that one knows objects by their ids. */
function definitionsIn(taxii2: Taxii2Persistence, collectionId: string): FindDefinitions {
  return async (ids) => {
    for (const { id: apiRootId } of await taxii2.getApiRoots()) {
      const collection = await taxii2.getCollection(apiRootId, collectionId)
      if (!collection) continue
      const limit = ids.length * maxVersions
      const filter = { ids, types: ['marking-definition'], versions: ['all'], limit }
      return (await taxii2.getObjects(collection, filter)).entries
    }
    return []
  }
}
