import { basename } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import type { ProfileStore, TaxiiProfile } from '../profile/profile.ts'
import type { SourceLayer } from '../provision/definition.ts'

/**
 * The TAXII profile that a source of a desired state names.
 * @throws PROFILE_UNKNOWN (not-found), CLI_LAYER_KIND (config)
 */
export async function profileOfLayer(name: string, profiles: ProfileStore): Promise<TaxiiProfile> {
  const profile = await profiles.get(name)
  if (profile.kind !== 'taxii') {
    throw new StixTaxiiError('CLI_LAYER_KIND', `"${name}" is a Director profile, not a source`, {
      kind: 'config',
      hint: 'List the sources with: stixtaxii profile list',
      context: { name },
    })
  }
  return profile
}

/** A TAXII profile as the first layer of a source in a desired state: everything Director can be told, secrets as references. */
export function layerOfProfile(profile: TaxiiProfile): SourceLayer {
  const { authentication, certificate, proxy } = profile
  const none = { from: 'none' } as const
  const basic =
    authentication.scheme === 'basic'
      ? { username: authentication.username, password: authentication.password ?? none, useBasic: profile.useBasic }
      : {}
  const pair = certificate && {
    certificate: basename(certificate.certificate),
    key: certificate.key && basename(certificate.key),
    keyPassphrase: certificate.passphrase ?? none,
    useCertificate: certificate.use,
    certificateLocation: certificate.location,
  }
  return {
    enabled: profile.enabled,
    url: profile.url,
    begin: profile.begin,
    fetchInterval: profile.fetchInterval,
    taxiiVersion: profile.version,
    stixVersion: profile.stixVersion,
    ...basic,
    ...pair,
    ...(proxy?.url === undefined ? {} : { proxy: proxy.url, useProxy: proxy.use }),
  }
}
