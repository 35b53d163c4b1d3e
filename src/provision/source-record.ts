import { z } from 'zod'
import type { EnrichmentSource, ListedSource } from '../director/enrichment-source.ts'

/**
 * Where a secret is. The same shapes as a profile's references, so that whoever resolves the one resolves the other. A
 * desired state takes files, variables and entries of a credential store; a command can only come from a profile.
 */
export type SecretReference =
  | { readonly from: 'path'; readonly path: string }
  | { readonly from: 'env'; readonly name: string }
  | { readonly from: 'command'; readonly command: readonly string[] }
  | { readonly from: 'keyring' | 'sealed' | 'file'; readonly entry: string }

/** What was said of a secret: where it is, or that there is none. */
export type SaidSecret = SecretReference | { readonly from: 'none' }

/** Reads a reference as plan, state and journal keep it. */
export const secretReferenceSchema: z.ZodType<SecretReference> = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('path'), path: z.string() }),
  z.strictObject({ from: z.literal('env'), name: z.string() }),
  z.strictObject({ from: z.literal('command'), command: z.array(z.string()) }),
  z.strictObject({ from: z.enum(['keyring', 'sealed', 'file']), entry: z.string() }),
])

/**
 * What is known of a source without its secrets: from our own write, all of it; from a list, all but the unit of `begin`
 * and the location of the files, which no list shows.
 */
export interface KnownSource {
  readonly enabled: boolean
  readonly discoveryUrl: string
  readonly begin: { readonly count: number; readonly unit?: string | undefined }
  readonly fetchInterval: { readonly count: number; readonly unit: string }
  readonly stixVersion: string
  readonly basic: { readonly use: boolean; readonly username: string }
  readonly certificate: {
    readonly use: boolean
    readonly certificateFile: string
    readonly keyFile: string
    readonly location?: 'private' | 'public' | undefined
  }
  readonly proxy: { readonly use: boolean; readonly host: string; readonly port: number; readonly protocol: string }
}

/** Reads what is known of a source from a file of ours. */
export const knownSourceSchema: z.ZodType<KnownSource> = z.object({
  enabled: z.boolean(),
  discoveryUrl: z.string(),
  begin: z.object({ count: z.number(), unit: z.string().optional() }),
  fetchInterval: z.object({ count: z.number(), unit: z.string() }),
  stixVersion: z.string(),
  basic: z.object({ use: z.boolean(), username: z.string() }),
  certificate: z.object({
    use: z.boolean(),
    certificateFile: z.string(),
    keyFile: z.string(),
    location: z.enum(['private', 'public']).optional(),
  }),
  proxy: z.object({ use: z.boolean(), host: z.string(), port: z.number(), protocol: z.string() }),
})

/** Leaves the secrets out. */
export function knownOf(source: EnrichmentSource | ListedSource): KnownSource {
  const { basic, certificate, proxy } = source
  return {
    enabled: source.enabled,
    discoveryUrl: source.discoveryUrl,
    begin: { count: source.begin.count, unit: source.begin.unit },
    fetchInterval: { count: source.fetchInterval.count, unit: source.fetchInterval.unit },
    stixVersion: source.stixVersion,
    basic: { use: basic.use, username: basic.username },
    certificate: {
      use: certificate.use,
      certificateFile: certificate.certificateFile,
      keyFile: certificate.keyFile,
      location: certificate.location,
    },
    proxy: { use: proxy.use, host: proxy.host, port: proxy.port, protocol: proxy.protocol },
  }
}

/** The two secrets of a source. */
export const secretFields = ['password', 'keyPassphrase'] as const
export type SecretField = (typeof secretFields)[number]

/** What may be kept of a secret: a digest keyed with the state's own key, and where it came from. */
export interface SecretTrace {
  readonly fingerprint?: string | undefined
  readonly reference?: SecretReference | undefined
}

/** What the state knows of one source that this program wrote or took over. */
export interface SourceRecord {
  /** Origin of the Director. */
  readonly director: string
  /** Identifiers, not names. */
  readonly pool: string
  readonly logpoint: string
  /** `pool/logpoint` as it was called then; for messages. */
  readonly target: string
  readonly id: string
  /** The desired state that it belongs to, and its key there; absent for what `director source` wrote. */
  readonly owner?: { readonly fleet: string; readonly key: string } | undefined
  /** The profile whose definition it was made from. */
  readonly profile?: { readonly id: string; readonly name: string } | undefined
  readonly written: KnownSource
  readonly secrets: { readonly password?: SecretTrace | undefined; readonly keyPassphrase?: SecretTrace | undefined }
  /** RFC 3339 in UTC. */
  readonly writtenAt: string
}

const secretTraceSchema = z.object({
  fingerprint: z.string().optional(),
  reference: secretReferenceSchema.optional(),
})

/** Reads a source's record from the state file. */
export const sourceRecordSchema: z.ZodType<SourceRecord> = z.object({
  director: z.string(),
  pool: z.string(),
  logpoint: z.string(),
  target: z.string(),
  id: z.string(),
  owner: z.object({ fleet: z.string(), key: z.string() }).optional(),
  profile: z.object({ id: z.string(), name: z.string() }).optional(),
  written: knownSourceSchema,
  secrets: z.object({ password: secretTraceSchema.optional(), keyPassphrase: secretTraceSchema.optional() }),
  writtenAt: z.string(),
})
