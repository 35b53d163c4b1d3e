import { readFile } from 'node:fs/promises'
import { StixTaxiiError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { whyOf } from '../core/system-fault.ts'
import type { ClientCertificate, TlsOptions } from '../http/options.ts'
import type { CertificateSettings, Credentials, TlsSettings } from '../profile/profile.ts'

interface TlsProfile {
  readonly name: string
  readonly tls: TlsSettings
  readonly certificate?: CertificateSettings | undefined
}

/**
 * TLS settings of a profile with its files read. A client certificate is left out while its switch is off.
 * @throws PROFILE_CA_UNREADABLE (config), PROFILE_CERTIFICATE_UNREADABLE (auth) naming the file.
 */
export async function tlsOf(
  profile: TlsProfile,
  { credentials }: { readonly credentials: Pick<Credentials, 'resolve'> },
): Promise<Partial<TlsOptions>> {
  const ca = profile.tls.ca && (await Promise.all(profile.tls.ca.map(readAuthority)))
  const { certificate } = profile
  return {
    ca,
    pinnedFingerprint: profile.tls.pin,
    insecure: profile.tls.insecure ?? false,
    clientCertificate: certificate?.use ? await readCertificate(certificate, profile.name, credentials) : undefined,
  }
}

async function readAuthority(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: unknown) => error as Error)
  if (Buffer.isBuffer(bytes) && bytes.includes('-----BEGIN CERTIFICATE-----')) return bytes
  const why = Buffer.isBuffer(bytes) ? 'holds no PEM certificate' : `cannot be read (${codeOf(bytes)})`
  throw new StixTaxiiError('PROFILE_CA_UNREADABLE', `The authority file ${path} ${why}`, {
    kind: 'config',
    hint: 'Name a PEM file with --ca; DER becomes PEM with: openssl x509 -inform der -in FILE -out FILE.pem',
    context: { path },
    cause: Buffer.isBuffer(bytes) ? undefined : bytes,
  })
}

async function readCertificate(
  settings: CertificateSettings,
  profile: string,
  credentials: Pick<Credentials, 'resolve'>,
): Promise<ClientCertificate> {
  const bytes = await readCredentialFile(settings.certificate, 'certificate')
  const passphrase =
    settings.passphrase && (await credentials.resolve(settings.passphrase, { what: "the key's passphrase", profile }))
  if (!bytes.includes('-----BEGIN ')) return { pkcs12: bytes, passphrase }
  if (settings.key === undefined) return { pem: bytes, passphrase }
  const key = await readCredentialFile(settings.key, 'key')
  return { pem: bytes, keyPem: new Secret(key.toString('latin1')), passphrase }
}

async function readCredentialFile(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new StixTaxiiError(
      'PROFILE_CERTIFICATE_UNREADABLE',
      `The client ${what} ${path} cannot be read: ${whyOf(error)}`,
      {
        kind: 'auth',
        hint: `Put it there, or name another file with --${what}.`,
        context: { path },
        cause: error,
      },
    )
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unreadable'
}
