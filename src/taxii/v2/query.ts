import { percentEncoded } from '../../core/percent-encoded.ts'
import { timestampKey } from '../../core/timestamp.ts'
import type { Match } from '../client.ts'
import type { QueryStyle } from './session.ts'

/** The filters of one request, before a server's habits are minded. */
export interface Query {
  /** Exclusive. */
  readonly addedAfter?: string | undefined
  readonly match?: readonly Match[] | undefined
  readonly limit?: number | undefined
  readonly next?: string | undefined
}

/**
 * The address with its filters as the server wants them written. `match` fields are ANDed, their values ORed with commas,
 * each field once; brackets stay plain unless the server demands otherwise.
 * @see TAXII 2.1, 3.4 (filtering) and 3.5 (pagination)
 */
export function withQuery(url: URL, query: Query, style: QueryStyle): URL {
  const parts: string[] = []
  const after = query.addedAfter === undefined ? undefined : spelledTime(query.addedAfter, style.time)
  if (after !== undefined) parts.push(`added_after=${percentEncoded(after).replaceAll('%3A', ':')}`)
  const [open, close] = style.brackets === 'plain' ? ['[', ']'] : ['%5B', '%5D']
  for (const [field, values] of mergedFields(query.match ?? []))
    parts.push(`match${open}${percentEncoded(field)}${close}=${values.map(percentEncoded).join(',')}`)
  if (query.limit !== undefined && style.limit) parts.push(`limit=${query.limit}`)
  if (query.next !== undefined) parts.push(`next=${percentEncoded(query.next)}`)
  const copy = new URL(url)
  copy.search = parts.join('&')
  return copy
}

// A field may stand in a query once: values given apart are one list.
function mergedFields(match: readonly Match[]): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, readonly string[]>()
  for (const { field, values } of match) fields.set(field, [...new Set([...(fields.get(field) ?? []), ...values])])
  return fields
}

/** A stamp as `added_after` has it: UTC, `Z`, six digits (or what the server insists on). Finer digits are cut. C21-20 */
export function spelledTime(stamp: string, time: QueryStyle['time']): string | undefined {
  const key = timestampKey(stamp)
  if (key === undefined || time === 'none') return undefined
  const digits = { micros: 26, millis: 23, seconds: 19 }[time]
  return `${key.slice(0, digits)}Z`
}

/**
 * The ways to write the same query that are left to try after a 400, the likeliest first. Cutting digits only begins
 * earlier; leaving `added_after` out reads everything.
 */
export function otherStyles(style: QueryStyle, query: Query): readonly QueryStyle[] {
  const styles: QueryStyle[] = []
  const hasTime = query.addedAfter !== undefined && style.time !== 'none'
  const hasMatch = (query.match ?? []).length > 0
  const times = hasTime ? (['millis', 'seconds'] as const).filter((time) => time !== style.time) : []
  for (const time of times) styles.push({ ...style, time })
  if (hasMatch && style.brackets === 'plain') styles.push({ ...style, brackets: 'encoded' })
  if (query.limit !== undefined && style.limit) styles.push({ ...style, limit: false })
  if (hasTime) styles.push({ ...style, time: 'none' })
  if (hasTime && style.limit && query.limit !== undefined) styles.push({ ...style, time: 'none', limit: false })
  return styles
}
