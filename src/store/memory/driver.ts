import { randomUUID } from 'node:crypto'
import { StixTaxiiError } from '../../core/errors.ts'
import { fromEpochMicroseconds, timestampOfDate, toEpochMicroseconds } from '../../core/timestamp.ts'
import type { Clock } from '../../core/ports.ts'
import { isLater, versionOf } from '../compare.ts'
import { newTally } from '../tally.ts'
import type {
  CollectionKey,
  Conflict,
  Counts,
  LockHolder,
  Provenance,
  PruneRequest,
  Quarantined,
  RemovalRequest,
  Run,
  SourceRef,
  Store,
  StoredCollection,
  StoredVersion,
  VersionFilter,
} from '../store.ts'
import { isToGo, windowOf } from '../page-match.ts'
import { removalUnbounded, runNotFull, runUnknown, sourceLocked } from '../store-errors.ts'
import type { ReadItem } from '../index-reading.ts'
import { loadItemReader } from '../load-reader.ts'
import type { Standing } from '../resolve-statements.ts'
import { newMemoryCommits } from './commits.ts'
import type { Kept, KeptCollection, KeptRun } from './kept.ts'
import { countPage, readPage } from './pages.ts'
import { fillMemory, piecesOf } from './pieces.ts'
import { newMemoryRecords } from './records.ts'
import { newValueIndex } from './value-index.ts'

