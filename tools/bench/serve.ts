import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Item } from '../../src/stix/item.ts'
import { openStore } from '../../src/store/registry.ts'
import { admin, peersFolder, startOpenTaxii } from '../../test/slow/peers/opentaxii.ts'
import type { Bench, BenchRow } from './rows.ts'
import { clock, makeFeed } from './store.ts'

const program = path.resolve('bin/stixtaxii.js')
const pageSize = 1000
const parallel = 4
const mediaType = 'application/taxii+json;version=2.1'

/**
 * V1: what one `serve` answers to four clients that ask as fast as they get: pages of 1,000 objects from random places of a
 * collection, and filtered reads of a large one; beside it OpenTAXII under gunicorn with two workers, with the same objects
 * (STIXTAXII_PEERS names its virtual environment; without it there is no rival). Then adding 100,000 objects by POST.
 */
export const benchServe: Bench = async ({ quick }) => {
  const [small, large] = quick ? [5_000, 20_000] : [20_000, 1_000_000]
  const seconds = quick ? 2 : 15
  const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-bench-'))
  try {
    await fill(path.join(folder, 'small.db'), small)
    await fill(path.join(folder, 'large.db'), large)
    const ours = await withServer(path.join(folder, 'small.db'), (server) => readPages(server, seconds))
    const rival = peersFolder === undefined ? undefined : await measureOpenTaxii(small, seconds, folder)
    const rows = [pageRow(ours, rival, small)]
    rows.push(...(await withServer(path.join(folder, 'large.db'), (server) => readFiltered(server, seconds, large))))
    rows.push(await measureAdding(path.join(folder, 'add.db'), quick ? 10_000 : 100_000))
    return rows
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Served {
  readonly origin: string
  readonly collection: string
  readonly headers: Readonly<Record<string, string>>
  readonly pid: number | undefined
}

interface Load {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMiB: number
}

/** A store with one collection of so many objects, in the order of their adding. */
async function fill(file: string, objects: number): Promise<void> {
  const identity = { pid: process.pid, host: hostname() }
  await using store = await openStore(file, { clock, identity })
  const source = { id: 's1', name: 'bench' }
  const key = { source: 's1', root: 'https://taxii.example/root/', collection: 'c1' }
  const startedAt = new Date().toISOString().replace('Z', '000Z')
  const runId = await store.beginRun({ source, key, version: '2.1', startedAt })
  for (let done = 0; done < objects; done += 10_000) {
    const items: readonly Item[] = makeFeed(Math.min(10_000, objects - done), done)
    const page = { url: key.root, digest: 'ab'.repeat(32), receivedAt: startedAt }
    await store.commit({ key, runId, parts: [{ page, items, damaged: [] }], checkpoint: () => undefined })
  }
  await store.finishRun(runId, { finishedAt: startedAt, status: 'ok' })
}

async function withServer<T>(file: string, work: (server: Served) => Promise<T>): Promise<T> {
  const flags = ['serve', '--port', '0', '--store', file, '-o', 'ndjson', '--log-level', 'warn', '--quiet']
  const child = spawn(process.execPath, [program, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [line] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [string]
    const { url } = JSON.parse(line) as { url: string }
    const headers = { accept: mediaType }
    const listed = await read(`${url}/default/collections/`, headers)
    const [first] = (JSON.parse(listed.toString()) as { collections?: { id: string }[] }).collections ?? []
    return await work({ origin: `${url}/default`, collection: first?.id ?? '', headers, pid: child.pid })
  } finally {
    await stop(child)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

async function readPages(server: Served, seconds: number): Promise<Load> {
  const objects = `${server.origin}/collections/${server.collection}/objects/?limit=${pageSize}`
  const places = await placesOf(server)
  const first = JSON.parse((await read(objects, server.headers)).toString()) as { objects: unknown[]; more?: boolean }
  if (first.objects.length !== pageSize) throw new Error(`a page has ${first.objects.length} objects`)
  return load(
    server,
    seconds,
    (turn) => `${objects}&added_after=${encodeURIComponent(places[turn % places.length] ?? '')}`,
  )
}

/** Stamps of a walk through the whole collection: where pages of 1,000 begin. The last, short page is left out. */
async function placesOf(server: Served): Promise<readonly string[]> {
  const places = ['2000-01-01T00:00:00.000000Z']
  for (;;) {
    const after = encodeURIComponent(places.at(-1) ?? '')
    const url = `${server.origin}/collections/${server.collection}/objects/?limit=${pageSize}&added_after=${after}`
    const { headers, body } = await exchange(url, server.headers)
    const { more, objects } = JSON.parse(body.toString()) as { more?: boolean; objects?: unknown[] }
    if (objects?.length !== pageSize || !more) return places.length > 1 ? places.slice(0, -1) : places
    places.push(String(headers['x-taxii-date-added-last']))
    if (places.length > 50) return places
  }
}

async function readFiltered(server: Served, seconds: number, objects: number): Promise<readonly BenchRow[]> {
  const base = `${server.origin}/collections/${server.collection}/objects/`
  const page = JSON.parse((await read(`${base}?limit=1000`, server.headers)).toString()) as {
    objects: { id: string }[]
  }
  const byId = await load(server, seconds, (turn) => `${base}?match[id]=${page.objects[turn % 1000]?.id}`)
  const byType = await load(server, seconds, () => `${base}?match[type]=malware&limit=100`)
  const middle = await load(server, seconds, () => `${base}?limit=1000&added_after=2000-01-01T00:00:00Z`)
  return [
    informed(`one object by id, of ${objects}`, byId),
    informed(`a page by a type that is not there, of ${objects}`, byType),
    informed(`the first page of 1,000, of ${objects}`, middle),
  ]
}

function informed(what: string, { requestsPerSecond, p50Ms, p99Ms, rssMiB }: Load): BenchRow {
  const ours = `${requestsPerSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ${rssMiB.toFixed(0)} MiB`
  return { goal: 'V1', what, ours, beside: '', ratio: '', wanted: '' }
}

function pageRow(ours: Load, rival: Load | undefined, objects: number): BenchRow {
  const told = ({ requestsPerSecond, p99Ms, rssMiB }: Load): string =>
    `${requestsPerSecond.toFixed(1)}/s, p99 ${p99Ms.toFixed(0)} ms, ${rssMiB.toFixed(0)} MiB`
  const ratio = rival && ours.requestsPerSecond / rival.requestsPerSecond
  return {
    goal: 'V1',
    what: `pages of 1,000 of ${objects} objects, ${parallel} clients`,
    ours: told(ours),
    beside: rival ? `OpenTAXII ${told(rival)}` : 'no OpenTAXII here',
    ratio: ratio === undefined ? '' : `${ratio.toFixed(1)} x`,
    wanted: '10 x, lower p99',
    held: ratio === undefined || rival === undefined ? undefined : ratio >= 10 && ours.p99Ms < rival.p99Ms,
  }
}

/** Clients that ask again as soon as they have their answer. */
async function load(server: Served, seconds: number, urlOf: (turn: number) => string): Promise<Load> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: parallel })
  const times: number[] = []
  let turn = 0
  await read(urlOf(turn), server.headers, agent)
  const begun = performance.now()
  const client = async (): Promise<void> => {
    while (performance.now() - begun < seconds * 1000) {
      const asked = performance.now()
      await read(urlOf(turn++), server.headers, agent)
      times.push(performance.now() - asked)
    }
  }
  await Promise.all(Array.from({ length: parallel }, client))
  const wall = (performance.now() - begun) / 1000
  agent.destroy()
  const sorted = times.sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { requestsPerSecond: times.length / wall, p50Ms: at(0.5), p99Ms: at(0.99), rssMiB: await rssOf(server.pid) }
}

async function rssOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024
}

async function read(url: string, headers: Readonly<Record<string, string>>, agent?: http.Agent): Promise<Buffer> {
  return (await exchange(url, headers, { agent })).body
}

interface More {
  readonly agent?: http.Agent | undefined
  readonly method?: 'GET' | 'POST'
  readonly body?: Buffer
}

async function exchange(
  url: string,
  headers: Readonly<Record<string, string>>,
  { agent, method = 'GET', body }: More = {},
): Promise<{ readonly body: Buffer; readonly headers: http.IncomingHttpHeaders }> {
  const request = http.request(url, { method, headers, ...(agent && { agent }) })
  request.end(body)
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of answer) parts.push(part as Buffer)
  const whole = Buffer.concat(parts)
  const status = answer.statusCode ?? 0
  if (status >= 300) throw new Error(`${url} answered ${status}: ${whole.toString().slice(0, 300)}`)
  return { body: whole, headers: answer.headers }
}

