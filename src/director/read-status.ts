import { z } from 'zod'
import { printable } from '../core/printable.ts'
import { withoutSecrets } from '../core/known-secrets.ts'
import { firstMilliseconds, serviceKey, textOf } from './assumptions.ts'
import type { FetchStatus } from './enrichment-source.ts'

/**
 * Reads the answer of `Ti_general`. The plugin does not appear while it has no source that is on; that is no error, and
 * everything of it is undefined then. Undefined when none of the entries is a status.
 * @see API reference, 7.c
 */
export function readFetchStatus(entries: readonly unknown[]): FetchStatus | undefined {
  const read = entries.map((entry) => general.safeParse(entry)).flatMap(({ data }) => (data ? [data] : []))
  const all = read.find(({ type }) => type === 'ti_general') ?? read[0]
  if (!all) return entries.length === 0 ? {} : undefined
  const totalEntries = all.no_of_entries
  const [, found] = Object.entries(all.services ?? {}).find(([key]) => bare(key) === serviceKey) ?? []
  const service = serviceShape.safeParse(found).data
  if (!service) return { totalEntries }
  return {
    status: service.fetch_status === undefined ? undefined : printable(service.fetch_status),
    error: errorOf(service.error),
    lastAttempt: instantOf(service.last_fetch_attempt),
    lastSuccess: instantOf(service.last_successful_fetch),
    entries: service.no_of_entries,
    totalEntries,
  }
}

function errorOf(value: unknown): string | undefined {
  const text = withoutSecrets(printable(textOf(value)))
  return text === '' ? undefined : text
}

function bare(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** The end of the year 9999: RFC 3339 has no later one. */
const lastMs = 253_402_300_799_999

/** A Unix time in seconds or, by its size, milliseconds; 0 means never (D9). */
function instantOf(time: number | undefined): string | undefined {
  if (time === undefined || time <= 0) return undefined
  const ms = time < firstMilliseconds ? time * 1000 : time
  return ms > lastMs ? undefined : new Date(ms).toISOString().replace('.000Z', 'Z')
}

const count = z
  .unknown()
  .transform((value) => {
    const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
    return /^\d{1,15}(\.\d+)?$/.test(text) ? Math.floor(Number(text)) : undefined
  })
  .optional()

const serviceShape = z.object({
  fetch_status: z.string().optional().catch(undefined),
  error: z.unknown().optional(),
  last_fetch_attempt: count,
  last_successful_fetch: count,
  no_of_entries: count,
})

const general = z
  .object({
    type: z.string().optional().catch(undefined),
    no_of_entries: count,
    services: z.record(z.string(), z.unknown()).optional().catch(undefined),
  })
  .refine(({ type, services }) => type === 'ti_general' || services !== undefined)
