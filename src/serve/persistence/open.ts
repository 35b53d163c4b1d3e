import type { Clock } from '../../core/ports.ts'
import type { Store } from '../../store/store.ts'
import type { Taxii1Persistence } from '../taxii1-persistence.ts'
import type { Taxii2Persistence } from '../taxii2-persistence.ts'
import { openCatalogue, type Catalogue } from './catalogue.ts'
import { serverRuns } from './server-run.ts'
import { storeTaxii1 } from './taxii1.ts'
import { storeTaxii2 } from './taxii2.ts'

export interface StorePersistence {
  readonly taxii1: Taxii1Persistence
  readonly taxii2: Taxii2Persistence
  /** The collections of both families, for what makes and lists them. */
  readonly catalogue: Catalogue
}

/**
 * What is served without configuration: every stored collection, read-only, and beside it the API roots, collections and
 * services that were made; what arrives is stored like what was fetched, and known to `lookup`. Several processes may
 * share the store. Closing either family leaves the store open.
 */
export function openStorePersistence(parts: { readonly store: Store; readonly clock: Clock }): StorePersistence {
  const catalogue = openCatalogue(parts)
  const all = { ...parts, catalogue, runs: serverRuns(parts) }
  return { taxii1: storeTaxii1(all), taxii2: storeTaxii2(all), catalogue }
}
