import { fromEpochMicroseconds } from '../core/timestamp.ts'
import type { SimulatedRequest, SimulatedResponse } from './loopback-server.ts'
import type { Slice } from './taxii2-filters.ts'
import type { Taxii2Options } from './taxii2-options.ts'
import type { RunningRoot } from './taxii2-reads.ts'
import type { Shelf, ShelfEntry } from './taxii2-shelf.ts'

/** What a record is written from. */
interface Setting {
  readonly options: Taxii2Options
  readonly types: { readonly taxii: string; readonly stix: string }
  readonly roots: readonly RunningRoot[]
}

/** @see TAXII 2.1, 4.1.1 */
export function discoveryRecord({ options, roots }: Setting, request: SimulatedRequest): Record<string, unknown> {
  const base = options.bases?.find((each) => each !== '' && request.path.startsWith(each)) ?? ''
  const written = roots.map(({ options: root }) => {
    const path = options.slash === 'forbidden' ? root.path.replace(/\/$/, '') : root.path
    const { advertised } = root
    return advertised === 'absolute' ? `${request.url.origin}${base}${path}` : (advertised ?? `${base}${path}`)
  })
  const chosen = options.defaultRoot === undefined ? 0 : options.defaultRoot
  const preferred = typeof chosen === 'number' ? written[chosen] : chosen
  return {
    title: options.title ?? 'Simulated TAXII server',
    ...(options.contact === undefined ? {} : { contact: options.contact }),
    ...(preferred === null || preferred === undefined ? {} : { default: preferred }),
    ...(written.length > 0 ? { api_roots: written } : {}),
  }
}

/** @see TAXII 2.1, 4.2.1 */
export function rootRecord({ options, types }: Setting, { options: root }: RunningRoot): Record<string, unknown> {
  const own = options.version === '2.0' ? ['taxii-2.0'] : [types.taxii]
  const versions = root.versions === undefined ? own : root.versions
  return {
    title: root.title ?? 'Simulated API root',
    ...(root.description === undefined ? {} : { description: root.description }),
    ...(versions === null ? {} : { versions }),
    max_content_length: root.maxContentLength ?? 10_485_760,
  }
}

/** @see TAXII 2.1, 5.2.1 */
export function collectionRecord({ options }: Shelf): Record<string, unknown> {
  return {
    id: options.id,
    title: options.title ?? options.id,
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.alias === undefined ? {} : { alias: options.alias }),
    can_read: options.canRead ?? true,
    can_write: options.canWrite ?? false,
    ...(options.mediaTypes === undefined ? {} : { media_types: options.mediaTypes }),
    ...options.custom,
  }
}

/** The manifest or the list of versions as JSON text. @see TAXII 2.1, 5.3.1 and 5.8.1; TAXII 2.0, 5.6 */
export function writeList(setting: Setting, kind: 'manifest' | 'versions', slice: Slice, shelf: Shelf): Buffer {
  const old = setting.options.version === '2.0'
  const items =
    kind === 'versions'
      ? slice.entries.map((entry) => JSON.stringify(entry.version))
      : slice.entries.map((entry) => JSON.stringify(old ? manifest20(entry, shelf) : manifest21(entry)))
  const more = slice.more && !old ? ['"more":true'] : []
  const listName = kind === 'manifest' && old ? 'objects' : kind === 'manifest' ? 'objects' : 'versions'
  const list = items.length > 0 ? [`"${listName}":[${items.join(',')}]`] : []
  return finish(setting, [...more, ...list])
}

function manifest21(entry: ShelfEntry): Record<string, unknown> {
  return {
    id: entry.id,
    date_added: fromEpochMicroseconds(entry.added),
    version: entry.version,
    media_type: `application/stix+json;version=${entry.specVersion}`,
  }
}

function manifest20(entry: ShelfEntry, shelf: Shelf): Record<string, unknown> {
  const versions = shelf.entries.filter((each) => each.group === entry.group).map((each) => each.version)
  return {
    id: entry.id,
    date_added: fromEpochMicroseconds(entry.added),
    versions: versions.sort().reverse(),
    media_types: ['application/vnd.oasis.stix+json; version=2.0'],
  }
}

/** The envelope (2.1) or bundle (2.0) as JSON text, every object byte for byte. */
export function writeObjects(setting: Setting, given: readonly ShelfEntry[], slice: Slice, bundleId: string): Buffer {
  const { options } = setting
  const objects = given.length > 0 ? [`"objects":[${given.map((entry) => entry.raw).join(',')}]`] : []
  if (options.version === '2.0') {
    return finish(setting, ['"type":"bundle"', `"id":"${bundleId}"`, '"spec_version":"2.0"', ...objects])
  }
  const more = slice.more ? ['"more":true'] : options.explicitMore ? ['"more":false'] : []
  const next = slice.next === undefined ? [] : [`"next":${JSON.stringify(slice.next)}`]
  const cursor = [...more, ...next]
  return finish(setting, options.cursorPlace === 'after' ? [...objects, ...cursor] : [...cursor, ...objects])
}

function finish({ options }: Setting, members: readonly string[]): Buffer {
  const text = `{${members.join(',')}}`
  return Buffer.from(options.spaced ? withSpaces(text) : text)
}

/** The same JSON with white space wherever it may stand; numbers and strings stay as they are. */
export function withSpaces(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g, (token) =>
    token.startsWith('"') ? token : token === ',' ? ' ,\r\n\t' : token === ':' ? ' : ' : ` ${token}\n `,
  )
}

/** 2.0 answers a part with 206 and says which; 2.1 has no such thing. @see TAXII 2.0, 3.4 */
export function contentRange(
  { options }: Setting,
  request: SimulatedRequest,
  slice: Slice,
  headers: Record<string, string>,
): Omit<SimulatedResponse, 'body'> {
  if (options.version !== '2.0') return { status: 200, headers }
  const ranged = { 'accept-ranges': 'items', ...headers }
  const asked = request.headers.range !== undefined && options.range !== 'ignored'
  if (slice.entries.length === 0 || (!asked && !slice.more)) return { status: 200, headers: ranged }
  const last = slice.first + slice.entries.length - 1
  const range = options.noContentRange ? {} : { 'content-range': `items ${slice.first}-${last}/${slice.total}` }
  return { status: 206, headers: { ...ranged, ...range } }
}
