import type { DirectorClient } from '../director/client.ts'
import { compareSources } from '../director/compare-sources.ts'
import type { SourceChanges } from '../director/complete-edit.ts'
import { editSource } from '../director/source-changes.ts'
import type { DirectorProfile, TaxiiProfile } from '../profile/profile.ts'
import { findSource, withSource } from '../provision/state.ts'
import { changePartsOf } from './director-changes.ts'
import type { ChangeFlags } from './director-changes.ts'
import { completed, knownOfRecord } from './director-edit-source.ts'
import { rowOfChange, targetRow } from './director-rows.ts'
import type { TargetWork } from './director-rows.ts'
import { certificateCheck } from './director-source-files.ts'
import { placeOf, writtenRecord } from './director-source-state.ts'
import { meantSource } from './director-sources.ts'
import type { SourceKnowledge } from './director-sources.ts'
import type { DirectorParts } from './director-targets.ts'
import type { Runtime } from './runtime.ts'

/** What is to be otherwise, and the saved profile that it was taken from as a whole. */
export interface WantedChanges {
  readonly changes: SourceChanges
  readonly saved: TaxiiProfile | undefined
}

export interface EditOnTargets {
  readonly director: DirectorProfile
  readonly client: DirectorClient
  readonly knowledge: SourceKnowledge
  /** Id, profile or address. */
  readonly word: string
  readonly wanted: WantedChanges
  readonly flags: ChangeFlags
}

/** What editing on one target does. An edit that would change nothing is not sent. */
export function editOn(request: EditOnTargets, parts: DirectorParts & Pick<Runtime, 'credentials'>): TargetWork {
  const { director, client, knowledge, word, wanted, flags } = request
  const checkFiles = certificateCheck(client, parts.signal)
  return async (logpoint, say, ordered) => {
    const listed = await client.sources.list(logpoint, { signal: parts.signal })
    const before = meantSource(word, listed, { logpoint, director, knowledge })
    const record = findSource(knowledge.state, placeOf(director, logpoint), before.id)
    const known = await knownOfRecord(record, knowledge.state, await parts.credentials())
    const source = await completed(before, wanted.changes, known, { terminal: parts.terminal, logpoint })
    const { id } = before
    const { differences, notComparable } = compareSources(source, before, known)
    if (differences.length + notComparable.length === 0) {
      return targetRow('unchanged', { id, message: 'it is so already' })
    }
    await checkFiles(source, logpoint)
    const change = await editSource(logpoint, { id, source, before }, changePartsOf(client, flags, parts, say, ordered))
    if (change.state === 'done') {
      const written = { director, logpoint, id, source, profile: wanted.saved }
      await knowledge.keep((state) => withSource(state, writtenRecord(state, written, parts.clock, record)))
    }
    return { ...rowOfChange(change, flags.wait), id }
  }
}
