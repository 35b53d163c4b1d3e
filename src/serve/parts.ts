import type { Clock } from '../core/ports.ts'
import type { Authentication, Principal } from './authentication.ts'
import type { ServerLog } from './server-log.ts'
import type { Signals } from './signals.ts'
import type { Taxii1Persistence } from './taxii1-persistence.ts'
import type { Taxii2Persistence } from './taxii2-persistence.ts'

/** What every route is made of. */
export interface ServeParts {
  readonly clock: Clock
  readonly taxii1: Taxii1Persistence
  readonly taxii2: Taxii2Persistence
  readonly authentication: Authentication
  readonly signals: Signals
  readonly log: ServerLog
  readonly settings: ServeSettings
}

/** The configuration as the routes need it, defaults filled in. */
export interface ServeSettings {
  readonly taxii1: {
    readonly isEnabled: boolean
    readonly saveRawInboxMessages: boolean
    /** Status of a 1.x answer to somebody without rights: OpenTAXII's `unauthorized_status`. Default `UNAUTHORIZED`. */
    readonly unauthorizedStatus: string
    readonly countBlocksInPollResponses: boolean
    /** Largest message in bytes. Default 100 MiB. */
    readonly maxContentLength: number
  }
  readonly taxii2: {
    readonly isEnabled: boolean
    readonly title: string
    readonly description?: string | undefined
    readonly contact?: string | undefined
    /** Bytes. Default 100 MiB. */
    readonly maxContentLength: number
    /** Whether discovery answers without an account. */
    readonly publicDiscovery: boolean
    readonly allowCustomProperties: boolean
    /** Objects a page at most. Default 1,000. */
    readonly maxPageSize: number
    /** Which versions are spoken. Default: both. */
    readonly versions?: readonly ('2.0' | '2.1')[] | undefined
    /** Answers of this many bytes or more go out packed to clients elsewhere that take gzip; 0: never. Default 16,384. */
    readonly compressFromBytes?: number | undefined
  }
  /** Schemes that are accepted, and named in challenges. */
  readonly schemes: { readonly basic: boolean; readonly bearer: boolean }
  /** While there is no account, anybody may read. Only on loopback. */
  readonly anonymousReading: boolean
}

/** What is known of a request before any route looks at it; set by `app.ts`. */
export interface ServeVariables {
  readonly principal: Principal
  /** The client's address, without port. */
  readonly clientAddress: string
  /** `http://host:port` or `https://...` as the client knows us: no slash at the end. */
  readonly baseUrl: string
  /** For the log; a UUID. */
  readonly requestId: string
  /** From this machine, to one of its loopback names, and not through a proxy. */
  readonly isLocal?: boolean | undefined
  /** Set by the route: how many objects or content blocks the answer has. For the metrics. */
  readonly objectsSent?: number | undefined
}

/** The connection that a request came over, as the listener knows it; nothing where there is none (`app.request()`). */
export interface RequestConnection {
  /** The peer's address, without port: a proxy's, where there is one. */
  readonly peerAddress?: string | undefined
  readonly isTls?: boolean | undefined
  /** Of a client certificate that stood the check: `CN=...,O=...`, most specific first. */
  readonly certificateSubject?: string | undefined
  /** Tells a client that waits for it (`Expect: 100-continue`) to send the body. */
  readonly acceptBody?: (() => void) | undefined
  /** Calls the listener once the answer has gone out, or the connection is gone. */
  readonly onClosed?:
    ((listener: (sent: { readonly bytes: number; readonly isWhole: boolean }) => void) => void) | undefined
}

export interface ServeEnvironment {
  readonly Variables: ServeVariables
  readonly Bindings: RequestConnection
}
