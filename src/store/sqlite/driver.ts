import { mkdir, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { StixTaxiiError } from '../../core/errors.ts'
import { nearestName } from '../../core/nearest-name.ts'
import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import { loadItemReader } from '../load-reader.ts'
import type { StoreDependencies } from '../registry.ts'
import type { CollectionKey, Counts, PageBatch, Store, StoredCollection, StoreInfo } from '../store.ts'
import { runNotFull } from '../store-errors.ts'
import { bytesOf, textIn, type Binding, type Connection } from './binding.ts'
import { hasNodeSqlite, loadNodeSqlite } from './bindings/node-sqlite.ts'
import { loadLibsql } from './bindings/libsql.ts'
import { commitBatches } from './commit.ts'
import { copyInto } from './copy.ts'
import { openDatabase, reading, type Database } from './database.ts'
import { clear, fillFrom } from './fill.ts'
import { warnOfNetwork } from './file-system.ts'
import { countValues, knownValues, lookup, networkLengths } from './known-values.ts'
import { listConflicts, listProvenance, listQuarantined, listVersions } from './listings.ts'
import { newLocks } from './locks.ts'
import { migrate, schemaVersion } from './migrate.ts'
import { nowMicros } from '../now.ts'
import { newPages } from './pages.ts'
import { piecesOf } from './pieces.ts'
import type { Place } from '../place.ts'
import { findPlace, listPlaces, makePlace, moveCheckpoint, readCheckpoint, removeCheckpoint } from './places.ts'
import { prune } from './prune.ts'
import { newRecords } from './records.ts'
import { removeVersions } from './remove-versions.ts'
import { completeIndex, reindex, startIndex } from './reindex.ts'
import { beginRun, findRun, finishRun, listRuns } from './runs.ts'
import { migrations } from './schema.ts'
import { verify } from './verify.ts'

export interface SqliteDependencies extends StoreDependencies {
  /** Default: Node's own SQLite where it has one, else libsql. */
  readonly binding?: Binding | undefined
}

/** Opens the store in this file, made (0600, its folder 0700) where it is missing. See `openStore` for the errors. */
export async function openSqliteStore(path: string, dependencies: SqliteDependencies): Promise<Store> {
  const file = resolve(path)
  if (dependencies.create === false) await checkThere(file)
  else await makeFile(file)
  await warnOfNetwork(file, dependencies.notices)
  const binding = dependencies.binding ?? (hasNodeSqlite() ? await loadNodeSqlite() : await loadLibsql())
  const database = await reading(file, () => openDatabase(file, binding, dependencies.clock))
  try {
    await reading(file, () => migrate(database, migrations, dependencies))
    await startIndex(database)
  } catch (error) {
    await database.close()
    throw error
  }
  return storeOver(database, dependencies)
}

/** @throws STORE_MISSING (not-found) with the file beside it that was probably meant. Other faults are found when it is opened. */
async function checkThere(file: string): Promise<void> {
  const fault = await stat(file).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code,
  )
  if (fault !== 'ENOENT') return
  const beside = await readdir(dirname(file)).catch(() => [])
  const nearest = nearestName(
    basename(file),
    beside.filter((name) => !/-(?:wal|shm|journal)$/.test(name)),
  )
  throw new StixTaxiiError('STORE_MISSING', `There is no store ${file}`, {
    kind: 'not-found',
    hint:
      nearest === undefined
        ? 'Check --store and STIXTAXII_STORE. A store is made by what stores something: stixtaxii import FILE'
        : `Did you mean ${join(dirname(file), nearest)}?`,
    context: { file },
  })
}

/** Made before SQLite opens it, so that it is never readable by others; SQLite gives its own files the same mode. */
async function makeFile(file: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const handle = await open(file, 'wx', 0o600)
    await handle.close()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return
    throw new StixTaxiiError('STORE_UNREADABLE', `The store ${file} cannot be made: ${(cause as Error).message}`, {
      kind: 'local',
      hint: 'Check that this user may write there, or name another store with --store.',
      context: { file },
      cause,
    })
  }
}

