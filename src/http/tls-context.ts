import { constants, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'
import { StixTaxiiError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { ClientCertificate, TlsOptions } from './options.ts'

/** Where systems keep the authorities their administrator trusts, in one PEM file. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/**
 * Given explicitly, so that neither --tls-cipher-list in NODE_OPTIONS nor the version of Node decides: level 2 wants keys
 * of 2048 bits and SHA-256 in the whole chain, where Node 20 by itself takes authorities of 1024 bits.
 */
const strictCiphers = `${constants.defaultCoreCipherList}:@SECLEVEL=2`

/**
 * Contexts to try one after the other, each with other authorities: the user's own, Node's, the system's. Reading a
 * bundle costs as much as starting the program half again, so each is read only when those before it did not know the
 * server's authority.
 */
export function trustStages(tls: TlsOptions, withCertificate: boolean): readonly (() => SecureContext | undefined)[] {
  const certificate = withCertificate ? tls.clientCertificate : undefined
  const own = tls.ca ?? []
  const make = (ca: readonly Buffer[] | undefined) => makeContext(certificate, ca, tls.insecure === true)
  const stages = [
    () => make(undefined),
    () => {
      const bundle = systemBundle()
      return bundle && make([bundle])
    },
  ]
  return (own.length === 0 ? stages : [() => make(own), ...stages]).map(once)
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
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

function makeContext(
  certificate: ClientCertificate | undefined,
  ca: readonly Buffer[] | undefined,
  insecure: boolean,
): SecureContext {
  if (ca) checkAuthorities(ca)
  if (certificate?.pem) checkPair(certificate, certificate.pem)
  const passphrase = certificate?.passphrase && Secret.open(certificate.passphrase)
  const key = certificate?.keyPem ? Secret.open(certificate.keyPem) : certificate?.pem
  try {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ...(!insecure && { ciphers: strictCiphers }),
      ...(ca && { ca: [...ca] }),
      ...(certificate?.pem && { cert: certificate.pem, key }),
      ...(certificate?.pkcs12 && { pfx: certificate.pkcs12 }),
      ...(passphrase !== undefined && { passphrase }),
    })
  } catch (error) {
    throw certificateFailure(error, certificate)
  }
}

function checkAuthorities(ca: readonly Buffer[]): void {
  for (const pem of ca) {
    try {
      new X509Certificate(pem)
    } catch (cause) {
      throw new StixTaxiiError('HTTP_CA_UNREADABLE', 'The authorities given with --ca cannot be read', {
        kind: 'config',
        hint: 'The file must hold certificates in PEM form.',
        cause,
      })
    }
  }
}

/** Finds out what is wrong with certificate and key one by one, so that the message can say which it is. */
function checkPair(certificate: ClientCertificate, pem: Buffer): void {
  const passphrase = certificate.passphrase && Secret.open(certificate.passphrase)
  const keyPem = certificate.keyPem ? Secret.open(certificate.keyPem) : pem
  let step = 'key'
  try {
    const key = createPrivateKey({ key: keyPem, format: 'pem', ...(passphrase !== undefined && { passphrase }) })
    step = 'certificate'
    if (new X509Certificate(pem).checkPrivateKey(key)) return
  } catch (error) {
    throw certificateFailure(error, certificate, step)
  }
  throw new StixTaxiiError('HTTP_CLIENT_KEY_MISMATCH', 'The client key does not belong to the client certificate', {
    kind: 'auth',
    hint: 'Give the key that the certificate was made with: --key FILE.',
  })
}

function certificateFailure(error: unknown, certificate: ClientCertificate | undefined, step = ''): StixTaxiiError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // PKCS#12 errors of Node carry no code.
  const text = error instanceof Error ? error.message : ''
  if (/BAD_DECRYPT|PASSPHRASE|PASSWORD|MAC_VERIFY|INTERRUPTED/i.test(code) || /mac verify|pass/i.test(text)) {
    const given = certificate?.passphrase !== undefined
    return new StixTaxiiError(
      'HTTP_CLIENT_KEY_PASSPHRASE',
      given
        ? 'The passphrase of the client key is wrong'
        : 'The client key is encrypted, and no passphrase was given for it',
      {
        kind: 'auth',
        hint: 'Give the right one with --key-passphrase-file FILE.',
        context: { reason: code },
        cause: error,
      },
    )
  }
  if (/KEY_TOO_SMALL|MD_TOO_WEAK/.test(code)) {
    return new StixTaxiiError('HTTP_CLIENT_CERTIFICATE_WEAK', 'The client certificate is too weak to be used', {
      kind: 'auth',
      hint: 'Ask the provider for one with a stronger key (RSA of 2048 bits or more, or an elliptic curve) and SHA-256.',
      context: { reason: code },
      cause: error,
    })
  }
  return new StixTaxiiError(
    'HTTP_CLIENT_CERTIFICATE_UNREADABLE',
    step === 'key' ? 'There is no readable key for the client certificate' : 'The client certificate cannot be read',
    {
      kind: 'auth',
      hint: 'It must be PEM (certificate and key, in one file or two) or PKCS#12.',
      context: { reason: code },
      cause: error,
    },
  )
}
