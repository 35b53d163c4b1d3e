import { z } from 'zod'
import { logLevels } from '../server-log.ts'
import { clientCertificateModes } from '../server-tls.ts'

const text = (what: string): z.ZodString => z.string(`must be ${what}; put it in quotes`).min(1, 'is empty')
const flag = z.boolean('must be true or false')
const whole = (most: number): z.ZodNumber =>
  z.number('must be a number').int('must be a whole number').min(1, 'must be 1 or more').max(most, `is above ${most}`)
const seconds = z.number('must be a number of seconds').positive('must be above 0').max(86_400, 'is above a day')
const bytes = whole(2 ** 31 - 1)

const moduleName = text('a path').refine(
  (name) => /[/\\]/.test(name) || /\.[cm]?js(#|$)/.test(name),
  'must be the path of a JavaScript module, as ./my-module.js#export; leave it out for what is built in (classes of Python cannot be loaded)',
)
const parameters = z.record(z.string(), z.unknown(), 'must be keys and values')

const persistenceApi = z
  .strictObject({
    class: moduleName.describe('module and export, relative to this file; the export is open unless it is named'),
    parameters: parameters.optional().describe('handed to it as they are'),
  })
  .describe('a persistence of your own in the place of the store')

const hooks = z
  .union(
    [
      moduleName,
      z.strictObject({ class: moduleName, parameters: parameters.optional().describe('handed to it as they are') }),
    ],
    'must be the path of a module, or class and parameters',
  )
  .describe('module whose register(on, parameters) registers listeners of signals')

const common = {
  enabled: flag.optional().describe('whether it is served; default true'),
  persistence_api: persistenceApi.optional(),
  hooks: hooks.optional(),
  max_content_length: bytes.optional().describe('largest request in bytes; default 104857600'),
}

const taxii1 = z
  .strictObject({
    ...common,
    save_raw_inbox_messages: flag.optional().describe('keep inbox messages as they came; default false'),
    unauthorized_status: z
      .enum(['UNAUTHORIZED', 'DENIED', 'NOT_FOUND', 'FAILURE'], 'must be UNAUTHORIZED, DENIED, NOT_FOUND or FAILURE')
      .optional()
      .describe('status for whoever lacks a right; default UNAUTHORIZED'),
    count_blocks_in_poll_responses: flag.optional().describe('say how many blocks there are; default true'),
  })
  .describe('TAXII 1.0 and 1.1')

const taxii2 = z
  .strictObject({
    ...common,
    title: text('a text').optional().describe('of the server, in discovery'),
    description: text('a text').optional(),
    contact: text('a text').optional(),
    public_discovery: flag.optional().describe('discovery answers without an account; default false'),
    allow_custom_properties: flag.optional().describe('objects may have properties of their own; default true'),
    max_page_size: whole(10_000).optional().describe('objects a page at most; default 1000'),
    versions: z
      .array(z.enum(['2.0', '2.1'], 'must be "2.0" or "2.1", in quotes'))
      .min(1, 'is empty')
      .optional()
      .describe('which are spoken; default both'),
    compress_from_bytes: z
      .number('must be a number')
      .int('must be a whole number')
      .min(0, 'must be 0 or more')
      .optional()
      .describe('answers of this size or more go out packed; 0 never; default 16384'),
  })
  .describe('TAXII 2.0 and 2.1')

const listen = z.strictObject({
  host: text('an address').optional().describe('default 127.0.0.1'),
  port: z
    .number('must be a number')
    .int('must be a whole number')
    .min(0, 'must be 0 or more')
    .max(65_535, 'is above 65535')
    .optional()
    .describe('0 is any that is free; default 9000'),
  behind_tls: flag.optional().describe('a proxy in front speaks TLS'),
  trusted_proxies: z
    .array(text('an address or network'), 'must be a list')
    .optional()
    .describe('whose X-Forwarded-* is believed; default this machine'),
})

const tls = z
  .strictObject({
    certificate: text('a path').describe("the server's certificate and those above it, PEM; relative to this file"),
    key: text('a path').describe('its key, PEM'),
    key_passphrase_file: text('a path').optional().describe('its first line opens the key'),
    client_ca: text('a path').optional().describe('authorities of client certificates, PEM'),
    client_certificates: z
      .enum(clientCertificateModes, `must be one of ${clientCertificateModes.join(', ')}`)
      .optional()
      .describe('whether clients have to show one'),
    client_accounts: z
      .record(z.string(), text('a user name'), 'must be subjects and user names')
      .optional()
      .describe('user name by subject of the certificate, as CN=alice,O=Example'),
  })
  .refine((given) => given.client_ca !== undefined || [undefined, 'none'].includes(given.client_certificates), {
    path: ['client_certificates'],
    message: 'needs client_ca',
  })

const limits = z.strictObject({
  max_connections: whole(100_000).optional().describe('default 1024'),
  max_connections_per_address: whole(100_000).optional().describe('default 64'),
  headers_timeout_secs: seconds.optional().describe('a request has its head within this; default 10'),
  request_timeout_secs: seconds.optional().describe('a whole request is there within this; default 60'),
  answer_timeout_secs: seconds.optional().describe('an answer is taken within this; default 30'),
  slowest_bytes_per_sec: whole(2 ** 31 - 1)
    .optional()
    .describe('an answer may take a second more for each of these'),
  keep_alive_secs: seconds.optional().describe('a connection waits this long for its next request; default 15'),
  max_unsent_bytes: bytes.optional().describe('answers that were not taken yet, of all clients'),
})

/** The configuration file: OpenTAXII's words, and ours beside them. */
export const serveConfigurationSchema = z
  .strictObject({
    domain: text('a host')
      .optional()
      .describe('host, or host:port, or https://host: how clients reach the server; for absolute addresses'),
    support_basic_auth: flag.optional().describe('Basic authentication; default true'),
    support_bearer_auth: flag.optional().describe('tokens of /management/auth; default true'),
    anonymous_reading: flag
      .optional()
      .describe('while there is no account, anybody on this machine may read; default true'),
    auth_api: z
      .strictObject({
        class: moduleName.optional().describe('module and export of an authentication of your own'),
        parameters: parameters.optional().describe('of the built-in one: token_ttl_secs (default 3600)'),
      })
      .optional(),
    persistence_api: persistenceApi.optional().describe('for both families'),
    hooks: hooks.optional().describe('for both families'),
    taxii1: taxii1.optional(),
    taxii2: taxii2.optional(),
    logging: z
      .strictObject({
        level: z
          .enum(logLevels, `must be one of ${logLevels.join(', ')}`)
          .optional()
          .describe('default info'),
        audit_log: text('a path').optional().describe('who did what, as JSON lines; relative to this file'),
      })
      .optional(),
    listen: listen.optional(),
    tls: tls.optional(),
    limits: limits.optional(),
    metrics: z.strictObject({ public: flag.optional().describe('for everybody, not only this machine') }).optional(),
  })
  .describe('Configuration of stixtaxii serve')

export type ServeConfigurationText = z.infer<typeof serveConfigurationSchema>

/** The JSON Schema of the file. */
export function serveConfigurationJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(serveConfigurationSchema, { io: 'input' }) as Record<string, unknown>
}
