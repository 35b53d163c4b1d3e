import { randomUUID } from 'node:crypto'
import { fromEpochMicroseconds, timestampOfDate } from '../core/timestamp.ts'
import type { Guard } from './authentication.ts'
import type { Ledger, ServedThing } from './ledger.ts'
import type { SimulatedRequest, SimulatedResponse } from './loopback-server.ts'
import type { createDesk } from './taxii2-desk.ts'
import { cutSlice, readQuery } from './taxii2-filters.ts'
import type { ReadQuery, Refusal, Slice } from './taxii2-filters.ts'
import type { RootOptions, Taxii2Options } from './taxii2-options.ts'
import { collectionRecord, contentRange, writeList, writeObjects } from './taxii2-records.ts'
import type { Shelf, ShelfEntry } from './taxii2-shelf.ts'

/** An API root with its collections. */
export interface RunningRoot {
  readonly options: RootOptions
  readonly shelves: readonly Shelf[]
}

/** Everything the routes of one server share. */
export interface Scene {
  readonly options: Taxii2Options
  readonly types: { readonly taxii: string; readonly stix: string }
  readonly roots: readonly RunningRoot[]
  readonly guard: Guard
  readonly ledger: Ledger
  readonly desk: ReturnType<typeof createDesk>
  readonly extras: readonly ShelfEntry[]
}

/** An entry as the ledger knows it. */
export const thingOf = (collection: string, { id, version, raw }: ShelfEntry): ServedThing => ({
  collection,
  id,
  version,
  raw,
})

/** An error resource. @see TAXII 2.1, 3.6.1 */
export function problem(
  scene: Scene,
  status: number,
  title: string,
  headers: Record<string, string> = {},
): SimulatedResponse {
  const body = Buffer.from(JSON.stringify({ title, http_status: String(status) }))
  return { status, headers: { 'content-type': scene.types.taxii, ...headers }, body }
}

/** A value as TAXII JSON. */
export function json(scene: Scene, value: unknown, status = 200): SimulatedResponse {
  return { status, headers: { 'content-type': scene.types.taxii }, body: Buffer.from(JSON.stringify(value)) }
}

/** The collections of a root; 2.0 pages them like everything else. */
export function listCollections(scene: Scene, request: SimulatedRequest, shelves: readonly Shelf[]): SimulatedResponse {
  const query = readQuery(request, scene.options)
  if ('title' in query) return problem(scene, query.status, query.title)
  const [first, last = Infinity] = query.range ?? [0]
  const records = shelves.slice(first, last + 1).map(collectionRecord)
  const answer = json(scene, records.length > 0 ? { collections: records } : {})
  if (query.range === undefined) return answer
  if (records.length === 0) return problem(scene, 416, 'Past the end', { 'content-range': `items */${shelves.length}` })
  const range = `items ${first}-${first + records.length - 1}/${shelves.length}`
  return { ...answer, status: 206, headers: { ...answer.headers, 'content-range': range } }
}

interface SliceRule {
  /** How much of the page is used up by what is on every page. */
  readonly taken?: number
  /** What is meant when the request does not choose versions. */
  readonly versions?: readonly string[] | undefined
}

function readSlice(
  scene: Scene,
  request: SimulatedRequest,
  entries: readonly ShelfEntry[],
  { taken = 0, versions }: SliceRule = {},
): Slice | SimulatedResponse {
  const { options } = scene
  const query = readQuery(request, options)
  const left = (size: number): number => Math.max(1, size - taken)
  const cut = (read: ReadQuery): Slice | Refusal => {
    const limit = read.limit === undefined ? undefined : left(read.limit)
    const wanted = { ...read, limit, version: read.version ?? versions }
    return cutSlice(entries, wanted, { ...options, pageCap: left(options.pageCap ?? 100) })
  }
  const slice = 'title' in query ? query : cut(query)
  if (!('title' in slice)) return slice
  const range = slice.status === 416 ? { 'content-range': `items */${entries.length}` } : {}
  return problem(scene, slice.status, slice.title, range)
}

function dateHeaders(scene: Scene, entries: readonly ShelfEntry[]): Record<string, string> {
  const [first, last] = [entries[0], entries.at(-1)]
  const rule = scene.options.dateHeaders ?? 'sent'
  if (rule === 'omitted' || (rule === 'sent' && !first)) return {}
  const now = timestampOfDate(scene.options.now?.() ?? new Date())
  return {
    'x-taxii-date-added-first': first ? fromEpochMicroseconds(first.added) : now,
    'x-taxii-date-added-last': last ? fromEpochMicroseconds(last.added) : now,
  }
}

/** @see TAXII 2.1, 5.3; TAXII 2.0, 5.6 */
export function readManifest(scene: Scene, request: SimulatedRequest, shelf: Shelf): SimulatedResponse | undefined {
  if (scene.options.manifest === 'missing') return undefined
  const slice = readSlice(scene, request, scene.options.manifest === 'empty' ? [] : shelf.entries)
  if ('status' in slice) return slice
  const body = writeList(scene, 'manifest', slice, shelf)
  const headers = { 'content-type': scene.types.taxii, ...dateHeaders(scene, slice.entries) }
  return { ...contentRange(scene, request, slice, headers), body }
}

/** Objects of a collection, all of them or those of one id; or its versions. @see TAXII 2.1, 5.4, 5.6 and 5.8 */
export function readObjects(
  scene: Scene,
  request: SimulatedRequest,
  shelf: Shelf,
  id: string | undefined,
  versionsOnly: boolean,
): SimulatedResponse {
  const own = shelf.entries.filter((entry) => id === undefined || entry.id === id)
  const extras = id === undefined ? scene.extras : []
  const taken = scene.options.everyPage?.counted ? extras.length : 0
  const slice = readSlice(scene, request, own, { taken, versions: versionsOnly ? ['all'] : undefined })
  if ('status' in slice) return slice
  const dates = dateHeaders(scene, slice.entries)
  if (versionsOnly)
    return {
      status: 200,
      headers: { 'content-type': scene.types.taxii, ...dates },
      body: writeList(scene, 'versions', slice, shelf),
    }
  const given = [...extras, ...slice.entries]
  scene.ledger.record(
    request.number,
    given.map((entry) => thingOf(shelf.options.id, entry)),
  )
  const type = scene.options.version === '2.0' ? scene.types.stix : scene.types.taxii
  const body = writeObjects(scene, given, slice, `bundle--${randomUUID()}`)
  return { ...contentRange(scene, request, slice, { 'content-type': type, ...dates }), body }
}
