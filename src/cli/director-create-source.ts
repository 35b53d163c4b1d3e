import { StixTaxiiError } from '../core/errors.ts'
import type { DirectorClient, Logpoint } from '../director/client.ts'
import { compareSources, samePair } from '../director/compare-sources.ts'
import type { EnrichmentSource } from '../director/enrichment-source.ts'
import { createSource } from '../director/source-changes.ts'
import type { DirectorProfile, TaxiiProfile } from '../profile/profile.ts'
import { findSource, withSource } from '../provision/state.ts'
import { changePartsOf } from './director-changes.ts'
import type { ChangeFlags } from './director-changes.ts'
import { rowOfChange, targetRow } from './director-rows.ts'
import type { TargetWork } from './director-rows.ts'
import { certificateCheck } from './director-source-files.ts'
import { placeOf, writtenRecord } from './director-source-state.ts'
import type { SourceKnowledge } from './director-sources.ts'
import type { DirectorParts } from './director-targets.ts'

export interface CreateOnTargets {
  readonly director: DirectorProfile
  readonly client: DirectorClient
  readonly knowledge: SourceKnowledge
  readonly source: EnrichmentSource
  /** The saved profile that it is, unchanged. */
  readonly saved: TaxiiProfile | undefined
  /** A source that is there already is no fault. */
  readonly ifAbsent: boolean
  readonly flags: ChangeFlags
}

/** What creating on one target does; a source of the same address and user is never made twice on one Logpoint. */
export function createOn(request: CreateOnTargets, parts: DirectorParts): TargetWork {
  const { director, client, knowledge, source, saved, ifAbsent, flags } = request
  const checkFiles = certificateCheck(client, parts.signal)
  return async (logpoint, say, ordered) => {
    await checkFiles(source, logpoint)
    const before = await client.sources.list(logpoint, { signal: parts.signal })
    const [there] = before.filter((listed) => samePair(listed, source))
    if (there) {
      if (!ifAbsent) throw exists(there.id, source, logpoint)
      const known = findSource(knowledge.state, placeOf(director, logpoint), there.id)?.written
      const message = 'a source of this address and user is there already'
      return targetRow('unchanged', { id: there.id, message, ...compareSources(source, there, known) })
    }
    const change = await createSource(logpoint, { source, before }, changePartsOf(client, flags, parts, say, ordered))
    const { id } = change
    if (change.state === 'done' && id !== undefined) {
      const written = { director, logpoint, id, source, profile: saved }
      await knowledge.keep((state) => withSource(state, writtenRecord(state, written, parts.clock)))
    }
    return rowOfChange(change, flags.wait)
  }
}

function exists(id: string, { discoveryUrl, basic }: EnrichmentSource, { name }: Logpoint): StixTaxiiError {
  const user = basic.username === '' ? 'without a user name' : `with user name "${basic.username}"`
  return new StixTaxiiError('DIRECTOR_SOURCE_EXISTS', `${name} has a source for ${discoveryUrl} ${user} already`, {
    kind: 'conflict',
    hint: `Change it with: stixtaxii director source edit ${id} --on ${name}. Where that is no fault, say --if-absent.`,
    context: { target: name, id },
  })
}
