import { timestampKey } from '../../core/timestamp.ts'

/**
 * A STIX 1 time as RFC 3339 in UTC with no more digits than it needs; undefined when it is none. Times without a zone are
 * taken as UTC, days and minutes as their beginning.
 */
export function utcTime(text: string | undefined): string | undefined {
  const trimmed = text?.trim()
  if (trimmed === undefined || trimmed === '' || trimmed.length > 64) return undefined
  const parts = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?)?\s*(Z|z|[+-]\d{2}:?\d{2})?$/.exec(
    trimmed,
  )
  if (!parts) return undefined
  const [, day, minute = '00:00', second = ':00', zone = 'Z'] = parts
  const key = timestampKey(`${day}T${minute}${second}${zone}`)
  return key?.replace(/\.?0+Z$/, 'Z')
}
