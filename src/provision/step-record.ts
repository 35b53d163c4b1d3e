import { Secret } from '../core/secret.ts'
import type { Logpoint } from '../director/client.ts'
import type { ListedSource } from '../director/enrichment-source.ts'
import { listedSecret, presentOf } from './compare.ts'
import type { Before } from './journal.ts'
import { placeIn } from './plan-logpoint.ts'
import { poolOf } from './plan-storage.ts'
import type { Adoption, PlannedSource, Step } from './plan.ts'
import { secretFields, type SecretField, type SecretTrace, type SourceRecord } from './source-record.ts'
import {
  findFile,
  findPlugin,
  findSource,
  fingerprintOf,
  withFile,
  withoutFile,
  withoutPlugin,
  withoutSource,
  withPlugin,
  withSource,
  type State,
} from './state.ts'

/** Who wrote, where and when. */
export interface StepContext {
  readonly director: string
  readonly fleet: string
  /** RFC 3339 in UTC. */
  readonly at: string
}

/** The state after a write that was carried out. A source whose id no list showed is not recorded: it is found by its pair. */
export function recordStep(
  state: State,
  step: Step,
  context: StepContext & { readonly sourceId?: string | undefined },
): State {
  const { director, fleet, at, sourceId } = context
  switch (step.kind) {
    case 'upload': {
      const { fileKind: kind, storage, name, local } = step
      return withFile(state, { director, kind, pool: poolOf(storage), name, ...local, fleet, writtenAt: at })
    }
    case 'trash':
      return withoutFile(state, { director, kind: step.fileKind, pool: poolOf(step.storage), name: step.name })
    case 'install': {
      const { logpoint, fileName, location, version, sha256 } = step
      const place = placeIn(director, logpoint)
      return withPlugin(state, {
        ...place,
        target: logpoint.name,
        fileName,
        location,
        version,
        sha256,
        fleet,
        writtenAt: at,
      })
    }
    case 'uninstall':
      return withoutPlugin(state, placeIn(director, step.logpoint))
    case 'delete':
      return withoutSource(state, placeIn(director, step.logpoint), step.sourceId)
    case 'create':
    case 'edit': {
      const id = step.kind === 'edit' ? step.sourceId : sourceId
      if (id === undefined) return state
      const { known: written } = step.source
      const record: SourceRecord = {
        ...placeIn(director, step.logpoint),
        target: step.logpoint.name,
        id,
        owner: { fleet, key: step.key },
        written,
        secrets: tracesOf(state, step.source),
        writtenAt: at,
      }
      return withSource(state, record)
    }
  }
}

/** The state when a source is taken over as it is: what the list does not show stays unknown. */
export function recordAdoption(
  state: State,
  logpoint: Logpoint,
  { key, sourceId, known }: Adoption,
  context: StepContext,
): State {
  const { director, fleet, at } = context
  const place = placeIn(director, logpoint)
  const former = findSource(state, place, sourceId)
  return withSource(state, {
    ...(former ?? { secrets: {}, written: known }),
    ...place,
    target: logpoint.name,
    id: sourceId,
    owner: { fleet, key },
    writtenAt: former?.writtenAt ?? at,
  })
}

/** What a write replaces, as far as it is known. */
export function beforeOf(
  step: Step,
  {
    state,
    director,
    listed,
  }: { readonly state: State; readonly director: string; readonly listed: readonly ListedSource[] },
): Before {
  switch (step.kind) {
    case 'create':
      return { ids: listed.map(({ id }) => id) }
    case 'edit':
    case 'delete': {
      const there = listed.find(({ id }) => id === step.sourceId)
      const record = findSource(state, placeIn(director, step.logpoint), step.sourceId)
      return there ? { source: presentOf(there, record), secrets: presentSecrets(state, there, record) } : {}
    }
    case 'install':
    case 'uninstall':
      return { fileName: findPlugin(state, placeIn(director, step.logpoint))?.fileName }
    case 'upload':
    case 'trash': {
      const file = findFile(state, { director, kind: step.fileKind, pool: poolOf(step.storage), name: step.name })
      return { file: file && { path: file.path, lengthBytes: file.lengthBytes, sha256: file.sha256 } }
    }
  }
}

/** A reference is worth keeping only while it names what is there. */
function presentSecrets(state: State, listed: ListedSource, record: SourceRecord | undefined): SourceRecord['secrets'] {
  const traces: { [Name in SecretField]?: SecretTrace } = {}
  for (const name of secretFields) {
    const shown = listedSecret(listed, name)
    const written = record?.secrets[name]
    const fingerprint = shown ? fingerprintOf(state, shown) : written?.fingerprint
    traces[name] = written?.fingerprint === fingerprint ? { ...written } : { fingerprint }
  }
  return traces
}

function tracesOf(state: State, { secrets }: PlannedSource): SourceRecord['secrets'] {
  const traces: { [Name in SecretField]?: SecretTrace } = {}
  for (const name of secretFields) {
    const planned = secrets[name]
    if (planned === undefined) traces[name] = { fingerprint: fingerprintOf(state, new Secret('')) }
    else {
      const { reference, fingerprint } = planned
      traces[name] =
        reference.from === 'listed' || reference.from === 'none' ? { fingerprint } : { reference, fingerprint }
    }
  }
  return traces
}
