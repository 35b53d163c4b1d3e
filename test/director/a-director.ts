import type { DirectorClient, Logpoint, Pool, UploadFile } from '../../src/director/client.ts'
import type { EnrichmentSource, ListedSource } from '../../src/director/enrichment-source.ts'
import { createDirectorClient, type DirectorClientOptions } from '../../src/director/open-client.ts'
import { Secret } from '../../src/core/secret.ts'
import type { HttpOptions } from '../../src/http/options.ts'
import {
  answer,
  startFaultServer,
  type FaultServer,
  type FaultServerOptions,
  type Script,
} from '../faults/fault-server.ts'
import { anHttp, type OpenedHttp } from '../http/an-http.ts'

export const acme: Pool = { name: 'acme', id: '0123456789abcdef0123456789abcdef' }
export const lp1: Logpoint = { name: 'acme/lp1', id: 'fedcba9876543210fedcba9876543210', pool: acme }

/** The path of an order on `lp1`, as a real Director was seen to write it. */
export const anOrder = `monitorapi/${acme.id}/${lp1.id}/orders/5d8b2a52-2be2-474b-8494-9c82deadbeef`

export interface OpenedDirector extends AsyncDisposable, Omit<OpenedHttp, 'http'> {
  readonly client: DirectorClient
  readonly server: FaultServer
}

export interface DirectorParts extends Partial<Pick<DirectorClientOptions, 'apiPrefix' | 'packageUpload'>> {
  readonly http?: Partial<HttpOptions>
  readonly server?: FaultServerOptions
  /** Goes before the API's paths in the profile's URL. */
  readonly basePath?: string
}

export const token = 'canaryDirectorToken'

/** A client of a real loopback server that answers by a script and records what it was sent. */
export async function aDirector(script: Script, parts: DirectorParts = {}): Promise<OpenedDirector> {
  const server = await startFaultServer(script, parts.server)
  const { origin } = server
  const authentication = { scheme: 'bearer', token: new Secret(token) } as const
  const opened = anHttp(origin, {
    access: [{ origin, pathPrefix: '/', authentication, headers: [] }],
    retry: { maxRetries: 3 },
    ...parts.http,
  })
  const { clock, notices, trace, http } = opened
  const { apiPrefix, packageUpload } = parts
  const url = new URL(parts.basePath ?? '/', origin)
  const client = createDirectorClient({
    http,
    url,
    apiPrefix,
    packageUpload,
    clock,
    notices: (notice) => notices.push(notice),
  })
  return {
    client,
    server,
    clock,
    notices,
    trace,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]()
      await server.close()
    },
  }
}

/** One JSON answer. */
export const json = (body: unknown, status = 200) =>
  answer({
    status,
    headers: { 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

export const success = (message: unknown) => json({ status: 'Success', message })

/** The enrichment source of the API guide's samples for STIX 2. */
export function aSource(changes: Partial<EnrichmentSource> = {}): EnrichmentSource {
  return {
    enabled: true,
    discoveryUrl: 'https://taxii.example/services/discovery',
    begin: { count: 20, unit: 'Days' },
    fetchInterval: { count: 2, unit: 'Days' },
    stixVersion: '2',
    basic: { use: true, username: 'guest', password: new Secret('canaryPassword') },
    certificate: {
      use: false,
      certificateFile: 'client.crt',
      keyFile: 'client.key',
      keyPassphrase: new Secret('canaryPassphrase'),
      location: 'private',
    },
    proxy: { use: false, host: '127.0.0.1', port: 22, protocol: 'http' },
    ...changes,
  }
}

/** What a list shows of `aSource`: neither the unit of `begin` nor the place of the files. */
export function aListed(changes: Partial<ListedSource> = {}): ListedSource {
  const { basic, certificate, ...rest } = aSource()
  return {
    ...rest,
    id: '5d8b2a522be2374b84949c82',
    begin: { count: 20 },
    basic: { ...basic },
    certificate: { ...certificate, location: undefined },
    ...changes,
  }
}

/** The same as an entry on the wire. */
export function aWireSource(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id: '5d8b2a522be2374b84949c82',
    tid: '',
    st_enable_source: true,
    st_enable_source_confirmed: false,
    discovery_url: 'https://taxii.example/services/discovery',
    begin: 20,
    fetch_interval: 2,
    fetch_interval_unit: 'Days',
    stix_version: '2',
    basic_auth_mode: { basic_auth_status: true, username: 'guest', password: 'canaryPassword' },
    ssl_mode: { ssl_status: false, key_pass: 'canaryPassphrase' },
    cert_file: 'client.crt',
    cert_key: 'client.key',
    st_proxy: { status: false, ip: '127.0.0.1', port: 22, protocol: 'http' },
    ...changes,
  }
}

export function aFile(name: string, content: string | Buffer = 'content'): UploadFile {
  const bytes = Buffer.from(content as string)
  return {
    name,
    lengthBytes: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
    },
  }
}
