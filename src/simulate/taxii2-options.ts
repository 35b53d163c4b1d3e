import type { SimulatedAuthentication } from './authentication.ts'
import type { LoopbackOptions } from './loopback-server.ts'

/** A STIX object as a value, or as the JSON text that has to come out byte for byte. */
export type StixInput = Readonly<Record<string, unknown>> | string

export interface CollectionOptions {
  readonly id: string
  /** Default: the id. */
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly alias?: string | undefined
  /** Further names that work in the path and are not listed, as ThreatConnect's owner names. */
  readonly otherNames?: readonly string[] | undefined
  /** Default true. */
  readonly canRead?: boolean | undefined
  /** Default false. */
  readonly canWrite?: boolean | undefined
  readonly mediaTypes?: readonly string[] | undefined
  /** Properties that the standard does not name. */
  readonly custom?: Readonly<Record<string, unknown>> | undefined
  readonly objects?: readonly StixInput[] | undefined
  /** When each object came to the collection, RFC 3339; default: 1,001 microseconds apart from 2026-01-01 on. */
  readonly addedAt?: ((index: number) => string) | undefined
}

export interface RootOptions {
  /** `/api1/`, below the base. */
  readonly path: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly collections: readonly CollectionOptions[]
  /** Default 10 MiB. */
  readonly maxContentLength?: number | undefined
  /** How discovery writes this root; default its path. `absolute` puts the server's own address before it. */
  readonly advertised?: string | undefined
  /** What has to be shown here instead of the server's own demands; an empty list: nothing. */
  readonly authentication?: SimulatedAuthentication | readonly SimulatedAuthentication[] | undefined
  /** Advertised but not there. */
  readonly missing?: boolean | undefined
  /** `versions` of the root; null leaves it out. */
  readonly versions?: readonly string[] | null | undefined
}

/** Where the last given version stands: its date and its number in the order of arrival, and how many were given so far. */
export interface CursorPlace {
  readonly added: bigint
  readonly sequence: number
  readonly offset: number
  /** Digest of the filters of the request. */
  readonly filters: string
}

/** How `next` is written and read back; `read` answers undefined for one that is not ours, or not for these filters. */
export interface CursorStyle {
  write(place: CursorPlace): string
  read(text: string, filters: string): Pick<CursorPlace, 'added' | 'sequence'> | { readonly offset: number } | undefined
}

export interface Taxii2Options extends LoopbackOptions {
  /** Default `2.1`. */
  readonly version?: '2.0' | '2.1' | undefined
  /** One root at `/api1/` with these collections; or `roots`. */
  readonly collections?: readonly CollectionOptions[] | undefined
  readonly roots?: readonly RootOptions[] | undefined
  readonly title?: string | undefined
  readonly contact?: string | undefined
  /** Default `/taxii2/` (2.1) or `/taxii/` (2.0); null: no discovery at all. */
  readonly discoveryPath?: string | null | undefined
  /** `default` of discovery: a root's index, a literal text, or null for none. Default 0. */
  readonly defaultRoot?: number | string | null | undefined
  /** Path prefixes under which everything lives; default `['']`. */
  readonly bases?: readonly string[] | undefined
  readonly authentication?: SimulatedAuthentication | readonly SimulatedAuthentication[] | undefined
  /** What discovery wants to be shown; default as `authentication`. */
  readonly discoveryAuthentication?: SimulatedAuthentication | readonly SimulatedAuthentication[] | undefined
  /** Sends no `WWW-Authenticate` with a 401, as OpenTAXII. */
  readonly noChallenge?: boolean | undefined
  /** Trailing slash of paths: `required` (the standard; default), `forbidden`, `either`. */
  readonly slash?: 'required' | 'forbidden' | 'either' | undefined
  /** `standard`: any spelling of the media type; `exact`: the text itself; `any`: nothing is checked. */
  readonly accept?: 'standard' | 'exact' | 'any' | undefined
  /** Never more than this many objects in one answer; default 100. */
  readonly pageCap?: number | undefined
  /** 2.1: `next` (default), or `date`: `more` without `next`. */
  readonly paging?: 'next' | 'date' | undefined
  readonly cursor?: CursorStyle | undefined
  /** Where `more` and `next` stand; default `before` the objects. */
  readonly cursorPlace?: 'before' | 'after' | undefined
  /** `next` on the last page too, without `more`, as Sekoia. */
  readonly nextOnLast?: boolean | undefined
  /** Writes `"more":false` instead of leaving it out. */
  readonly explicitMore?: boolean | undefined
  /** White space between the tokens of an answer. */
  readonly spaced?: boolean | undefined
  /** `added_after` means nothing here. */
  readonly ignoresAddedAfter?: boolean | undefined
  /** `match[...]` means nothing here. */
  readonly ignoresMatch?: boolean | undefined
  /** `omitted`: no `X-TAXII-Date-Added-*`. Default `sent`, though not for an empty answer. */
  readonly dateHeaders?: 'sent' | 'omitted' | 'always' | undefined
  /** 2.0: which spelling of `Range` is understood; the other gets a 416 or 400. Default `both`. */
  readonly range?: { readonly form: 'both' | 'equals' | 'blank'; readonly refusal: 400 | 416 } | 'ignored' | undefined
  /** 2.0: leaves `Content-Range` out. */
  readonly noContentRange?: boolean | undefined
  /** Default `served`. */
  readonly manifest?: 'served' | 'missing' | 'empty' | undefined
  /** Objects put on every page; `counted`: they use up the limit. */
  readonly everyPage?: { readonly objects: readonly StixInput[]; readonly counted: boolean } | undefined
  /** A posted job answers `pending` this many times before it is complete. Default 0. */
  readonly pendingPolls?: number | undefined
}
