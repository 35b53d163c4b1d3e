import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { seeded } from '../campaign/seeded.ts'

/**
 * A paged TAXII 2.1 collection in a process of its own, made once and kept as bytes, so that it costs as little as
 * possible beside what is measured. Prints its URL. Arguments: OBJECTS PAGE_SIZE THINK_MS plain|gzip first|last [SEED],
 * where `first` or `last` says if `next` stands before or after `objects`. With a seed each body is written in pieces that
 * end anywhere, and the kernel may not join them.
 *
 * The pages are also there as `/raw?page=N`, for curl; `/objects.ndjson` is the truth.
 */
const [objects = 200_000, pageSize = 1000, thinkMs = 0] = process.argv.slice(2, 5).map(Number)
const [coding = 'plain', order = 'first', seed] = process.argv.slice(5)
const random = seed === undefined ? undefined : seeded(Number(seed))
const pageCount = Math.ceil(objects / pageSize)
const type = 'application/taxii+json;version=2.1'
const collection = '91a7b528-80eb-42ed-a74d-c6fbd5a26116'

const uuid = (n: number) =>
  `${((n * 2654435761) % 2 ** 32).toString(16).padStart(8, '0')}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`

/** About 870 bytes, one in a hundred with text that is not ASCII. */
function indicator(n: number): string {
  const stamp = new Date(Date.UTC(2025, 0, 1) + n * 1000).toISOString()
  return JSON.stringify({
    type: 'indicator',
    spec_version: '2.1',
    id: `indicator--${uuid(n)}`,
    created_by_ref: 'identity--0b1e5b0d-6c4f-4f0c-9c93-2f3f0f4d1a11',
    created: stamp,
    modified: stamp,
    name: n % 100 === 0 ? `Indikator für Ålesund ${n}` : `Malicious address number ${n}`,
    description: `Seen by sensor ${n % 97} in campaign ${n % 13}. ${'Further context of no particular meaning. '.repeat(6)}`,
    indicator_types: ['malicious-activity', 'anomalous-activity'],
    pattern: `[ipv4-addr:value = '198.51.${(n >> 8) & 255}.${n & 255}'] OR [domain-name:value = 'host-${n}.example']`,
    pattern_type: 'stix',
    valid_from: stamp,
    labels: ['malicious-activity', `batch-${n % 50}`],
    confidence: n % 101,
    object_marking_refs: ['marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9'],
    external_references: [{ source_name: 'bench', url: `https://host-${n}.example/report`, external_id: String(n) }],
  })
}

function page(index: number): Buffer {
  const rows: string[] = []
  for (let n = index * pageSize; n < Math.min(objects, (index + 1) * pageSize); n++) rows.push(indicator(n))
  const more = index + 1 < pageCount
  const cursor = `"more":${more}${more ? `,"next":"${index + 1}"` : ''}`
  const list = `"objects":[${rows.join(',')}]`
  const body = Buffer.from(order === 'first' ? `{${cursor},${list}}` : `{${list},${cursor}}`)
  return coding === 'gzip' ? gzipSync(body, { level: 6 }) : body
}

const kept = new Map<number, Buffer>()
const keep = objects <= 400_000
function pageOf(index: number): Buffer {
  const known = kept.get(index)
  if (known) return known
  const made = page(index)
  if (keep) kept.set(index, made)
  return made
}
if (keep) for (let index = 0; index < pageCount; index++) pageOf(index)

async function writePieces(response: ServerResponse, body: Buffer, random: () => number): Promise<void> {
  response.socket?.setNoDelay(true)
  for (let from = 0, to = 0; from < body.length; from = to) {
    to = Math.min(body.length, from + Math.ceil(1 + random() ** 6 * 120_000))
    response.write(body.subarray(from, to))
    await new Promise((resolve) => setImmediate(resolve))
  }
  response.end()
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const json = (value: unknown) => {
    response.setHeader('content-type', type)
    response.end(JSON.stringify(value))
  }
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  if (url.pathname === '/taxii2/')
    return json({ title: 'Bench', default: `${origin}/root/`, api_roots: [`${origin}/root/`] })
  if (url.pathname === '/root/') return json({ title: 'Bench', versions: [type], max_content_length: 1 << 24 })
  if (url.pathname === '/root/collections/') return json({ collections: [described] })
  if (url.pathname === `/root/collections/${collection}/`) return json(described)
  if (url.pathname !== `/root/collections/${collection}/objects/` && url.pathname !== '/raw') {
    response.statusCode = 404
    return response.end()
  }
  const index = Number(url.searchParams.get('page') ?? url.searchParams.get('next') ?? 0)
  setTimeout(() => {
    const body = pageOf(index)
    const last = new Date(Date.UTC(2025, 0, 1) + (index + 1) * pageSize * 1000).toISOString().replace('Z', '000Z')
    response.writeHead(200, {
      'content-type': type,
      'content-length': body.length,
      ...(coding === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
      'x-taxii-date-added-first': '2025-01-01T00:00:00.000000Z',
      'x-taxii-date-added-last': last,
    })
    if (random) void writePieces(response, body, random)
    else response.end(body)
  }, thinkMs)
})
const described = {
  id: collection,
  title: 'Bench',
  can_read: true,
  can_write: false,
  media_types: ['application/stix+json;version=2.1'],
}
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(
    `${JSON.stringify({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      collection,
      pages: pageCount,
      bytes: [...kept.values()].reduce((sum, body) => sum + body.length, 0),
    })}\n`,
  )
})
