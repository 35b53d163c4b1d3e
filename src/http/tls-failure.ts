import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'

interface Reason {
  readonly test: (code: string, message: string) => boolean
  readonly make: (host: string, cause: unknown) => StixTaxiiError
}

const any =
  (...codes: readonly string[]) =>
  (code: string): boolean =>
    codes.includes(code)

const contextOf = (host: string, cause: unknown): { host: string; reason: string } => ({
  host,
  reason: cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '',
})

/**
 * OpenSSL's and Node's names for what is wrong with a TLS handshake, each with its own code of ours (N16). A fault of the
 * server's identity is `refused`, one of our certificate `auth`.
 */
const reasons: readonly Reason[] = [
  {
    test: any('CERT_HAS_EXPIRED'),
    make: (host, cause) =>
      new StixTaxiiError('HTTP_TLS_EXPIRED', `The certificate of ${host}, or of the authority above it, has expired`, {
        kind: 'refused',
        hint: 'Whoever it belongs to must renew it. If that was done, check the clock of this machine.',
        context: contextOf(host, cause),
        cause,
      }),
  },
  {
    test: any('CERT_NOT_YET_VALID'),
    make: (host, cause) =>
      new StixTaxiiError(
        'HTTP_TLS_NOT_YET_VALID',
        `The certificate of ${host}, or of the authority above it, is not valid yet`,
        {
          kind: 'refused',
          hint: 'Check the clock of this machine; else the server must change its certificate.',
          context: contextOf(host, cause),
          cause,
        },
      ),
  },
  {
    test: any('DEPTH_ZERO_SELF_SIGNED_CERT'),
    make: (host, cause) =>
      new StixTaxiiError('HTTP_TLS_SELF_SIGNED', `The certificate of ${host} is signed by itself`, {
        kind: 'refused',
        hint: 'If you know it to be right, save it to a file (openssl s_client -connect HOST:PORT < /dev/null | openssl x509 > FILE) and trust it with --ca FILE.',
        context: contextOf(host, cause),
        cause,
      }),
  },
  {
    test: any(
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'CERT_UNTRUSTED',
    ),
    make: (host, cause) =>
      new StixTaxiiError(
        'HTTP_TLS_UNKNOWN_CA',
        `The authority that signed the certificate of ${host} is not known here`,
        {
          kind: 'refused',
          hint: 'Get the certificate of the authority (or the missing one between) from the operator and trust it with --ca FILE.',
          context: contextOf(host, cause),
          cause,
        },
      ),
  },
  {
    test: any('ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH', 'IP_ADDRESS_MISMATCH'),
    make: (host, cause) =>
      new StixTaxiiError('HTTP_TLS_NAME', `The certificate of ${host} is for another name${namesOf(cause)}`, {
        kind: 'refused',
        hint: 'Use the host name that the certificate is for; else the server must get one for this name.',
        context: contextOf(host, cause),
        cause,
      }),
  },
  {
    test: any('CERT_REVOKED'),
    make: (host, cause) =>
      new StixTaxiiError('HTTP_TLS_REVOKED', `The certificate of ${host} has been revoked`, {
        kind: 'refused',
        hint: 'Do not use this server until its operator has explained and has a new certificate.',
        context: contextOf(host, cause),
        cause,
      }),
  },
  {
    // Node has no name for this one; OpenSSL says "... too weak".
    test: (code, message) =>
      /KEY_TOO_SMALL|MD_TOO_WEAK|DH_KEY_TOO_SMALL|BAD_DH_VALUE|BAD_ECPOINT/.test(code) ||
      (code === 'UNSPECIFIED' && message.includes('too weak')),
    make: (host, cause) =>
      new StixTaxiiError('HTTP_TLS_WEAK_KEY', `The certificate or key exchange of ${host} is too weak`, {
        kind: 'refused',
        hint: 'The server must use a stronger key (RSA of 2048 bits or more, or an elliptic curve) and SHA-256.',
        context: contextOf(host, cause),
        cause,
      }),
  },
  {
    test: (code) => /UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE|VERSION_TOO_LOW/.test(code),
    make: (host, cause) =>
      new StixTaxiiError('HTTP_TLS_OLD_VERSION', `${host} speaks only versions of TLS that are broken`, {
        kind: 'refused',
        hint: 'The server must offer TLS 1.2 or 1.3.',
        context: contextOf(host, cause),
        cause,
      }),
  },
  {
    test: (code) => /CERTIFICATE_REQUIRED/.test(code),
    make: (host, cause) =>
      new StixTaxiiError('HTTP_CLIENT_CERTIFICATE_MISSING', `${host} asks for a client certificate`, {
        kind: 'auth',
        hint: 'Give the one the provider issued: --certificate FILE --key FILE.',
        context: contextOf(host, cause),
        cause,
      }),
  },
  {
    test: (code) => /ALERT_CERTIFICATE_EXPIRED/.test(code),
    make: (host, cause) =>
      new StixTaxiiError('HTTP_CLIENT_CERTIFICATE_EXPIRED', `${host} says that our client certificate has expired`, {
        kind: 'auth',
        hint: 'Ask the provider for a new client certificate.',
        context: contextOf(host, cause),
        cause,
      }),
  },
  {
    test: (code) =>
      /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_REVOKED|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED|DECRYPT_ERROR)/.test(
        code,
      ),
    make: (host, cause) =>
      new StixTaxiiError('HTTP_CLIENT_CERTIFICATE_REFUSED', `${host} does not accept our client certificate`, {
        kind: 'auth',
        hint: 'Check that certificate and chain are those the provider issued for this server.',
        context: contextOf(host, cause),
        cause,
      }),
  },
  {
    test: (code) => /ALERT_HANDSHAKE_FAILURE|NO_SHARED_CIPHER|NO_CIPHERS_AVAILABLE/.test(code),
    make: (host, cause) =>
      new StixTaxiiError('HTTP_TLS_HANDSHAKE', `${host} and we cannot agree on how to encrypt`, {
        kind: 'refused',
        hint: 'The server may ask for a client certificate (--certificate FILE), or offer only ciphers that are too weak.',
        context: contextOf(host, cause),
        cause,
      }),
  },
  {
    test: (code) => /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL/.test(code),
    make: (host, cause) =>
      new StixTaxiiError('HTTP_TLS_NOT_TLS', `${host} does not speak TLS on this port`, {
        kind: 'protocol',
        hint: 'Check the port; if the server is meant to be without TLS, its URL begins with http://.',
        context: contextOf(host, cause),
        cause,
      }),
  },
  {
    test: (code) =>
      /^UNSPECIFIED$|^CERT_|_CERT$|CERTIFICATE|^INVALID_(CA|PURPOSE)$|PATH_LENGTH_EXCEEDED|CRL/.test(code),
    make: (host, cause) =>
      new StixTaxiiError('HTTP_TLS_CERTIFICATE', `The certificate of ${host} cannot be verified`, {
        kind: 'refused',
        hint: 'The server must be given a proper certificate and the whole chain.',
        context: contextOf(host, cause),
        cause,
      }),
  },
  {
    test: (code) => code.startsWith('ERR_SSL_') || code === 'EPROTO',
    make: (host, cause) =>
      new StixTaxiiError('HTTP_TLS_FAILED', `No TLS connection to ${host} could be made`, {
        kind: 'network',
        hint: 'Check host and port, and whether something in between breaks TLS open.',
        context: contextOf(host, cause),
        cause,
      }),
  },
]

function namesOf(cause: unknown): string {
  if (!(cause instanceof Error) || !('cert' in cause)) return ''
  const cert = cause.cert as { subjectaltname?: unknown } | undefined
  const names = typeof cert?.subjectaltname === 'string' ? cert.subjectaltname : ''
  return names === '' ? '' : ` (${printable(names, { maxLength: 200 })})`
}

/** The TLS fault that an error of a socket stands for; undefined when it is none. */
export function tlsFailure(error: unknown, host: string): StixTaxiiError | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  const { code } = error
  return reasons.find((reason) => reason.test(code, error.message))?.make(host, error)
}
