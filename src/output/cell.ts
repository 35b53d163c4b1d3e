import { printable } from '../core/printable.ts'

/** A value in one cell: nothing for null, names joined by commas, anything deeper as JSON. Control characters made visible. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object')) {
    return printable(value.map(String).join(', '), { lines: true })
  }
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'object') return printable(JSON.stringify(value), { lines: true })
  return printable(String(value as string | number | boolean | bigint), { lines: true })
}
