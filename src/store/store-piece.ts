import type { Item } from '../stix/item.ts'
import type { StoredRecord } from './records.ts'
import type {
  Checkpoint,
  CollectionKey,
  Conflict,
  Counts,
  PageRecord,
  Quarantined,
  RunEnd,
  SourceRef,
} from './store.ts'

/**
 * What a store holds, piece by piece, in a form that every driver can give and take: how stores are copied from one driver
 * to another. The index of values is no piece; it is made of the items where they are put.
 *
 * In this order: sources, collections, runs, each in the order in which they were first seen; what runs in progress have
 * seen; then collection by collection its versions (before them the pages that brought them), vanished and revoked ids,
 * checkpoint, quarantine and conflicts; records at the end. A piece with several entries has a thousand or so.
 */
export type StorePiece =
  | { readonly kind: 'source'; readonly source: SourceRef }
  | { readonly kind: 'collection'; readonly collection: PieceOfCollection }
  | { readonly kind: 'run'; readonly run: PieceOfRun }
  | { readonly kind: 'seen'; readonly runId: string; readonly ids: readonly string[] }
  | { readonly kind: 'page'; readonly page: PieceOfPage }
  | { readonly kind: 'versions'; readonly key: CollectionKey; readonly versions: readonly PieceOfVersion[] }
  | { readonly kind: 'vanished'; readonly key: CollectionKey; readonly ids: readonly string[] }
  | { readonly kind: 'revoked'; readonly key: CollectionKey; readonly ids: readonly string[] }
  | { readonly kind: 'checkpoint'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'quarantined'; readonly entry: Omit<Quarantined, 'source'> }
  | { readonly kind: 'conflict'; readonly entry: Omit<Conflict, 'source'> }
  | { readonly kind: 'record'; readonly record: StoredRecord }

export interface PieceOfCollection {
  readonly key: CollectionKey
  readonly version: string
  readonly title?: string | undefined
  /** Microseconds; that of the newest version there ever was, 0 where there was none. */
  readonly lastAdded: number
}

export interface PieceOfRun {
  readonly id: string
  readonly key: CollectionKey
  readonly version: string
  readonly startedAt: string
  readonly from?: string | undefined
  readonly full: boolean
  readonly by: { readonly pid: number; readonly host: string }
  readonly end?: RunEnd | undefined
  readonly counts: Counts
}

/** A page and where it begins: it brought this version and those behind it, up to the next page's. */
export interface PieceOfPage {
  readonly key: CollectionKey
  readonly runId: string
  /** Microseconds: `added` of the first version that is here of those it brought. */
  readonly first: number
  readonly record: PageRecord
}

export interface PieceOfVersion {
  /** Microseconds of `addedAt`. */
  readonly added: number
  readonly item: Item
}

/** The kind of record that says that a copy into this store has not ended; no piece of the store. */
export const copyRecord = { kind: 'store-copy', id: 'unfinished' } as const

/** What that record says. */
export interface CopyMark {
  readonly from: string
  readonly startedAt: string
}

/** Puts each page before the first version it brought; pages that brought nothing that is still here are left out. */
export async function* withPages(
  key: CollectionKey,
  versions: AsyncIterable<readonly PieceOfVersion[]>,
  pages: AsyncIterable<PieceOfPage>,
): AsyncIterable<StorePiece> {
  const next = pages[Symbol.asyncIterator]()
  let ahead = await next.next()
  for await (const some of versions) {
    let waiting: PieceOfVersion[] = []
    for (const version of some) {
      let page: PieceOfPage | undefined
      for (; !ahead.done && ahead.value.first <= version.added; ahead = await next.next()) page = ahead.value
      if (page) {
        if (waiting.length > 0) yield { kind: 'versions', key, versions: waiting }
        waiting = []
        yield { kind: 'page', page: { ...page, first: version.added } }
      }
      waiting.push(version)
    }
    if (waiting.length > 0) yield { kind: 'versions', key, versions: waiting }
  }
}

/** A run as pieces have it: without what is undefined, so that equal runs look alike. */
export function pieceOfRun(run: PieceOfRun): PieceOfRun {
  const { from, end, ...rest } = run
  return { ...rest, ...(from !== undefined && { from }), ...(end && { end: presentOf(end) }) }
}

/** The page's record, the same in every driver. */
export function pieceOfPageRecord(record: PageRecord): PageRecord {
  const { url, digest, receivedAt, ...more } = record
  const { peerFingerprint, addedFirst, addedLast } = more
  return { url, digest, receivedAt, ...presentOf({ peerFingerprint, addedFirst, addedLast }) }
}

function presentOf<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Value
}

const entriesPerBatch = 10_000
const bytesPerBatch = 16 * 1024 * 1024

/** Pieces in lots that are good for one transaction. */
export async function* batchesOfPieces(pieces: AsyncIterable<StorePiece>): AsyncIterable<readonly StorePiece[]> {
  let batch: StorePiece[] = []
  let [entries, bytes] = [0, 0]
  for await (const piece of pieces) {
    batch.push(piece)
    entries += piece.kind === 'versions' ? piece.versions.length : 'ids' in piece ? piece.ids.length : 1
    if (piece.kind === 'versions') for (const { item } of piece.versions) bytes += item.raw.length
    else if (piece.kind === 'quarantined') bytes += piece.entry.raw.length
    else if (piece.kind === 'conflict') bytes += piece.entry.kept.length + piece.entry.other.length
    if (entries < entriesPerBatch && bytes < bytesPerBatch) continue
    yield batch
    batch = []
    entries = bytes = 0
  }
  if (batch.length > 0) yield batch
}

export function isSameKey(a: CollectionKey, b: CollectionKey): boolean {
  return a.source === b.source && a.root === b.root && a.collection === b.collection
}
