import { StixTaxiiError } from '../core/errors.ts'
import type { DirectorClient, Logpoint } from '../director/client.ts'
import type { EnrichmentSource } from '../director/enrichment-source.ts'
import type { OrderPath, OrderReading } from '../director/orders.ts'
import { parseOrderPath } from '../director/orders.ts'
import type { DirectorProfile } from '../profile/profile.ts'
import { findOpenOrder, withOpenOrder, withoutOpenOrder } from '../provision/state.ts'
import type { State } from '../provision/state.ts'
import { placeOf } from './director-source-state.ts'

/** The create of one source on one Logpoint, while its order may still be running. */
export interface OpenCreate {
  isKnown(state: State): boolean
  /**
   * Reads the order of an earlier create once: false where none is remembered, true where it has ended.
   * @throws DIRECTOR_CREATE_OPEN (conflict) while it may still make the source; what reading throws of kind auth, cancelled
   * and network
   */
  hasEnded(state: State, client: Pick<DirectorClient, 'readOrder'>, signal: AbortSignal): Promise<boolean>
  /** The state that remembers the order. */
  remember(state: State, order: OrderPath, at: Date): State
  forget(state: State): State
}

export function openCreateOf(director: DirectorProfile, logpoint: Logpoint, source: EnrichmentSource): OpenCreate {
  const place = placeOf(director, logpoint)
  const pair = { discoveryUrl: source.discoveryUrl, username: source.basic.username }
  return {
    isKnown: (state) => findOpenOrder(state, place, pair) !== undefined,
    async hasEnded(state, client, signal) {
      const open = findOpenOrder(state, place, pair)
      if (!open) return false
      const order = parseOrderPath(open.order, place.director)
      const reading = await readOrSay(client, order, signal)
      if (reading?.state === 'succeeded' || reading?.state === 'failed') return true
      throw stillOpen(order, pair.discoveryUrl, logpoint)
    },
    remember: (state, order, at) => withOpenOrder(state, { ...place, ...pair, order, writtenAt: at.toISOString() }),
    forget: (state) => withoutOpenOrder(state, { ...place, ...pair }),
  }
}

/** Undefined: the order cannot be read (any more). */
async function readOrSay(
  client: Pick<DirectorClient, 'readOrder'>,
  order: OrderPath,
  signal: AbortSignal,
): Promise<OrderReading | undefined> {
  try {
    return await client.readOrder(order, { signal })
  } catch (error) {
    if (!(error instanceof StixTaxiiError) || ['auth', 'cancelled', 'network'].includes(error.kind)) throw error
    return undefined
  }
}

function stillOpen(order: OrderPath, discoveryUrl: string, { name }: Logpoint): StixTaxiiError {
  const message = `A source for ${discoveryUrl} was already sent to ${name}, and how that ended is not known: ${order}`
  return new StixTaxiiError('DIRECTOR_CREATE_OPEN', message, {
    kind: 'conflict',
    hint: `It is not sent again, which could make two. Wait for it: stixtaxii director order wait ${order} - then list the sources. If it can end no more: --force`,
    context: { target: name, order },
  })
}
