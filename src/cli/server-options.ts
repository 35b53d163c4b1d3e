import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { whyOf } from '../core/system-fault.ts'
import type { ServeConfiguration } from '../serve/configuration/configuration.ts'
import { readServeConfiguration } from '../serve/configuration/read.ts'
import type { LogLevel } from '../serve/server-log.ts'
import type { ClientCertificates, TlsFiles } from '../serve/server-tls.ts'
import type { ServerOptions } from '../workflow/open-server.ts'
import type { GlobalOptions, Runtime } from './runtime.ts'

/** What flags say of a server. */
export interface ServerFlags {
  readonly config?: string | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly tlsCertificate?: string | undefined
  readonly tlsKey?: string | undefined
  readonly tlsKeyPassphraseFile?: string | undefined
  readonly tlsClientCa?: string | undefined
  readonly tlsClientCertificates?: ClientCertificates | undefined
  readonly behindTls: boolean
  readonly trustedProxy: readonly string[]
  readonly publicUrl?: string | undefined
  readonly auditLog?: string | undefined
  readonly logLevel?: LogLevel | undefined
  readonly metricsPublic: boolean
}

interface Place {
  readonly workingDirectory: string
  readonly options: Pick<GlobalOptions, 'quiet'>
  readonly environment: Runtime['environment']
}

/** A server as flags, environment and the configuration file want it, in this order. */
export interface WantedServer {
  readonly options: ServerOptions
  readonly configuration: ServeConfiguration
}

/** @throws CLI_SERVER_TLS (usage) for half of a certificate; SERVE_CONFIGURATION_* (config) */
export async function readServerOptions(flags: ServerFlags, place: Place): Promise<WantedServer> {
  const absolute = (path: string | undefined): string | undefined => path && resolve(place.workingDirectory, path)
  const file = absolute(flags.config)
  const text = file === undefined ? '' : await readConfiguration(file)
  // Without a file there is nothing that its name would stand beside, but the variables count all the same.
  const path = file ?? resolve(place.workingDirectory, 'server.yaml')
  const configuration = await readServeConfiguration(text, path, place.environment)
  const given: ServerOptions = {
    host: flags.host,
    port: flags.port,
    tls: tlsFiles(flags, absolute),
    behindTls: flags.behindTls || undefined,
    trustedProxies: flags.trustedProxy.length > 0 ? flags.trustedProxy : undefined,
    publicUrl: flags.publicUrl,
    auditLog: absolute(flags.auditLog),
    logLevel: flags.logLevel ?? (place.options.quiet ? 'error' : undefined),
    metricsArePublic: flags.metricsPublic || undefined,
  }
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const { settings, tokenTtlSeconds } = configuration
  return { options: { ...configuration.listen, settings, tokenTtlSeconds, ...said }, configuration }
}

async function readConfiguration(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
    const reason = code === 'ENOENT' ? 'there is no such file' : code
    throw new StixTaxiiError('CLI_SERVER_CONFIGURATION', `The configuration ${file} cannot be read: ${whyOf(cause)}`, {
      kind: 'config',
      hint: 'Name a YAML file that this user may read, or leave --config out.',
      context: { file, reason },
      cause,
    })
  }
}

function tlsFiles(
  flags: ServerFlags,
  absolute: (path: string | undefined) => string | undefined,
): TlsFiles | undefined {
  const [certificate, key] = [absolute(flags.tlsCertificate), absolute(flags.tlsKey)]
  const clientCertificates = flags.tlsClientCertificates
  if (certificate && key) {
    const clientAuthorities = absolute(flags.tlsClientCa)
    if (clientCertificates !== undefined && clientCertificates !== 'none' && !clientAuthorities) {
      throw incomplete('--tls-client-certificates', 'name the authorities of those certificates with --tls-client-ca')
    }
    return { certificate, key, passphrase: absolute(flags.tlsKeyPassphraseFile), clientAuthorities, clientCertificates }
  }
  const [lone] = Object.entries({
    '--tls-certificate': certificate,
    '--tls-key': key,
    '--tls-key-passphrase-file': flags.tlsKeyPassphraseFile,
    '--tls-client-ca': flags.tlsClientCa,
    '--tls-client-certificates': clientCertificates,
  }).filter(([, value]) => value !== undefined)
  if (lone) throw incomplete(lone[0], 'name both --tls-certificate and --tls-key')
  return undefined
}

function incomplete(flag: string, what: string): StixTaxiiError {
  return new StixTaxiiError('CLI_SERVER_TLS', `${flag} alone is not enough for TLS`, {
    kind: 'usage',
    hint: `To serve with TLS ${what}.`,
    context: { flag },
  })
}
