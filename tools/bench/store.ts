import { createHash } from 'node:crypto'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import type { Clock } from '../../src/core/ports.ts'
import { describeObject, isDamaged } from '../../src/stix/describe.ts'
import type { Item } from '../../src/stix/item.ts'
import { connect, type Binding } from '../../src/store/sqlite/binding.ts'
import { loadLibsql } from '../../src/store/sqlite/bindings/libsql.ts'
import { hasNodeSqlite, loadNodeSqlite } from '../../src/store/sqlite/bindings/node-sqlite.ts'
import { openSqliteStore } from '../../src/store/sqlite/driver.ts'
import type { Counts, PagePart, Store } from '../../src/store/store.ts'
import { median, type Bench, type BenchRow } from './rows.ts'

const pageSize = 5000
const pagesPerCommit = 2
export const clock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
const key = { source: 's1', root: 'https://taxii.example/root/', collection: 'c1' }

/**
 * S1: objects into a store on disk, their values indexed, one transaction for two pages of 5,000, synchronous FULL; then the
 * same feed again, and every known value once.
 * Objects come described, as `fetch` has them; ids are random, as those of real feeds are. Beside it, in the same run,
 * what SQLite does with one plain row of JSON for each object.
 */
export const benchStore: Bench = async ({ quick }) => {
  const objects = quick ? 10_000 : 200_000
  const feed = makeFeed(objects)
  const rawBytes = feed.reduce((sum, item) => sum + item.raw.length, 0)
  const bindings = [await loadLibsql(), ...(hasNodeSqlite() ? [await loadNodeSqlite()] : [])]
  const rows: BenchRow[] = []
  for (const binding of bindings) {
    const rounds: Figures[] = []
    for (let round = 0; round < (quick ? 1 : 5); round++) rounds.push(await measureRound(binding, feed))
    rows.push(...rowsOf(binding, rounds, objects, rawBytes))
  }
  return rows
}

interface Figures {
  readonly newMs: number
  readonly newCpuMs: number
  readonly againMs: number
  readonly againCpuMs: number
  readonly valuesMs: number
  readonly valuesCpuMs: number
  readonly plainMs: number
  readonly fileBytes: number
}

