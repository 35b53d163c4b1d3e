import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'

/** Where systems keep the authorities their administrator trusts, in one PEM file. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** Node's authorities, the system's where a bundle is found, and the user's own. */
export function trustedAuthorities(own: readonly Buffer[]): (string | Buffer)[] {
  const system = systemBundle()
  return [...rootCertificates, ...(system ? [system] : []), ...own]
}

function systemBundle(): Buffer | undefined {
  for (const path of systemBundles) {
    try {
      const bundle = readFileSync(path)
      if (bundle.includes('-----BEGIN CERTIFICATE-----')) return bundle
    } catch {
      // Not this distribution's place.
    }
  }
  return undefined
}
