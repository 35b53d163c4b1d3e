import { createHash } from 'node:crypto'
import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import { uuid5 } from '../stix/uuid5.ts'
import { goodVersions } from '../indicators/good-versions.ts'
import type { Rules } from '../indicators/judge.ts'
import { convertItem, isStix1 } from '../stix/convert/convert-item.ts'
import { newFilter as newIdFilter } from '../stix/convert/from-stix1.ts'
import { countLosses } from '../stix/convert/losses.ts'
import { itemLine } from '../stix/item-line.ts'
import type { Store, StoredVersion } from '../store/store.ts'

export const exportFormats = ['ndjson', 'stix'] as const
export type ExportFormat = (typeof exportFormats)[number]

export interface ExportRequest {
  readonly format: ExportFormat
  /** Names or ids; empty = all. */
  readonly sources: readonly string[]
  readonly collections: readonly string[]
  readonly types: readonly string[]
  /** Exclusive stamp. */
  readonly addedAfter?: string | undefined
  readonly allVersions: boolean
  /** Only what states something that these let pass (`goodVersions`). */
  readonly rules?: Rules | undefined
  /** Goes on behind what is damaged, and is told of it: `VersionFilter.onDamaged`. */
  readonly onDamaged?: ((what: string) => void) | undefined
}

export interface ExportCounts {
  readonly objects: number
  readonly blocks: number
  /** Blocks that the format has no place for. */
  readonly leftOut: number
  /** Blocks of STIX 1 that became objects, and what of them could not be expressed. */
  readonly converted: number
  readonly lost: number
  /** Objects whose very bytes another collection had brought already. */
  readonly repeated: number
}

const writeBytes = 65_536

/**
 * Writes what the store has, in the order in which it was added, collection after collection. Bytes are those that were
 * received: nothing is parsed and written anew, but for STIX 1 in a bundle.
 *
 * `ndjson`: a line for each object and each content block. `stix`: one bundle of objects, each once; content blocks of STIX 1
 * are converted to STIX 2.1 (`convertItem`), other ones have no place in it and are counted.
 * @throws STORE_SOURCE_UNKNOWN, STORE_COLLECTION_UNKNOWN (not-found) with the nearest name.
 */
export async function exportStore(
  store: Store,
  request: ExportRequest,
  write: (chunk: Buffer) => Promise<void>,
): Promise<ExportCounts> {
  await checkNames(store, request.sources, request.collections)
  const out = buffered(write)
  const counts =
    request.format === 'stix' ? await writeBundle(store, request, out) : await writeLines(store, request, out)
  await out.flush()
  return counts
}

interface Sink {
  put(bytes: Buffer | string): Promise<void> | undefined
  flush(): Promise<void>
}

function buffered(write: (chunk: Buffer) => Promise<void>): Sink {
  let chunks: Buffer[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    const whole = Buffer.concat(chunks, bytes)
    chunks = []
    bytes = 0
    if (whole.length > 0) await write(whole)
  }
  return {
    put(more) {
      const chunk = typeof more === 'string' ? Buffer.from(more) : more
      chunks.push(chunk)
      bytes += chunk.length
      return bytes >= writeBytes ? flush() : undefined
    },
    flush,
  }
}

async function writeLines(store: Store, request: ExportRequest, out: Sink): Promise<ExportCounts> {
  let [objects, blocks] = [0, 0]
  for await (const { item, source, key } of wanted(store, request)) {
    if (item.kind === 'object') objects++
    else blocks++
    await out.put(itemLine(item, { source: source.name, collection: key.collection }))
  }
  return { objects, blocks, leftOut: 0, converted: 0, lost: 0, repeated: 0 }
}

