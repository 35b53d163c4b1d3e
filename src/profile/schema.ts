import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { parseDuration } from '../core/duration.ts'
import { readUrl } from '../core/url.ts'
import type { DirectorProfile, Profile, SecretReference, TaxiiProfile } from './profile.ts'

/** What the profile file holds. `version` rises when an older program could no longer read it rightly. */
export interface ProfileFile {
  readonly version: 1
  readonly defaults: { readonly taxii?: string | undefined; readonly director?: string | undefined }
  readonly profiles: readonly Profile[]
}

export const profileFileVersion = 1

const absolutePath = z.string().refine(isAbsolute, 'must be an absolute path')
const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'must be a duration such as 2h, 20d, 1w')
const httpUrl = z
  .string()
  .refine((text) => ['http:', 'https:'].includes(protocolOf(text)), 'must be an http or https URL')
const proxyUrl = z
  .string()
  .refine((text) => ['http:', 'https:', 'socks5:'].includes(protocolOf(text)), 'must be an http, https or socks5 URL')

function protocolOf(text: string): string {
  return readUrl(text)?.protocol ?? ''
}

/** Reads a reference to a secret. */
export const secretReferenceSchema: z.ZodType<SecretReference> = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('path'), path: absolutePath }),
  z.strictObject({ from: z.literal('env'), name: z.string().min(1) }),
  z.strictObject({ from: z.literal('command'), command: z.array(z.string()).min(1) }),
  z.strictObject({ from: z.enum(['keyring', 'sealed', 'file']), entry: z.string().min(1) }),
])
const secret = secretReferenceSchema

const authentication = z.discriminatedUnion('scheme', [
  z.strictObject({ scheme: z.literal('none') }),
  z.strictObject({ scheme: z.literal('basic'), username: z.string(), password: secret.nullable() }),
  z.strictObject({ scheme: z.literal('bearer'), token: secret }),
  z.strictObject({ scheme: z.literal('token'), token: secret }),
  z.strictObject({ scheme: z.literal('query'), name: z.string().min(1), key: secret }),
  z.strictObject({ scheme: z.literal('jwt'), url: httpUrl.optional(), username: z.string(), password: secret }),
  z.strictObject({
    scheme: z.literal('oauth2'),
    tokenUrl: httpUrl,
    clientId: z.string().min(1),
    clientSecret: secret,
    scope: z.string().optional(),
  }),
])

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of a header')

const certificate = z.strictObject({
  certificate: absolutePath,
  key: absolutePath.optional(),
  passphrase: secret.optional(),
  use: z.boolean(),
  location: z.enum(['private', 'public']),
})

const proxy = z
  .strictObject({
    url: proxyUrl.optional(),
    username: z.string().optional(),
    password: secret.optional(),
    noProxy: z.string().optional(),
    use: z.boolean(),
  })
  .refine(({ url, use }) => url !== undefined || !use, 'a proxy that is used needs a url')

const tls = z.strictObject({
  ca: z.array(absolutePath).optional(),
  pin: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in 64 lower-case hex digits')
    .optional(),
  insecure: z.boolean().optional(),
})

/** Reads a TAXII profile. */
export const taxiiProfileSchema: z.ZodType<TaxiiProfile> = z.strictObject({
  kind: z.literal('taxii'),
  id: z.uuid(),
  name: z.string().min(1).max(64),
  url: httpUrl,
  version: z.enum(['auto', '1.0', '1.1', '2.0', '2.1']),
  stixVersion: z.enum(['1', '2']).optional(),
  preset: z.string().optional(),
  apiRoot: z.string().optional(),
  collections: z.array(z.string()),
  authentication,
  useBasic: z.boolean(),
  headers: z.array(z.strictObject({ name: headerName, value: secret })),
  discoveryAuthentication: authentication.optional(),
  certificate: certificate.optional(),
  tls,
  proxy: proxy.optional(),
  begin: duration,
  fetchInterval: duration,
  enabled: z.boolean(),
  pageSize: z.int().positive().optional(),
  maxWindow: duration.optional(),
  allowOrigins: z.array(httpUrl),
  allowHttp: z.boolean(),
})

/** Reads a Director profile. */
export const directorProfileSchema: z.ZodType<DirectorProfile> = z.strictObject({
  kind: z.literal('director'),
  id: z.uuid(),
  name: z.string().min(1).max(64),
  url: httpUrl,
  token: secret,
  tokenSince: z.iso.datetime().optional(),
  tokenAlwaysActive: z.boolean().optional(),
  apiPrefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*$/, 'must be path segments such as configapi/v1')
    .optional(),
  packageUpload: z.enum(['raw', 'multipart']).optional(),
  pools: z.record(z.string(), z.string()),
  logpoints: z.record(z.string(), z.string()),
  groups: z.record(z.string(), z.array(z.string())),
  tls,
  proxy: proxy.optional(),
  allowHttp: z.boolean(),
})

/** Reads a profile of either kind. */
export const profileSchema: z.ZodType<Profile> = z.union([taxiiProfileSchema, directorProfileSchema])

/** Reads the profile file. */
export const profileFileSchema: z.ZodType<ProfileFile> = z.strictObject({
  version: z.literal(profileFileVersion),
  defaults: z.strictObject({ taxii: z.string().optional(), director: z.string().optional() }),
  profiles: z.array(profileSchema),
})
