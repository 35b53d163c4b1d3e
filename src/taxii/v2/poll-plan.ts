import type { Match, PollPosition } from '../client.ts'

/** One poll, resolved: where, what, from where on. */
export interface PollPlan {
  /** The objects endpoint (or that of one object), without a query. */
  readonly url: URL
  /** For messages: `the objects of "c1"`. */
  readonly asked: string
  /** Exclusive. */
  readonly begin: string | undefined
  readonly match: readonly Match[] | undefined
  readonly pageSize: number | undefined
  readonly position: PollPosition | undefined
  /** The newest date of the collection's manifest, read before the poll, where answers carry no dates. */
  readonly newestKnown: string | undefined
  /**
   * Reads that date now, because the first answer turned out to carry none; undefined when nobody keeps a stamp. Resolves
   * to undefined when the manifest knows none.
   */
  readonly findNewest: ((signal: AbortSignal) => Promise<string | undefined>) | undefined
}
