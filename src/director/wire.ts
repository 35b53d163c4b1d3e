import { StixTaxiiError } from '../core/errors.ts'
import { rememberSecret } from '../core/known-secrets.ts'
import { redactUrl } from '../core/redact.ts'
import { Secret } from '../core/secret.ts'
import { readUrl } from '../core/url.ts'
import { fillers } from './assumptions.ts'
import type { InstallRequest } from './client.ts'
import type { EnrichmentSource } from './enrichment-source.ts'

/**
 * Request bodies to the letter of the API guide. Wire names stay in this file and in `read-sources.ts`.
 * @see API guide, "Create" and "Edit"; all fields are mandatory in both
 */

/** A call without parameters. */
export const emptyBody = { data: {} } as const

export function installBody({ fileName, location }: InstallRequest): object {
  return { data: { application_type: 'Application', file_name: fileName, file_location: location } }
}

/**
 * The body of create and edit. This is where its secrets are opened; errors know them from here on.
 * @throws DIRECTOR_URL_SECRET, DIRECTOR_SOURCE_INVALID (usage)
 */
export function sourceBody(source: EnrichmentSource): object {
  checkSource(source)
  const { begin, fetchInterval, basic, certificate } = source
  const proxy = proxyOf(source)
  return {
    data: {
      st_enable_source: source.enabled,
      discovery_url: source.discoveryUrl,
      fetch_interval: fetchInterval.count,
      fetch_interval_unit: fetchInterval.unit,
      begin: begin.count,
      begin_unit: begin.unit,
      st_proxy: { status: proxy.use, ip: proxy.host, protocol: proxy.protocol, port: proxy.port },
      ssl_mode: { ssl_status: certificate.use, key_pass: opened(certificate.keyPassphrase) },
      file_location: certificate.location,
      files: { cert_file: certificate.certificateFile, cert_key: certificate.keyFile },
      stix_version: source.stixVersion,
      basic_auth_mode: {
        username: basic.username,
        basic_auth_status: basic.use,
        password: opened(basic.password),
      },
    },
  }
}

function opened(secret: Secret): string {
  const text = Secret.open(secret)
  rememberSecret(text)
  return text
}

/** A proxy that is off and has no address gets the filler's: the fields are mandatory. */
function proxyOf({ proxy }: EnrichmentSource): EnrichmentSource['proxy'] {
  return !proxy.use && proxy.host === '' ? fillers.proxy : proxy
}

function checkSource(source: EnrichmentSource): void {
  const { discoveryUrl, begin, fetchInterval, proxy } = source
  const url = readUrl(discoveryUrl)
  if (!url || !/^https?:$/.test(url.protocol)) throw invalid('discoveryUrl', redactUrl(discoveryUrl))
  if (url.username !== '' || url.password !== '') {
    throw new StixTaxiiError('DIRECTOR_URL_SECRET', `The address ${redactUrl(url)} carries user information`, {
      kind: 'usage',
      hint: 'Director shows addresses to everybody who may look at the source. Give user name and password apart from the URL.',
      context: { url: redactUrl(url) },
    })
  }
  if (!isCount(begin.count)) throw invalid('begin', String(begin.count))
  if (!isCount(fetchInterval.count)) throw invalid('fetchInterval', String(fetchInterval.count))
  if (proxy.use && (proxy.host === '' || !isCount(proxy.port) || proxy.port > 65_535))
    throw invalid('proxy', `${proxy.host}:${proxy.port}`)
}

function isCount(count: number): boolean {
  return Number.isSafeInteger(count) && count > 0
}

function invalid(field: string, value: string): StixTaxiiError {
  return new StixTaxiiError('DIRECTOR_SOURCE_INVALID', `"${value}" cannot be the ${field} of an enrichment source`, {
    kind: 'usage',
    hint: 'It needs an http(s) address; begin, fetch interval and proxy port are whole numbers from 1 on.',
    context: { field, value },
  })
}
