import type { Conflict, Quarantined, SourceRef } from '../store.ts'
import {
  copyRecord,
  pieceOfPageRecord,
  pieceOfRun,
  withPages,
  type PieceOfPage,
  type StorePiece,
} from '../store-piece.ts'
import { nameOfConflict, nameOfQuarantined, type Kept, type KeptCollection, type KeptRun } from './kept.ts'
import type { MemoryRecords } from './records.ts'

/** All that a store in memory holds. */
export interface MemoryState {
  readonly sources: Map<string, SourceRef>
  readonly collections: Map<string, KeptCollection>
  readonly runs: Map<string, KeptRun>
  readonly quarantine: Map<string, Quarantined>
  readonly conflicts: Map<string, Conflict>
  readonly records: MemoryRecords
}

const entriesPerPiece = 1000

/** As of the moment of the first piece. */
export async function* piecesOf(state: MemoryState): AsyncIterable<StorePiece> {
  // Everything but the bytes of items, which never change.
  const collections = [...state.collections.values()].map((one) => ({
    ...one,
    kept: [...one.kept],
    vanished: [...one.vanished],
    revoked: [...one.revoked],
  }))
  const runs = [...state.runs.values()].map(({ run, seen, by, full }) => ({ run, by, full, seen: [...(seen ?? [])] }))
  const quarantine = [...state.quarantine.values()]
  const conflicts = [...state.conflicts.values()]
  const records = state.records.all()
  for (const source of [...state.sources.values()]) yield { kind: 'source', source }
  for (const { key, version, title, lastAdded } of collections) {
    const collection = { key, version, ...(title !== undefined && { title }), lastAdded }
    yield { kind: 'collection', collection }
  }
  for (const kept of runs) yield { kind: 'run', run: runPiece(kept) }
  for (const { run, seen } of runs) {
    if (run.finishedAt !== undefined) continue
    for (const ids of chunks(seen)) yield { kind: 'seen', runId: run.id, ids }
  }
  for (const { key, kept, vanished, revoked, checkpoint } of collections) {
    const versions = kept.map(({ item, added }) => ({ item, added }))
    yield* withPages(key, inOrder(chunks(versions)), inOrder(pagesOf(key, kept)))
    for (const ids of chunks(vanished)) yield { kind: 'vanished', key, ids }
    for (const ids of chunks(revoked)) yield { kind: 'revoked', key, ids }
    if (checkpoint) yield { kind: 'checkpoint', checkpoint }
    for (const entry of quarantine) {
      const { runId, quarantinedAt, reason, detail, raw } = entry
      if (entry.key === key) yield { kind: 'quarantined', entry: { key, runId, quarantinedAt, reason, detail, raw } }
    }
    for (const entry of conflicts) {
      const { id, version, kept: first, other, seenAt } = entry
      if (entry.key === key) yield { kind: 'conflict', entry: { key, id, version, kept: first, other, seenAt } }
    }
  }
  for (const record of records) if (record.kind !== copyRecord.kind) yield { kind: 'record', record }
}

function runPiece({ run, by, full }: Pick<KeptRun, 'run' | 'by' | 'full'>) {
  const { id, key, version, startedAt, from, finishedAt, status, to, error } = run
  const { pages, received, new: fresh, updated, unchanged, conflicts, quarantined, revoked } = run
  const isOver = finishedAt !== undefined && status !== 'running' && status !== 'died'
  return pieceOfRun({
    ...{ id, key, version, startedAt, from, full, by },
    ...(isOver && { end: { finishedAt, status, to, error } }),
    counts: { pages, received, new: fresh, updated, unchanged, conflicts, quarantined, revoked },
  })
}

function* pagesOf(key: KeptCollection['key'], kept: readonly Kept[]): Iterable<PieceOfPage> {
  let last: Kept | undefined
  for (const version of kept) {
    if (version.page !== last?.page || version.runId !== last.runId) {
      yield { key, runId: version.runId, first: version.added, record: pieceOfPageRecord(version.page) }
    }
    last = version
  }
}

function* chunks<Entry>(entries: readonly Entry[]): Iterable<readonly Entry[]> {
  for (let at = 0; at < entries.length; at += entriesPerPiece) yield entries.slice(at, at + entriesPerPiece)
}

async function* inOrder<Entry>(entries: Iterable<Entry>): AsyncIterable<Entry> {
  yield* entries
}

/** What of the driver is needed to put a piece where it belongs. */
export interface MemoryPlaces {
  collectionAt(key: KeptCollection['key']): KeptCollection
  keep(to: KeptCollection, kept: Kept): void
}

export async function fillMemory(
  state: MemoryState,
  places: MemoryPlaces,
  pieces: AsyncIterable<StorePiece>,
): Promise<void> {
  const pages = new Map<KeptCollection, Pick<PieceOfPage, 'runId' | 'record'>>()
  for await (const piece of pieces) {
    if (piece.kind === 'page') pages.set(places.collectionAt(piece.page.key), piece.page)
    else if (piece.kind === 'versions') {
      const to = places.collectionAt(piece.key)
      const page = pages.get(to) ?? unknownPage
      for (const { item, added } of piece.versions) {
        places.keep(to, { item, added, version: '', page: page.record, runId: page.runId })
      }
    } else putPiece(state, places, piece)
  }
}

const unknownPage = { runId: '', record: { url: '', digest: '', receivedAt: '' } }

function putPiece(
  state: MemoryState,
  { collectionAt }: MemoryPlaces,
  piece: Exclude<StorePiece, { kind: 'page' | 'versions' }>,
): void {
  switch (piece.kind) {
    case 'source':
      return void state.sources.set(piece.source.id, { id: piece.source.id, name: piece.source.name })
    case 'collection': {
      const { key, version, title, lastAdded } = piece.collection
      return void Object.assign(collectionAt(key), { version, title, lastAdded })
    }
    case 'run': {
      const { id, key: asked, version, startedAt, from, full, by, end, counts } = piece.run
      const key = collectionAt(asked).key
      const source = { id: key.source, name: state.sources.get(key.source)?.name ?? key.source }
      const begun = { id, source, key, version, startedAt, status: 'running' as const, ...counts }
      const run = { ...begun, ...(from !== undefined && { from }), ...end }
      return void state.runs.set(id, { run, seen: full ? new Set() : undefined, full, underLock: key.source, by })
    }
    case 'seen': {
      const seen = state.runs.get(piece.runId)?.seen
      return piece.ids.forEach((id) => seen?.add(id))
    }
    case 'vanished':
    case 'revoked': {
      const to = collectionAt(piece.key)[piece.kind]
      return piece.ids.forEach((id) => to.add(id))
    }
    case 'checkpoint': {
      const to = collectionAt(piece.checkpoint.key)
      to.checkpoint = { ...structuredClone(piece.checkpoint), key: to.key }
      return
    }
    case 'quarantined': {
      const entry = { ...piece.entry, ...placeOf(state, collectionAt(piece.entry.key)) }
      return void state.quarantine.set(nameOfQuarantined(entry.key, entry), entry)
    }
    case 'conflict': {
      const entry = { ...piece.entry, ...placeOf(state, collectionAt(piece.entry.key)) }
      return void state.conflicts.set(nameOfConflict(entry), entry)
    }
    case 'record':
      return state.records.put(piece.record)
  }
}

function placeOf({ sources }: MemoryState, { key }: KeptCollection) {
  return { source: sources.get(key.source) ?? { id: key.source, name: key.source }, key }
}
