import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import { printable } from '../core/printable.ts'
import type { Logpoint } from '../director/client.ts'
import { samePair } from '../director/compare-sources.ts'
import type { ListedSource } from '../director/enrichment-source.ts'
import type { DirectorProfile, TaxiiProfile } from '../profile/profile.ts'
import type { SourceRecord } from '../provision/source-record.ts'
import type { State } from '../provision/state.ts'
import { findSource, sourcesAt } from '../provision/state.ts'
import { nameOfSource, pairOf, placeOf } from './director-source-state.ts'
import type { SourceView } from './director-source-records.ts'
import { openProvisionState } from './provision-state.ts'
import type { Runtime } from './runtime.ts'

/** Parts of the runtime that commands about enrichment sources name besides `directorNeeds`. */
export const sourceStateNeeds = ['folders'] as const

/** What is known here of enrichment sources: the state of our writes, and the saved profiles. */
export interface SourceKnowledge {
  /** As it was when it was read. */
  readonly state: State
  /**
   * Writes a change of it, one after the other, twice where it could not be written at first. That it cannot be written at
   * all is a warning: what was changed in Director is changed all the same.
   */
  readonly keep: (change: (state: State) => State) => Promise<void>
  readonly profiles: readonly TaxiiProfile[]
}

const secondTryAfterMs = 250

type KnowledgeParts = Pick<Runtime, 'options' | 'clock' | 'folders' | 'workingDirectory' | 'profiles' | 'notices'>

/** Reads the state and the TAXII profiles. @throws PROVISION_STATE_* (config) */
export async function readKnowledge(parts: KnowledgeParts): Promise<SourceKnowledge> {
  const file = await openProvisionState(parts)
  return knowledgeOf(await file.read(), (change) => file.update(change), parts)
}

/**
 * Reads them and lets no other process of this state change sources until `work` ends: of two that both find nothing there,
 * both would create. A state that cannot be locked because it cannot be written at all fails nothing: that is a warning.
 * @throws PROVISION_STATE_* (config); CLI_STATE_LOCKED (conflict) before anything is sent
 */
export async function holdKnowledge<T>(
  parts: KnowledgeParts,
  work: (knowledge: SourceKnowledge) => Promise<T>,
): Promise<T> {
  const file = await openProvisionState(parts)
  let isHeld = false
  try {
    return await file.hold(async (held) => {
      isHeld = true
      return work(await knowledgeOf(held.current, (change) => held.change(change), parts))
    })
  } catch (error) {
    if (isHeld || !(error instanceof StixTaxiiError) || error.kind !== 'local') throw error
    const message = `another process may create the same source meanwhile: ${error.message}`
    parts.notices({ code: error.code, message })
    return work(await readKnowledge(parts))
  }
}

async function knowledgeOf(
  state: State,
  update: (change: (state: State) => State) => Promise<unknown>,
  { profiles, notices, clock }: KnowledgeParts,
): Promise<SourceKnowledge> {
  const all = await (await profiles()).list()
  let last: Promise<void> = Promise.resolve()
  const write = async (change: (state: State) => State): Promise<void> => {
    try {
      await update(change).catch(async (error: unknown) => {
        if (!(error instanceof StixTaxiiError) || error.kind !== 'local') throw error
        // Too many open files, a scanner that holds the file: what was sent cannot be sent again, so it is worth a second try.
        await clock.sleep(secondTryAfterMs)
        await update(change)
      })
    } catch (error) {
      if (!(error instanceof StixTaxiiError) || error.kind === 'cancelled') throw error
      const message = `what was written is not remembered, so that a later edit has to be told more: ${error.message}`
      notices({ code: error.code, message })
    }
  }
  return {
    state,
    keep: (change) => (last = last.then(() => write(change))),
    profiles: all.filter((profile) => profile.kind === 'taxii'),
  }
}

/** A listed source with what is known of it. */
export function viewOf(
  listed: ListedSource,
  logpoint: Logpoint,
  director: DirectorProfile,
  { state, profiles }: SourceKnowledge,
): SourceView {
  const record = findSource(state, placeOf(director, logpoint), listed.id)
  return { logpoint, listed, record, name: nameOfSource(listed, record, profiles) }
}

/**
 * The one source of a Logpoint that a word means: its id, the name of a profile or of a desired state's entry, or its
 * address. A name is looked up in the state first, then by address and user, the only thing that Director's sources are
 * known by (API reference, 7.a).
 * @throws DIRECTOR_SOURCE_UNKNOWN (not-found), DIRECTOR_SOURCE_AMBIGUOUS (usage)
 */
export function meantSource(
  word: string,
  listed: readonly ListedSource[],
  { logpoint, director, knowledge }: { logpoint: Logpoint; director: DirectorProfile; knowledge: SourceKnowledge },
): ListedSource {
  const byId = listed.find(({ id }) => id === word)
  if (byId) return byId
  const written = sourcesAt(knowledge.state, placeOf(director, logpoint))
  const profile = knowledge.profiles.find(({ name }) => name.toLowerCase() === word.toLowerCase())
  const isMeant = ({ owner, profile: from }: SourceRecord): boolean =>
    owner?.key === word || from?.name === word || (profile !== undefined && from?.id === profile.id)
  const ids = new Set(written.filter(isMeant).map(({ id }) => id))
  const byState = listed.filter(({ id }) => ids.has(id))
  const found =
    byState.length > 0
      ? byState
      : listed.filter((each) => (profile ? samePair(each, pairOf(profile)) : each.discoveryUrl === word))
  const [only] = found
  if (only && found.length === 1) return only
  throw only ? ambiguous(word, found, logpoint) : unknown(word, listed, logpoint)
}

function ambiguous(word: string, found: readonly ListedSource[], { name }: Logpoint): StixTaxiiError {
  const ids = found.map(({ id }) => printable(id))
  return new StixTaxiiError('DIRECTOR_SOURCE_AMBIGUOUS', `"${word}" may be any of ${found.length} sources of ${name}`, {
    kind: 'usage',
    hint: `Name it by its id: ${ids.join(', ')}`,
    context: { source: word, target: name, candidates: ids },
  })
}

function unknown(word: string, listed: readonly ListedSource[], { name }: Logpoint): StixTaxiiError {
  const ids = listed.map(({ id }) => printable(id))
  const near = nearestName(word, ids)
  return new StixTaxiiError('DIRECTOR_SOURCE_UNKNOWN', `${name} has no source "${word}"`, {
    kind: 'not-found',
    hint:
      ids.length === 0
        ? `There is none; make one with: stixtaxii director source create SOURCE --on ${name}`
        : `${near ? `Did you mean "${near}"? ` : ''}List them with: stixtaxii director source list --on ${name}`,
    context: { source: word, target: name, nearest: near },
  })
}
