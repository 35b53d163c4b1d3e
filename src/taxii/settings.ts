import type { NoticeSink } from '../core/notice.ts'
import type { Clock, Http } from '../core/ports.ts'
import type { ContentBinding, TaxiiVersion } from './client.ts'

/** Oddities of a provider that are mended on the way in. */
export type Repair =
  /** A bare UUID as id becomes `{type}--{id}`; the original is kept. ThreatConnect app 2.0. */
  'prefix-bare-ids'

/** What is known of a provider before the first request; one file each in `taxii/presets/`. */
export interface Preset {
  readonly name: string
  readonly title: string
  readonly version: TaxiiVersion | 'auto'
  /** Shown by `configure`: how the URL looks, `{host}` where the user's host goes. */
  readonly url: string
  readonly apiRoot?: string | undefined
  readonly authentication: 'none' | 'basic' | 'bearer' | 'token' | 'header' | 'query' | 'jwt' | 'oauth2' | 'certificate'
  /** What to type where, as "the API key is the user name, any password". */
  readonly authenticationHint?: string | undefined
  readonly headerName?: string | undefined
  readonly queryName?: string | undefined
  readonly username?: string | undefined
  readonly pageSize?: number | undefined
  /** `5h` */
  readonly shortestInterval?: string | undefined
  /** A poll may span at most this long (1.x), in milliseconds. */
  readonly maxWindowMs?: number | undefined
  readonly rate?: { readonly requests: number; readonly perMs: number } | undefined
  /** `never`: request paths end without a slash. Default `always`. */
  readonly trailingSlash?: 'always' | 'never' | undefined
  readonly repairs?: readonly Repair[] | undefined
  /** `added_after` is known to be ignored. */
  readonly ignoresBegin?: boolean | undefined
  /** What to say beside a 401 or 403. */
  readonly accessHint?: string | undefined
  /** What a user should know; sentences. */
  readonly notes?: readonly string[] | undefined
}

/** What a TAXII client is opened with. */
export interface TaxiiSettings {
  /** Whatever the user was given: discovery, API root, collection, poll address. */
  readonly url: URL
  readonly version: TaxiiVersion | 'auto'
  readonly preset?: Preset | undefined
  /** Absolute, or a path on the URL's origin. */
  readonly apiRoot?: string | undefined
  readonly pageSize?: number | undefined
  readonly maxWindowMs?: number | undefined
  readonly contentBindings?: readonly ContentBinding[] | undefined
  /** Origins besides the URL's own that a server may lead us to. */
  readonly allowOrigins?: readonly string[] | undefined
  /** Tolerated oddities (loose media types, ...) become errors. */
  readonly strict?: boolean | undefined
  /** Longest sum of waits for PENDING and RETRY in one poll; default 30 minutes. */
  readonly maxWaitMs?: number | undefined
}

export interface TaxiiDependencies {
  readonly http: Http
  readonly clock: Clock
  readonly notices: NoticeSink
  /** Looks up SRV records, for the diagnosis when only a domain was given. */
  readonly resolveSrv?: ((name: string) => Promise<readonly { name: string; port: number }[]>) | undefined
}
