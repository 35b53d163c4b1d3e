import type { Clock } from '../core/ports.ts'
import { timestampOfDate } from '../core/timestamp.ts'
import { describeObject, isDamaged } from '../stix/describe.ts'
import type { Damaged, Item } from '../stix/item.ts'
import type { PagePart } from '../store/store.ts'
import type { Page } from '../taxii/client.ts'
import type { Repair } from '../taxii/settings.ts'

/** A page as the store takes it: its objects described, what cannot be an object put aside with its reason. */
export function describePage(page: Page, clock: Clock, repairs?: readonly Repair[]): PagePart {
  const items: Item[] = []
  const damaged: Damaged[] = [...page.damaged]
  for (const received of page.items) {
    if (received.kind === 'block') {
      items.push(received)
      continue
    }
    const described = describeObject(received.raw, { repairs })
    if (isDamaged(described)) damaged.push(described)
    else items.push(described)
  }
  return {
    page: {
      url: page.url,
      // Asked for when something of the page is new: a page that brings nothing is not hashed.
      get digest() {
        return page.digest()
      },
      receivedAt: timestampOfDate(clock.now()),
      peerFingerprint: page.peerFingerprint,
      addedFirst: page.addedFirst,
      addedLast: page.addedLast,
    },
    items,
    damaged,
    partial: page.partial,
  }
}

/** Objects, blocks and damaged parts of a page. */
export function sizeOf(page: Page): number {
  return page.items.length + page.damaged.length
}
