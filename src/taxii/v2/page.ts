import { redactUrl } from '../../core/redact.ts'
import type { Page, PollPosition } from '../client.ts'
import type { Slab, Tail } from './page-load.ts'
import type { PageDates } from './stamps.ts'

/** What a page says besides its objects. */
export interface PageFacts {
  readonly partial: boolean
  readonly url: URL
  readonly tail?: Tail | undefined
  readonly dates?: PageDates | undefined
  readonly stamp?: string | undefined
  readonly position?: PollPosition | undefined
}

/** A slab as the page of the contract. */
export function pageOf(slab: Slab, facts: PageFacts): Page {
  return {
    items: slab.items.map((raw) => ({ kind: 'object', raw })),
    damaged: slab.damaged,
    digest: slab.digest,
    url: redactUrl(facts.url),
    peerFingerprint: facts.tail?.peerFingerprint,
    serverDate: facts.dates?.serverDate,
    addedFirst: facts.dates?.addedFirst,
    addedLast: facts.dates?.addedLast,
    stamp: facts.stamp,
    position: facts.position,
    partial: facts.partial,
  }
}
