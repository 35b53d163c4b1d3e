import { createHash, randomUUID } from 'node:crypto'
import { jsonResponse } from '../loopback-server.ts'
import type { SimulatedResponse } from '../loopback-server.ts'
import { refusal, success } from './answers.ts'
import type { Call } from './calls.ts'
import type { DirectorFaults, OrderBehaviour, OrderPathForm, PendingForm } from './faults.ts'
import type { Fabric, OrderState } from './state.ts'

/** More than any rehearsal looks back on. */
const mostOrders = 5_000

export interface OrderRequest {
  readonly call: Call
  /** What the order says when it is done. */
  readonly message: string
  /** The body that was sent. */
  readonly sent?: unknown
  readonly audit?: OrderState['audit'] | undefined
  readonly faults: DirectorFaults
  /** The emulator's own, for paths that name it. */
  readonly origin: string
}

/** Whether the change of an order with this behaviour is really made. */
export function isMade(behaviour: OrderBehaviour): boolean {
  return behaviour.kind === 'never' ? (behaviour.made ?? false) : behaviour.kind !== 'failed'
}

/** Announces an order: the envelope with its path. */
export function announceOrder(fabric: Fabric, request: OrderRequest): SimulatedResponse {
  const { call, faults } = request
  const id = randomUUID()
  const pool = call.pool ?? Object.keys(fabric.pools)[0] ?? inventedId('public pool')
  const logpoint = call.logpoint ?? Object.keys(fabric.pools[pool]?.logpoints ?? {})[0] ?? inventedId(pool)
  const path = `monitorapi/${pool}/${logpoint}/orders/${id}`
  const documented = call.call === 'packageTrash' || call.call === 'packageTrashPublic' ? 'no-slash' : 'leading-slash'
  const form = faults.orderPath ?? 'documented'
  const announced = written(path, form === 'documented' ? documented : form, request.origin)
  fabric.orders[id] = {
    pool,
    logpoint,
    announced,
    message: request.message,
    request: faults.orderEchoes ? (request.sent ?? {}) : {},
    behaviour: faults.order ?? { kind: 'done' },
    audit: request.audit ?? [],
    reads: 0,
  }
  const orders = Object.entries(fabric.orders)
  if (orders.length > mostOrders) fabric.orders = Object.fromEntries(orders.slice(-mostOrders / 2))
  return success(announced)
}

/** 32 hexadecimal digits, always the same for a name. */
function inventedId(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32)
}

function written(path: string, form: Exclude<OrderPathForm, 'documented'>, origin: string): string {
  switch (form) {
    case 'leading-slash':
      return `/${path}`
    case 'no-slash':
      return path
    case 'extra-segment':
      return `/${path}/datanode-1`
    case 'own-host':
      return `${origin}/${path}`
    case 'other-host':
      return `https://elsewhere.example/${path}`
    case 'braces':
      return '/monitorapi/{pool_UUID}/{logpoint_identifier}/orders/{request_id}'
    case 'dots':
      return `/monitorapi/../${path}`
  }
}

/** The answer to one reading of an order, which counts it. */
export function readOrder(fabric: Fabric, call: Call, faults: DirectorFaults): SimulatedResponse {
  const order = fabric.orders[call.order ?? '']
  if (!order || order.pool !== call.pool || order.logpoint !== call.logpoint) return refusal(404, 'Order not found')
  const { behaviour } = order
  const reads = ++order.reads
  switch (behaviour.kind) {
    case 'done':
      return done(order, faults)
    case 'pending':
      return reads <= behaviour.times ? pending(order, behaviour.as) : done(order, faults)
    case 'failed':
      return failed(order, behaviour)
    case 'never':
      return pending(order)
    case 'not-found-first':
      return reads <= behaviour.times ? refusal(404, 'Order not found') : done(order, faults)
    case 'errors-between':
      if (reads > 1 && reads <= behaviour.times + 1) return refusal(500, 'Internal server error')
      return reads <= behaviour.times + 2 ? pending(order) : done(order, faults)
    case 'envelope':
      return success(order.announced)
    case 'unreadable':
      return refusal(400, 'Invalid user id')
  }
}

function pending(order: OrderState, form: PendingForm = 'no-verdict'): SimulatedResponse {
  if (form === 'empty-object') return jsonResponse(200, 'application/json', {})
  if (form !== 'no-verdict') return { status: form === 'accepted' ? 202 : 200, headers: {}, body: Buffer.alloc(0) }
  return jsonResponse(200, 'application/json', place(order))
}

function done(order: OrderState, { orderVerdict = 'boolean' }: DirectorFaults): SimulatedResponse {
  if (orderVerdict === 'status') return jsonResponse(200, 'application/json', { ...place(order), status: 'Completed' })
  const success = orderVerdict === 'text' ? 'true' : true
  const response = { success, message: order.message, audit_data: order.audit }
  return jsonResponse(200, 'application/json', { ...place(order), response })
}

function failed(order: OrderState, { as, reason }: OrderBehaviour & { kind: 'failed' }): SimulatedResponse {
  const text = reason ?? 'The Logpoint did not take the change.'
  const response = {
    strings: { success: false, message: 'Failed', errors: [text] },
    objects: { success: false, message: 'Failed', errors: [{ field: 'discovery_url', message: text }] },
    message: { success: false, message: text },
  }[as]
  return jsonResponse(200, 'application/json', { ...place(order), response })
}

function place({ request, pool, logpoint }: OrderState): Record<string, unknown> {
  return { request, pool_uuid: pool, logpoint_identifier: logpoint }
}
