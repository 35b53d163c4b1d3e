import type { Secret } from './secret.ts'

/** Time as the program sees it. Local time is for deadlines only, never for a checkpoint. */
export interface Clock {
  /** The wall clock. */
  now(): Date
  /** Milliseconds that never run backwards, for deadlines. */
  monotonicMs(): number
  /** Resolves after `ms`, or rejects with `signal.reason` when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Header names in lower case; repeated headers joined with `, `. */
export interface HttpHeaders {
  get(name: string): string | undefined
  entries(): IterableIterator<[string, string]>
}

/**
 * A body that is read while it is sent and never held whole. `open` is called once for each time the request is sent, and
 * not before there is a connection; its bytes are asked for as fast as the other side takes them.
 */
export interface StreamedBody {
  /** Sent as Content-Length. A stream of another length is cut off with HTTP_BODY_LENGTH (local). */
  readonly lengthBytes: number
  open(): AsyncIterable<Uint8Array>
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Uint8Array | StreamedBody | undefined
  /**
   * Whether sending it twice is harmless. GET and OPTIONS are; a POST that only reads (a TAXII 1.x poll, a login) says
   * so here. Everything else is sent once.
   */
  readonly repeatable?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Send neither credentials nor client certificate, as for a first look at an unknown address. */
  readonly anonymous?: boolean | undefined
  /** Whether a redirect is given to `read` as it came instead of being followed. */
  readonly keepRedirect?: boolean | undefined
  /** Whether the first failure is final, also where sending it twice would be harmless: the caller has a rhythm of its own. */
  readonly singleTry?: boolean | undefined
  /** Called each time the request begins to go onto the wire. Before that a failure means that nothing was sent. */
  readonly onSending?: (() => void) | undefined
  /** The body as a trace may show it, every secret as `***`; what is sent is never made from it. Without it: its length. */
  readonly shownBody?: unknown
}

/**
 * An answer whose head has arrived. Whatever the status, the body can be read, once.
 *
 * Body bytes are decoded (gzip, deflate, br) and counted against the limits; reading ends in an error (never in a short
 * body) when the answer was cut, damaged, too large, or idle for too long.
 */
export interface HttpResponse {
  readonly status: number
  readonly headers: HttpHeaders
  /** The address that answered, after redirects. */
  readonly url: URL
  /** SHA-256 of the peer's certificate in hex, where the connection was TLS. */
  readonly peerFingerprint?: string | undefined
  readonly body: AsyncIterable<Uint8Array>
  /** Reads the whole body as bytes; at most `maxBytes` (default 16 MiB), else HTTP_BODY_TOO_LARGE. */
  bytes(maxBytes?: number): Promise<Buffer>
  /** Reads the whole body as UTF-8; a BOM is dropped, invalid UTF-8 is HTTP_BODY_ENCODING (protocol). */
  text(maxBytes?: number): Promise<string>
  /** Reads and forgets what is left, or closes the connection when that is a lot. */
  discard(): Promise<void>
}

/**
 * One profile's way to the network: its origin, secrets, TLS, proxy, limits, deadlines, retries and rate are fixed when it
 * is opened, so that a secret cannot go anywhere else.
 *
 * - A request to an origin that is neither the profile's own nor allowed by it is HTTP_ORIGIN_REFUSED (refused). So is a
 *   redirect there.
 * - Answers 429, 500, 502, 503 and 504 and broken connections are retried for repeatable requests within the budget;
 *   what remains is given to `read` as it came (429 and 5xx included), or thrown when no answer was had.
 * - 401 with a refreshable login (JWT, OAuth2) logs in again once; a 401 that remains is given to `read`.
 */
export interface Http extends AsyncDisposable {
  /**
   * Sends the request and gives the answer to `read`, whose result it returns.
   *
   * An error of kind `network` that `read` throws (a cut body, a stalled server) is retried like a broken connection, so
   * `read` starts from nothing each time it is called. The body must be consumed or discarded by the time it is wanted no more.
   * @throws HTTP_* of kind network, auth (a proxy's 407, our certificate), refused (TLS identity, origin, address), protocol (framing).
   */
  exchange<T>(request: HttpRequest, read: (response: HttpResponse) => Promise<T>): Promise<T>
}

/** What a person is asked on a terminal, and what is told them. Everything goes to standard error. */
export interface Terminal {
  /** Whether a person can be asked: standard input and error are terminals and `--no-input` was not given. */
  readonly canAsk: boolean
  /** Why nobody is asked where a person would expect it; undefined where that is plain. */
  readonly whyNobody?: string | undefined
  /** Whether standard error is a terminal that can be redrawn. */
  readonly canDraw: boolean
  /** Columns of the terminal; 80 where unknown. */
  readonly columns: number
  /** Whether colours are wanted on standard error. */
  readonly colors: boolean
  /** A line for a person. Hostile characters in it are made visible. */
  note(line: string): void
  /** A warning: like `note`, marked as such. */
  warn(line: string): void
  ask(question: {
    message: string
    default?: string | undefined
    validate?: ((value: string) => true | string) | undefined
  }): Promise<string>
  /** Asks again for an answer that is empty, unless it may be. */
  askSecret(question: { message: string; mayBeEmpty?: boolean | undefined }): Promise<Secret>
  confirm(question: { message: string; default: boolean }): Promise<boolean>
  choose<T extends string>(question: {
    message: string
    choices: readonly { value: T; name: string; description?: string }[]
    default?: T
  }): Promise<T>
  /** Several of the choices, in their order; none is an answer too. */
  chooseMany<T extends string>(question: {
    message: string
    choices: readonly { value: T; name: string; description?: string }[]
    default?: readonly T[]
  }): Promise<readonly T[]>
}

/** One place where secrets are kept: OS keyring, sealed file, plain file. */
export interface CredentialStore {
  readonly name: string
  get(key: string): Promise<Secret | undefined>
  set(key: string, secret: Secret): Promise<void>
  /** Returns whether there was one. */
  remove(key: string): Promise<boolean>
  /** Names only, in order. */
  list(): Promise<string[]>
}
