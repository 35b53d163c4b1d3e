import { toEpochMicroseconds } from '../../core/timestamp.ts'
import type { Item } from '../../stix/item.ts'
import { isSameContent, versionOf } from '../compare.ts'
import type { RecordChange } from '../records.ts'
import type {
  CheckpointMove,
  CollectionKey,
  Conflict,
  Counts,
  PageBatch,
  PagePart,
  Quarantined,
  Settled,
  SourceRef,
} from '../store.ts'
import { runUnknown } from '../store-errors.ts'
import { addCounts, newTally, type Tally } from '../tally.ts'
import { nameOfConflict, nameOfQuarantined, type Kept, type KeptCollection, type KeptRun } from './kept.ts'

/** A batch of which everything has arrived. */
interface Gathered {
  readonly batch: PageBatch
  readonly run: KeptRun
  readonly parts: readonly PagePart[]
  readonly move: CheckpointMove | undefined
  readonly to: KeptCollection
  readonly tally: Tally
}
/** What commits change, and what they need to know. */
export interface CommitParts {
  readonly runs: ReadonlyMap<string, KeptRun>
  readonly quarantine: Map<string, Quarantined>
  readonly conflicts: Map<string, Conflict>
  sourceOf(key: CollectionKey): SourceRef
  collectionAt(key: CollectionKey): KeptCollection
  keepVersion(to: KeptCollection, kept: Kept): void
  /** Takes a version out of the index of values again. */
  unindex(to: KeptCollection, added: number): void
  /** See `MemoryRecords.apply`. */
  applyRecords(changes: readonly RecordChange[]): void
  /** RFC 3339, six digits. */
  now(): string
  /** What has to be there before the first change. */
  prepare(): Promise<void>
}

export interface MemoryCommits {
  commitAll(batches: readonly PageBatch[]): Promise<readonly Counts[]>
  moveCheckpoint(to: KeptCollection, move: CheckpointMove): void
}

