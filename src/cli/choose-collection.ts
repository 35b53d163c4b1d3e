import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import type { Taxii2Operations, TaxiiClient } from '../taxii/client.ts'
import type { OpenSourceArgument } from './open-source-argument.ts'

/**
 * The collections a command reads: those that were named, the one the URL names, the profile's, else every readable one.
 * @throws CLI_COLLECTION_NONE (not-found) when nothing is readable
 */
export async function wantedCollections(
  { client, profile }: OpenSourceArgument,
  named: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (named.length > 0) return named
  if (client.named !== undefined) return [client.named]
  if (profile.collections.length > 0) return profile.collections
  const readable = (await client.collections(undefined, signal)).filter(({ canRead }) => canRead)
  if (readable.length > 0) return readable.map(({ id }) => id)
  throw new StixTaxiiError('CLI_COLLECTION_NONE', 'The server offers no collection that these credentials may read', {
    kind: 'not-found',
    hint: 'Ask the provider, or look with: stixtaxii collections',
  })
}

/**
 * The one collection a command is about: the named one, the URL's, the profile's only one, or the only one that can be read
 * (`canWrite`: written to; `any`: no matter).
 * @throws CLI_COLLECTION_UNNAMED (usage) when several are possible
 */
export async function onlyCollection(
  { client, profile }: OpenSourceArgument,
  named: string | undefined,
  signal: AbortSignal,
  right: 'canRead' | 'canWrite' | 'any' = 'canRead',
): Promise<string> {
  const known = named ?? client.named ?? (profile.collections.length === 1 ? profile.collections[0] : undefined)
  if (known !== undefined) return known
  const offered =
    profile.collections.length > 1
      ? profile.collections
      : (await client.collections(undefined, signal))
          .filter((each) => right === 'any' || each[right])
          .map(({ id }) => id)
  const [only] = offered
  if (only !== undefined && offered.length === 1) return only
  const collections = offered.slice(0, 50).map((id) => printable(id))
  const few = collections.slice(0, 3).join(', ') + (offered.length > 3 ? ', ...' : '')
  const message =
    only === undefined
      ? `No collection can be ${right === 'canWrite' ? 'written to' : 'read'} with these credentials`
      : `${offered.length} collections are possible: ${few}`
  throw new StixTaxiiError('CLI_COLLECTION_UNNAMED', message, {
    kind: 'usage',
    hint: 'Name one with --collection; list what is offered with: stixtaxii collections',
    context: { collections },
  })
}

/** The operations that TAXII 2.x alone has. @throws CLI_TAXII2_ONLY (usage) for a 1.x source */
export function taxii2Only(client: TaxiiClient, command: string): Taxii2Operations {
  if (client.v2) return client.v2
  throw new StixTaxiiError('CLI_TAXII2_ONLY', `TAXII ${client.version} has no ${command}`, {
    kind: 'usage',
    hint: 'This exists in TAXII 2.x only. Poll a 1.x source with: stixtaxii poll',
    context: { version: client.version },
  })
}
