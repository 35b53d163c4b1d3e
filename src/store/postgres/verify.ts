import { versionOf } from '../compare.ts'
import type { ReadItem } from '../index-reading.ts'
import type { VerifyReport } from '../store.ts'
import { PostgresError, type Connection, type SqlRow } from './connection.ts'
import type { Database } from './database.ts'
import { itemColumns, itemOf, rowOfItem } from './items.ts'
import { checksumOf, digestOf } from './keys.ts'
import type { Place } from '../place.ts'
import { alteredNames, listPlaces, readCheckpoint } from './places.ts'
import { isAltered } from './records.ts'
import { standingOfVersions } from './standing.ts'
import { newIndexCheck } from './verify-index.ts'

const rowsPerQuery = 500
const bytesPerQuery = 8 * 1024 * 1024
const mostProblems = 1000

/**
 * Reads everything, in one moment's picture: the bytes of every version against its digest, its columns against each
 * other, the index of values against what the items say, counts, pages, checkpoints, records. A problem never ends the
 * check of the rest.
 */
export async function verify(database: Database, loadReader: () => Promise<ReadItem>): Promise<VerifyReport> {
  const read = await loadReader()
  return database.reading(async (connection) => {
    const findings = newFindings(connection)
    await findings.guard('the names', async () => {
      for (const problem of await alteredNames(connection)) findings.add(problem)
    })
    let checked = 0
    const places = (await findings.guard('the list of collections', () => listPlaces(connection))) ?? []
    for (const place of places) {
      const name = `${place.source.name} ${place.key.collection}`
      await findings.guard(name, async () => {
        checked += await verifyVersions(connection, read, place, name, findings)
      })
      await findings.guard(name, () => verifyPages(connection, place, name, findings))
      await findings.guard(name, () => verifyCheckpoint(connection, database, place, name, findings))
      await findings.guard(name, () => verifyAsides(connection, place, name, findings))
    }
    await findings.guard('the records', () => verifyRecords(connection, findings))
    await findings.guard('the versions', () => verifyStrays(connection, findings))
    await findings.guard('the notes of superseded versions', () => verifyStanding(connection, findings))
    return { ok: findings.problems.length === 0, checked, problems: findings.problems }
  })
}

interface Findings {
  readonly problems: string[]
  add(problem: string): void
  /** Runs a check; what it throws is a finding. The loss of the connection is none. */
  guard<Result>(what: string, check: () => Promise<Result>): Promise<Result | undefined>
}

/** Each check has a savepoint: a failure inside PostgreSQL ends everything behind it otherwise. */
function newFindings(connection: Connection): Findings {
  const problems: string[] = []
  const add = (problem: string) => {
    if (problems.length < mostProblems && !problems.includes(problem)) problems.push(problem)
  }
  return {
    problems,
    add,
    async guard(what, check) {
      await connection.exec('SAVEPOINT before_check')
      try {
        return await check()
      } catch (error) {
        if (error instanceof PostgresError && error.isLost) throw error
        await connection.exec('ROLLBACK TO SAVEPOINT before_check')
        add(`${what}: ${(error as Error).message}`)
        return undefined
      }
    },
  }
}

/** Returns how many versions were read. */
async function verifyVersions(
  connection: Connection,
  read: ReadItem,
  place: Place,
  name: string,
  findings: Findings,
): Promise<number> {
  const index = await newIndexCheck(connection, place, read)
  let [checked, blocks, after] = [0, 0, Number.MIN_SAFE_INTEGER]
  for (;;) {
    const rows = await someVersions(connection, place.number, after)
    if (rows.length === 0) break
    const items = []
    for (const row of rows) {
      const added = row['added'] as number
      const item = await findings.guard(`${name}, version added at ${added}`, async () => itemOf(row))
      after = added
      checked++
      if (!item) continue
      items.push({ added, item })
      if (item.kind === 'block') blocks++
      if (!isAsWritten(row, rowOfItem(item, { collection: place.number, added, digest: digestOf(item.raw) }))) {
        findings.add(`${name}: ${item.id} ${versionOf(item)} has other bytes than were stored`)
      }
    }
    for (const problem of await index.items(items)) findings.add(`${name}: ${problem}`)
  }
  const rows = await connection.get(
    'SELECT count(DISTINCT id) AS ids, max(added) AS last FROM version WHERE collection = $1',
    [place.number],
  )
  expectEqual(findings, `${name}: versions counted`, place.versions, checked)
  expectEqual(findings, `${name}: ids counted`, place.ids, rows?.['ids'])
  expectEqual(findings, `${name}: blocks counted`, place.blocks, blocks)
  for (const problem of await index.rest()) findings.add(`${name}: ${problem}`)
  if (((rows?.['last'] as number | null) ?? 0) > place.lastAdded)
    findings.add(`${name}: a version is newer than the collection`)
  return checked
}

function someVersions(connection: Connection, collection: number, after: number): Promise<SqlRow[]> {
  return connection.all(
    `SELECT added, ${itemColumns}, moment, digest, raw FROM (
       SELECT *, sum(octet_length(raw)) OVER (ORDER BY added) - octet_length(raw) AS before FROM (
         SELECT * FROM version WHERE collection = $1 AND added > $2 ORDER BY added LIMIT $3
       ) AS next
     ) AS version WHERE before < $4 ORDER BY added`,
    [collection, after, rowsPerQuery, bytesPerQuery],
  )
}

