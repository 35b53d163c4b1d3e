import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import type { Accepted, DirectorClient, Logpoint } from './client.ts'
import { compareSources, samePair, type Comparison, type KnownFields } from './compare-sources.ts'
import type { EnrichmentSource, FieldDifference, ListedSource } from './enrichment-source.ts'
import type { OrderOutcome, OrderPath } from './orders.ts'
import { orderFailure, waitForOrder, type WaitOptions } from './wait-for-order.ts'

/** What following a change needs and how far it goes. */
export interface ChangeParts extends WaitOptions {
  readonly client: Pick<DirectorClient, 'sources' | 'readOrder'>
  /** False: the change is sent, and its order given back as `pending`. Default true. */
  readonly wait?: boolean | undefined
  /** False: what Director says of the order is the end of it; nothing is listed. Default true. */
  readonly verify?: boolean | undefined
  /** Called once the change was sent and not refused: from then on it may have been made, whatever else fails. */
  readonly onAccepted?: (() => void) | undefined
  /** Called once the order of the change is known, before it is waited for: what a later run can go on with. */
  readonly onOrder?: ((order: OrderPath) => void | Promise<void>) | undefined
}

/**
 * How a change of an enrichment source ended. `done`: Director says so, or a listing shows it. `pending`: its order is
 * still running. `unverified`: it was accepted, and neither its order nor a listing tells what came of it (`reason`).
 */
export interface SourceChange {
  readonly state: 'done' | 'pending' | 'unverified'
  readonly order?: OrderPath | undefined
  /** Of the source; after a create only where a listing showed which one it is. */
  readonly id?: string | undefined
  /** Between what was asked for and what the list shows afterwards. */
  readonly differences: readonly FieldDifference[]
  /** Fields that the list cannot show. */
  readonly notComparable: readonly string[]
  /** Why it is unverified, or not compared. */
  readonly reason?: string | undefined
}

export interface CreateRequest {
  readonly source: EnrichmentSource
  /** What was listed just before; listed anew without it. */
  readonly before?: readonly ListedSource[] | undefined
}

export interface EditRequest {
  readonly id: string
  readonly source: EnrichmentSource
  /** The source as it was listed before: without it an edit whose order cannot be read is never known to be done. */
  readonly before?: ListedSource | undefined
  /** What is known beyond the list, for the comparison. */
  readonly known?: KnownFields | undefined
}

/**
 * Creates a source and follows it to the end: the order, a refresh of the list and its order, the list, the one new source
 * of the same address and user.
 * @throws DIRECTOR_ORDER_FAILED (remote); DIRECTOR_OUTCOME_UNKNOWN (pending) unless a listing shows the source; whatever the calls throw
 */
export async function createSource(
  logpoint: Logpoint,
  { source, before }: CreateRequest,
  parts: ChangeParts,
): Promise<SourceChange> {
  const former = new Set((before ?? (await listFirst(logpoint, parts))).map(({ id }) => id))
  const find = (listed: readonly ListedSource[]): Finding => {
    const fresh = listed.filter((each) => !former.has(each.id) && samePair(each, source))
    const alike = fresh.filter((each) => compareSources(source, each).differences.length === 0)
    const found = fresh.length === 1 ? fresh[0] : alike.length === 1 ? alike[0] : undefined
    if (found) return { proves: true, fits: true, id: found.id, ...compareSources(source, found) }
    if (fresh.length === 0) return unseen('the list does not show it yet')
    const reason = `${fresh.length} new sources have its address and user: ${fresh.map(({ id }) => printable(id)).join(', ')}`
    return { ...unseen(reason), isAmbiguous: true }
  }
  return follow(logpoint, (client) => client.sources.create(logpoint, source, { signal: parts.signal }), find, parts)
}

/**
 * Edits a source and follows it to the end, as `createSource` does.
 * @throws as `createSource`
 */
export async function editSource(logpoint: Logpoint, request: EditRequest, parts: ChangeParts): Promise<SourceChange> {
  const { id, source, before, known } = request
  const couldTell = before !== undefined && compareSources(source, before, known).differences.length > 0
  const find = (listed: readonly ListedSource[]): Finding => {
    const found = listed.find((each) => each.id === id)
    if (!found) return unseen('the list does not show it any more', id)
    const comparison = compareSources(source, found, known)
    if (comparison.differences.length > 0) return { ...unseen('the list still differs', id), ...comparison }
    const reason = couldTell ? undefined : 'the list cannot show what was changed'
    return { proves: couldTell, fits: true, id, reason, ...comparison }
  }
  return follow(logpoint, (client) => client.sources.edit(logpoint, id, source, { signal: parts.signal }), find, parts)
}

/**
 * Deletes a source and follows it to the end, as `createSource` does.
 * @throws as `createSource`
 */
export async function deleteSource(logpoint: Logpoint, id: string, parts: ChangeParts): Promise<SourceChange> {
  const find = (listed: readonly ListedSource[]): Finding =>
    listed.some((each) => each.id === id)
      ? unseen('the list still shows it', id)
      : { proves: true, fits: true, id, ...nothing }
  return follow(logpoint, (client) => client.sources.delete(logpoint, id, { signal: parts.signal }), find, parts)
}

