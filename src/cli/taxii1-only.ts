import { StixTaxiiError } from '../core/errors.ts'
import type { Taxii1Operations, TaxiiClient } from '../taxii/client.ts'

/** The operations that TAXII 1.x alone has. @throws CLI_TAXII1_ONLY (usage) for a 2.x source */
export function taxii1Only(client: TaxiiClient, what: string, instead: string): Taxii1Operations {
  if (client.v1) return client.v1
  throw new StixTaxiiError('CLI_TAXII1_ONLY', `TAXII ${client.version} has no ${what}`, {
    kind: 'usage',
    hint: `Where the server speaks TAXII 1 too, say --taxii-version 1.1. ${instead}`,
    context: { version: client.version },
  })
}
