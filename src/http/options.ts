import type { Clock } from '../core/ports.ts'
import type { NoticeSink } from '../core/notice.ts'
import type { Secret } from '../core/secret.ts'

/** How requests prove who we are. Combine with client certificate and further headers at will. */
export type Authentication =
  | { readonly scheme: 'none' }
  | { readonly scheme: 'basic'; readonly username: Secret; readonly password: Secret }
  | { readonly scheme: 'bearer'; readonly token: Secret }
  /** `Authorization: Token ...` */
  | { readonly scheme: 'token'; readonly token: Secret }
  /** A key as a query parameter of every request. */
  | { readonly scheme: 'query'; readonly name: string; readonly key: Secret }
  /** OpenTAXII: POST username and password to `url`, then Bearer. Renewed once on a 401. */
  | { readonly scheme: 'jwt'; readonly url: URL; readonly username: Secret; readonly password: Secret }
  | {
      readonly scheme: 'oauth2'
      readonly tokenUrl: URL
      readonly clientId: Secret
      readonly clientSecret: Secret
      readonly scope?: string | undefined
    }

/** Credentials for one part of a server: used for URLs on `origin` whose path begins with `pathPrefix` (longest wins). */
export interface AccessRule {
  readonly origin: string
  readonly pathPrefix: string
  /** Only the path itself, nothing below it; wins over every prefix. For discovery that has credentials of its own. */
  readonly exact?: boolean | undefined
  readonly authentication: Authentication
  /** Sent with every request that the rule covers; values are secrets. */
  readonly headers: readonly { readonly name: string; readonly value: Secret }[]
}

export interface ClientCertificate {
  /** PEM: certificate and chain; may hold the key too. Or `pkcs12`. */
  readonly pem?: Buffer | undefined
  readonly keyPem?: Secret | undefined
  readonly pkcs12?: Buffer | undefined
  readonly passphrase?: Secret | undefined
}

export interface TlsOptions {
  /** PEM authorities trusted besides Node's and the system's. */
  readonly ca?: readonly Buffer[] | undefined
  /** Accept only a peer whose certificate has this SHA-256 (hex); in addition to ordinary verification. */
  readonly pinnedFingerprint?: string | undefined
  readonly clientCertificate?: ClientCertificate | undefined
  /** Verification off; said in every run. */
  readonly insecure: boolean
}

export interface ProxyOptions {
  /** http:, https: or socks5:; without user information. */
  readonly url: URL
  readonly username?: Secret | undefined
  readonly password?: Secret | undefined
  /** NO_PROXY syntax: host suffixes, `*`, addresses, CIDR, `host:port`. */
  readonly noProxy?: string | undefined
  /** Authorities for an https proxy. */
  readonly ca?: readonly Buffer[] | undefined
}

export interface HttpLimits {
  /** Default 10 s: TCP, TLS and proxy handshake. */
  readonly connectTimeoutMs: number
  /** Default 120 s without the head of an answer (some servers think for 90 s). */
  readonly headersTimeoutMs: number
  /** Default 60 s without a byte while the body comes; measured on the socket, also while our reader is busy. */
  readonly idleTimeoutMs: number
  /** Default none: for one exchange with all its retries. */
  readonly totalTimeoutMs?: number | undefined
  /** Default 1 GiB of decoded body. */
  readonly maxBodyBytes: number
  /** Default 200: decoded to wire bytes, watched once `ratioFromBytes` are decoded. */
  readonly maxRatio: number
  /** Default 32 MiB. */
  readonly ratioFromBytes: number
}

export interface RetryOptions {
  /** Default 5 retries for one exchange. */
  readonly maxRetries: number
  /** Default 300 s of waiting within one exchange; a longer Retry-After ends it as `network` with the time asked for. */
  readonly budgetMs: number
  /** Default 500 ms, doubled each time, with full jitter, at most 30 s. */
  readonly baseDelayMs: number
}

/** Requests allowed to one host, as `{ requests: 10, perMs: 600_000 }` for MITRE's old limit. */
export interface RateLimit {
  readonly requests: number
  readonly perMs: number
}

/** Everything one profile's `Http` is opened with. `openHttp` fills in what is left out. */
export interface HttpOptions {
  /** The profile's own addresses; requests go to their origins and `allowOrigins` only. */
  readonly origins: readonly string[]
  /** Further origins that secrets may go to, from `--allow-origin`. */
  readonly allowOrigins?: readonly string[] | undefined
  readonly access?: readonly AccessRule[] | undefined
  readonly tls?: Partial<TlsOptions> | undefined
  readonly proxy?: ProxyOptions | undefined
  readonly limits?: Partial<HttpLimits> | undefined
  readonly retry?: Partial<RetryOptions> | undefined
  readonly rate?: RateLimit | undefined
  readonly userAgent: string
  /** Plain http to hosts that are not loopback: `allow`, `warn` (TAXII 1.x) or `refuse` (2.x, Director). Default `refuse`. */
  readonly plainHttp?: 'allow' | 'warn' | 'refuse' | undefined
  /** Called with one redacted JSON-able record per request and per answer, for `--trace-http`. */
  readonly trace?: ((record: Readonly<Record<string, unknown>>) => void) | undefined
  readonly notices: NoticeSink
  readonly clock: Clock
  /** Uniform in [0, 1); for jitter. */
  readonly random: () => number
}