/** What a listing says of a change. */
interface Finding extends Comparison {
  /** It shows that the change was made, whatever its order says. */
  readonly proves: boolean
  /** It is as it has to be after the change, which may have been so before. */
  readonly fits: boolean
  /** Several may be what was changed: then it is not known to be done once, whatever the order says. */
  readonly isAmbiguous?: boolean | undefined
  readonly id?: string | undefined
  readonly reason?: string | undefined
}

const nothing: Comparison = { differences: [], notComparable: [] }

function unseen(reason: string, id?: string): Finding {
  return { proves: false, fits: false, reason, id, ...nothing }
}

type Find = (listed: readonly ListedSource[]) => Finding

async function listFirst(logpoint: Logpoint, parts: ChangeParts): Promise<readonly ListedSource[]> {
  const isLookedFor = parts.wait !== false && parts.verify !== false
  return isLookedFor ? parts.client.sources.list(logpoint, { signal: parts.signal }) : []
}

async function follow(
  logpoint: Logpoint,
  send: (client: ChangeParts['client']) => Promise<Accepted>,
  find: Find,
  parts: ChangeParts,
): Promise<SourceChange> {
  let accepted: Accepted
  try {
    accepted = await send(parts.client)
  } catch (error) {
    if (isUnknown(error)) parts.onAccepted?.()
    return settledByList(error, logpoint, find, parts)
  }
  parts.onAccepted?.()
  const order = accepted.state === 'ordered' ? accepted.order : undefined
  if (order !== undefined) await parts.onOrder?.(order)
  if (parts.wait === false && accepted.state === 'ordered') return { state: 'pending', order, ...nothing }
  const outcome = await outcomeOf(accepted, parts)
  if (outcome.state === 'failed') throw orderFailure(order ?? ('' as OrderPath), outcome)
  if (outcome.state === 'pending') return { state: 'pending', order, ...nothing }
  const isDone = outcome.state === 'succeeded'
  const reason = isDone ? undefined : outcome.reason
  if (parts.verify === false) return { state: isDone ? 'done' : 'unverified', order, reason, ...nothing }
  const finding = await findAfterRefresh(logpoint, find, parts)
  const { proves, fits, id, differences, notComparable } = finding
  if ((isDone && !finding.isAmbiguous) || proves) {
    return { state: 'done', order, id, differences, notComparable, reason: fits ? undefined : finding.reason }
  }
  const both = [reason, finding.reason].filter((each) => each !== undefined).join('; ')
  return { state: 'unverified', order, id, differences, notComparable, reason: both }
}

async function outcomeOf(
  accepted: Accepted,
  parts: Pick<ChangeParts, 'client' | keyof WaitOptions>,
): Promise<OrderOutcome> {
  if (accepted.state === 'done') return { state: 'succeeded', message: accepted.message }
  if (accepted.state === 'ordered') return waitForOrder(parts.client, accepted.order, parts)
  return { state: 'unverified', reason: `Director names an order that cannot be asked for: "${accepted.message}"` }
}

/** A write whose outcome is unknown is not sent again: if a listing shows it, it was made (D1). */
async function settledByList(
  error: unknown,
  logpoint: Logpoint,
  find: Find,
  parts: ChangeParts,
): Promise<SourceChange> {
  if (!isUnknown(error) || parts.verify === false) throw error
  const finding = await findAfterRefresh(logpoint, find, parts)
  if (!finding.proves) throw error
  const { id, differences, notComparable } = finding
  const reason = finding.reason ?? "Director's answer was lost, and with it the order; its list shows the change"
  return { state: 'done', id, differences, notComparable, reason }
}

function isUnknown(error: unknown): boolean {
  return error instanceof StixTaxiiError && error.code === 'DIRECTOR_OUTCOME_UNKNOWN'
}

/**
 * Lists anew, after a refresh: without one Director shows what was before. Faults end in a finding that has seen nothing,
 * since the change itself may well be made; but with a dead token, or stopped, nothing goes on.
 */
async function findAfterRefresh(logpoint: Logpoint, find: Find, parts: ChangeParts): Promise<Finding> {
  try {
    const stale = await staleness(logpoint, parts)
    const finding = find(await parts.client.sources.list(logpoint, { signal: parts.signal }))
    return finding.fits || stale === undefined ? finding : { ...finding, reason: stale }
  } catch (error) {
    return unseen(`the list could not be had: ${bearable(error).message}`)
  }
}

/** Why the list may be of before the change; undefined after a refresh. */
async function staleness(logpoint: Logpoint, parts: ChangeParts): Promise<string | undefined> {
  try {
    const outcome = await refreshSources(logpoint, parts)
    if (outcome.state === 'succeeded') return undefined
    return outcome.state === 'pending'
      ? 'the list was not refreshed in time'
      : `the list could not be refreshed: ${outcome.reason}`
  } catch (error) {
    return `the list could not be refreshed: ${bearable(error).message}`
  }
}

/** @throws the error itself when nothing can go on after it */
function bearable(error: unknown): StixTaxiiError {
  if (!(error instanceof StixTaxiiError) || error.kind === 'auth' || error.kind === 'cancelled') throw error
  return error
}

/**
 * Has Director refresh the list of a Logpoint's sources, and waits for that.
 * @throws whatever the call and `waitForOrder` throw
 */
export async function refreshSources(
  logpoint: Logpoint,
  parts: Pick<ChangeParts, 'client' | keyof WaitOptions>,
): Promise<OrderOutcome> {
  return outcomeOf(await parts.client.sources.refreshList(logpoint, { signal: parts.signal }), parts)
}
