import { StixTaxiiError } from '../core/errors.ts'
import type { Store } from './store.ts'
import { copyRecord, type CopyMark } from './store-piece.ts'

/** Whoever opens a store for anything but a copy. @throws STORE_COPY_UNFINISHED (local) */
export async function refuseUnfinished(store: Store): Promise<void> {
  const mark = await store.records.get(copyRecord.kind, copyRecord.id)
  if (!mark) return
  const { from, startedAt } = mark.body as CopyMark
  throw new StixTaxiiError(
    'STORE_COPY_UNFINISHED',
    `The store ${store.url} is part of ${from}: a copy begun at ${startedAt} has not ended`,
    {
      kind: 'local',
      hint: 'Wait for it, or copy again with: stixtaxii store copy FROM TO. It begins anew.',
      context: { store: store.url, from, startedAt },
    },
  )
}
