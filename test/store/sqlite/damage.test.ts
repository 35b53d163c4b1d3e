import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import type { PageQuery } from '../../../src/store/page-query.ts'
import type { Store } from '../../../src/store/store.ts'
import { all, indicators, keep } from '../../contracts/a-store.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { aBlock, anObject, somethingDamaged } from '../../support/items.ts'
import { anIndicatorSaying, loadSaid, saying } from '../../support/said.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
const run = promisify(execFile)

/** Numbers that are the same in every run. */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 2147483648
  }
}

function idOf(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('')
  return `indicator--${hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`
}

const pageQueries: readonly Omit<PageQuery, 'limit'>[] = [
  { versions: ['last'] },
  { versions: ['first'], specVersions: ['2.1'] },
  { types: ['indicator'] },
  { kind: 'block' },
]

async function pageOf(store: Store, query: Omit<PageQuery, 'limit'>): Promise<unknown> {
  const { entries, more } = await store.readPage(indicators, { ...query, limit: 200 })
  return [entries.map(({ item, addedAt }) => [item.id, addedAt]), more, await store.countPage(indicators, query)]
}

/** Everything a consumer would ever be told. */
async function told(store: Store): Promise<unknown> {
  const versions = await all(store.versions({}))
  return {
    versions: versions.map(({ item, addedAt, superseded }) => [item.id, item.raw.toString(), addedAt, superseded]),
    checkpoint: await store.checkpoint(indicators),
    provenance: await store.provenance(versions[7]?.item.id ?? ''),
    quarantined: (await all(store.quarantined())).map(({ raw }) => raw.toString()),
    conflicts: (await all(store.conflicts())).map(({ kept, other }) => [kept.toString(), other.toString()]),
    values: await all(store.knownValues({ descriptions: true })),
    counted: await store.countValues(),
    pages: await Promise.all(pageQueries.map((query) => pageOf(store, query))),
    records: await store.records.list('job'),
  }
}

