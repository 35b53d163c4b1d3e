import { dirname, resolve } from 'node:path'
import type { ListenLimits } from '../listen.ts'
import type { ServeSettings } from '../parts.ts'
import type { LogLevel } from '../server-log.ts'
import type { TlsFiles } from '../server-tls.ts'
import { defaultServeSettings } from '../default-settings.ts'
import type { ServeConfigurationText } from './schema.ts'

/** A module that the configuration names. */
export interface NamedModule {
  /** As it stands there: `./my-module.js#export`. */
  readonly name: string
  readonly parameters: Readonly<Record<string, unknown>>
}

/** A configuration file with the environment over it. Paths are absolute; what nobody said is undefined. */
export interface ServeConfiguration {
  readonly file: string
  readonly settings: ServeSettings
  readonly listen: {
    readonly host?: string | undefined
    readonly port?: number | undefined
    readonly behindTls?: boolean | undefined
    readonly trustedProxies?: readonly string[] | undefined
    readonly publicUrl?: string | undefined
    readonly tls?: TlsFiles | undefined
    readonly certificateAccounts?: Readonly<Record<string, string>> | undefined
    readonly limits: Partial<ListenLimits>
    readonly metricsArePublic?: boolean | undefined
    readonly logLevel?: LogLevel | undefined
    readonly auditLog?: string | undefined
  }
  /** Of the built-in authentication. */
  readonly tokenTtlSeconds?: number | undefined
  readonly modules: {
    readonly authentication?: NamedModule | undefined
    readonly taxii1?: NamedModule | undefined
    readonly taxii2?: NamedModule | undefined
    /** Each once, also where both families name it. */
    readonly hooks: readonly NamedModule[]
  }
}

type Module = { readonly class: string; readonly parameters?: Record<string, unknown> | undefined }

export function configurationOf(text: ServeConfigurationText, file: string): ServeConfiguration {
  const absolute = (path: string | undefined): string | undefined => path && resolve(dirname(resolve(file)), path)
  const { listen = {}, logging = {}, tls } = text
  return {
    file: resolve(file),
    settings: settingsOf(text),
    listen: {
      host: listen.host,
      port: listen.port,
      behindTls: listen.behind_tls,
      trustedProxies: listen.trusted_proxies,
      publicUrl: publicUrlOf(text),
      tls: tls && {
        certificate: absolute(tls.certificate) as string,
        key: absolute(tls.key) as string,
        passphrase: absolute(tls.key_passphrase_file),
        clientAuthorities: absolute(tls.client_ca),
        clientCertificates: tls.client_certificates,
      },
      certificateAccounts: tls?.client_accounts,
      limits: limitsOf(text.limits),
      metricsArePublic: text.metrics?.public,
      logLevel: logging.level,
      auditLog: absolute(logging.audit_log),
    },
    tokenTtlSeconds: text.auth_api?.parameters?.['token_ttl_secs'] as number | undefined,
    modules: modulesOf(text),
  }
}

function settingsOf({ taxii1 = {}, taxii2 = {}, ...text }: ServeConfigurationText): ServeSettings {
  const defaults = defaultServeSettings
  return {
    taxii1: {
      isEnabled: taxii1.enabled ?? defaults.taxii1.isEnabled,
      saveRawInboxMessages: taxii1.save_raw_inbox_messages ?? defaults.taxii1.saveRawInboxMessages,
      unauthorizedStatus: taxii1.unauthorized_status ?? defaults.taxii1.unauthorizedStatus,
      countBlocksInPollResponses: taxii1.count_blocks_in_poll_responses ?? defaults.taxii1.countBlocksInPollResponses,
      maxContentLength: taxii1.max_content_length ?? defaults.taxii1.maxContentLength,
    },
    taxii2: {
      isEnabled: taxii2.enabled ?? defaults.taxii2.isEnabled,
      title: taxii2.title ?? defaults.taxii2.title,
      description: taxii2.description,
      contact: taxii2.contact,
      maxContentLength: taxii2.max_content_length ?? defaults.taxii2.maxContentLength,
      publicDiscovery: taxii2.public_discovery ?? defaults.taxii2.publicDiscovery,
      allowCustomProperties: taxii2.allow_custom_properties ?? defaults.taxii2.allowCustomProperties,
      maxPageSize: taxii2.max_page_size ?? defaults.taxii2.maxPageSize,
      versions: taxii2.versions,
      compressFromBytes: taxii2.compress_from_bytes,
    },
    schemes: { basic: text.support_basic_auth ?? true, bearer: text.support_bearer_auth ?? true },
    anonymousReading: text.anonymous_reading ?? defaults.anonymousReading,
  }
}

function publicUrlOf({ domain, tls, listen }: ServeConfigurationText): string | undefined {
  if (domain === undefined || /^https?:\/\//i.test(domain)) return domain
  return `${tls !== undefined || listen?.behind_tls ? 'https' : 'http'}://${domain}`
}

function limitsOf(limits: ServeConfigurationText['limits'] = {}): Partial<ListenLimits> {
  const milliseconds = (seconds: number | undefined): number | undefined =>
    seconds === undefined ? undefined : Math.round(seconds * 1000)
  const all = {
    maxConnections: limits.max_connections,
    maxPerAddress: limits.max_connections_per_address,
    headersTimeoutMs: milliseconds(limits.headers_timeout_secs),
    requestTimeoutMs: milliseconds(limits.request_timeout_secs),
    answerTimeoutMs: milliseconds(limits.answer_timeout_secs),
    slowestBytesPerSecond: limits.slowest_bytes_per_sec,
    keepAliveMs: milliseconds(limits.keep_alive_secs),
    maxUnsentBytes: limits.max_unsent_bytes,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

function modulesOf(text: ServeConfigurationText): ServeConfiguration['modules'] {
  const { auth_api: auth, persistence_api: both } = text
  const [first, second] = [text.taxii1?.persistence_api ?? both, text.taxii2?.persistence_api ?? both]
  const hooks = [text.hooks, text.taxii1?.hooks, text.taxii2?.hooks].flatMap((named) =>
    named === undefined ? [] : [typeof named === 'string' ? moduleOf({ class: named }) : moduleOf(named)],
  )
  const distinct = new Map(hooks.map((module) => [JSON.stringify(module), module]))
  return {
    authentication:
      auth?.class === undefined ? undefined : moduleOf({ class: auth.class, parameters: auth.parameters }),
    taxii1: first && moduleOf(first),
    taxii2: second && moduleOf(second),
    hooks: [...distinct.values()],
  }
}

function moduleOf({ class: name, parameters = {} }: Module): NamedModule {
  return { name, parameters }
}
