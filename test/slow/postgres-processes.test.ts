import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTaxii2Server, type Taxii2Server } from '../../src/simulate/taxii2-server.ts'
import { temporaryFolder, type CliResult } from '../support/run-cli.ts'
import { runProgram } from '../support/run-program.ts'
import { ask } from '../serve/a-running-server.ts'
import { aPostgres, type APostgres } from './a-postgres.ts'
import { startServing, taxii21 } from './a-serving-program.ts'

/** Processes of the built program on one database, as on several machines: each has a home of its own. */

const count = 600
const objectsOf = (feed: number) =>
  Array.from({ length: count }, (_, n) => ({
    type: 'indicator',
    spec_version: '2.1',
    id: `indicator--00000000-0000-4000-800${feed}-${String(n).padStart(12, '0')}`,
    created: '2026-01-01T00:00:00.000Z',
    modified: '2026-01-01T00:00:00.000Z',
    pattern: `[domain-name:value = 'd${n}.feed${feed}.example']`,
    pattern_type: 'stix',
    valid_from: '2026-01-01T00:00:00Z',
  }))

let server: APostgres
beforeAll(async () => {
  server = await aPostgres()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

/** A feed whose answers wait from the third page on until they are let go. */
async function aFeed(feed: number, isHeld = false) {
  let given = 0
  let open = (): void => undefined
  let reach = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  const reached = new Promise<void>((resolve) => (reach = resolve))
  const taxii = await startTaxii2Server({
    collections: [{ id: 'c1', objects: objectsOf(feed) }],
    pageCap: 50,
    async onRequest({ path }) {
      if (!isHeld || !path.endsWith('/objects/') || given++ < 2) return undefined
      reach()
      await opened
      return undefined
    },
  })
  return { taxii, reached, open, [Symbol.asyncDispose]: () => taxii.close() }
}

const program = (url: string, argv: readonly string[], more: { taxii?: Taxii2Server; onStart?: Started } = {}) =>
  runProgram(argv, {
    folder: temporaryFolder(),
    env: { STIXTAXII_STORE: url, ...(more.taxii && { STIXTAXII_URL: more.taxii.discoveryUrl }) },
    onStart: more.onStart,
  })
type Started = (child: ChildProcess) => void

const fetching = ['fetch', '--since', '2025-12-01T00:00:00Z', '-o', 'json']
const totals = (result: CliResult) => (JSON.parse(result.stdout) as { totals: Record<string, number> }).totals

async function expectWhole(url: string, versions: number): Promise<void> {
  const lines = (await program(url, ['export', '--format', 'ndjson'])).stdout.split('\n').filter(Boolean)
  const ids = new Set(lines.map((line) => (JSON.parse(line) as { id: string }).id))
  expect({ lines: lines.length, ids: ids.size }).toEqual({ lines: versions, ids: versions })
  const { exitCode, stdout } = await program(url, ['store', 'verify', '-o', 'json'])
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 })
}

