import type { VerifyReport } from '../store.ts'
import { versionOf } from '../compare.ts'
import type { ReadItem } from '../index-reading.ts'
import { bytesOf, SqlError, textIn, type Connection, type SqlRow, type SqlValue } from './binding.ts'
import { contentsOf } from './contents.ts'
import type { Database } from './database.ts'
import { checksumOf, digestOf, keyOfId, keyOfVersion, specOf } from './keys.ts'
import type { Place } from '../place.ts'
import { alteredNames, listPlaces, readCheckpoint } from './places.ts'
import { alteredRecords } from './records.ts'
import { readSegment, type SegmentItem } from './segments.ts'
import { latestProblems } from './verify-latest.ts'
import { newIndexCheck } from './verify-index.ts'

/**
 * Reads everything, in one moment's picture: SQLite's own check (which ends it when it finds something), the bytes of every
 * version against its digest, every version against the bytes, the index of values against what the items say, counts,
 * pages, checkpoints, records. A problem never ends the check of the rest.
 */
export async function verify(database: Database, loadReader: () => Promise<ReadItem>): Promise<VerifyReport> {
  const read = await loadReader()
  return database.snapshot((reader) => verifyAll(reader, database.file, read))
}

async function verifyAll(reader: Connection, file: string, read: ReadItem): Promise<VerifyReport> {
  const findings = newFindings()
  await findings.guard('the database', () => {
    for (const row of reader.all(`SELECT ${bytesOf('integrity_check')} FROM pragma_integrity_check`)) {
      const found = textIn(row, 'integrity_check')
      if (found !== 'ok') findings.add(`SQLite: ${found}`)
    }
  })
  // Rows that SQLite finds broken may be read as anything; nothing more can be said of them.
  if (findings.problems.length > 0) return { ok: false, checked: 0, problems: findings.problems }
  await findings.guard('the names', () => {
    for (const problem of alteredNames(reader)) findings.add(problem)
    for (const row of reader.all(`SELECT ${bytesOf('"table"', 'parent')} FROM pragma_foreign_key_check`)) {
      findings.add(`a row of ${String(row['table'])} belongs to no ${String(row['parent'])}`)
    }
  })
  let checked = 0
  const places = (await findings.guard('the list of collections', () => listPlaces(reader))) ?? []
  for (const place of places) {
    const name = `${place.source.name} ${place.key.collection}`
    await findings.guard(name, async () => {
      checked += await verifyVersions(reader, read, place, name, findings)
    })
    await findings.guard(name, () => verifyPages(reader, place, name, findings))
    await findings.guard(name, () => verifyCheckpoint(reader, file, place, name, findings))
    await findings.guard(name, () => verifyAsides(reader, place, name, findings))
  }
  await findings.guard('the versions', () => verifyStrays(reader, findings))
  await findings.guard('the notes of superseded versions', () => {
    for (const problem of latestProblems(reader)) findings.add(problem)
  })
  await findings.guard('the records', () => {
    for (const problem of alteredRecords(reader)) findings.add(problem)
  })
  return { ok: findings.problems.length === 0, checked, problems: findings.problems }
}

const mostProblems = 1000

interface Findings {
  readonly problems: string[]
  add(problem: string): void
  /** Runs a check; what it throws is a finding. */
  guard<Result>(what: string, check: () => Result | Promise<Result>): Promise<Result | undefined>
}

function newFindings(): Findings {
  const problems: string[] = []
  const add = (problem: string) => {
    if (problems.length < mostProblems && !problems.includes(problem)) problems.push(problem)
  }
  return {
    problems,
    add,
    async guard(what, check) {
      try {
        return await check()
      } catch (error) {
        add(`${what}: ${error instanceof SqlError ? `SQLite: ${error.message}` : (error as Error).message}`)
        return undefined
      }
    },
  }
}

