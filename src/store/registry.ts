import { StixTaxiiError } from '../core/errors.ts'
import type { NoticeSink } from '../core/notice.ts'
import type { Clock } from '../core/ports.ts'
import { redactUrl } from '../core/redact.ts'
import { refuseUnfinished } from './copy-mark.ts'
import type { ReadItem } from './index-reading.ts'
import type { Store } from './store.ts'

export interface StoreDependencies {
  readonly clock: Clock
  /** Who we are in locks and runs. */
  readonly identity: { readonly pid: number; readonly host: string }
  readonly notices?: NoticeSink | undefined
  /** False: a store that does not exist is an error, and nothing is made. Default true. */
  readonly create?: boolean | undefined
  /** True: also a store that a copy into it has not finished (`copyStore`); it is not whole. Default false. */
  readonly unfinished?: boolean | undefined
  /** What makes statements of items; default: `readStatements`, loaded when it is first needed. */
  readonly loadReader?: (() => Promise<ReadItem>) | undefined
  /** What a store in PostgreSQL needs besides its URL. */
  readonly postgres?: PostgresSettings | undefined
}

export interface PostgresSettings {
  /** A file whose first line is the password. */
  readonly passwordFile?: string | undefined
  /** PostgreSQL's own file of passwords (`PGPASSFILE`); default: `.pgpass` in the home folder. */
  readonly passFile?: string | undefined
  /** Sessions of the server at most, those of locks not counted. Default 8. */
  readonly sessions?: number | undefined
}

type OpenDriver = (url: string, dependencies: StoreDependencies) => Promise<Store>

const openPostgres: OpenDriver = async (url, dependencies) => {
  const { openPostgresStore } = await import('./postgres/driver.ts')
  return openPostgresStore(url, dependencies)
}

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
  'postgres:': openPostgres,
  'postgresql:': openPostgres,
}

// Two letters at least, so that C:\store.db is a path.
const scheme = /^([a-z][a-z0-9+.-]+:)/i

/**
 * Opens the store at `sqlite:PATH`, a plain path, `postgres://USER@HOST/DATABASE` or `memory:`; makes it where there is
 * none, unless `create` is false.
 *
 * @throws STORE_URL_UNKNOWN (usage) for any other URL; STORE_MISSING (not-found); STORE_COPY_UNFINISHED, STORE_NEWER, STORE_CORRUPT, STORE_UNREADABLE, STORE_FULL (local);
 * of PostgreSQL also STORE_URL_INVALID, STORE_URL_PASSWORD (usage), STORE_UNREACHABLE (network), STORE_AUTH (auth), STORE_TLS_REFUSED (refused).
 */
export async function openStore(url: string, dependencies: StoreDependencies): Promise<Store> {
  const name = scheme.exec(url)?.[1]?.toLowerCase()
  const open = storeDrivers[name ?? 'sqlite:']
  if (open)
    return whole(await open(name ? `${name}${url.slice(name.length)}` : `sqlite:${url}`, dependencies), dependencies)
  throw new StixTaxiiError('STORE_URL_UNKNOWN', `No store driver for "${redactUrl(url)}"`, {
    kind: 'usage',
    hint: 'Use sqlite:PATH, a plain path, postgres://USER@HOST/DATABASE, or memory:.',
    context: { url: redactUrl(url) },
  })
}

/** The store, unless a copy into it has not ended. */
async function whole(store: Store, { unfinished = false }: StoreDependencies): Promise<Store> {
  if (unfinished) return store
  try {
    await refuseUnfinished(store)
    return store
  } catch (error) {
    await store[Symbol.asyncDispose]()
    throw error
  }
}
