import type { DirectorClient } from '../director/client.ts'
import type { EnrichmentSource } from '../director/enrichment-source.ts'
import type { DirectorProfile, TaxiiProfile } from '../profile/profile.ts'
import type { ChangeFlags } from './director-changes.ts'
import { createOn } from './director-create-source.ts'
import { editOn } from './director-edit-target.ts'
import type { TargetWork } from './director-rows.ts'
import type { SourceKnowledge } from './director-sources.ts'
import type { DirectorParts } from './director-targets.ts'
import type { Runtime } from './runtime.ts'

export interface BridgeOnTargets {
  readonly director: DirectorProfile
  readonly client: DirectorClient
  readonly knowledge: SourceKnowledge
  /** What the plugin is told. */
  readonly source: EnrichmentSource
  readonly told: TaxiiProfile
  readonly flags: ChangeFlags
}

/** Makes the source of a bridge on one target, or changes the one that has the bridge's user: its address may be another now. */
export function bridgeOn(request: BridgeOnTargets, parts: DirectorParts & Pick<Runtime, 'credentials'>): TargetWork {
  const { source, told, ...rest } = request
  const create = createOn({ ...rest, source, saved: told, ifAbsent: true }, parts)
  return async (logpoint, say, ordered) => {
    const listed = await request.client.sources.list(logpoint, { signal: parts.signal })
    const there = listed.find(({ basic }) => basic.username === source.basic.username)
    if (!there) return create(logpoint, say, ordered)
    const wanted = { changes: source, saved: told }
    return editOn({ ...rest, word: there.id, wanted }, parts)(logpoint, say, ordered)
  }
}