describe('one database', () => {
  it('L7: a second fetch of a source waits, then ends as a conflict that names the first; a third waits long enough', async () => {
    const url = await server.freshUrl()
    await using feed = await aFeed(1, true)
    let pid: number | undefined
    const first = program(url, fetching, { taxii: feed.taxii, onStart: (child) => (pid = child.pid) })
    await feed.reached
    const second = await program(url, [...fetching, '--lock-timeout', '300ms'], { taxii: feed.taxii })
    expect(second.exitCode).toBe(6)
    expect(second.stderr).toContain(`process ${pid}`)
    const third = program(url, [...fetching, '--lock-timeout', '60s'], { taxii: feed.taxii })
    feed.open()
    expect(totals(await first)).toMatchObject({ new: count })
    expect(totals(await third)).toMatchObject({ new: 0 })
    await expectWhole(url, count)
  })

  it('L7: a fetch that is killed holds nothing, and the next completes the set', async () => {
    const url = await server.freshUrl()
    await using feed = await aFeed(1, true)
    const first = program(url, fetching, {
      taxii: feed.taxii,
      onStart: (child) => void feed.reached.then(() => child.kill('SIGKILL')),
    })
    await feed.reached
    expect((await first).exitCode).toBe(128)
    feed.open()
    const next = await program(url, [...fetching, '--lock-timeout', '10s'], { taxii: feed.taxii })
    expect({ exitCode: next.exitCode, stderr: next.stderr }).toMatchObject({ exitCode: 0 })
    await expectWhole(url, count)
  })

  it('two fetch two sources while others read: each object is there once, and nobody is told of half a page', async () => {
    const url = await server.freshUrl()
    await using one = await aFeed(1)
    await using two = await aFeed(2)
    let isOver = false
    const fetches = Promise.all([one, two].map(({ taxii }) => program(url, fetching, { taxii }))).finally(
      () => (isOver = true),
    )
    const seen: number[] = []
    const reading = async () => {
      while (!isOver) {
        const { exitCode, stdout, stderr } = await program(url, ['export', '--format', 'ndjson'])
        // Before the first of them has made the tables there is no store.
        if (exitCode === 5) continue
        expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
        seen.push(stdout.split('\n').filter(Boolean).length)
      }
    }
    const [results] = await Promise.all([fetches, reading(), reading()])
    for (const result of results) expect(totals(result)).toMatchObject({ new: count, received: count })
    expect(seen.filter((lines) => lines % 50 !== 0)).toEqual([])
    await expectWhole(url, 2 * count)
    const { stdout } = await program(url, ['lookup', 'd7.feed2.example', '-o', 'json'])
    expect(stdout).toContain('d7.feed2.example')
  })

  it('what is copied while it is fetched is fetched to the end in the copy, each object once', async () => {
    const [from, to] = [await server.freshUrl(), await server.freshUrl()]
    await using feed = await aFeed(1, true)
    const first = program(from, fetching, { taxii: feed.taxii })
    await feed.reached
    const copy = await program(from, ['store', 'copy', to, '-o', 'json'])
    expect({ exitCode: copy.exitCode, stderr: copy.stderr }).toMatchObject({ exitCode: 0 })
    feed.open()
    await first
    expect((await program(to, fetching, { taxii: feed.taxii })).exitCode).toBe(0)
    await expectWhole(to, count)
  })

  it('L14: four servers over it give each poller each object once, in order, while two fetch into it', async () => {
    const url = await server.freshUrl()
    await using one = await aFeed(1)
    await using two = await aFeed(2)
    expect(await program(url, ['server', 'collection', 'create', 'Of our own'])).toMatchObject({ exitCode: 0 })
    const serving = await Promise.all(
      Array.from({ length: 4 }, () => startServing(temporaryFolder(), ['--store', url])),
    )
    try {
      let isOver = false
      const fetches = Promise.all([one, two].map(({ taxii }) => program(url, fetching, { taxii }))).finally(
        () => (isOver = true),
      )
      const polled = await Promise.all(serving.map(({ url: base }) => pollAll(base, () => isOver)))
      for (const result of await fetches) expect(totals(result)).toMatchObject({ new: count, received: count })
      for (const { ids, stamps } of polled) {
        expect({ given: ids.length, distinct: new Set(ids).size }).toEqual({ given: 2 * count, distinct: 2 * count })
        for (const list of stamps) expect(list).toEqual([...new Set(list)].sort())
      }
      const [first, ...rest] = polled
      for (const other of rest) expect(other.stamps).toEqual(first?.stamps)
      await expectWhole(url, 2 * count)
    } finally {
      for (const { child, ended } of serving) {
        child.kill('SIGTERM')
        expect(await ended).toBe(0)
      }
    }
  })
})

/** Asks a server for what is new in every collection, page by page, until it is told that nothing comes any more. */
async function pollAll(base: string, isOver: () => boolean) {
  const get = async (path: string) => {
    const answer = await ask(`${base}${path}`, { headers: { accept: taxii21 } })
    expect(answer.status).toBe(200)
    return { ...answer, json: JSON.parse(answer.text || '{}') as { objects?: Dated[]; collections?: { id: string }[] } }
  }
  const collections = new Map<string, { ids: string[]; stamps: string[] }>()
  for (let isLast = false; !isLast;) {
    isLast = isOver()
    for (const { id } of (await get('/default/collections/')).json.collections ?? []) {
      const known = collections.get(id) ?? { ids: [], stamps: [] }
      collections.set(id, known)
      for (let isEmpty = false; !isEmpty;) {
        const after = known.stamps.at(-1) ?? '2000-01-01T00:00:00Z'
        const path = `/default/collections/${id}`
        const { json, headers } = await get(`${path}/objects/?limit=37&added_after=${after}`)
        const objects = json.objects ?? []
        isEmpty = objects.length === 0
        known.ids.push(...objects.map((object) => object.id))
        const last = headers['x-taxii-date-added-last']
        if (!isEmpty) known.stamps.push(String(last))
      }
    }
  }
  const found = [...collections].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each)
  const manifests = await Promise.all(
    [...collections.keys()].sort().map(async (id) => {
      const path = `/default/collections/${id}/manifest/?limit=${2 * count}`
      return ((await get(path)).json.objects ?? []).map(({ date_added: added }) => String(added))
    }),
  )
  return { ids: found.flatMap(({ ids }) => ids), stamps: manifests }
}

interface Dated {
  readonly id: string
  readonly date_added?: string
}
