import { z } from 'zod'
import { parseDuration } from '../core/duration.ts'
import { credentialStoreNames } from '../profile/profile.ts'

// A definition is never filled in from STIXTAXII_ variables flag by flag: one server's password would go to all of them.
// Those variables make up the one profile `environment`.
const own = { environment: false } as const
const text = (value: string, about: string): z.ZodOptional<z.ZodString> =>
  z
    .string()
    .optional()
    .meta({ ...own, value, description: about })
const texts = (value: string, about: string): z.ZodOptional<z.ZodArray<z.ZodString>> =>
  z
    .array(z.string())
    .optional()
    .meta({ ...own, value, description: about })
const file = (about: string): z.ZodOptional<z.ZodString> => text('FILE', about)
const either = (about: string): z.ZodOptional<z.ZodBoolean> =>
  z
    .boolean()
    .optional()
    .meta({ ...own, description: about })
const only = (about: string): z.ZodDefault<z.ZodBoolean> =>
  z
    .boolean()
    .default(false)
    .meta({ ...own, description: about })
const choice = <const T extends readonly [string, ...string[]]>(
  values: T,
  about: string,
): z.ZodOptional<z.ZodEnum<{ [Key in T[number]]: Key }>> =>
  z
    .enum(values)
    .optional()
    .meta({ ...own, description: about }) as z.ZodOptional<z.ZodEnum<{ [Key in T[number]]: Key }>>
const duration = (about: string): z.ZodOptional<z.ZodString> =>
  z
    .string()
    .refine((value) => parseDuration(value) !== undefined, 'write a duration: 2h, 20d, 1w, 3mo')
    .optional()
    .meta({ ...own, value: 'D', description: about })

/** How to reach and enter a server: for every command that takes a source or a URL. Spread it into its input. */
export const accessFields = {
  preset: text('NAME', 'what is known of a provider: version, paths, limits'),
  taxiiVersion: choice(['auto', '1.0', '1.1', '2.0', '2.1'], 'version to speak; auto finds it out'),
  apiRoot: text('URL', 'API root to use, as URL or path'),
  auth: choice(
    ['none', 'basic', 'bearer', 'token', 'query', 'jwt', 'oauth2'],
    'how to authenticate, where the flags below do not say it; jwt logs in for a token, as OpenTAXII has it',
  ),
  username: text('NAME', 'user name for Basic or JWT'),
  passwordFile: file('file whose first line is the password'),
  tokenFile: file('file whose first line is a token (Bearer; `Token` with --auth token)'),
  header: texts('NAME=FILE', 'a header whose value is the first line of a file; NAME= removes it'),
  queryKey: text('NAME', 'query parameter that carries a key'),
  queryKeyFile: file('file whose first line is that key'),
  jwtUrl: text('URL', "where to log in; default: the server's /management/auth"),
  oauthTokenUrl: text('URL', 'OAuth2 client credentials: where tokens are given'),
  clientId: text('ID', 'OAuth2 client id'),
  clientSecretFile: file('file whose first line is the OAuth2 client secret'),
  oauthScope: text('SCOPE', 'OAuth2 scope'),
  secretEnv: text('NAME', 'variable that holds the password, token, key or client secret'),
  secretCommand: text('COMMAND', 'program whose first line of output is that secret; no shell'),
  secretStdin: only('read that secret from standard input'),
  discoveryUsername: text('NAME', 'user name for discovery, where it is not that of the API root'),
  discoveryPasswordFile: file('file whose first line is the password for discovery'),
  discoveryTokenFile: file('file whose first line is the token for discovery'),
  certificate: file('client certificate: PEM (may hold the key) or PKCS#12'),
  key: file("the certificate's key, PEM"),
  keyPassphraseFile: file("file whose first line is the key's passphrase"),
  proxy: text('URL', 'proxy: http://HOST:PORT, https:// or socks5://'),
  proxyUsername: text('NAME', 'user name for the proxy'),
  proxyPasswordFile: file("file whose first line is the proxy's password"),
  proxyBypass: text('LIST', 'hosts reached without the proxy, as NO_PROXY'),
  ca: texts('FILE', 'PEM authorities to trust besides the usual ones'),
  pin: text('SHA256', 'accept only the certificate with this fingerprint'),
  insecure: either('do not verify who the server is'),
  allowOrigin: texts('ORIGIN', 'another origin that may get the secrets'),
  allowHttp: either('allow plain http to a host that is not this one'),
  pageSize: z
    .int()
    .positive()
    .optional()
    .meta({ ...own, value: 'N', description: 'objects to ask for in one page' }),
  maxWindow: duration('longest span of one poll (1.x), as 24h'),
}

/** What only a saved definition has. */
export const definitionFields = {
  url: text('URL', 'any address of the server: discovery, API root, collection, poll'),
  collection: texts('ID', 'collection to read; default: every readable one'),
  begin: duration('how far back the first fetch goes'),
  fetchInterval: duration('how often `watch` fetches'),
  stixVersion: choice(['1', '2'], 'what Director is told'),
  enabled: only('fetch it'),
  disabled: only('keep it, but do not fetch it'),
  useBasic: either('use the user name and password; kept when off'),
  useCertificate: either('use the client certificate; kept when off'),
  certificateLocation: choice(['private', 'public'], 'where Director keeps the certificate'),
  useProxy: either('use the proxy; kept when off'),
  credentialStore: choice(credentialStoreNames, 'copy secrets there instead of naming their files'),
}

/** The schema of those flags. */
export const accessFlagsSchema = z.object(accessFields)

/** Values of the flags that say how to reach and enter a server. */
export type AccessFlags = z.infer<typeof accessFlagsSchema>
/** Keys of those flags. */
export const accessFlagNames: readonly string[] = Object.keys(accessFields)

const everyField = z.object({ ...accessFields, ...definitionFields })

/** Values of all definition flags; what was not given is undefined (false for those with one position). */
export type SourceFlags = z.infer<typeof everyField>
/** Keys of the flags that are never filled in from the environment. */
export const sourceFlagNames: readonly string[] = Object.keys(everyField.shape)
