import { StixTaxiiError } from '../../core/errors.ts'
import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import { loadItemReader } from '../load-reader.ts'
import type { StoreDependencies } from '../registry.ts'
import { nowMicros } from '../now.ts'
import { runNotFull } from '../store-errors.ts'
import type { CollectionKey, Store, StoreInfo, StoredCollection } from '../store.ts'
import { readAddress } from './address.ts'
import { commitBatches } from './commit.ts'
import { textIn } from './connection.ts'
import { openDatabase, type Database } from './database.ts'
import { clear, fillFrom } from './fill.ts'
import { countValues, knownValues, lookup, networkLengths } from './known-values.ts'
import { listConflicts, listProvenance, listQuarantined, listVersions } from './listings.ts'
import { newLocks } from './locks.ts'
import { migrate, schemaVersion } from './migrate.ts'
import { countPage, readPage } from './pages.ts'
import { findPassword } from './password.ts'
import { piecesOf } from './pieces.ts'
import type { Place } from '../place.ts'
import {
  findPlace,
  listPlaces,
  lockPlace,
  makePlace,
  moveCheckpoint,
  readCheckpoint,
  removeCheckpoint,
} from './places.ts'
import { newRecords } from './records.ts'
import { completeIndex, reindex, startIndex } from './reindex.ts'
import { prune, removeVersions } from './removal.ts'
import { beginRun, findRun, finishRun, listRuns } from './runs.ts'
import { migrations } from './schema.ts'
import { verify } from './verify.ts'

/** Opens the store in PostgreSQL at this URL; its tables are made where they are missing. See `openStore` for the errors. */
export async function openPostgresStore(url: string, dependencies: StoreDependencies): Promise<Store> {
  const { clock, identity, notices, postgres = {} } = dependencies
  const address = readAddress(url)
  const password = () => findPassword(address, { ...postgres, notices })
  const database = await openDatabase({ address, password, clock, identity, sessions: postgres.sessions })
  try {
    await migrate(database, migrations, { create: dependencies.create !== false, notices })
    await startIndex(database)
  } catch (error) {
    await database.close()
    throw error
  }
  return storeOver(database, dependencies)
}

