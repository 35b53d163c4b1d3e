/** One thing a simulated server gave away: what it was, exactly, and where it belongs. */
export interface ServedThing {
  readonly collection: string
  /** STIX id, or `block--` and the digest of a content block. */
  readonly id: string
  /** `modified`, else `created`, else the date it was added; empty for a content block. */
  readonly version: string
  readonly raw: string
}

/** One answer that had content in it, though it may never have arrived. */
export interface ServedAnswer {
  /** `number` of the request. */
  readonly request: number
  readonly things: readonly ServedThing[]
}

/**
 * What a server gave away, written down as it answers: the truth that a client's store is compared with. It is the server's
 * own knowledge, so a client cannot be right by agreeing with itself.
 */
export interface Ledger {
  readonly answers: readonly ServedAnswer[]
  record(request: number, things: readonly ServedThing[]): void
  /** Everything given at least once, by `collection`, `id` and `version`; last content wins. */
  served(collection?: string): ReadonlyMap<string, ServedThing>
  /** How often each key was given. */
  times(collection?: string): ReadonlyMap<string, number>
  clear(): void
}

/** The key under which the ledger knows a thing. */
export function thingKey(thing: Pick<ServedThing, 'collection' | 'id' | 'version'>): string {
  return `${thing.collection} ${thing.id} ${thing.version}`
}

/** An empty ledger. */
export function createLedger(): Ledger {
  let answers: ServedAnswer[] = []
  const things = (collection: string | undefined): ServedThing[] =>
    answers
      .flatMap((answer) => answer.things)
      .filter((thing) => collection === undefined || thing.collection === collection)
  return {
    get answers() {
      return answers
    },
    record: (request, given) => void answers.push({ request, things: given }),
    served: (collection) => new Map(things(collection).map((thing) => [thingKey(thing), thing])),
    times(collection) {
      const counts = new Map<string, number>()
      for (const thing of things(collection)) counts.set(thingKey(thing), (counts.get(thingKey(thing)) ?? 0) + 1)
      return counts
    },
    clear: () => void (answers = []),
  }
}