/** Keeps everything in this process and nothing beyond it: for tests, `poll`-like uses and as the model of the contract. */
export function openMemoryStore(dependencies: {
  readonly clock: Clock
  readonly identity: { readonly pid: number; readonly host: string }
  readonly loadReader?: (() => Promise<ReadItem>) | undefined
}): Store {
  const { clock, identity, loadReader = loadItemReader } = dependencies
  const sources = new Map<string, SourceRef>()
  const collections = new Map<string, KeptCollection>()
  const runs = new Map<string, KeptRun>()
  const quarantine = new Map<string, Quarantined>()
  const conflicts = new Map<string, Conflict>()
  const locks = new Map<string, LockHolder>()
  let read: ReadItem | undefined
  const index = newValueIndex({ read: () => read as ReadItem, sourceOf: (key) => sourceOf(key), standing })

  const now = () => timestampOfDate(clock.now())
  const memoryRecords = newMemoryRecords(() => Number(toEpochMicroseconds(now())))
  const { records, apply: applyRecords } = memoryRecords
  const state = { sources, collections, runs, quarantine, conflicts, records: memoryRecords }
  const sourceOf = (key: CollectionKey): SourceRef => sources.get(key.source) ?? { id: key.source, name: key.source }
  const isWanted = (
    key: CollectionKey,
    filter: { source?: string | undefined; collection?: string | undefined } = {},
  ) =>
    (filter.source === undefined || filter.source === key.source || filter.source === sourceOf(key).name) &&
    (filter.collection === undefined || filter.collection === key.collection)

  function collectionAt(key: CollectionKey): KeptCollection {
    const name = nameOfKey(key)
    const found = collections.get(name)
    if (found) return found
    const made: KeptCollection = {
      number: collections.size + 1,
      key: { source: key.source, root: key.root, collection: key.collection },
      version: '',
      title: undefined,
      kept: [],
      byId: new Map(),
      vanished: new Set(),
      revoked: new Set(),
      lastAdded: 0,
      checkpoint: undefined,
    }
    collections.set(name, made)
    if (!sources.has(key.source)) sources.set(key.source, { id: key.source, name: key.source })
    return made
  }

  function keepVersion(to: KeptCollection, kept: Kept): void {
    to.kept.push(kept)
    to.byId.set(kept.item.id, [...(to.byId.get(kept.item.id) ?? []), kept])
    index.add(indexed(to, kept))
  }

  const { commitAll, moveCheckpoint } = newMemoryCommits({
    runs,
    quarantine,
    conflicts,
    sourceOf,
    collectionAt,
    keepVersion,
    unindex: (to, added) => index.remove(to.number, added),
    applyRecords,
    now,
    async prepare() {
      read ??= await loadReader()
    },
  })

  async function* versions(filter: VersionFilter): AsyncIterable<StoredVersion> {
    for (const collection of [...collections.values()]) {
      if (!isWanted(collection.key, filter)) continue
      const after = filter.addedAfter === undefined ? undefined : toEpochMicroseconds(filter.addedAfter)
      for (const kept of [...collection.kept]) {
        if (after !== undefined && BigInt(kept.added) <= after) continue
        if (filter.id !== undefined && kept.item.id !== filter.id) continue
        if (filter.kind !== undefined && kept.item.kind !== filter.kind) continue
        if (filter.type !== undefined && !(kept.item.kind === 'object' && kept.item.type === filter.type)) continue
        const superseded = isSuperseded(collection, kept)
        if (filter.latest && superseded) continue
        yield {
          source: sourceOf(collection.key),
          key: collection.key,
          item: kept.item,
          addedAt: fromEpochMicroseconds(BigInt(kept.added)),
          superseded,
          vanished: collection.vanished.has(kept.item.id),
        }
      }
    }
  }

  function isSuperseded(collection: KeptCollection, kept: Kept): boolean {
    return (collection.byId.get(kept.item.id) ?? []).some((other) => other !== kept && isLater(other, kept))
  }

  const indexed = ({ key, number: collection }: KeptCollection, { item, added }: Kept) => ({
    item,
    added,
    source: sourceOf(key),
    key,
    collection,
  })

  function standing(ids: readonly string[]): ReadonlyMap<string, Standing> {
    return new Map(
      ids.map((id) => {
        const holding = [...collections.values()].filter(({ byId }) => byId.has(id))
        const versions = holding.flatMap(({ key, number, byId }) =>
          (byId.get(id) ?? []).map(({ version, added }) => ({
            source: key.source,
            collection: number,
            version,
            added,
          })),
        )
        const revokedBy = new Set(holding.filter(({ revoked }) => revoked.has(id)).map(({ key }) => key.source))
        const vanishedFrom = new Set(holding.filter(({ vanished }) => vanished.has(id)).map(({ number }) => number))
        return [id, { versions, revokedBy, vanishedFrom }]
      }),
    )
  }

  function prune(request: PruneRequest): number {
    const before = request.addedBefore === undefined ? undefined : toEpochMicroseconds(request.addedBefore)
    let removed = 0
    for (const collection of collections.values()) {
      if (!isWanted(collection.key, request)) continue
      const doomed = collection.kept.filter(
        (kept) =>
          (before === undefined || BigInt(kept.added) < before) && (request.all || isSuperseded(collection, kept)),
      )
      removed += doomed.length
      if (!request.dryRun) forget(collection, doomed)
    }
    return removed
  }

  function removeVersions(key: CollectionKey, request: RemovalRequest): number {
    if ([request.id, request.addedAfter, request.addedUntil].every((bound) => bound === undefined)) {
      throw removalUnbounded()
    }
    const collection = collections.get(nameOfKey(key))
    const { after, until } = windowOf(request)
    const doomed = (collection?.kept ?? []).filter(
      ({ item, version, added }) => added > after && added <= until && isToGo(item, { version, added }, request),
    )
    if (collection) forget(collection, doomed)
    return doomed.length
  }

  function forget(collection: KeptCollection, doomed: readonly Kept[]): void {
    const gone = new Set(doomed)
    collection.kept = collection.kept.filter((kept) => !gone.has(kept))
    for (const { item, added } of doomed) {
      index.remove(collection.number, added)
      const left = (collection.byId.get(item.id) ?? []).filter((kept) => !gone.has(kept))
      if (left.length > 0) collection.byId.set(item.id, left)
      else {
        collection.byId.delete(item.id)
        collection.revoked.delete(item.id)
        collection.vanished.delete(item.id)
      }
    }
  }

  async function lockSource(source: SourceRef, options: { timeoutMs: number; signal?: AbortSignal | undefined }) {
    const deadline = clock.monotonicMs() + options.timeoutMs
    for (let holder = locks.get(source.id); holder; holder = locks.get(source.id)) {
      options.signal?.throwIfAborted()
      const left = deadline - clock.monotonicMs()
      if (left <= 0) throw sourceLocked(source, holder, options.timeoutMs)
      await clock.sleep(Math.min(20, left), options.signal)
    }
    const mine = { ...identity, since: now() }
    locks.set(source.id, mine)
    return {
      source: source.id,
      async [Symbol.asyncDispose]() {
        if (locks.get(source.id) === mine) locks.delete(source.id)
      },
    }
  }

  const isNamed = ({ key }: KeptCollection) => key.collection !== ''
  const storedCollections = () => [...collections.values()].filter(isNamed).map(storedCollection)
  const storedCollection = (collection: KeptCollection): StoredCollection => ({
    source: sourceOf(collection.key),
    key: collection.key,
    ...(collection.title !== undefined && { title: collection.title }),
    version: collection.version,
    ids: collection.byId.size,
    versions: collection.kept.length,
    blocks: collection.kept.filter(({ item }) => item.kind === 'block').length,
    ...(collection.lastAdded > 0 && { lastAddedAt: fromEpochMicroseconds(BigInt(collection.lastAdded)) }),
  })

  return {
    url: 'memory:',
    features: { persistent: false, concurrentWriters: false },
    lockSource,
    async beginRun(start) {
      sources.set(start.source.id, { id: start.source.id, name: start.source.name })
      const to = collectionAt(start.key)
      to.version = start.version
      to.title = start.title ?? to.title
      const id = randomUUID()
      const { source, version, startedAt, from, full } = start
      const begun = { source, key: to.key, version, startedAt, ...(from !== undefined && { from }) }
      const run: Run = { ...begun, id, status: 'running', ...newTally() }
      const seen = full ? new Set<string>() : undefined
      runs.set(id, { run, seen, full: full === true, underLock: start.source.id, by: identity })
      return id
    },
    async finishRun(runId, end) {
      const kept = runs.get(runId)
      if (!kept) throw runUnknown(runId)
      kept.run = { ...kept.run, ...end }
    },
    async runs(filter = {}) {
      const found = [...runs.values()].reverse().filter(({ run }) => isWanted(run.key, filter))
      return found.slice(0, filter.limit).map(({ run, underLock }) => ({
        ...run,
        source: sourceOf(run.key),
        status: run.status === 'running' && !locks.has(underLock) ? 'died' : run.status,
      }))
    },
    async commit(batch) {
      const [counts] = await commitAll([batch])
      return counts as Counts
    },
    commitAll,
    readPage: async (key, query) => readPage(collections.get(nameOfKey(key)), query),
    countPage: async (key, query) => countPage(collections.get(nameOfKey(key)), query),
    removeVersions: async (key, request) => removeVersions(key, request),
    records,
    checkpoint: async (key) => collections.get(nameOfKey(key))?.checkpoint,
    checkpoints: async (filter) =>
      [...collections.values()].flatMap(({ key, checkpoint }) =>
        checkpoint && isWanted(key, filter) ? [checkpoint] : [],
      ),
    setCheckpoint: async (key, move) => moveCheckpoint(collectionAt(key), move),
    async removeCheckpoint(key) {
      const to = collectionAt(key)
      const had = to.checkpoint !== undefined
      to.checkpoint = undefined
      return had
    },
    versions,
    async provenance(id) {
      const found: Provenance[] = []
      for (const { key, byId } of collections.values()) {
        for (const { version, added, page, runId } of byId.get(id) ?? []) {
          const addedAt = fromEpochMicroseconds(BigInt(added))
          found.push({ source: sourceOf(key), key, id, version, addedAt, page, runId })
        }
      }
      return found
    },
    async *quarantined(filter) {
      for (const entry of quarantine.values()) if (isWanted(entry.key, filter)) yield entry
    },
    async *conflicts(filter) {
      for (const entry of conflicts.values()) if (isWanted(entry.key, filter)) yield entry
    },
    lookup: async (values) => index.lookup(values),
    async *knownValues(filter = {}) {
      yield* index.knownValues(filter)
    },
    networkLengths: async () => index.networkLengths(),
    countValues: async () => index.countValues(),
    async reindex({ missingOnly = false, onProgress, signal } = {}) {
      if (missingOnly) return { versions: 0, statements: 0, values: 0, unusable: 0 }
      signal?.throwIfAborted()
      read ??= await loadReader()
      index.clear()
      const all = [...collections.values()].flatMap((to) => to.kept.map((kept) => indexed(to, kept)))
      for (const version of all) index.add(version)
      onProgress?.({ done: all.length, total: all.length })
      return { versions: all.length, ...index.counts() }
    },
    async markVanished(key, runId) {
      const seen = runs.get(runId)?.seen
      if (!seen) throw runNotFull(runId)
      const to = collectionAt(key)
      to.vanished.clear()
      for (const id of to.byId.keys()) if (!seen.has(id)) to.vanished.add(id)
      return to.vanished.size
    },
    sources: async () => [...sources.values()],
    collections: async () => storedCollections(),
    async info() {
      const rows = [...collections.values()].filter(isNamed).map((collection) => ({
        ...storedCollection(collection),
        quarantined: [...quarantine.values()].filter(({ key }) => key === collection.key).length,
        conflicts: [...conflicts.values()].filter(({ key }) => key === collection.key).length,
        statements: index.counts(collection.number).statements,
        unusable: index.counts(collection.number).unusable,
      }))
      return { url: 'memory:', driver: 'memory', schemaVersion: 1, sizeBytes: 0, collections: rows }
    },
    async verify() {
      const checked = [...collections.values()].reduce((sum, { kept }) => sum + kept.length, 0)
      return { ok: true, checked, problems: [] }
    },
    prune: async (request) => prune(request),
    async backup() {
      throw new StixTaxiiError('STORE_NOT_KEPT', 'The store in memory has no file that could be copied', {
        kind: 'usage',
        hint: 'Name a store on disk with --store sqlite:PATH.',
      })
    },
    pieces: () => piecesOf(state),
    async fill(pieces) {
      read ??= await loadReader()
      const keep = (to: KeptCollection, kept: Kept) => keepVersion(to, { ...kept, version: versionOf(kept.item) })
      await fillMemory(state, { collectionAt, keep }, pieces)
    },
    async clear() {
      for (const each of [sources, collections, runs, quarantine, conflicts]) each.clear()
      memoryRecords.clear()
      index.clear()
    },
    async [Symbol.asyncDispose]() {},
  }
}

function nameOfKey(key: CollectionKey): string {
  return JSON.stringify([key.source, key.root, key.collection])
}
