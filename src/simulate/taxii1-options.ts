import type { SimulatedAuthentication } from './authentication.ts'
import type { LoopbackOptions, SimulatedRequest } from './loopback-server.ts'

/** A content block; a bare text is its content. */
export interface BlockInput {
  /** Put into the answer as it is, well-formed or not; a `text` (as STIX 2 JSON) is escaped. */
  readonly content: string
  /** Default `xml`. */
  readonly form?: 'xml' | 'text' | undefined
  /** Default STIX 1.1.1. */
  readonly binding?: string | undefined
  readonly subtype?: string | undefined
  /** Timestamp label; null leaves it out, though the block has its place in time. */
  readonly label?: string | null | undefined
  readonly message?: string | undefined
  readonly padding?: string | undefined
}

export interface Collection1Options {
  readonly name: string
  /** Default `feed`. */
  readonly type?: 'feed' | 'set' | undefined
  readonly description?: string | undefined
  readonly available?: boolean | undefined
  readonly volume?: number | undefined
  /** Supported content bindings; default STIX 1.1.1; an empty list says nothing, which means all. */
  readonly bindings?: readonly string[] | undefined
  readonly blocks?: readonly (BlockInput | string)[] | undefined
  /** Labels of the blocks; default: 1,001 microseconds apart from 2026-01-01 on. */
  readonly labelAt?: ((index: number) => string) | undefined
  /** Takes what is pushed at it. */
  readonly receives?: boolean | undefined
  /** Listed, and polls of it are refused. */
  readonly unreadable?: boolean | undefined
}

/** One entry of discovery, as written. */
export interface ServiceOptions {
  readonly type: 'DISCOVERY' | 'COLLECTION_MANAGEMENT' | 'FEED_MANAGEMENT' | 'POLL' | 'INBOX'
  readonly address: string
  readonly version?: '1.0' | '1.1' | undefined
  readonly available?: boolean | undefined
  readonly message?: string | undefined
}

export interface Taxii1Options extends LoopbackOptions {
  /** Default `['1.1']`. */
  readonly versions?: readonly ('1.0' | '1.1')[] | undefined
  readonly collections?: readonly Collection1Options[] | undefined
  /** Default `/services/NAME` with discovery, collection-management, poll, inbox. */
  readonly paths?: Partial<ServicePaths> | undefined
  /** `either`: a path answers with and without its trailing slash. Default `exact`. */
  readonly slash?: 'exact' | 'either' | undefined
  /** What discovery and collection information say of addresses: given the right one, answers the written one. */
  readonly advertise?: ((address: string, service: keyof ServicePaths) => string) | undefined
  /** Services that discovery lists; default: each that has a path, once for each version. */
  readonly services?: ((base: string) => readonly ServiceOptions[]) | undefined
  readonly authentication?: SimulatedAuthentication | readonly SimulatedAuthentication[] | undefined
  /** `status`: UNAUTHORIZED inside HTTP 200 (default); `http`: 401. */
  readonly refusal?: 'status' | 'http' | undefined
  /** `standard` (default) checks the TAXII headers as OpenTAXII does; `loose` does not. */
  readonly headers?: 'standard' | 'loose' | undefined
  /** Blocks in one part (1.1); default: all in one. */
  readonly partSize?: number | undefined
  /** How result ids look; default opaque. `range`: the window in milliseconds, as ThreatConnect's. */
  readonly resultIds?: 'opaque' | 'range' | undefined
  /** Result sets can be forgotten: after this many parts given, every further one is refused once. */
  readonly forgetsAfterParts?: number | undefined
  /** Polls that allow it are answered PENDING first: this many times, with this wait in seconds. */
  readonly pending?: { readonly times: number; readonly waitSeconds: number; readonly lost?: boolean } | undefined
  /** The first polls are answered RETRY. */
  readonly retry?: { readonly times: number; readonly waitSeconds: number } | undefined
  /** A poll may span at most this long, and has to have a begin. */
  readonly maxWindowMs?: number | undefined
  /** A window with more blocks than this is answered 413. */
  readonly maxBlocks?: number | undefined
  /** A poll of a feed has to have both labels; else HTTP 400. */
  readonly needsWindow?: boolean | undefined
  /** Sends `Record_Count`; default true. `partial`: half of it, with `partial_count`. */
  readonly recordCount?: boolean | 'partial' | undefined
  /** The answer's end label: default the asked end, else now. Null leaves it out. */
  readonly endLabel?: ((asked: string | undefined, now: string) => string | null) | undefined
  /** How labels are written; default RFC 3339 with Z and six digits. */
  readonly writeLabel?: ((stamp: string) => string) | undefined
  /** Answers with `Inclusive_Begin_Timestamp`, as 1.0 always does. */
  readonly inclusiveBegin?: boolean | undefined
  /** Which blocks a Default Query wants; without it queries are UNSUPPORTED_QUERY. */
  readonly query?: ((query: string, content: string) => boolean) | undefined
  /** `unsupported`: advertised, and every request is a FAILURE. Default `served`; `none`: not advertised. */
  readonly subscriptions?: 'served' | 'unsupported' | 'none' | undefined
  /** Names that an inbox message must, may or must not have. Default `optional`. */
  readonly destinations?: 'required' | 'optional' | 'forbidden' | undefined
  /** White space between elements. */
  readonly pretty?: boolean | undefined
  /** Prefix of TAXII's elements; an empty one makes its name space the default. Default `taxii`. */
  readonly prefix?: string | undefined
  /** May put another TAXII message in place of a poll's answer (1-based count of polls); for hostile bodies. */
  readonly onPoll?: ((count: number, request: SimulatedRequest) => StatusOptions | undefined) | undefined
}

export interface StatusOptions {
  readonly type: string
  readonly message?: string | undefined
  readonly details?: Readonly<Record<string, string | readonly string[]>> | undefined
}

export interface ServicePaths {
  readonly discovery: string
  readonly collections: string
  readonly poll: string
  readonly inbox: string
  readonly subscription: string
}
