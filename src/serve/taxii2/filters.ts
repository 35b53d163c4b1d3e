import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import { fromEpochMicroseconds, isTimestamp, toEpochMicroseconds } from '../../core/timestamp.ts'
import { printable } from '../../core/printable.ts'
import type { ObjectFilter, PageKey, Taxii2Persistence } from '../taxii2-persistence.ts'
import type { Taxii2Version } from './media-type.ts'
import { cursorForeign, filterInvalid } from './refusals.ts'

/** What a read asks for. `key` stands for everything but `limit` and `next`: the same filters have the same. */
export interface ReadQuery {
  readonly filter: Omit<ObjectFilter, 'limit' | 'next'>
  readonly limit: number
  readonly next?: PageKey | undefined
  readonly key: string
}

/** Where a query belongs: its filters mean something else elsewhere. */
export interface QueryPlace {
  readonly collection: string
  readonly object?: string | undefined
  /** The match fields that the endpoint has; others are ignored. */
  readonly fields: readonly MatchField[]
}

export type MatchField = 'id' | 'type' | 'version' | 'spec_version'

export const fieldsOfCollection: readonly MatchField[] = ['id', 'type', 'version', 'spec_version']
export const fieldsOfObject: readonly MatchField[] = ['version', 'spec_version']

/** What reading a query needs. */
export interface QueryRules {
  readonly version: Taxii2Version
  readonly maxPageSize: number
  readonly persistence: Pick<Taxii2Persistence, 'parseNextParam'>
}

/**
 * Reads the query of a GET. Unknown parameters are ignored; those of 2.1 alone (`limit`, `next`, `match[spec_version]`)
 * are unknown to 2.0, which gives 2.0 objects only.
 * @throws SERVE_FILTER_INVALID for a parameter that is given twice or malformed; SERVE_CURSOR_FOREIGN, SERVE_NEXT_FORGED
 * @see TAXII 2.1, 3.4 and 3.4.1; TAXII 2.0, 3.5
 */
export function readQuery(c: Context, place: QueryPlace, rules: QueryRules): ReadQuery {
  const parameters = parametersOf(c)
  const isNew = rules.version === '2.1'
  const filter = {
    addedAfter: readAddedAfter(parameters),
    ...readMatches(parameters, place.fields, rules.version),
  }
  const key = keyOf(filter, place, rules.version)
  const next = isNew ? readNext(parameters, key, rules.persistence) : undefined
  return { filter, key, next, limit: isNew ? readLimit(parameters, rules.maxPageSize) : rules.maxPageSize }
}

/** What a DELETE narrows itself to. @see TAXII 2.1, 5.7 */
export function readDeletion(c: Context): Pick<ObjectFilter, 'versions' | 'specVersions'> {
  return readMatches(parametersOf(c), fieldsOfObject, '2.1')
}

/** Text for `next`: the place, and the filters it was reached with. */
export function writeNext(next: PageKey, key: string, persistence: Pick<Taxii2Persistence, 'nextParam'>): string {
  const place = persistence.nextParam(next)
  return `${place}.${sealOf(place, key)}`
}

function readNext(
  parameters: URLSearchParams,
  key: string,
  persistence: QueryRules['persistence'],
): PageKey | undefined {
  const text = one(parameters, 'next')
  if (text === undefined) return undefined
  const at = text.lastIndexOf('.')
  const place = text.slice(0, Math.max(at, 0))
  if (at < 0 || text.slice(at + 1) !== sealOf(place, key)) throw cursorForeign()
  return persistence.parseNextParam(place)
}

// Guards against mistakes, not against malice: a place is nothing that anybody could not ask for by added_after.
function sealOf(place: string, key: string): string {
  return createHash('sha256').update(`${place}\n${key}`).digest('base64url').slice(0, 12)
}

function keyOf(filter: ReadQuery['filter'], { collection, object }: QueryPlace, version: Taxii2Version): string {
  const sorted = (values: readonly string[] | undefined): readonly string[] | null =>
    values ? [...values].sort() : null
  const { addedAfter = null, ids, types, versions, specVersions } = filter
  const lists = [sorted(ids), sorted(types), sorted(versions), sorted(specVersions)]
  return JSON.stringify([version, collection, object ?? null, addedAfter, ...lists])
}

function parametersOf(c: Context): URLSearchParams {
  const { url } = c.req
  const at = url.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
}

function one(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name)
  if (values.length > 1) throw filterInvalid(`${name} is given ${values.length} times`, 'Give each parameter once.')
  return values[0]
}

function readLimit(parameters: URLSearchParams, maxPageSize: number): number {
  const text = one(parameters, 'limit')
  if (text === undefined) return maxPageSize
  const limit = /^\d+$/.test(text) ? Number(text) : 0
  if (limit > 0) return Math.min(limit, maxPageSize)
  throw filterInvalid(`limit "${shown(text)}" is no number above zero`)
}

function readAddedAfter(parameters: URLSearchParams): string | undefined {
  const text = one(parameters, 'added_after')
  if (text === undefined) return undefined
  const micros = toEpochMicroseconds(text)
  if (micros === undefined) throw noTimestamp('added_after', text)
  // Stamps of the server have six digits: what is finer makes no difference to "later than".
  return fromEpochMicroseconds(micros)
}

function noTimestamp(name: string, text: string): Error {
  return filterInvalid(`${name} "${shown(text)}" is no timestamp`, 'Write it as in 2026-01-02T03:04:05.000000Z.')
}

function readMatches(
  parameters: URLSearchParams,
  fields: readonly MatchField[],
  version: Taxii2Version,
): Omit<ReadQuery['filter'], 'addedAfter'> {
  const values = (field: MatchField) => (fields.includes(field) ? readMatch(parameters, field) : undefined)
  const specVersions = version === '2.0' ? (['2.0'] as const) : readSpecVersions(values('spec_version'))
  return { ids: values('id'), types: values('type'), versions: readVersions(values('version')), specVersions }
}

function readMatch(parameters: URLSearchParams, field: MatchField): readonly string[] | undefined {
  const name = `match[${field}]`
  const text = one(parameters, name)
  if (text === undefined) return undefined
  const values = text.split(',')
  if (values.every((value) => value !== '')) return [...new Set(values)]
  throw filterInvalid(`${name} has an empty value`, 'Separate values by one comma.')
}

function readVersions(values: readonly string[] | undefined): readonly string[] | undefined {
  if (values === undefined) return undefined
  if (values.includes('all') && values.length > 1)
    throw filterInvalid('match[version] has "all" beside other values', '"all" stands alone.')
  const strange = values.find((value) => !['all', 'first', 'last'].includes(value) && !isTimestamp(value))
  if (strange !== undefined)
    throw filterInvalid(`match[version] "${shown(strange)}" is neither first, last, all nor a timestamp`)
  return values
}

// A specification that is not known here is nobody's: no object has it, and that is no mistake.
function readSpecVersions(values: readonly string[] | undefined): readonly ('2.0' | '2.1')[] | undefined {
  if (values === undefined) return undefined
  const strange = values.find((value) => !/^\d+(\.\d+)+$/.test(value))
  if (strange !== undefined) throw filterInvalid(`match[spec_version] "${shown(strange)}" is no version as 2.1`)
  return values.filter((value) => value === '2.0' || value === '2.1')
}

function shown(text: string): string {
  return printable(text, { maxLength: 80 })
}
