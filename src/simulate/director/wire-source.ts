import { z } from 'zod'
import { Secret } from '../../core/secret.ts'
import type { EnrichmentSource } from '../../director/enrichment-source.ts'

/**
 * The fields of create and edit: every one is mandatory, none besides them is taken, whether the feature it belongs to is
 * on or off.
 * @see "StixTaxii for Director Console API", Create and Edit
 */
export const wireSourceSchema = z.strictObject({
  st_enable_source: z.boolean(),
  discovery_url: z.url({ protocol: /^https?$/ }),
  begin: z.int().min(1),
  begin_unit: z.enum(['Hours', 'Days', 'Months']),
  fetch_interval: z.int().min(1),
  fetch_interval_unit: z.enum(['Hours', 'Days']),
  stix_version: z.string().min(1),
  basic_auth_mode: z.strictObject({ basic_auth_status: z.boolean(), username: z.string(), password: z.string() }),
  ssl_mode: z.strictObject({ ssl_status: z.boolean(), key_pass: z.string() }),
  file_location: z.enum(['private', 'public']),
  files: z.strictObject({ cert_file: z.string(), cert_key: z.string() }),
  st_proxy: z.strictObject({
    status: z.boolean(),
    ip: z.string(),
    port: z.int().min(1).max(65_535),
    protocol: z.enum(['http', 'https']),
  }),
})

export type WireSource = z.infer<typeof wireSourceSchema>

/** The body's source, or why it is refused, as one sentence that names the field. */
export function readWireSource(data: unknown): { readonly source: WireSource } | { readonly refusal: string } {
  const read = wireSourceSchema.safeParse(data)
  if (read.success) return { source: read.data }
  const [issue] = read.error.issues
  const field = issue?.path.join('.') ?? ''
  if (issue?.code === 'unrecognized_keys')
    return { refusal: `Unknown field: ${[...issue.path, ...issue.keys].join('.')}` }
  if (issue && valueAt(data, issue.path) === undefined) return { refusal: `The field ${field} is mandatory.` }
  return { refusal: `The field ${field} is not valid: ${issue?.message ?? ''}` }
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    data,
  )
}

/** The source as the rest of the program thinks of it. */
export function sourceOfWire(wire: WireSource): EnrichmentSource {
  return {
    enabled: wire.st_enable_source,
    discoveryUrl: wire.discovery_url,
    begin: { count: wire.begin, unit: wire.begin_unit },
    fetchInterval: { count: wire.fetch_interval, unit: wire.fetch_interval_unit },
    stixVersion: wire.stix_version,
    basic: {
      use: wire.basic_auth_mode.basic_auth_status,
      username: wire.basic_auth_mode.username,
      password: new Secret(wire.basic_auth_mode.password),
    },
    certificate: {
      use: wire.ssl_mode.ssl_status,
      certificateFile: wire.files.cert_file,
      keyFile: wire.files.cert_key,
      keyPassphrase: new Secret(wire.ssl_mode.key_pass),
      location: wire.file_location,
    },
    proxy: {
      use: wire.st_proxy.status,
      host: wire.st_proxy.ip,
      port: wire.st_proxy.port,
      protocol: wire.st_proxy.protocol,
    },
  }
}