function storeOver(database: Database, dependencies: StoreDependencies): Store {
  const { file, reader, binding } = database
  const { clock, identity, notices, loadReader = loadItemReader } = dependencies
  const indexed = () => completeIndex(database, loadReader, notices)
  const indexReader = { connection: reader, file, loadReader, complete: indexed }
  const locks = newLocks(file, binding, dependencies)
  const commitAll = (batches: readonly PageBatch[]) => commitBatches(database, { clock, loadReader }, batches)
  let isClosed = false

  return {
    url: `sqlite:${file}`,
    features: { persistent: true, concurrentWriters: true },
    async lockSource(source, options) {
      // Whoever locks a source is about to commit. The reader is many files, which Node opens at once: while few others are
      // open it also works with a low limit of descriptors.
      await loadReader()
      return locks.lock(source, options)
    },
    beginRun: (start) => database.transaction((connection) => beginRun(connection, start, identity)),
    finishRun: (runId, end) => database.transaction((connection) => finishRun(connection, runId, end)),
    runs: (filter = {}) => reading(file, () => listRuns(reader, locks, filter)),
    async commit(batch) {
      const [counts] = await commitAll([batch])
      return counts as Counts
    },
    commitAll,
    ...newPages(database),
    async removeVersions(key, request) {
      await indexed()
      return removeVersions(database, loadReader, key, request)
    },
    records: newRecords(database, clock),
    checkpoint: (key) =>
      reading(file, () => {
        const place = findPlace(reader, key)
        return place && readCheckpoint(reader, file, place)
      }),
    checkpoints: (filter) =>
      reading(file, () => listPlaces(reader, filter).flatMap((place) => readCheckpoint(reader, file, place) ?? [])),
    setCheckpoint: (key, move) =>
      database.transaction((connection) =>
        moveCheckpoint(connection, file, makePlace(connection, key), move, nowMicros(clock)),
      ),
    removeCheckpoint: (key) =>
      database.transaction((connection) => {
        const place = findPlace(connection, key)
        return place !== undefined && removeCheckpoint(connection, place)
      }),
    versions: (filter) => listVersions(reader, file, filter),
    provenance: (id) => reading(file, () => listProvenance(reader, id)),
    quarantined: (filter) => listQuarantined(reader, file, filter),
    conflicts: (filter) => listConflicts(reader, file, filter),
    async lookup(values) {
      await indexed()
      return lookup(indexReader, values)
    },
    async *knownValues(filter = {}) {
      await indexed()
      yield* knownValues(indexReader, filter)
    },
    async networkLengths() {
      await indexed()
      return reading(file, () => networkLengths(reader))
    },
    async countValues() {
      await indexed()
      return reading(file, () => countValues(reader))
    },
    reindex: (request) => reindex(database, loadReader, request),
    markVanished: (key, runId) => markVanished(database, key, runId),
    sources: () =>
      reading(file, () =>
        reader
          .all(`SELECT ${bytesOf('id', 'name')} FROM source ORDER BY number`)
          .map((row) => ({ id: textIn(row, 'id'), name: textIn(row, 'name') })),
      ),
    collections: () => reading(file, () => namedPlaces(reader).map(storedCollection)),
    info: () => reading(file, () => info(database)),
    verify: () => verify(database, loadReader),
    async prune(request) {
      await indexed()
      return prune(database, loadReader, request)
    },
    backup: (to) => copyInto(database, resolve(to)),
    async *pieces() {
      await indexed()
      yield* piecesOf(database)
    },
    fill: (pieces) => fillFrom(database, loadReader, pieces),
    clear: () => clear(database),
    async [Symbol.asyncDispose]() {
      if (isClosed) return
      isClosed = true
      locks.close()
      await database.close()
    },
  }
}

async function markVanished(database: Database, key: CollectionKey, runId: string): Promise<number> {
  return database.transaction((connection) => {
    const run = findRun(connection, runId)
    if (!run.full) throw runNotFull(runId)
    const place = findPlace(connection, key)
    if (!place) return 0
    connection.run('DELETE FROM vanished WHERE collection = ?', [place.number])
    return connection.run(
      `INSERT INTO vanished (collection, id) SELECT DISTINCT collection, id FROM version
       WHERE collection = ? AND NOT EXISTS (SELECT 1 FROM seen WHERE run = ? AND seen.id = version.id)`,
      [place.number, run.number],
    )
  })
}

// A run that failed before any collection was known has an unnamed one.
function namedPlaces(reader: Connection): Place[] {
  return listPlaces(reader).filter(({ key }) => key.collection !== '')
}

function storedCollection(place: Place): StoredCollection {
  return {
    source: place.source,
    key: place.key,
    ...(place.title !== undefined && { title: place.title }),
    version: place.version,
    ids: place.ids,
    versions: place.versions,
    blocks: place.blocks,
    ...(place.lastAdded > 0 && { lastAddedAt: fromEpochMicroseconds(BigInt(place.lastAdded)) }),
  }
}

async function info({ file, reader, binding }: Database): Promise<StoreInfo> {
  const countOf = (table: 'quarantine' | 'conflict', place: number) =>
    reader.get(`SELECT count(*) AS rows FROM ${table} WHERE collection = ?`, [place])?.['rows'] as number
  const collections = namedPlaces(reader).map((place) => ({
    ...storedCollection(place),
    quarantined: countOf('quarantine', place.number),
    conflicts: countOf('conflict', place.number),
    statements: place.statements,
    unusable: place.unusable,
  }))
  return {
    url: `sqlite:${file}`,
    driver: binding.name,
    schemaVersion: schemaVersion(reader),
    sizeBytes: (await sizeOf(file)) + (await sizeOf(`${file}-wal`)),
    collections,
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch {
    return 0
  }
}
