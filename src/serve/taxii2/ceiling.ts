import { openTlpCeiling, type TlpCeiling } from '../auth/tlp.ts'
import type { StixObjectRecord, Taxii2Collection } from '../taxii2-persistence.ts'
import type { Visit } from './answers.ts'

/** Says of each of some objects whether it may be handed out. */
export type Permission = (records: readonly StixObjectRecord[]) => Promise<readonly boolean[]>

const maxDefinitions = 1000

/**
 * What the TLP ceiling of who asks permits in a collection; undefined where everything is. Each object is read for it, so
 * that what is marked too high is left out everywhere: objects, manifest, versions. Other markings count by their
 * definitions in the same collection.
 * @see TAXII 2.1, 1.6.9 and 8.2.2 (a server may leave out what an account may not see); S26
 */
export function permissionIn(visit: Visit, collection: Taxii2Collection): Permission | undefined {
  const { taxii2 } = visit.parts
  const ceiling = openTlpCeiling(levelOf(visit), async (ids) => {
    const filter = { ids, versions: ['all'], specVersions: ['2.0', '2.1'] as const, limit: maxDefinitions }
    return (await taxii2.getObjects(collection, filter)).entries
  })
  return ceiling && ((records) => ceiling.permits(records.map(itemOf)))
}

/** Stands for the ceiling in keys of what was remembered; empty where there is none. */
export function ceilingKey(visit: Visit): string {
  return levelOf(visit) ?? ''
}

function levelOf({ c }: Visit): TlpCeiling['level'] | undefined {
  const principal = c.get('principal')
  return principal.kind === 'account' ? principal.account.tlpCeiling : undefined
}

const itemOf = ({ id, type, version, specVersion, raw }: StixObjectRecord) =>
  ({ kind: 'object', id, type, version, specVersion, revoked: false, raw }) as const
