import { printable } from '../core/printable.ts'
import type { OrderOutcome, OrderPath } from '../director/orders.ts'
import type { OutputRecord } from '../output/writer.ts'

/** An order as `director order` shows it. */
export function orderRecord(order: OrderPath, outcome: OrderOutcome): OutputRecord {
  const text = 'message' in outcome ? outcome.message : 'reason' in outcome ? outcome.reason : undefined
  return { order, state: outcome.state, message: text === undefined ? null : printable(text) }
}

export const orderShape = {
  columns: [
    { field: 'order', head: 'Order' },
    { field: 'state', head: 'State' },
    { field: 'message', head: 'Message' },
  ],
  name: 'order',
} as const