describe.each(bindings.map((binding) => [binding.name, binding] as const))('damage over %s', (name, binding) => {
  const open = (file: string): Promise<Store> =>
    openSqliteStore(file, {
      clock: fakeClock(),
      identity: { pid: 1, host: 'host.example' },
      binding,
      loadReader: loadSaid,
    })
  const fileOf = (what: string) => path.join(folder, `${name.replace(':', '-')}-${what}.db`)

  it(
    'L10, S27: a flipped byte anywhere is found by verify, or changes nothing that is told',
    { timeout: 600_000 },
    async () => {
      const random = sequence(Number(process.env['STIXTAXII_TEST_SEED'] ?? 20261123))
      const whole = fileOf('whole')
      let before: unknown
      {
        await using store = await open(whole)
        const objects = Array.from({ length: 120 }, (_, n) =>
          anIndicatorSaying(
            {
              about: [{ kind: 'domain', value: `d${n}.${random().toString(36).slice(2)}.example` }],
              labels: ['malware'],
            },
            { filler: random().toString(36).repeat(9) },
          ),
        )
        const about = objects.map(({ id }) =>
          saying({
            relations: [{ from: id, type: 'indicates', to: 'malware--m' }],
            named: [{ id: 'malware--m', type: 'malware', name: random().toString(36).repeat(9) }],
          }),
        )
        const clash = anObject({ id: objects[3]?.id as string, name: 'other' })
        const update = anObject({ id: objects[4]?.id as string, modified: '2026-02-01T00:00:00.000Z' })
        await keep(store, [...objects, ...about, aBlock(), clash, update], {
          damaged: [somethingDamaged()],
          move: { stamp: '2026-01-03T00:00:00.123456Z', run: null },
        })
        const expiresAt = '2026-02-02T00:00:00.000000Z'
        await store.records.write(
          objects.map(({ id }) => ({ kind: 'job', id, owner: 'a', expiresAt, body: [random().toString(36)] })),
        )
        before = await told(store)
      }
      const bytes = await readFile(whole)
      const flips = Number(process.env['STIXTAXII_TEST_FLIPS'] ?? 150)
      let found = 0
      for (let flip = 0; flip < flips; flip++) {
        let offset = Math.floor(random() * bytes.length)
        // Most of a small store is empty pages: three in four flips are where something is.
        while (flip % 4 > 0 && bytes[offset] === 0) offset = Math.floor(random() * bytes.length)
        const broken = Buffer.from(bytes)
        broken[offset] = (broken[offset] as number) ^ (1 << Math.floor(random() * 8))
        const file = fileOf(`flip-${flip}`)
        await writeFile(file, broken)
        const seen = await open(file).then(
          async (store) => {
            await using opened = store
            if (!(await opened.verify()).ok) return 'found'
            return await told(opened).catch((error: { code?: string }) => error.code)
          },
          (error: { code: string }) => error.code,
        )
        if (typeof seen === 'string') {
          expect([
            'found',
            'STORE_CORRUPT',
            'STORE_FAILED',
            'STORE_NEWER',
            'STORE_FOREIGN',
            'STORE_UNREADABLE',
          ]).toContain(seen)
          found++
        } else expect({ offset, ...(seen as object) }).toEqual({ offset, ...(before as object) })
      }
      expect(found).toBeGreaterThan(flips / 2)
    },
  )

  it('L10: a damaged segment is STORE_CORRUPT for who reads it, and named by verify', async () => {
    const file = fileOf('segment')
    {
      await using store = await open(file)
      await keep(store, [anObject({ filler: 'x'.repeat(20) })])
    }
    const bytes = await readFile(file)
    // zlib's two first bytes at level 1.
    const at = bytes.indexOf(Buffer.from([0x78, 0x01]))
    expect(at).toBeGreaterThan(0)
    bytes[at + 20] = (bytes[at + 20] as number) ^ 0xff
    await writeFile(file, bytes)
    await using store = await open(file)
    await expect(all(store.versions({}))).rejects.toMatchObject({ code: 'STORE_CORRUPT', kind: 'local' })
    const report = await store.verify()
    expect(report.ok).toBe(false)
    expect(report.problems.join('\n')).toMatch(/acme c1, segment \d+/)
  })

  it(
    'L10: of a store with a damaged byte, unless it does not open or has lost its collections, all but a segment or one in a hundred can still be had',
    { timeout: 600_000 },
    async () => {
      const random = sequence(Number(process.env['STIXTAXII_TEST_SEED'] ?? 20261123))
      const whole = fileOf('to-be-saved')
      const perCommit = 40
      {
        await using store = await open(whole)
        for (let commit = 0; commit < 25; commit++) {
          const objects = Array.from({ length: perCommit }, () =>
            anObject({ id: idOf(random), n: random(), text: random().toString(36) }),
          )
          await keep(store, objects)
        }
      }
      const bytes = await readFile(whole)
      const flips = Number(process.env['STIXTAXII_TEST_FLIPS'] ?? 60)
      const lost: number[] = []
      let unopened = 0
      for (let flip = 0; flip < flips; flip++) {
        let offset = Math.floor(random() * bytes.length)
        while (flip % 4 > 0 && bytes[offset] === 0) offset = Math.floor(random() * bytes.length)
        const broken = Buffer.from(bytes)
        broken[offset] = (broken[offset] as number) ^ (1 << Math.floor(random() * 8))
        const file = fileOf(`saved-${flip}`)
        await writeFile(file, broken)
        const found = new Set<string>()
        let told = 0
        const before = unopened
        const read = async () => {
          await using opened = await open(file)
          for await (const { item } of opened.versions({ onDamaged: () => told++ })) found.add(item.id)
        }
        await read().catch((error: { code?: string }) => {
          // The definitions of the tables and the list of collections, a few KiB however large the store is.
          expect(error.code).toMatch(/^STORE_(CORRUPT|FAILED)$/)
          unopened++
        })
        if (unopened > before) continue
        if (found.size < 25 * perCommit) expect(told).toBeGreaterThan(0)
        lost.push(25 * perCommit - found.size)
      }
      expect(lost.filter((count) => count > perCommit)).toEqual([])
      // One in twenty, and few flips scatter.
      expect(unopened).toBeLessThan(flips / 10 + 6)
    },
  )

  let powers = 0

  it('L2: the file and its log as they are on disk after each commit are the store after that commit', async () => {
    const file = fileOf(`power-${++powers}`)
    await using store = await open(file)
    for (let commit = 1; commit <= 5; commit++) {
      await keep(store, [anObject(), anObject()], { move: { stamp: `2026-01-0${commit}T00:00:00Z`, run: null } })
      const copy = fileOf(`power-${powers}-${commit}`)
      // Another process copies: closing the file in this one would drop the locks it has on it.
      await run('cp', [file, copy])
      await run('cp', [`${file}-wal`, `${copy}-wal`])
      await using after = await open(copy)
      expect(await all(after.versions({}))).toHaveLength(commit * 2)
      expect(await after.checkpoint(indicators)).toMatchObject({ stamp: `2026-01-0${commit}T00:00:00Z` })
    }
  })

  it('L10: without its log the store is as it was before, and sound', async () => {
    const file = fileOf('log')
    await (await open(file))[Symbol.asyncDispose]()
    await using store = await open(file)
    await keep(store, [anObject()])
    await run('cp', [file, fileOf('no-log')])
    await using after = await open(fileOf('no-log'))
    expect((await after.verify()).problems).toEqual([])
  })
})
