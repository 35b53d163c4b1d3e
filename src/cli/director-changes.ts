import { printable } from '../core/printable.ts'
import { slowOrderLimitMs } from '../director/assumptions.ts'
import type { Accepted, DirectorClient } from '../director/client.ts'
import type { OrderOutcome, OrderPath } from '../director/orders.ts'
import type { ChangeParts } from '../director/source-changes.ts'
import { orderFailure, waitForOrder } from '../director/wait-for-order.ts'
import { targetRow } from './director-rows.ts'
import type { TargetRow } from './director-rows.ts'
import type { DirectorParts } from './director-targets.ts'

/** How far a change is followed. */
export interface ChangeFlags {
  readonly wait: boolean
  readonly verify: boolean
  /** Seconds; default is what the kind of order needs. */
  readonly timeout?: number | undefined
}

/** What `source-changes` follows a change with; `say` is told how long its order has been running, `ordered` its path. */
export function changePartsOf(
  client: DirectorClient,
  { wait, verify, timeout }: ChangeFlags,
  { clock, random, signal }: Pick<DirectorParts, 'clock' | 'random' | 'signal'>,
  say: (text: string) => void,
  ordered?: ChangeParts['onOrder'],
): ChangeParts {
  return {
    client,
    clock,
    random,
    signal,
    wait,
    verify,
    timeoutMs: timeout === undefined ? undefined : timeout * 1000,
    onOrder: ordered,
    onPoll: ({ elapsedMs }) => say(`order running for ${Math.round(elapsedMs / 1000)} s`),
  }
}

/**
 * Follows what Director accepted to the end of its order. `verify` is asked when the order itself does not tell: whether a
 * listing shows the change.
 * @throws DIRECTOR_ORDER_FAILED (remote), and what waiting throws
 */
export async function settle(
  accepted: Accepted,
  { client, flags, parts, say, ordered, slow = false, seen }: Settling,
): Promise<TargetRow> {
  if (accepted.state === 'done') return targetRow('done', { message: printable(accepted.message.trim()) })
  const order = accepted.state === 'ordered' ? accepted.order : undefined
  if (order !== undefined) ordered?.(order)
  if (order !== undefined && !flags.wait) return targetRow('accepted', { order })
  const timeoutMs = flags.timeout === undefined ? (slow ? slowOrderLimitMs : undefined) : flags.timeout * 1000
  const outcome: OrderOutcome =
    order === undefined
      ? { state: 'unverified', reason: 'Director names an order that cannot be asked for' }
      : await waitForOrder(client, order, { ...changePartsOf(client, flags, parts, say), timeoutMs })
  const about = { order: order ?? null }
  if (outcome.state === 'succeeded') return targetRow('done', { ...about, message: outcome.message ?? null })
  if (outcome.state === 'unverified' && flags.verify && (await seen?.())) return targetRow('done', about)
  const error = orderFailure(order ?? ('' as OrderPath), outcome)
  if (outcome.state === 'failed' && error) throw error
  return targetRow(outcome.state === 'pending' ? 'pending' : 'unverified', { ...about, error: error ?? null })
}

/** What `settle` works with. */
export interface Settling {
  readonly client: DirectorClient
  readonly flags: ChangeFlags
  readonly parts: Pick<DirectorParts, 'clock' | 'random' | 'signal'>
  readonly say: (text: string) => void
  /** Called with the path of the order before it is waited for. */
  readonly ordered?: ((order: OrderPath) => void) | undefined
  /** Orders that take long: installing and uninstalling. */
  readonly slow?: boolean | undefined
  /** Whether a listing shows that the change was made. */
  readonly seen?: (() => Promise<boolean>) | undefined
}