/** Returns how many versions were read. */
async function verifyVersions(
  reader: Connection,
  read: ReadItem,
  place: Place,
  name: string,
  findings: Findings,
): Promise<number> {
  const index = newIndexCheck(reader, place, read)
  let [checked, blocks, end] = [0, 0, 0]
  for (let before = 0; ;) {
    const row = reader.get(
      'SELECT first, items, contents, data FROM segment WHERE collection = ? AND first > ? ORDER BY first LIMIT 1',
      [place.number, before],
    )
    if (!row) break
    const first = (before = row['first'] as number)
    const items = await findings.guard(`${name}, segment ${first}`, () => readSegment(first, row['data'] as Buffer))
    if (items && items.length !== row['items'])
      findings.add(`${name}, segment ${first}: ${items.length} items, not ${String(row['items'])}`)
    if (items?.some(({ added }) => added <= end)) findings.add(`${name}, segment ${first}: overlaps the one before`)
    if (items && !isContents(reader, row['contents'] ?? null, items))
      findings.add(`${name}, segment ${first}: has other types than are noted`)
    verifyItems(reader, place, name, items ?? [], findings)
    for (const problem of index.items(items ?? [])) findings.add(`${name}: ${problem}`)
    checked += items?.length ?? 0
    blocks += items?.filter(({ item }) => item.kind === 'block').length ?? 0
    end = Math.max(end, items?.at(-1)?.added ?? 0)
  }
  const rows = reader.get(
    'SELECT count(*) AS versions, count(DISTINCT id) AS ids, max(added) AS last FROM version WHERE collection = ?',
    [place.number],
  )
  expectEqual(findings, `${name}: versions with bytes`, checked, rows?.['versions'])
  expectEqual(findings, `${name}: versions counted`, place.versions, rows?.['versions'])
  expectEqual(findings, `${name}: ids counted`, place.ids, rows?.['ids'])
  expectEqual(findings, `${name}: blocks counted`, place.blocks, blocks)
  for (const problem of siblingProblems(reader, place)) findings.add(`${name}: ${problem}`)
  for (const problem of index.rest()) findings.add(`${name}: ${problem}`)
  if (((rows?.['last'] as number | null) ?? 0) > place.lastAdded)
    findings.add(`${name}: a version is newer than the collection`)
  return checked
}

function expectEqual(findings: Findings, what: string, seen: number, wanted: unknown): void {
  if (seen !== wanted) findings.add(`${what}: ${seen}, not ${String(wanted)}`)
}

function verifyItems(
  reader: Connection,
  place: Place,
  name: string,
  items: readonly SegmentItem[],
  findings: Findings,
): void {
  for (const { item, added } of items) {
    const version = versionOf(item)
    const row = reader.get('SELECT digest, added, spec FROM version WHERE id = ? AND collection = ? AND version = ?', [
      keyOfId(item.id),
      place.number,
      keyOfVersion(version),
    ])
    if (!row) findings.add(`${name}: ${item.id} ${version} has bytes but is not listed`)
    else if (row['added'] !== added)
      findings.add(`${name}: ${item.id} ${version} is listed with another time of adding`)
    else if (!digestOf(item.raw).equals(row['digest'] as Buffer))
      findings.add(`${name}: ${item.id} ${version} has other bytes than were stored`)
    else if (row['spec'] !== null && row['spec'] !== specOf(item))
      findings.add(`${name}: ${item.id} ${version} is listed with another spec version`)
  }
}

/** What is noted of a segment is what is in it, or nothing. */
function isContents(reader: Connection, number: SqlValue, items: readonly SegmentItem[]): boolean {
  if (number === null) return true
  const noted = reader.get('SELECT body FROM contents WHERE number = ?', [number])?.['body']
  const found = JSON.stringify(contentsOf(items.map(({ item }) => item)))
  return Buffer.isBuffer(noted) && noted.equals(Buffer.from(found))
}

