import { z } from 'zod'
import { parseDuration } from '../core/duration.ts'
import { isKeyParameter } from '../core/redact.ts'
import { readUrl } from '../core/url.ts'

const text = (what: string): z.ZodString => z.string(`must be ${what}; put it in quotes`).min(1, 'is empty')

const secret = z
  .union(
    [
      z.strictObject({ file: text('a path').describe('its first line is the secret; relative to this file') }),
      z.strictObject({ env: text('the name of a variable').describe('environment variable') }),
      z.strictObject({
        store: z.enum(['keyring', 'sealed', 'file']).describe('credential store of stixtaxii'),
        entry: text('the name of an entry').describe('as `stixtaxii credential list` shows it'),
      }),
      z.literal('none').describe('there is none'),
    ],
    'a secret is written { file: PATH }, { env: NAME } or { store: keyring, entry: NAME }; none says there is none',
  )
  .describe('where a secret is; a secret itself is refused')

const duration = (units: string, fits: RegExp): z.ZodString =>
  z
    .string(`must be ${units}`)
    .refine((value) => parseDuration(value) !== undefined && fits.test(value), `must be ${units}`)

const httpUrl = z
  .string('must be an http or https URL')
  .refine(isHttpUrl, 'must be an http or https URL')
  .refine(
    (value) => !hasUserInformation(value),
    'has a user name or password in it; give them as username and password',
  )
  .refine((value) => !hasKeyParameter(value), 'has a key in it, which the plugin could not keep secret')

const proxyUrl = z
  .string('must be as http://HOST:PORT')
  .regex(/^https?:\/\/(\[[0-9a-fA-F:.]+\]|[^\s/:@[\]]+):\d{1,5}\/?$/, 'must be as http://HOST:PORT, without user name')

const fileName = text('the name of a file').regex(/^[^/\\\p{Cc}]+$/u, 'must be a bare file name')
const storage = z.enum(['private', 'public'], 'must be private or public')
const names = z.array(text('a name'), 'must be a list').min(1, 'is empty')

/** What a source may say, inline, over a profile, or over another layer. */
const sourceFields = {
  enabled: z.boolean('must be true or false').optional().describe('whether Logpoint fetches it (default true)'),
  url: httpUrl.optional().describe('discovery service of the TAXII server'),
  begin: duration('a duration such as 6h, 20d, 3w or 2mo', /^[1-9]/)
    .optional()
    .describe('how far back the first fetch goes: hours (6h), days (20d), weeks (3w) or months (2mo)'),
  fetchInterval: duration('hours, days or weeks, such as 6h, 2d or 1w', /^[1-9]\d*\s*[hdw]$/)
    .optional()
    .describe('pause between fetches: hours (6h), days (2d) or weeks (1w)'),
  taxiiVersion: z
    .enum(['auto', '1.0', '1.1', '2.0', '2.1'], 'must be one of auto, "1.0", "1.1", "2.0", "2.1", in quotes')
    .optional()
    .describe('1.x is the version word 1 to Director, 2.x the word 2; auto needs stixVersion'),
  stixVersion: z.enum(['1', '2'], 'must be "1" or "2", in quotes').optional().describe('version word to Director'),
  username: text('a user name').optional().describe('TAXII user'),
  password: secret.optional(),
  useBasic: z.boolean('must be true or false').optional().describe('default: true with a username'),
  certificate: fileName.optional().describe('name of an uploaded certificate'),
  key: fileName.optional().describe('name of the uploaded key to it'),
  keyPassphrase: secret.optional(),
  useCertificate: z.boolean('must be true or false').optional().describe('default: true with a certificate'),
  certificateLocation: storage.optional().describe('storage of certificate and key (default private)'),
  proxy: proxyUrl.optional().describe('http://HOST:PORT or https://HOST:PORT'),
  useProxy: z.boolean('must be true or false').optional().describe('default: true with a proxy'),
}

const bridge = z
  .strictObject({
    url: httpUrl.describe('address of `stixtaxii serve` as the Logpoints reach it'),
    collection: text('the id of a collection').optional().describe('which of those stored (default: the only one)'),
    taxiiVersion: z
      .enum(['1.0', '1.1', '2.0', '2.1'], 'must be one of "1.0", "1.1", "2.0", "2.1", in quotes')
      .optional()
      .describe('what the plugin is to speak to us (default 1.1 for STIX 1, else 2.1)'),
    credentialStore: z
      .enum(['keyring', 'sealed', 'file'], 'must be keyring, sealed or file')
      .optional()
      .describe("where the bridge's own password is kept (default file)"),
  })
  .optional()
  .describe("the profile's feed is fetched and served by us, and the plugin reads it there")

