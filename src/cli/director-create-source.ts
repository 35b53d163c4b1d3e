import { StixTaxiiError } from '../core/errors.ts'
import type { DirectorClient, Logpoint } from '../director/client.ts'
import { compareSources, samePair } from '../director/compare-sources.ts'
import type { EnrichmentSource } from '../director/enrichment-source.ts'
import type { OrderPath } from '../director/orders.ts'
import { createSource, refreshSources } from '../director/source-changes.ts'
import type { DirectorProfile, TaxiiProfile } from '../profile/profile.ts'
import { findSource, withSource } from '../provision/state.ts'
import { changePartsOf } from './director-changes.ts'
import type { ChangeFlags } from './director-changes.ts'
import { openCreateOf } from './director-open-create.ts'
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
  /** Although an earlier create of it may still be running. */
  readonly force?: boolean | undefined
  readonly flags: ChangeFlags
}

/** What creating on one target does; a source of the same address and user is never made twice on one Logpoint. */
export function createOn(request: CreateOnTargets, parts: DirectorParts): TargetWork {
  const { director, client, knowledge, source, saved, ifAbsent, force = false, flags } = request
  const checkFiles = certificateCheck(client, parts.signal)
  return async (logpoint, say, ordered) => {
    await checkFiles(source, logpoint)
    const { signal, clock } = parts
    const open = openCreateOf(director, logpoint, source)
    let before = await client.sources.list(logpoint, { signal })
    const isThere = before.some((listed) => samePair(listed, source))
    if (!isThere && !force && (await open.hasEnded(knowledge.state, client, signal))) {
      // The list may be of before that order ended.
      await refreshSources(logpoint, changePartsOf(client, flags, parts, say))
      before = await client.sources.list(logpoint, { signal })
    }
    const [there] = before.filter((listed) => samePair(listed, source))
    if (there) {
      if (open.isKnown(knowledge.state)) await knowledge.keep(open.forget)
      if (!ifAbsent) throw exists(there.id, source, logpoint)
      const known = findSource(knowledge.state, placeOf(director, logpoint), there.id)?.written
      const message = 'a source of this address and user is there already'
      return targetRow('unchanged', { id: there.id, message, ...compareSources(source, there, known) })
    }
    const onOrder = async (order: OrderPath): Promise<void> => {
      ordered(order)
      await knowledge.keep((state) => open.remember(state, order, clock.now()))
    }
    const change = await createSource(
      logpoint,
      { source, before },
      changePartsOf(client, flags, parts, say, onOrder),
    ).catch(async (error: unknown) => {
      if (error instanceof StixTaxiiError && error.kind === 'remote') await knowledge.keep(open.forget)
      throw error
    })
    const { id } = change
    if (change.state === 'done' && id !== undefined) {
      const written = { director, logpoint, id, source, profile: saved }
      await knowledge.keep((state) => open.forget(withSource(state, writtenRecord(state, written, clock))))
    } else if (change.state === 'done') {
      await knowledge.keep(open.forget)
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