async function writeBundle(store: Store, request: ExportRequest, out: Sink): Promise<ExportCounts> {
  const isNew = await newFilter(store)
  const [isWritten, losses] = [newIdFilter(), countLosses()]
  let [objects, leftOut, converted, repeated, newest] = [0, 0, 0, 0, '2.0']
  const put = async (text: Buffer | string): Promise<void> => {
    // An empty list of objects is not allowed; a bundle without any is.
    await out.put(objects++ > 0 ? ',\n' : ',"objects":[\n')
    await out.put(text)
  }
  await out.put(`{"type":"bundle","id":"bundle--${await bundleId(store, request)}"`)
  for await (const { item } of wanted(store, request)) {
    if (item.kind === 'block') {
      if (!isStix1(item)) leftOut++
      else {
        for (const text of convertItem(item, losses, isWritten)) await put(text)
        converted++
        newest = '2.1'
      }
    } else if (!isNew(item.raw)) repeated++
    else {
      await put(item.raw)
      if (item.specVersion === '2.1') newest = '2.1'
    }
  }
  // A bundle of STIX 2.0 says so; in 2.1 only objects do. Whether any is 2.1 is known at the end.
  await out.put(objects > 0 ? '\n]' : '')
  await out.put(objects > 0 && newest === '2.0' ? ',"spec_version":"2.0"}\n' : '}\n')
  const lost = losses.list().reduce((sum, { count }) => sum + count, 0)
  return { objects, blocks: 0, leftOut, converted, lost, repeated }
}

/** The name space of the identifiers of our bundles. */
const bundleNamespace = '5d3d5b0e-4a7b-5b0f-8f6e-2f5c5b6a9d11'

/** The same for the same question to the same state of the store, so that an export can be compared with the one before. */
async function bundleId(store: Store, { rules, ...request }: ExportRequest): Promise<string> {
  const { collections } = await store.info()
  const state = collections.map(({ key, versions, lastAddedAt }) => [key, versions, lastAddedAt])
  return uuid5(bundleNamespace, JSON.stringify([request, rules !== undefined, state]))
}

/** Tells bytes that were not there before. With one collection there is nothing to remember: it has no version twice. */
async function newFilter(store: Store): Promise<(raw: Buffer) => boolean> {
  const { collections } = await store.info()
  if (collections.length < 2) return () => true
  const seen = new Set<string>()
  return (raw) => {
    const before = seen.size
    return seen.add(createHash('sha256').update(raw).digest('base64')).size > before
  }
}

function wanted(store: Store, request: ExportRequest): AsyncIterable<StoredVersion> {
  const versions = wantedVersions(store, request)
  return request.rules ? goodVersions(versions, store, request.rules) : versions
}

async function* wantedVersions(store: Store, request: ExportRequest): AsyncIterable<StoredVersion> {
  const { types, addedAfter } = request
  const type = types.length === 1 ? types[0] : undefined
  const places = request.collections.length > 0 ? new Set(request.collections) : [undefined]
  for (const source of request.sources.length > 0 ? new Set(request.sources) : [undefined]) {
    for (const collection of places) {
      const filter = {
        source,
        collection,
        type,
        addedAfter,
        latest: !request.allVersions,
        onDamaged: request.onDamaged,
      }
      for await (const version of store.versions(filter)) {
        if (types.length < 2 || (version.item.kind === 'object' && types.includes(version.item.type))) yield version
      }
    }
  }
}

/** A name that nothing is stored under is an error, not an empty answer. */
export async function checkNames(
  store: Store,
  sources: readonly string[],
  collections: readonly string[],
): Promise<void> {
  const known = await store.sources()
  for (const name of sources) {
    if (known.some((source) => source.name === name || source.id === name)) continue
    const near = nearestName(
      name,
      known.map((source) => source.name),
    )
    throw new StixTaxiiError('STORE_SOURCE_UNKNOWN', `Nothing is stored from a source "${name}"`, {
      kind: 'not-found',
      hint: near === undefined ? 'See what is stored with: stixtaxii store info' : `Did you mean "${near}"?`,
      context: { source: name },
    })
  }
  const stored = (await store.info()).collections.map(({ key }) => key.collection)
  for (const name of collections) {
    if (stored.includes(name)) continue
    const near = nearestName(name, stored)
    throw new StixTaxiiError('STORE_COLLECTION_UNKNOWN', `Nothing is stored from a collection "${name}"`, {
      kind: 'not-found',
      hint: near === undefined ? 'See what is stored with: stixtaxii store info' : `Did you mean "${near}"?`,
      context: { collection: name },
    })
  }
}
