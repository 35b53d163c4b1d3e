import type { Logpoint } from '../director/client.ts'
import type { EnrichmentSource } from '../director/enrichment-source.ts'
import { samePair } from '../director/compare-sources.ts'
import type { ListedSource } from '../director/enrichment-source.ts'
import type { DirectorProfile, TaxiiProfile } from '../profile/profile.ts'
import { mainField } from '../profile/secret-fields.ts'
import { knownOf } from '../provision/source-record.ts'
import type { SecretTrace, SourceRecord } from '../provision/source-record.ts'
import { fingerprintOf } from '../provision/state.ts'
import type { Place, State } from '../provision/state.ts'
import type { Secret } from '../core/secret.ts'
import type { Clock } from '../core/ports.ts'

/** Where one Logpoint of a Director is, as the state names it. */
export function placeOf(profile: DirectorProfile, logpoint: Logpoint): Place {
  return { director: new URL(profile.url).origin, pool: logpoint.pool.id, logpoint: logpoint.id }
}

/** What a source was written from. */
export interface WrittenFrom {
  readonly director: DirectorProfile
  readonly logpoint: Logpoint
  readonly id: string
  readonly source: EnrichmentSource
  /** The saved profile whose definition it is; its secrets can be read again by reference. */
  readonly profile?: TaxiiProfile | undefined
}

/** The record of a write that was just made: without secrets, but with what tells them again. */
export function writtenRecord(state: State, written: WrittenFrom, clock: Clock, former?: SourceRecord): SourceRecord {
  const { director, logpoint, id, source, profile } = written
  const trace = (secret: Secret, reference: SecretTrace['reference'], before: SecretTrace | undefined): SecretTrace => {
    const fingerprint = fingerprintOf(state, secret)
    // A reference that was known stays as long as the secret is the one that it led to.
    const kept = before?.fingerprint === fingerprint ? before.reference : undefined
    return { fingerprint, reference: reference ?? kept }
  }
  return {
    ...placeOf(director, logpoint),
    target: logpoint.name,
    id,
    owner: former?.owner,
    profile: profile ? { id: profile.id, name: profile.name } : former?.profile,
    written: knownOf(source),
    secrets: {
      password: trace(source.basic.password, profile && passwordOf(profile), former?.secrets.password),
      keyPassphrase: trace(
        source.certificate.keyPassphrase,
        profile?.certificate?.passphrase,
        former?.secrets.keyPassphrase,
      ),
    },
    writtenAt: clock.now().toISOString(),
  }
}

function passwordOf({ authentication }: TaxiiProfile): SecretTrace['reference'] {
  return authentication.scheme === 'basic' ? mainField(authentication)?.reference : undefined
}

/**
 * The name a listed source has here: that of its desired state, of the profile it was made from, or of the only profile with
 * its address and user. Undefined where nothing tells it.
 */
export function nameOfSource(
  listed: ListedSource,
  record: SourceRecord | undefined,
  profiles: readonly TaxiiProfile[],
): string | undefined {
  if (record?.owner) return record.owner.key
  if (record?.profile) return profiles.find(({ id }) => id === record.profile?.id)?.name ?? record.profile.name
  const alike = profiles.filter((profile) => samePair(listed, pairOf(profile)))
  return alike.length === 1 ? alike[0]?.name : undefined
}

/** What a profile's source is known by in Director: address and user. */
export function pairOf({ url, authentication }: TaxiiProfile): { discoveryUrl: string; basic: { username: string } } {
  return { discoveryUrl: url, basic: { username: authentication.scheme === 'basic' ? authentication.username : '' } }
}
