import { StixTaxiiError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { slowOrderLimitMs } from '../director/assumptions.ts'
import type { Accepted, Logpoint } from '../director/client.ts'
import type { FieldDifference, ListedSource } from '../director/enrichment-source.ts'
import type { OrderPath } from '../director/orders.ts'
import {
  createSource,
  deleteSource,
  editSource,
  type ChangeParts,
  type SourceChange,
} from '../director/source-changes.ts'
import { orderFailure, waitForOrder } from '../director/wait-for-order.ts'
import { listedSecret } from './compare.ts'
import { enrichmentSourceOf } from './definition.ts'
import { uploadOf } from './local-file.ts'
import type { CreateStep, EditStep, PlannedSource, Step } from './plan.ts'
import { secretFields, type SecretField, type SecretReference } from './source-record.ts'
import { fingerprintOf, type State } from './state.ts'
import type { DirectorClient } from '../director/client.ts'

/** What carrying out one write needs. */
export interface PerformParts extends Omit<ChangeParts, 'client'> {
  readonly client: DirectorClient
  /** For fingerprints only. */
  readonly state: Pick<State, 'key'>
  readonly resolve: (reference: SecretReference, what: string) => Promise<Secret>
  /** Sources of the Logpoint as they were listed before its first write. */
  readonly listed: readonly ListedSource[]
}

/** How a write ended that did not fail. */
export interface Performed {
  /** Where a listing shows it. */
  readonly sourceId?: string | undefined
  /** Between what was asked for and what is there now. */
  readonly differences: readonly FieldDifference[]
}

/**
 * Sends one write, once, and waits for its end.
 * @throws of kind pending when it may have been carried out; PROVISION_SECRET_CHANGED, PROVISION_FILE_CHANGED (conflict)
 * before anything is sent; whatever the call throws.
 */
export async function perform(step: Step, parts: PerformParts): Promise<Performed> {
  const { client, signal, listed } = parts
  switch (step.kind) {
    case 'upload': {
      const file = await uploadOf(step.name, step.local)
      await follow(await uploads(client, step).upload(step.storage, file, { signal }), parts)
      return { differences: [] }
    }
    case 'trash':
      await follow(await uploads(client, step).trash(step.storage, step.name, { signal }), parts)
      return { differences: [] }
    case 'install': {
      const { logpoint, fileName, location } = step
      await follow(await client.plugins.install(logpoint, { fileName, location }, { signal }), slow(parts))
      return { differences: [] }
    }
    case 'uninstall':
      await follow(await client.plugins.uninstall(step.logpoint, step.pluginId, { signal }), slow(parts))
      return { differences: [] }
    case 'create': {
      const source = await definitionOf(step, undefined, parts)
      return settled(await createSource(step.logpoint, { source, before: listed }, parts), step.logpoint)
    }
    case 'edit': {
      const before = listed.find(({ id }) => id === step.sourceId)
      const source = await definitionOf(step, before, parts)
      return settled(await editSource(step.logpoint, { id: step.sourceId, source, before }, parts), step.logpoint)
    }
    case 'delete':
      return settled(await deleteSource(step.logpoint, step.sourceId, parts), step.logpoint)
  }
}

function uploads(client: DirectorClient, { fileKind }: { readonly fileKind: 'package' | 'certificate' }) {
  return fileKind === 'package' ? client.packages : client.certificates
}

function slow(parts: PerformParts): PerformParts {
  return { ...parts, timeoutMs: parts.timeoutMs ?? slowOrderLimitMs }
}

/** @throws DIRECTOR_ORDER_FAILED (remote), DIRECTOR_ORDER_PENDING, DIRECTOR_ORDER_UNVERIFIED (pending) */
async function follow(accepted: Accepted, parts: PerformParts): Promise<void> {
  if (accepted.state === 'done') return
  if (accepted.state === 'unreadable') throw unverified(accepted.message)
  await parts.onOrder?.(accepted.order)
  const outcome = await waitForOrder(parts.client, accepted.order, parts)
  const failure = orderFailure(accepted.order, outcome)
  if (failure) throw failure
}

function settled(change: SourceChange, { name }: Logpoint): Performed {
  const { state, id, differences, order, reason } = change
  if (state === 'done') return { sourceId: id, differences }
  const outcome = state === 'pending' ? ({ state } as const) : ({ state, reason: reason ?? '' } as const)
  throw orderFailure(order ?? (`of ${name}` as OrderPath), outcome) ?? unverified(reason ?? '')
}

function unverified(reason: string): StixTaxiiError {
  return new StixTaxiiError('PROVISION_UNVERIFIED', `It was accepted, and nothing tells what came of it: ${reason}`, {
    kind: 'pending',
    hint: 'Run it again: it looks first, and sends nothing twice.',
  })
}

/** The whole definition with its secrets, which are still the ones that were planned. */
async function definitionOf(step: CreateStep | EditStep, before: ListedSource | undefined, parts: PerformParts) {
  const secrets: Partial<Record<SecretField, Secret>> = {}
  for (const name of secretFields) secrets[name] = await openSecret(name, { step, before, parts })
  return enrichmentSourceOf(step.source.known, secrets)
}

interface SecretContext {
  readonly step: CreateStep | EditStep
  readonly before: ListedSource | undefined
  readonly parts: PerformParts
}

async function openSecret(name: SecretField, { step, before, parts }: SecretContext): Promise<Secret> {
  const planned: PlannedSource['secrets'][SecretField] = step.source.secrets[name]
  if (planned === undefined) return new Secret('')
  const { reference, fingerprint } = planned
  if (reference.from === 'none') return new Secret('')
  const secret =
    reference.from === 'listed'
      ? before && listedSecret(before, name)
      : await parts.resolve(reference, `the ${name} of source ${step.key}`)
  if (secret !== undefined && (fingerprint === undefined || fingerprint === fingerprintOf(parts.state, secret))) {
    return secret
  }
  throw new StixTaxiiError(
    'PROVISION_SECRET_CHANGED',
    `The ${name} of source ${step.key} on ${step.logpoint.name} is not the one that was planned`,
    {
      kind: 'conflict',
      hint: 'Nothing was sent for it. Plan again.',
      context: { target: step.logpoint.name, source: step.key },
    },
  )
}
