import { timestampKey } from '../../core/timestamp.ts'

/** A JSON object as it came: any property may be missing or of any type. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a JSON value is an object and no list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A property that is a text, cut to `maxLength` UTF-16 units; undefined when it is missing, empty or of another type. */
export function textAt(object: JsonObject, name: string, maxLength = 1024): string | undefined {
  const value = object[name]
  if (typeof value !== 'string' || value === '') return undefined
  return value.length > maxLength ? `${value.slice(0, maxLength)}…` : value
}

/** A property that is a number; undefined when it is missing, not finite or of another type. */
export function numberAt(object: JsonObject, name: string): number | undefined {
  const value = object[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A property that is a list, `maxItems` of it at most; empty when it is missing or of another type. */
export function listAt(object: JsonObject, name: string, maxItems = 1000): readonly unknown[] {
  const value: unknown = object[name]
  if (!Array.isArray(value)) return []
  return value.length > maxItems ? value.slice(0, maxItems) : value
}

/** The texts of a list, none longer than `maxLength`. A single text counts as a list of one. */
export function textsAt(object: JsonObject, name: string, maxLength = 512): readonly string[] {
  const value = object[name]
  if (value === undefined) return []
  const list = typeof value === 'string' ? [value] : listAt(object, name)
  return list.filter((one): one is string => typeof one === 'string' && one !== '' && one.length <= maxLength)
}

const plainUtc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/
/** What is a time at the first look: in UTC, on a day that every month has. */
const surelyUtc = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,12})?Z$/

/** A property that is a time, as RFC 3339 in UTC with all its digits; undefined when it is missing or no time. */
export function timeAt(object: JsonObject, name: string): string | undefined {
  const text = textAt(object, name, 64)
  if (text !== undefined && surelyUtc.test(text)) return text
  const key = text === undefined ? undefined : timestampKey(text)
  if (text === undefined || key === undefined) return undefined
  return plainUtc.test(text) ? text : key.replace(/\.?0*Z$/, 'Z')
}
