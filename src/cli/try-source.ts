import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import { printable } from '../core/printable.ts'
import type { TaxiiProfile } from '../profile/profile.ts'
import type { Collection, TaxiiVersion } from '../taxii/client.ts'
import type { Runtime } from './runtime.ts'
import type { SourceFlags } from './source-fields.ts'

/** What a first visit to a source found. */
export interface TriedSource {
  readonly version: TaxiiVersion
  readonly collections: readonly Collection[]
}

/**
 * Connects to a source, finds out its version and lists its collections; those that the profile names must be there.
 * @throws whatever connecting throws, and TAXII_COLLECTION_UNKNOWN (not-found)
 */
export async function visitSource(
  profile: TaxiiProfile,
  { connect, signal }: Pick<Runtime, 'connect' | 'signal'>,
): Promise<TriedSource> {
  await using connection = await connect(profile, signal)
  const collections = await connection.client.collections(undefined, signal)
  // A server may list nothing and serve all the same whoever knows the name: a poll address alone does (C1D-5).
  if (collections.length > 0) for (const wanted of profile.collections) checkOffered(wanted, collections)
  return { version: connection.client.version, collections }
}

/** `visitSource` before something is saved without questions: the hint of its errors says that nothing was saved. */
export async function trySource(
  profile: TaxiiProfile,
  parts: Pick<Runtime, 'connect' | 'signal'>,
): Promise<TriedSource> {
  try {
    return await visitSource(profile, parts)
  } catch (error) {
    throw error instanceof StixTaxiiError ? withUnsavedAdvice(error) : error
  }
}

/** What probing found is kept, so that later runs need not probe; `--taxii-version auto` keeps on finding out. */
export function withFoundVersion(
  profile: TaxiiProfile,
  flags: Pick<Partial<SourceFlags>, 'taxiiVersion'>,
  tried: TriedSource | undefined,
): TaxiiProfile {
  const isOpen = profile.version === 'auto' && flags.taxiiVersion === undefined
  return isOpen && tried ? { ...profile, version: tried.version } : profile
}

function checkOffered(wanted: string, collections: readonly Collection[]): void {
  const fits = collections.some(({ id, alias, title }) => [id, alias, title].includes(wanted))
  if (fits) return
  const names = collections.flatMap(({ id, alias, title }) => [
    id,
    ...(alias ? [alias] : []),
    ...(title ? [title] : []),
  ])
  const near = nearestName(wanted, names)
  throw new StixTaxiiError('TAXII_COLLECTION_UNKNOWN', `Collection "${wanted}" is not offered`, {
    kind: 'not-found',
    hint: near
      ? `Did you mean "${printable(near)}"?`
      : `Offered: ${
          names
            .slice(0, 10)
            .map((name) => printable(name))
            .join(', ') || 'none'
        }.`,
    context: { collection: wanted },
  })
}

/** The error of a try before saving, with the word that nothing was saved in its hint. */
export function withUnsavedAdvice(error: StixTaxiiError): StixTaxiiError {
  if (error.kind === 'cancelled' || error.kind === 'internal') return error
  const advice = 'Nothing was saved; --no-test saves without connecting.'
  const { kind, context, retryAfterMs, hint } = error
  const details = {
    kind,
    context,
    retryAfterMs,
    cause: error,
    hint: [hint && ended(hint), advice].filter(Boolean).join(' '),
  }
  return new StixTaxiiError(error.code, error.message, details)
}

/** What ends with a command to be typed has no full stop of its own. */
const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