const ensure = z
  .enum(['present', 'absent'], 'must be present or absent')
  .optional()
  .describe('absent: deleted where it is found (default present)')

const packageFields = {
  file: text('a path')
    .describe('the .pak, relative to this file')
    .regex(/\.pak$/i, 'must name a .pak'),
  version: text('a version').optional().describe('what the plugin list is to show (default: from the file name)'),
  storage: storage.optional().describe('private to each pool (default), or public: seen by every pool'),
  install: z.boolean('must be true or false').optional().describe('install it on every Logpoint (default true)'),
}

/** The desired state as its file holds it; also the source of `schemas/desired-state.json`. */
export const desiredStateSchema = z
  .strictObject({
    stixtaxii: z.literal(1, 'must be 1, the format of this program').describe('format of this file'),
    name: text('a name')
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be letters, digits, dots, dashes and underscores')
      .describe('owns what is made from this file; keep it'),
    director: z
      .strictObject({
        profile: text('the name of a profile').optional().describe('a Director profile of stixtaxii'),
        url: httpUrl.optional().describe('the Director Console, without a profile'),
        token: secret.optional().describe('its API token'),
        ca: z.array(text('a path')).optional().describe('PEM files of authorities, relative to this file'),
        pin: z
          .string('must be 64 hex digits')
          .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in 64 lower-case hex digits')
          .optional()
          .describe("SHA-256 of Director's certificate"),
        allowHttp: z.boolean('must be true or false').optional().describe('plain http beyond this machine'),
      })
      .optional()
      .describe('which Director (default: as for other commands)'),
    pools: z.record(z.string(), text('an identifier')).optional().describe('pool name: pool UUID'),
    logpoints: z.record(z.string(), text('an identifier')).optional().describe('pool/logpoint: identifier'),
    groups: z.record(z.string(), names).optional().describe('group: Logpoints, globs, groups'),
    on: names.optional().describe('Logpoints, groups or globs this file is about (default: all)'),
    package: z.strictObject(packageFields).optional().describe('the StixTaxii package'),
    certificates: z
      .array(
        z.strictObject({
          file: text('a path').describe('certificate or key, relative to this file'),
          storage: storage.optional().describe('private to each pool (default), or public: seen by every pool'),
          publicKey: z
            .literal(true, 'must be true')
            .optional()
            .describe('yes, put this private key where every pool sees it'),
        }),
      )
      .optional()
      .describe('files for client certificates'),
    sources: z
      .record(
        z.string(),
        z.strictObject({
          from: text('the name of a profile').optional().describe('a TAXII profile; what stands here goes over it'),
          bridge,
          ensure,
          on: names.optional().describe('Logpoints, groups or globs (default: those of this file)'),
          ...sourceFields,
        }),
      )
      .optional()
      .describe('enrichment sources, by a name of yours'),
    overrides: z
      .record(
        z.string(),
        z.strictObject({
          sources: z.record(z.string(), z.strictObject({ ensure, ...sourceFields })).optional(),
        }),
      )
      .optional()
      .describe('what is different on a Logpoint, group or glob; later ones win'),
    removed: z
      .enum(['delete', 'keep'], 'must be delete or keep')
      .optional()
      .describe('what becomes of things made from this file that it no longer names (default delete)'),
  })
  .meta({ title: 'Desired state of stixtaxii: plan -f FILE, apply -f FILE' })

export type DesiredStateText = z.infer<typeof desiredStateSchema>
export type SecretText = z.infer<typeof secret>
export type SourceText = NonNullable<DesiredStateText['sources']>[string]
export type BridgeText = NonNullable<SourceText['bridge']>
export type SourceOverride = Omit<SourceText, 'from' | 'on' | 'bridge'>

/** `schemas/desired-state.json`, for editors. */
export function desiredStateJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(desiredStateSchema) as Record<string, unknown>
  return { $schema, $id: 'https://stixtaxii.example/schemas/desired-state.json', ...rest }
}

function isHttpUrl(value: string): boolean {
  return /^https?:$/.test(readUrl(value)?.protocol ?? '') && !/[\p{Cc}\\]/u.test(value)
}

function hasUserInformation(value: string): boolean {
  const { username = '', password = '' } = readUrl(value) ?? {}
  return username !== '' || password !== ''
}

function hasKeyParameter(value: string): boolean {
  return [...(readUrl(value)?.searchParams.keys() ?? [])].some(isKeyParameter)
}
