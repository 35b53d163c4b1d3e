import { StixTaxiiError } from '../core/errors.ts'
import type { NoticeSink } from '../core/notice.ts'
import type { Clock } from '../core/ports.ts'
import { redactUrl } from '../core/redact.ts'
import type { ReadItem } from './index-reading.ts'
import type { Store } from './store.ts'

export interface StoreDependencies {
  readonly clock: Clock
  /** Who we are in locks and runs. */
  readonly identity: { readonly pid: number; readonly host: string }
  readonly notices?: NoticeSink | undefined
  /** False: a store that does not exist is an error, and nothing is made. Default true. */
  readonly create?: boolean | undefined
  /** What makes statements of items; default: `readStatements`, loaded when it is first needed. */
  readonly loadReader?: (() => Promise<ReadItem>) | undefined
}

type OpenDriver = (url: string, dependencies: StoreDependencies) => Promise<Store>

/** The drivers by the scheme of their URL; a driver's module is loaded when its URL is opened. */
export const storeDrivers: Readonly<Record<string, OpenDriver>> = {
  'sqlite:': async (url, dependencies) => {
    const { openSqliteStore } = await import('./sqlite/driver.ts')
    return openSqliteStore(url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, ''), dependencies)
  },
  'memory:': async (_url, dependencies) => {
    const { openMemoryStore } = await import('./memory/driver.ts')
    return openMemoryStore(dependencies)
  },
}

// Two letters at least, so that C:\store.db is a path.
const scheme = /^([a-z][a-z0-9+.-]+:)/i

/**
 * Opens the store at `sqlite:PATH`, a plain path, or `memory:`; makes it where there is none, unless `create` is false.
 *
 * @throws STORE_URL_UNKNOWN (usage) for any other URL; STORE_MISSING (not-found); STORE_NEWER, STORE_CORRUPT, STORE_UNREADABLE, STORE_FULL (local).
 */
export async function openStore(url: string, dependencies: StoreDependencies): Promise<Store> {
  const name = scheme.exec(url)?.[1]?.toLowerCase()
  const open = storeDrivers[name ?? 'sqlite:']
  if (open) return open(name ? `${name}${url.slice(name.length)}` : `sqlite:${url}`, dependencies)
  throw new StixTaxiiError('STORE_URL_UNKNOWN', `No store driver for "${redactUrl(url)}"`, {
    kind: 'usage',
    hint: isPostgres(name)
      ? 'PostgreSQL is not supported yet. Use sqlite:PATH, a plain path, or memory:.'
      : 'Use sqlite:PATH, a plain path, or memory:.',
    context: { url: redactUrl(url) },
  })
}

function isPostgres(name: string | undefined): boolean {
  return name === 'postgres:' || name === 'postgresql:'
}
