import { createHash } from 'node:crypto'
import { toEpochMicroseconds } from '../core/timestamp.ts'
import type { SimulatedRequest } from './loopback-server.ts'
import type { CursorStyle, Taxii2Options } from './taxii2-options.ts'
import { selectEntries } from './taxii2-shelf.ts'
import type { ShelfEntry, ShelfFilters } from './taxii2-shelf.ts'

/** What a read asked for, or why it cannot be answered. */
export interface ReadQuery extends ShelfFilters {
  readonly limit?: number | undefined
  readonly next?: string | undefined
  /** 2.0: first and last item, inclusive, from zero. */
  readonly range?: readonly [number, number | undefined] | undefined
  /** Digest of the filters that a cursor is tied to. */
  readonly digest: string
}

export interface Refusal {
  readonly status: number
  readonly title: string
}

/** Reads the query of a GET; 2.0 has a `Range` header where 2.1 has `limit` and `next`. */
export function readQuery(request: SimulatedRequest, options: Taxii2Options): ReadQuery | Refusal {
  const query = request.url.searchParams
  const twice = [...query.keys()].find((name, index, names) => names.indexOf(name) !== index)
  if (twice !== undefined) return { status: 400, title: `${twice} is given twice` }
  const match = (field: string): readonly string[] | undefined =>
    options.ignoresMatch ? undefined : query.get(`match[${field}]`)?.split(',')
  const written = query.get('added_after')
  const addedAfter = written === null ? undefined : toEpochMicroseconds(written)
  if (written !== null && addedAfter === undefined) return { status: 400, title: 'added_after is not a timestamp' }
  const versions = match('version')
  if (versions && versions.length > 1 && versions.includes('all'))
    return { status: 400, title: 'match[version] all stands alone' }
  const filters: ShelfFilters = {
    addedAfter: options.ignoresAddedAfter ? undefined : addedAfter,
    id: match('id'),
    type: match('type'),
    version: versions,
    specVersion: options.version === '2.0' ? ['2.0', '2.1'] : match('spec_version'),
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([written, filters.id, filters.type, filters.version, filters.specVersion]))
    .digest('base64url')
    .slice(0, 8)
  if (options.version === '2.0') return readRange(request, options, { ...filters, digest })
  const limit = query.get('limit')
  if (limit !== null && !/^[1-9]\d{0,8}$/.test(limit)) return { status: 400, title: 'limit is not above zero' }
  return { ...filters, digest, limit: limit === null ? undefined : Number(limit), next: query.get('next') ?? undefined }
}

function readRange(request: SimulatedRequest, options: Taxii2Options, query: ReadQuery): ReadQuery | Refusal {
  const header = request.headers.range
  if (header === undefined || options.range === 'ignored') return query
  const { form, refusal } = options.range ?? { form: 'both', refusal: 416 }
  const match = /^items([= ])(\d+)-(\d*)$/.exec(header)
  const understood = match && (form === 'both' || (form === 'equals') === (match[1] === '='))
  if (!understood) return { status: refusal, title: 'Range is not understood' }
  const last = match[3] === '' ? undefined : Number(match[3])
  return { ...query, range: [Number(match[2]), last] }
}

/** One page of a read. */
export interface Slice {
  readonly entries: readonly ShelfEntry[]
  readonly more: boolean
  /** 2.1, where the server gives one. */
  readonly next?: string | undefined
  /** Index of the first entry among all that match, and how many those are; for `Content-Range`. */
  readonly first: number
  readonly total: number
}

/** Cuts the page that the query asks for out of the shelf. */
export function cutSlice(shelf: readonly ShelfEntry[], query: ReadQuery, options: Taxii2Options): Slice | Refusal {
  const all = selectEntries(shelf, query)
  if (options.version === '2.0') return cutRange(all, query, options)
  const cursor = options.cursor ?? opaqueCursor
  const place = query.next === undefined ? undefined : cursor.read(query.next, query.digest)
  if (query.next !== undefined && place === undefined) return { status: 400, title: 'next is unknown or expired' }
  const first = place === undefined ? 0 : 'offset' in place ? place.offset : indexAfter(all, place)
  const size = Math.min(query.limit ?? Infinity, options.pageCap ?? 100)
  const entries = all.slice(first, first + size)
  const more = first + entries.length < all.length
  const last = entries.at(-1)
  const named = last !== undefined && (more ? options.paging !== 'date' : options.nextOnLast === true)
  const next = named
    ? cursor.write({
        added: last.added,
        sequence: last.sequence,
        offset: first + entries.length,
        filters: query.digest,
      })
    : undefined
  return { entries, more, next, first, total: all.length }
}

function indexAfter(all: readonly ShelfEntry[], place: { added: bigint; sequence: number }): number {
  const index = all.findIndex(
    (entry) => entry.added > place.added || (entry.added === place.added && entry.sequence > place.sequence),
  )
  return index < 0 ? all.length : index
}

function cutRange(all: readonly ShelfEntry[], query: ReadQuery, options: Taxii2Options): Slice | Refusal {
  const [first, last = Infinity] = query.range ?? [0]
  if (first > 0 && first >= all.length) return { status: 416, title: `there are ${all.length} items` }
  const size = Math.min(last - first + 1, options.pageCap ?? 100)
  const entries = all.slice(first, first + size)
  return { entries, more: first + entries.length < all.length, first, total: all.length }
}

/** A cursor that only this server can read, tied to its filters, good for ever. */
export const opaqueCursor: CursorStyle = {
  write: ({ added, sequence, filters }) => Buffer.from(`${added} ${sequence} ${filters}`).toString('base64'),
  read(text, filters) {
    const match = /^(\d+) (\d+) (\S+)$/.exec(Buffer.from(text, 'base64').toString('latin1'))
    if (!match || match[3] !== filters) return undefined
    return { added: BigInt(match[1] ?? 0), sequence: Number(match[2]) }
  },
}

/** A cursor that is the number of objects given so far, as ThreatConnect's: pages shift while data changes. */
export const offsetCursor: CursorStyle = {
  write: ({ offset }) => String(offset),
  read: (text) => (/^\d+$/.test(text) ? { offset: Number(text) } : undefined),
}
