import { z } from 'zod'
import { rememberSecret } from '../core/known-secrets.ts'
import { Secret } from '../core/secret.ts'
import { isMasked, unitOf } from './assumptions.ts'
import type { ListedSource } from './enrichment-source.ts'

/**
 * Reads one source of the list. Unknown keys are ignored; booleans and numbers may be texts; the two files may stand under
 * `files` or at the top. What the list cannot show stays undefined: the unit of `begin`, the place of the files, masked
 * secrets. Undefined when it is no source: no id or no address.
 * @see API reference, 7.b rules 2, 3 and 5
 */
export function readListedSource(value: unknown): ListedSource | undefined {
  const read = listed.safeParse(value)
  if (!read.success) return undefined
  const raw = read.data
  const { basic_auth_mode: basic, ssl_mode: ssl, st_proxy: proxy } = raw
  const files = raw.files ?? raw
  const location = /^(private|public)$/.exec(raw.file_location?.toLowerCase() ?? '')?.[0] as
    'private' | 'public' | undefined
  return {
    id: raw.id,
    enabled: raw.st_enable_source ?? false,
    discoveryUrl: raw.discovery_url,
    begin: { count: raw.begin ?? 0, unit: raw.begin_unit === undefined ? undefined : unitOf(raw.begin_unit) },
    fetchInterval: { count: raw.fetch_interval ?? 0, unit: raw.fetch_interval_unit ?? '' },
    stixVersion: raw.stix_version ?? '',
    basic: {
      use: basic?.basic_auth_status ?? false,
      username: basic?.username ?? '',
      password: secretOf(basic?.password),
    },
    certificate: {
      use: ssl?.ssl_status ?? false,
      certificateFile: files.cert_file ?? '',
      keyFile: files.cert_key ?? '',
      keyPassphrase: secretOf(ssl?.key_pass),
      location,
    },
    proxy: {
      use: proxy?.status ?? false,
      host: proxy?.ip ?? '',
      port: proxy?.port ?? 0,
      protocol: proxy?.protocol ?? '',
    },
    unshown: unshownIn(raw),
  }
}

/** A secret that came in clear; errors know it from here on. */
function secretOf(text: string | undefined): Secret | undefined {
  if (text === undefined || isMasked(text)) return undefined
  rememberSecret(text)
  return new Secret(text)
}

type Listed = z.infer<typeof listed>

/** Documented fields that are missing all the same, by our names: they are not known to be empty or off. */
function unshownIn(raw: Listed): readonly string[] | undefined {
  const fields: Readonly<Record<string, unknown>> = {
    enabled: raw.st_enable_source,
    begin: raw.begin,
    fetchInterval: raw.fetch_interval === undefined ? undefined : raw.fetch_interval_unit,
    stixVersion: raw.stix_version,
    'basic.use': raw.basic_auth_mode?.basic_auth_status,
    'basic.username': raw.basic_auth_mode?.username,
    'certificate.use': raw.ssl_mode?.ssl_status,
    'certificate.certificateFile': (raw.files ?? raw).cert_file,
    'certificate.keyFile': (raw.files ?? raw).cert_key,
    'proxy.use': raw.st_proxy?.status,
    'proxy.host': raw.st_proxy?.ip,
    'proxy.port': raw.st_proxy?.port,
    'proxy.protocol': raw.st_proxy?.protocol,
  }
  const unshown = Object.keys(fields).filter((field) => fields[field] === undefined)
  return unshown.length > 0 ? unshown : undefined
}

// What is there and cannot be understood counts as not shown.
const flag = z
  .unknown()
  .transform((value) => {
    if (typeof value === 'boolean') return value
    const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim().toLowerCase() : ''
    if (text === 'true' || text === '1') return true
    return text === 'false' || text === '0' ? false : undefined
  })
  .optional()

const count = z
  .unknown()
  .transform((value) => {
    const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined
  })
  .optional()

const text = z
  .unknown()
  .transform((value) => {
    if (value === null) return ''
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  })
  .optional()

const group = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).optional().catch(undefined)

const filesShape = { cert_file: text, cert_key: text }

const listed = z.object({
  id: z.union([z.string().min(1), z.number().transform(String)]),
  discovery_url: z.string().min(1),
  st_enable_source: flag,
  begin: count,
  begin_unit: text,
  fetch_interval: count,
  fetch_interval_unit: text,
  stix_version: text,
  file_location: text,
  basic_auth_mode: group({ basic_auth_status: flag, username: text, password: text }),
  ssl_mode: group({ ssl_status: flag, key_pass: text }),
  st_proxy: group({ status: flag, ip: text, port: count, protocol: text }),
  files: group(filesShape),
  ...filesShape,
})