function storeOver(database: Database, dependencies: StoreDependencies): Store {
  const { asking, address } = database
  const { clock, identity, notices, loadReader = loadItemReader } = dependencies
  const indexed = () => completeIndex(database, loadReader, notices)
  const indexReader = { database, loadReader, complete: indexed }
  const locks = newLocks(database, { clock, identity })
  const commitParts = { clock, loadReader, locks }
  let isClosed = false

  return {
    url: address.url,
    features: { persistent: true, concurrentWriters: true },
    lockSource: (source, options) => locks.lock(source, options),
    beginRun: (start) => database.transaction((connection) => beginRun(connection, start, identity)),
    finishRun: (runId, end) => database.transaction((connection) => finishRun(connection, runId, end)),
    runs: (filter = {}) => listRuns(database, locks, filter),
    async commit(batch) {
      const [counts] = await commitBatches(database, commitParts, [batch])
      return counts as NonNullable<typeof counts>
    },
    commitAll: (batches) => commitBatches(database, commitParts, batches),
    readPage: (key, query) => readPage(database, key, query),
    countPage: (key, query) => countPage(database, key, query),
    async removeVersions(key, request) {
      await indexed()
      return removeVersions(database, loadReader, key, request)
    },
    records: newRecords(database, clock),
    async checkpoint(key) {
      const place = await findPlace(asking, key)
      return place && readCheckpoint(asking, address, place)
    },
    checkpoints: (filter) =>
      database.reading(async (connection) => {
        const found = []
        for (const place of await listPlaces(connection, filter)) {
          const checkpoint = await readCheckpoint(connection, address, place)
          if (checkpoint) found.push(checkpoint)
        }
        return found
      }),
    setCheckpoint: (key, move) =>
      database.transaction(async (connection) =>
        moveCheckpoint(connection, address, await makePlace(connection, key), move, nowMicros(clock)),
      ),
    removeCheckpoint: (key) =>
      database.transaction(async (connection) => {
        const place = await lockPlace(connection, key)
        return place !== undefined && removeCheckpoint(connection, place)
      }),
    versions: (filter) => listVersions(database, filter),
    provenance: (id) => listProvenance(database, id),
    quarantined: (filter) => listQuarantined(database, filter),
    conflicts: (filter) => listConflicts(database, filter),
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
      return networkLengths(indexReader)
    },
    async countValues() {
      await indexed()
      return countValues(indexReader)
    },
    reindex: (request) => reindex(database, loadReader, request),
    markVanished: (key, runId) => markVanished(database, key, runId),
    async sources() {
      const rows = await asking.all('SELECT id, name FROM source ORDER BY number')
      return rows.map((row) => ({ id: textIn(row, 'id'), name: textIn(row, 'name') }))
    },
    collections: async () => (await listPlaces(asking)).filter(isNamed).map(collectionOf),
    info: () => info(database),
    verify: () => verify(database, loadReader),
    async prune(request) {
      await indexed()
      return prune(database, loadReader, request)
    },
    async backup() {
      throw new StixTaxiiError('STORE_BACKUP_ELSEWHERE', 'A store in PostgreSQL is copied with PostgreSQL itself', {
        kind: 'usage',
        hint: `Use pg_dump --schema=${address.schema} ${address.database}, or: stixtaxii store copy URL sqlite:FILE`,
        context: { schema: address.schema, database: address.database },
      })
    },
    async *pieces() {
      await indexed()
      yield* piecesOf(database)
    },
    fill: (pieces) => fillFrom(database, loadReader, pieces),
    clear: () => clear(database),
    async [Symbol.asyncDispose]() {
      if (isClosed) return
      isClosed = true
      await locks.close()
      await database.close()
    },
  }
}

async function markVanished(database: Database, key: CollectionKey, runId: string): Promise<number> {
  return database.transaction(async (connection) => {
    const run = await findRun(connection, runId)
    if (!run.full) throw runNotFull(runId)
    const place = await lockPlace(connection, key)
    if (!place) return 0
    await connection.run('DELETE FROM vanished WHERE collection = $1', [place.number])
    return connection.run(
      `INSERT INTO vanished (collection, id) SELECT DISTINCT collection, id FROM version
       WHERE collection = $1 AND NOT EXISTS (SELECT 1 FROM seen WHERE run = $2 AND seen.id = version.id)`,
      [place.number, run.number],
    )
  })
}

function isNamed({ key }: Place): boolean {
  return key.collection !== ''
}

function collectionOf(place: Place): StoredCollection {
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

async function info(database: Database): Promise<StoreInfo> {
  const { address } = database
  return database.reading(async (connection) => {
    const counts = await connection.all(`SELECT number,
        (SELECT count(*) FROM quarantine WHERE quarantine.collection = collection.number) AS quarantined,
        (SELECT count(*) FROM conflict WHERE conflict.collection = collection.number) AS conflicts
      FROM collection`)
    const asides = new Map(counts.map((row) => [row['number'], row]))
    const size = await connection.get(
      `SELECT coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)::bigint AS bytes FROM pg_class
       JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1 AND relkind IN ('r', 'm')`,
      [address.schema],
    )
    const collections = (await listPlaces(connection)).filter(isNamed).map((place) => ({
      ...collectionOf(place),
      quarantined: asides.get(place.number)?.['quarantined'] as number,
      conflicts: asides.get(place.number)?.['conflicts'] as number,
      statements: place.statements,
      unusable: place.unusable,
    }))
    return {
      url: address.url,
      driver: 'postgres',
      schemaVersion: await schemaVersion(connection, address),
      sizeBytes: size?.['bytes'] as number,
      collections,
    }
  })
}
