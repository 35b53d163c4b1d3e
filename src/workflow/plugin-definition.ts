import { basename } from 'node:path'
import { Secret } from '../core/secret.ts'
import { beginOf, fetchIntervalOf, neutralProxy, proxyAddressOf, stixVersionWord } from '../director/definition.ts'
import type { EnrichmentSource } from '../director/enrichment-source.ts'
import type { Credentials, TaxiiProfile } from '../profile/profile.ts'

/** Something a profile has and the plugin has no field for. */
export interface PluginLack {
  /** The profile's property. */
  readonly field: string
  /** One sentence: what the plugin does without. */
  readonly message: string
  /** Without it the plugin most probably gets nothing; otherwise it gets something else than the profile does. */
  readonly isNeeded: boolean
}

/** A profile as the plugin can be told it. */
export interface PluginDefinition {
  readonly source: EnrichmentSource
  /** In the order of the profile's properties; empty when nothing is lost. */
  readonly lacks: readonly PluginLack[]
}

export interface PluginDefinitionDependencies {
  readonly credentials: Pick<Credentials, 'resolve'>
  /** A word for the version that is sent as it is, instead of what the profile says. */
  readonly stixVersionRaw?: string | undefined
}

/**
 * A profile's definition in Director's fields (API guide, create), with its secrets read: Basic, certificate pair, plain
 * proxy, begin, interval, version word. Values of features that are off are kept; what was never given gets a neutral filler.
 * @throws DIRECTOR_DURATION_UNFIT, DIRECTOR_VERSION_UNKNOWN, DIRECTOR_PROXY_UNFIT (usage), PROFILE_SECRET_* of credentials
 */
export async function pluginDefinitionOf(
  profile: TaxiiProfile,
  { credentials, stixVersionRaw }: PluginDefinitionDependencies,
): Promise<PluginDefinition> {
  const { authentication, certificate } = profile
  const secret = (reference: Parameters<typeof credentials.resolve>[0] | null | undefined, what: string) =>
    reference ? credentials.resolve(reference, { what, profile: profile.name }) : new Secret('')
  const isBasic = authentication.scheme === 'basic'
  const source: EnrichmentSource = {
    enabled: profile.enabled,
    discoveryUrl: profile.url,
    begin: beginOf(profile.begin),
    fetchInterval: fetchIntervalOf(profile.fetchInterval),
    stixVersion: stixVersionRaw ?? stixVersionWord({ stixVersion: profile.stixVersion, taxiiVersion: profile.version }),
    basic: {
      use: isBasic && profile.useBasic,
      username: isBasic ? authentication.username : '',
      password: await secret(isBasic ? authentication.password : undefined, 'the password'),
    },
    certificate: {
      use: certificate?.use ?? false,
      certificateFile: certificate ? basename(certificate.certificate) : '',
      keyFile: certificate?.key === undefined ? '' : basename(certificate.key),
      keyPassphrase: await secret(certificate?.passphrase, "the key's passphrase"),
      location: certificate?.location ?? 'private',
    },
    proxy: proxyOf(profile),
  }
  return { source, lacks: lacksOf(profile) }
}

function proxyOf({ proxy }: TaxiiProfile): EnrichmentSource['proxy'] {
  if (proxy?.url === undefined) return neutralProxy
  return { use: proxy.use, ...proxyAddressOf(new URL(proxy.url)) }
}

/** What the plugin cannot be told of a profile (issue "Director", preflight). */
export function lacksOf(profile: TaxiiProfile): readonly PluginLack[] {
  const { authentication, certificate, proxy, tls } = profile
  const lacks: PluginLack[] = []
  const lack = (field: string, message: string, isNeeded: boolean): void =>
    void lacks.push({ field, message, isNeeded })
  if (profile.apiRoot !== undefined) lack('apiRoot', 'it takes every API root that discovery offers', false)
  if (profile.collections.length > 0) {
    const chosen = profile.collections.length === 1 ? 'the one that is' : `the ${profile.collections.length} that are`
    lack('collections', `it takes every collection that discovery offers, not only ${chosen} chosen here`, false)
  }
  const scheme = schemeNames[authentication.scheme]
  if (scheme !== undefined) lack('authentication', `it knows Basic authentication, and no ${scheme}`, true)
  if (profile.headers.length > 0) lack('headers', 'it sends no headers besides its own', true)
  if (profile.discoveryAuthentication) {
    lack('discoveryAuthentication', 'it has one user name and password, for discovery and collections alike', true)
  }
  if (certificate?.use && certificate.key === undefined) {
    lack('certificate', 'it wants certificate and key as two PEM files', true)
  }
  if (tls.ca?.length) lack('tls.ca', 'it cannot be given an authority; the Logpoint itself has to trust it', true)
  if (tls.insecure) lack('tls.insecure', 'its verification of the server cannot be switched off', true)
  if (proxy?.use && (proxy.username !== undefined || proxy.password !== undefined)) {
    lack('proxy', 'it cannot log in at a proxy', true)
  }
  return lacks
}

const schemeNames: Readonly<Record<TaxiiProfile['authentication']['scheme'], string | undefined>> = {
  none: undefined,
  basic: undefined,
  bearer: 'bearer tokens',
  token: 'tokens',
  query: 'keys in the URL',
  jwt: 'logins for a JWT',
  oauth2: 'OAuth 2',
}