/** Pages into the maps of a store in memory: all of a commit or nothing. */
export function newMemoryCommits(parts: CommitParts): MemoryCommits {
  const { runs, quarantine, conflicts, sourceOf, collectionAt, keepVersion, now } = parts

  function addItem(to: KeptCollection, item: Item, part: PagePart, run: KeptRun, tally: Tally): Settled {
    run.seen?.add(item.id)
    to.vanished.delete(item.id)
    const version = versionOf(item)
    const siblings = to.byId.get(item.id) ?? []
    const same = siblings.find((kept) => kept.version === version)
    if (same) {
      if (item.kind === 'block' || isSameContent(same.item.raw, item.raw)) {
        tally.unchanged++
        return 'unchanged'
      }
      tally.conflicts++
      const [kept, other] = [same.item.raw, item.raw]
      const name = nameOfConflict({ key: to.key, id: item.id, version, other })
      const conflict = { source: sourceOf(to.key), key: to.key, id: item.id, version, kept, other }
      if (!conflicts.has(name)) conflicts.set(name, { ...conflict, seenAt: now() })
      return 'conflict'
    }
    if (siblings.length === 0) tally.new++
    else tally.updated++
    if (item.kind === 'object' && item.revoked) {
      tally.revoked++
      to.revoked.add(item.id)
    }
    to.lastAdded = Math.max(to.lastAdded + 1, Number(toEpochMicroseconds(now())))
    keepVersion(to, { item, version, added: to.lastAdded, page: part.page, runId: run.run.id })
    return siblings.length === 0 ? 'new' : 'updated'
  }

  function addPart({ to, run, tally, batch: { onSettled } }: Gathered, part: PagePart): Item[] {
    if (!part.partial) tally.pages++
    tally.received += part.items.length + part.damaged.length
    tally.quarantined += part.damaged.length
    for (const damaged of part.damaged) {
      const name = nameOfQuarantined(to.key, damaged)
      const where = { source: sourceOf(to.key), key: to.key, runId: run.run.id, quarantinedAt: now() }
      if (!quarantine.has(name)) quarantine.set(name, { ...damaged, ...where })
    }
    return part.items.filter((item) => {
      const outcome = addItem(to, item, part, run, tally)
      onSettled?.(item, outcome)
      return outcome === 'new' || outcome === 'updated'
    })
  }

  function moveCheckpoint(to: KeptCollection, move: CheckpointMove): void {
    const stamp = move.stamp ?? to.checkpoint?.stamp
    to.checkpoint = {
      key: to.key,
      movedAt: now(),
      ...(stamp && { stamp }),
      ...(move.run && { run: structuredClone(move.run) }),
    }
  }

  async function gather(batch: PageBatch): Promise<Gathered> {
    const run = runs.get(batch.runId)
    if (!run) throw runUnknown(batch.runId)
    const parts: PagePart[] = []
    for await (const part of batch.parts) parts.push(part)
    return { batch, run, parts, move: batch.checkpoint(), to: collectionAt(batch.key), tally: newTally() }
  }

  async function commitAll(batches: readonly PageBatch[]): Promise<readonly Counts[]> {
    // What can be waited for comes before the first change, so that nobody sees half of it.
    const gathered: Gathered[] = []
    for (const batch of batches) gathered.push(await gather(batch))
    await parts.prepare()
    const canFail = batches.some(({ onSettled, records }) => onSettled ?? records)
    const undo = canFail ? rememberBefore(gathered) : () => undefined
    const stored: Item[][] = []
    try {
      for (const each of gathered) {
        stored.push(each.parts.flatMap((part) => addPart(each, part)))
        if (each.move) moveCheckpoint(each.to, each.move)
        const sum = newTally()
        addCounts(sum, each.run.run)
        addCounts(sum, each.tally)
        each.run.run = { ...each.run.run, ...sum }
      }
      parts.applyRecords(batches.flatMap((batch) => batch.records?.() ?? []))
    } catch (error) {
      undo()
      throw error
    }
    for (const [place, { onStored }] of batches.entries()) for (const item of stored[place] ?? []) onStored?.(item)
    return gathered.map(({ tally }) => tally)
  }

  /** What puts everything back as it is now, for a commit that fails. */
  function rememberBefore(gathered: readonly Gathered[]): () => void {
    const [quarantineBefore, conflictsBefore] = [new Map(quarantine), new Map(conflicts)]
    const undo = gathered.map(({ to, run }) => {
      const { kept, lastAdded, checkpoint } = to
      const [keptBefore, byId, vanished, revoked] = [
        [...kept],
        new Map(to.byId),
        new Set(to.vanished),
        new Set(to.revoked),
      ]
      const [runBefore, seen] = [run.run, new Set(run.seen)]
      return () => {
        for (const { added } of to.kept) if (added > lastAdded) parts.unindex(to, added)
        Object.assign(to, { kept: keptBefore, lastAdded, checkpoint })
        restore(to.byId, byId)
        restore(to.vanished, vanished)
        restore(to.revoked, revoked)
        run.run = runBefore
        if (run.seen) restore(run.seen, seen)
      }
    })
    return () => {
      for (const back of undo.toReversed()) back()
      restore(quarantine, quarantineBefore)
      restore(conflicts, conflictsBefore)
    }
  }

  return { commitAll, moveCheckpoint }
}

/** Gives a map or a set the entries it had. */
function restore<Key, Value>(to: Map<Key, Value>, from: ReadonlyMap<Key, Value>): void
function restore<Key>(to: Set<Key>, from: ReadonlySet<Key>): void
function restore(to: Map<unknown, unknown> | Set<unknown>, from: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>) {
  to.clear()
  for (const [key, value] of from.entries()) {
    if (to instanceof Map) to.set(key, value)
    else to.add(key)
  }
}