/** The versions of ids that have several are noted, each with its id, and no others. */
function siblingProblems(reader: Connection, { number }: Place): readonly string[] {
  const sql = `WITH several AS (SELECT id FROM version WHERE collection = ? GROUP BY id HAVING count(*) > 1)
    SELECT (SELECT count(*) FROM sibling WHERE collection = ?) AS noted, count(*) AS versions,
      coalesce(sum(EXISTS (SELECT 1 FROM sibling WHERE sibling.collection = version.collection
        AND sibling.added = version.added AND sibling.id = version.id)), 0) AS found
    FROM version WHERE collection = ? AND id IN several`
  const row = reader.get(sql, [number, number, number])
  const [noted, versions, found] = [row?.['noted'], row?.['versions'], row?.['found']]
  return noted === versions && found === versions
    ? []
    : [`${String(found)} of ${String(versions)} versions with siblings are noted, in ${String(noted)} notes`]
}

/** What has no place: it would never be listed. */
function verifyStrays(reader: Connection, findings: Findings): void {
  const strays = {
    'versions of no collection':
      'SELECT count(*) AS rows FROM version WHERE collection NOT IN (SELECT number FROM collection)',
    'segments of no collection':
      'SELECT count(*) AS rows FROM segment WHERE collection NOT IN (SELECT number FROM collection)',
    'statements of no collection':
      'SELECT count(*) AS rows FROM statement WHERE collection NOT IN (SELECT number FROM collection)',
    'values of no collection':
      'SELECT count(*) AS rows FROM stated WHERE collection NOT IN (SELECT number FROM collection)',
    'marks of revoked ids that are not here': `SELECT count(*) AS rows FROM revoked WHERE NOT EXISTS
      (SELECT 1 FROM version WHERE version.id = revoked.id AND version.collection = revoked.collection)`,
    'marks of vanished ids that are not here': `SELECT count(*) AS rows FROM vanished WHERE NOT EXISTS
      (SELECT 1 FROM version WHERE version.id = vanished.id AND version.collection = vanished.collection)`,
  }
  for (const [what, sql] of Object.entries(strays)) {
    const rows = reader.get(sql)?.['rows']
    if (rows !== 0) findings.add(`${String(rows)} ${what}`)
  }
  for (const row of reader.all(`SELECT number, ${bytesOf('record', 'finish')} FROM run`)) {
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

function verifyPages(reader: Connection, place: Place, name: string, findings: Findings): void {
  for (const row of rowsOf(reader, `SELECT number, run, first, ${bytesOf('record')}, checksum FROM page`, place)) {
    const [run, first, record] = [row['run'] as number, row['first'] as number, row['record'] as Buffer]
    if (!checksumOf(place.number, run, first, record).equals(row['checksum'] as Buffer)) {
      findings.add(`${name}: the record of page ${String(row['number'])} was altered`)
    }
  }
}

function verifyCheckpoint(reader: Connection, file: string, place: Place, name: string, findings: Findings): void {
  readCheckpoint(reader, file, place)
  const row = reader.get('SELECT last_added FROM checkpoint WHERE collection = ?', [place.number])
  if (row && (row['last_added'] as number) > place.lastAdded)
    findings.add(`${name}: the checkpoint is ahead of the data`)
}

function verifyAsides(reader: Connection, place: Place, name: string, findings: Findings): void {
  for (const row of rowsOf(reader, `SELECT number, ${bytesOf('record')}, raw, checksum FROM quarantine`, place)) {
    if (!checksumOf(row['record'] as Buffer, row['raw'] as Buffer).equals(row['checksum'] as Buffer)) {
      findings.add(`${name}: quarantine entry ${String(row['number'])} was altered`)
    }
  }
  for (const row of rowsOf(reader, `SELECT number, ${bytesOf('record')}, kept, other, checksum FROM conflict`, place)) {
    const sum = checksumOf(row['record'] as Buffer, row['kept'] as Buffer, row['other'] as Buffer)
    if (!sum.equals(row['checksum'] as Buffer)) findings.add(`${name}: conflict ${String(row['number'])} was altered`)
  }
}

function* rowsOf(reader: Connection, select: string, place: Place): Iterable<SqlRow> {
  for (let last = 0; ;) {
    const rows = reader.all(`${select} WHERE collection = ? AND number > ? ORDER BY number LIMIT 100`, [
      place.number,
      last,
    ])
    yield* rows
    if (rows.length < 100) return
    last = rows.at(-1)?.['number'] as number
  }
}
