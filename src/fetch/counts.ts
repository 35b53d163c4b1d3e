import type { Counts } from '../store/store.ts'

export const noCounts: Counts = {
  pages: 0,
  received: 0,
  new: 0,
  updated: 0,
  unchanged: 0,
  conflicts: 0,
  quarantined: 0,
  revoked: 0,
}

/** Field by field; what else the operands carry is left out. */
export function addCounts(a: Counts, b: Counts): Counts {
  return {
    pages: a.pages + b.pages,
    received: a.received + b.received,
    new: a.new + b.new,
    updated: a.updated + b.updated,
    unchanged: a.unchanged + b.unchanged,
    conflicts: a.conflicts + b.conflicts,
    quarantined: a.quarantined + b.quarantined,
    revoked: a.revoked + b.revoked,
  }
}
