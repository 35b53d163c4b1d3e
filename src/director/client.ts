import type { EnrichmentSource, FetchStatus, ListedSource, StorageLocation } from './enrichment-source.ts'
import type { OrderPath, OrderReading } from './orders.ts'

/**
 * The Director Console's config API as one client: all its calls, one method each. Writes are sent once and never
 * repeated; a write whose outcome is unknown ends as DIRECTOR_OUTCOME_UNKNOWN (pending).
 */

/** A tenant. `id` is its pool UUID, opaque. */
export interface Pool {
  readonly name: string
  readonly id: string
}

/** One Fabric-enabled Logpoint. `name` is `pool/logpoint`, `id` its identifier, opaque. */
export interface Logpoint {
  readonly name: string
  readonly id: string
  readonly pool: Pool
}

/** Where a package or certificate goes: what every pool sees is named by `public`, never by leaving out the pool. */
export type Storage = { readonly location: 'private'; readonly pool: Pool } | { readonly location: 'public' }

/** A file to upload. `open` may be called once per request; the bytes are never held whole. */
export interface UploadFile {
  readonly name: string
  readonly lengthBytes: number
  open(): AsyncIterable<Uint8Array>
}

/**
 * What Director said to a call: finished with a sentence, or accepted as an order. `unreadable`: accepted, but the order
 * it names cannot be asked for safely (`message` is what it said), so that only a listing can tell.
 */
export type Accepted =
  | { readonly state: 'done'; readonly message: string }
  | { readonly state: 'ordered'; readonly order: OrderPath }
  | { readonly state: 'unreadable'; readonly message: string }

export interface Plugin {
  readonly id: string
  readonly name: string
  readonly version?: string | undefined
}

export interface InstallRequest {
  readonly fileName: string
  readonly location: StorageLocation
}

/** Options of every call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

export interface UploadOptions extends CallOptions {
  /** Called with the bytes sent so far. */
  readonly onProgress?: ((sentBytes: number) => void) | undefined
}

/**
 * @throws DIRECTOR_* of kind auth (401, 403, a dead token), not-found, conflict, remote (refused), network, pending (the
 * outcome of a write is unknown), protocol (not JSON, not the documented shape).
 */
export interface DirectorClient {
  readonly packages: {
    upload(storage: Storage, file: UploadFile, options?: UploadOptions): Promise<Accepted>
    list(storage: Storage, options?: CallOptions): Promise<readonly string[]>
    trash(storage: Storage, fileName: string, options?: CallOptions): Promise<Accepted>
  }
  readonly plugins: {
    list(logpoint: Logpoint, options?: CallOptions): Promise<readonly Plugin[]>
    install(logpoint: Logpoint, request: InstallRequest, options?: CallOptions): Promise<Accepted>
    uninstall(logpoint: Logpoint, id: string, options?: CallOptions): Promise<Accepted>
  }
  readonly certificates: {
    upload(storage: Storage, file: UploadFile, options?: UploadOptions): Promise<Accepted>
    list(storage: Storage, options?: CallOptions): Promise<readonly string[]>
    trash(storage: Storage, fileName: string, options?: CallOptions): Promise<Accepted>
  }
  readonly sources: {
    create(logpoint: Logpoint, source: EnrichmentSource, options?: CallOptions): Promise<Accepted>
    edit(logpoint: Logpoint, id: string, source: EnrichmentSource, options?: CallOptions): Promise<Accepted>
    delete(logpoint: Logpoint, id: string, options?: CallOptions): Promise<Accepted>
    list(logpoint: Logpoint, options?: CallOptions): Promise<readonly ListedSource[]>
    refreshList(logpoint: Logpoint, options?: CallOptions): Promise<Accepted>
    status(logpoint: Logpoint, options?: CallOptions): Promise<FetchStatus>
  }
  /** One reading; `waitForOrder` repeats it. */
  readOrder(order: OrderPath, options?: CallOptions): Promise<OrderReading>
}