async function measureOpenTaxii(objects: number, seconds: number, folder: string): Promise<Load> {
  await using rival = await startOpenTaxii(2)
  const file = path.join(folder, 'bundle.json')
  const parsed = makeFeed(objects).map(({ raw }) => JSON.parse(raw.toString()) as unknown)
  await writeFile(file, JSON.stringify({ objects: parsed }))
  const login = [admin.username, admin.password] as const
  await rival.python('push_taxii2.py', `${rival.origin}/taxii2/`, ...login, file)
  const headers = { accept: mediaType, authorization: `Basic ${Buffer.from(login.join(':')).toString('base64')}` }
  const discovery = JSON.parse((await read(`${rival.origin}/taxii2/`, headers)).toString()) as { default: string }
  const root = new URL(discovery.default, rival.origin).href.replace(/\/$/, '')
  const listed = JSON.parse((await read(`${root}/collections/`, headers)).toString()) as {
    collections: { id: string }[]
  }
  // Awaited here: the rival would be stopped before it was asked.
  return await readPages(
    { origin: root, collection: listed.collections[0]?.id ?? '', headers, pid: rival.pid },
    seconds,
  )
}

/** POSTs of 1,000 objects, one after the other, to a collection of our own. */
async function measureAdding(file: string, objects: number): Promise<BenchRow> {
  const run = async (...argv: string[]): Promise<void> => {
    const child = spawn(process.execPath, [program, ...argv, '--store', file], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [status] = (await once(child, 'exit')) as [number]
    if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}`)
  }
  await run('server', 'collection', 'create', 'drops', '--public', '--public-write')
  return withServer(file, async (server) => {
    const url = `${server.origin}/collections/${server.collection}/objects/`
    const agent = new http.Agent({ keepAlive: true })
    const before = await rssOf(server.pid)
    let spent = 0
    for (let done = 0; done < objects; done += pageSize) {
      const body = Buffer.from(
        `{"objects":[${makeFeed(pageSize)
          .map(({ raw }) => raw.toString())
          .join(',')}]}`,
      )
      const headers = { ...server.headers, 'content-type': mediaType, 'content-length': String(body.length) }
      const begun = performance.now()
      const answer = await exchange(url, headers, { agent, method: 'POST', body })
      spent += performance.now() - begun
      const job = JSON.parse(answer.body.toString()) as { success_count: number }
      if (job.success_count !== pageSize) throw new Error(`a POST stored ${job.success_count} objects`)
    }
    const after = await rssOf(server.pid)
    agent.destroy()
    const ours = `${(spent / 1000).toFixed(1)} s, ${((objects / spent) * 1000).toFixed(0)} objects/s, ${before.toFixed(0)} to ${after.toFixed(0)} MiB`
    return { goal: 'V1', what: `adding ${objects} objects by POSTs of 1,000`, ours, beside: '', ratio: '', wanted: '' }
  })
}