async function measureRound(binding: Binding, feed: readonly Item[]): Promise<Figures> {
  const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-bench-'))
  try {
    const file = path.join(folder, 'store.db')
    const identity = { pid: process.pid, host: hostname() }
    let fresh: Timed
    let again: Timed
    let values: Timed
    {
      await using store = await openSqliteStore(file, { clock, identity, binding })
      fresh = await timed(store, feed, 'new')
      again = await timed(store, feed, 'unchanged')
      values = await timedValues(store, feed.length)
      const { ok, checked } = await store.verify()
      if (!ok || checked !== feed.length) throw new Error(`the store has ${checked} of ${feed.length} objects`)
    }
    const { size: fileBytes } = await stat(file)
    return {
      newMs: fresh.ms,
      newCpuMs: fresh.cpuMs,
      againMs: again.ms,
      againCpuMs: again.cpuMs,
      valuesMs: values.ms,
      valuesCpuMs: values.cpuMs,
      fileBytes,
      plainMs: plainRows(binding, path.join(folder, 'plain.db'), feed),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Timed {
  readonly ms: number
  /** Of all threads: segments are deflated beside the main one. */
  readonly cpuMs: number
}

export async function timed(store: Store, feed: readonly Item[], outcome: 'new' | 'unchanged'): Promise<Timed> {
  const startedAt = new Date().toISOString()
  const runId = await store.beginRun({ source: { id: 's1', name: 'bench' }, key, version: '2.1', startedAt })
  const begun = performance.now()
  const cpu = process.cpuUsage()
  let counted = 0
  for (let at = 0; at < feed.length; at += pageSize * pagesPerCommit) {
    const parts: PagePart[] = []
    for (let page = 0; page < pagesPerCommit; page++) {
      const items = feed.slice(at + page * pageSize, at + (page + 1) * pageSize)
      if (items.length > 0) parts.push({ page: pageRecord(startedAt), items, damaged: [] })
    }
    const checkpoint = () => ({ stamp: startedAt, run: null })
    const counts: Counts = await store.commit({ key, runId, parts, checkpoint })
    counted += counts[outcome]
  }
  const ms = performance.now() - begun
  const { user, system } = process.cpuUsage(cpu)
  if (counted !== feed.length) throw new Error(`${counted} of ${feed.length} objects counted as ${outcome}`)
  return { ms, cpuMs: (user + system) / 1000 }
}

/** Every known value with its statements, in order. */
async function timedValues(store: Store, wanted: number): Promise<Timed> {
  const begun = performance.now()
  const cpu = process.cpuUsage()
  let counted = 0
  for await (const { statements } of store.knownValues()) counted += statements.length
  const { user, system } = process.cpuUsage(cpu)
  if (counted !== wanted) throw new Error(`${counted} of ${wanted} indicators are known by their value`)
  return { ms: performance.now() - begun, cpuMs: (user + system) / 1000 }
}

function pageRecord(receivedAt: string): PagePart['page'] {
  return { url: 'https://taxii.example/root/collections/c1/objects/', digest: '00'.repeat(32), receivedAt }
}

/** The obvious table: id, version, JSON; one insert for each object, the same transactions and settings. */
function plainRows(binding: Binding, file: string, feed: readonly Item[]): number {
  const database = connect(binding, file)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536')
  database.exec('CREATE TABLE object (id TEXT, version TEXT, body TEXT, PRIMARY KEY (id, version)) STRICT')
  const begun = performance.now()
  for (let at = 0; at < feed.length; at += pageSize * pagesPerCommit) {
    database.exec('BEGIN IMMEDIATE')
    for (const item of feed.slice(at, at + pageSize * pagesPerCommit)) {
      const version = item.kind === 'object' ? item.version : ''
      database.run('INSERT OR IGNORE INTO object VALUES (?, ?, ?)', [item.id, version, item.raw.toString()])
    }
    database.exec('COMMIT')
  }
  const ms = performance.now() - begun
  database.close()
  return ms
}

function rowsOf(binding: Binding, rounds: readonly Figures[], objects: number, rawBytes: number): BenchRow[] {
  const rate = (of: keyof Figures) => objects / (median(rounds.map((round) => round[of])) / 1000)
  const perSecond = (value: number) => `${(value / 1000).toFixed(1)} k/s`
  const [fresh, again, plain] = [rate('newMs'), rate('againMs'), rate('plainMs')]
  const size = median(rounds.map((round) => round.fileBytes)) / rawBytes
  const row = (what: string, rest: Omit<BenchRow, 'goal' | 'what'>): BenchRow => ({
    goal: 'S1',
    what: `${what}, ${binding.name}`,
    ...rest,
  })
  return [
    row(`${objects / 1000} k new objects and their values`, {
      ours: `${perSecond(fresh)} (${perSecond(rate('newCpuMs'))} of cpu)`,
      beside: `plain rows ${perSecond(plain)}`,
      ratio: (fresh / plain).toFixed(2),
      wanted: '>= 20 k/s',
      held: fresh >= 20_000,
    }),
    row('the same again', {
      ours: `${perSecond(again)} (${perSecond(rate('againCpuMs'))} of cpu)`,
      beside: `plain rows ${perSecond(plain)}`,
      ratio: (again / plain).toFixed(2),
      wanted: '>= 150 k/s',
      held: again >= 150_000,
    }),
    row('every known value once', {
      ours: `${perSecond(rate('valuesMs'))} (${perSecond(rate('valuesCpuMs'))} of cpu)`,
      beside: '',
      ratio: '',
      wanted: 'for comparison',
    }),
    row('file beside the raw feed', {
      ours: `${(median(rounds.map((round) => round.fileBytes)) / 2 ** 20).toFixed(0)} MB`,
      beside: `raw ${(rawBytes / 2 ** 20).toFixed(0)} MB`,
      ratio: size.toFixed(2),
      wanted: '<= 0.50',
      held: size <= 0.5,
    }),
  ]
}

/** Indicators of about 870 bytes with what cannot be compressed in the places where real ones have it. */
export function makeFeed(count: number, first = 0): Item[] {
  return Array.from({ length: count }, (_, place) => {
    const n = first + place
    const hex = createHash('sha256').update(`object ${n}`).digest('hex')
    const described = describeObject(Buffer.from(JSON.stringify(indicator(n, hex))))
    if (isDamaged(described)) throw new Error(described.detail)
    return described
  })
}

function indicator(n: number, hex: string): Record<string, unknown> {
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  const stamp = new Date(1_700_000_000_000 + n * 1000).toISOString()
  return {
    type: 'indicator',
    spec_version: '2.1',
    id: `indicator--${uuid}`,
    created_by_ref: 'identity--11111111-1111-4111-8111-111111111111',
    created: stamp,
    modified: stamp,
    name: `File hash ${hex.slice(0, 12)} seen in campaign ${n % 97}`,
    description:
      'A sample that was observed in the wild. It drops a second stage, keeps itself in the registry and asks its ' +
      'command and control server for work every few minutes. See the report for the infrastructure behind it.',
    indicator_types: ['malicious-activity', 'attribution'],
    pattern: `[file:hashes.'SHA-256' = '${createHash('sha256').update(hex).digest('hex')}']`,
    pattern_type: 'stix',
    valid_from: stamp,
    labels: ['malware', `family-${n % 211}`],
    confidence: n % 101,
    external_references: [{ source_name: 'report', url: `https://reports.example/${hex.slice(32, 44)}` }],
    object_marking_refs: ['marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9'],
  }
}