/** Whether the columns are those that the item would be written as. */
function isAsWritten(row: SqlRow, written: ReturnType<typeof rowOfItem>): boolean {
  const names = ['id', 'version', 'moment', 'digest', 'type', 'binding', 'subtype', 'spec', 'revoked', 'rest']
  return names.every((name, place) => {
    const [found, wanted] = [row[name] ?? null, written[place + 2] ?? null]
    return Buffer.isBuffer(found) && Buffer.isBuffer(wanted) ? found.equals(wanted) : found === wanted
  })
}

function expectEqual(findings: Findings, what: string, seen: number, wanted: unknown): void {
  if (seen !== wanted) findings.add(`${what}: ${seen}, not ${String(wanted)}`)
}

/** What is noted as not superseded is what the versions say. */
async function verifyStanding(connection: Connection, findings: Findings): Promise<void> {
  const noted = 'SELECT collection, added, type, decided FROM standing'
  const row = await connection.get(`SELECT count(*) AS rows FROM (
    (${standingOfVersions} EXCEPT ${noted}) UNION ALL (${noted} EXCEPT (${standingOfVersions}))) AS different`)
  if (row?.['rows'] !== 0) findings.add(`${String(row?.['rows'])} notes of superseded versions are wrong`)
}

/** What has no place: it would never be listed. */
async function verifyStrays(connection: Connection, findings: Findings): Promise<void> {
  const ofNoCollection = ['version', 'statement', 'stated', 'stated_long', 'relation', 'named']
  for (const table of ofNoCollection) {
    const row = await connection.get(
      `SELECT count(*) AS rows FROM ${table} WHERE NOT EXISTS
       (SELECT 1 FROM collection WHERE collection.number = ${table}.collection)`,
    )
    if (row?.['rows'] !== 0) findings.add(`${String(row?.['rows'])} rows of ${table} are of no collection`)
  }
  for (const table of ['revoked', 'vanished']) {
    const row = await connection.get(
      `SELECT count(*) AS rows FROM ${table} AS mark WHERE NOT EXISTS
       (SELECT 1 FROM version WHERE version.id = mark.id AND version.collection = mark.collection)`,
    )
    if (row?.['rows'] !== 0) findings.add(`${String(row?.['rows'])} marks of ${table} ids that are not here`)
  }
  for (const row of await connection.all('SELECT number, record, finish FROM run')) {
    for (const text of [row['record'], row['finish']]) {
      if (text !== null && !isJson(String(text))) findings.add(`run ${String(row['number'])} was altered`)
    }
  }
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

async function verifyPages(connection: Connection, place: Place, name: string, findings: Findings): Promise<void> {
  for await (const row of rowsOf(connection, 'SELECT number, run, first, record, checksum FROM page', place)) {
    const [run, first, record] = [row['run'] as number, row['first'] as number, row['record'] as Buffer]
    if (!checksumOf(place.number, run, first, record).equals(row['checksum'] as Buffer)) {
      findings.add(`${name}: the record of page ${String(row['number'])} was altered`)
    }
  }
}

async function verifyCheckpoint(
  connection: Connection,
  { address }: Database,
  place: Place,
  name: string,
  findings: Findings,
): Promise<void> {
  await readCheckpoint(connection, address, place)
  const row = await connection.get('SELECT last_added FROM checkpoint WHERE collection = $1', [place.number])
  if (row && (row['last_added'] as number) > place.lastAdded)
    findings.add(`${name}: the checkpoint is ahead of the data`)
}

async function verifyAsides(connection: Connection, place: Place, name: string, findings: Findings): Promise<void> {
  for await (const row of rowsOf(connection, 'SELECT number, record, raw, checksum FROM quarantine', place)) {
    if (!checksumOf(row['record'] as Buffer, row['raw'] as Buffer).equals(row['checksum'] as Buffer)) {
      findings.add(`${name}: quarantine entry ${String(row['number'])} was altered`)
    }
  }
  for await (const row of rowsOf(connection, 'SELECT number, record, kept, other, checksum FROM conflict', place)) {
    const sum = checksumOf(row['record'] as Buffer, row['kept'] as Buffer, row['other'] as Buffer)
    if (!sum.equals(row['checksum'] as Buffer)) findings.add(`${name}: conflict ${String(row['number'])} was altered`)
  }
}

async function verifyRecords(connection: Connection, findings: Findings): Promise<void> {
  for (let [kind, id]: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)]; ;) {
    const rows = await connection.all(
      `SELECT kind, id, owner, revision, expires, body, checksum FROM record
       WHERE (kind, id) > ($1, $2) ORDER BY kind, id LIMIT ${rowsPerQuery}`,
      [kind, id],
    )
    for (const row of rows)
      if (isAltered(row)) findings.add(`the ${String(row['kind'])} ${String(row['id'])} was altered`)
    const last = rows.at(-1)
    if (!last) return
    kind = last['kind'] as Buffer
    id = last['id'] as Buffer
  }
}

async function* rowsOf(connection: Connection, select: string, place: Place): AsyncIterable<SqlRow> {
  for (let last = 0; ;) {
    const rows = await connection.all(`${select} WHERE collection = $1 AND number > $2 ORDER BY number LIMIT 20`, [
      place.number,
      last,
    ])
    yield* rows
    if (rows.length < 20) return
    last = rows.at(-1)?.['number'] as number
  }
}
