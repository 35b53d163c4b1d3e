import type { Socket } from 'node:net'
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { StixTaxiiError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { connectTimedOut, raceAbort } from './dial.ts'
import { connectFailure } from './failure.ts'
import type { ClientCertificate, TlsOptions } from './options.ts'
import { trustedAuthorities } from './authorities.ts'

/** One profile's rules for TLS, with contexts made once and sessions remembered. */
export interface TlsDialer {
  /**
   * Encrypts a connection and checks who is there.
   * @throws HTTP_TLS_* (refused, auth, protocol, network).
   */
  secure(socket: Duplex, host: string, options: SecureOptions): Promise<TLSSocket>
}

export interface SecureOptions {
  readonly withCertificate: boolean
  readonly who: string
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

const minRsaBits = 2048

export function tlsDialer(tls: TlsOptions): TlsDialer {
  const contexts = new Map<boolean, SecureContext>()
  const sessions = new Map<string, Buffer>()
  const contextFor = (withCertificate: boolean): SecureContext => {
    const made =
      contexts.get(withCertificate) ?? secureContext(tls, withCertificate ? tls.clientCertificate : undefined)
    contexts.set(withCertificate, made)
    return made
  }
  return {
    async secure(socket, host, options) {
      const key = `${options.withCertificate} ${options.who}`
      const encrypted = connect({
        socket: socket as Socket,
        host,
        servername: isIP(host) ? '' : host,
        secureContext: contextFor(options.withCertificate),
        // Given explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED in the environment changes nothing (S3).
        rejectUnauthorized: !tls.insecure,
        ALPNProtocols: ['http/1.1'],
        session: sessions.get(key),
      })
      encrypted.on('session', (session) => sessions.set(key, session))
      try {
        await within(handshake(encrypted), options)
        checkPeer(encrypted, tls, options.who)
        return encrypted
      } catch (error) {
        sessions.delete(key)
        encrypted.on('error', () => undefined).destroy()
        throw connectFailure(error, options.who)
      }
    },
  }
}

async function within<T>(promise: Promise<T>, options: SecureOptions): Promise<T> {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(connectTimedOut(options)), options.timeoutMs)
  try {
    return await raceAbort(promise, AbortSignal.any([deadline.signal, options.signal]))
  } finally {
    clearTimeout(timer)
  }
}

function handshake(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(error)
    const closed = (): void => reject(Object.assign(new Error('closed in the handshake'), { code: 'ECONNRESET' }))
    socket.once('error', fail)
    socket.once('close', closed)
    socket.once('secureConnect', () => {
      socket.off('error', fail)
      socket.off('close', closed)
      resolve()
    })
  })
}

/** SHA-256 of a peer's certificate in lower-case hex. */
export function fingerprintOf(socket: TLSSocket): string | undefined {
  return socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase()
}

function checkPeer(socket: TLSSocket, tls: TlsOptions, who: string): void {
  const found = fingerprintOf(socket)
  const pinned = tls.pinnedFingerprint?.replaceAll(':', '').toLowerCase()
  if (pinned !== undefined && pinned !== found) {
    throw new StixTaxiiError('HTTP_TLS_PIN', `${who} shows another certificate than the pinned one`, {
      kind: 'refused',
      hint: 'If the operator confirms that the certificate was changed, pin the new fingerprint with --pin.',
      context: { host: who, pinned, found: found ?? '' },
    })
  }
  if (tls.insecure) return
  const key = socket.getPeerX509Certificate()?.publicKey
  const bits = key?.asymmetricKeyDetails?.modulusLength
  if (bits !== undefined && bits < minRsaBits) {
    throw new StixTaxiiError('HTTP_TLS_WEAK_KEY', `The certificate of ${who} has a key of only ${bits} bits`, {
      kind: 'refused',
      hint: 'The server must use a stronger key (RSA of 2048 bits or more, or an elliptic curve) and SHA-256.',
      context: { host: who, bits },
    })
  }
}

function secureContext(tls: TlsOptions, certificate: ClientCertificate | undefined): SecureContext {
  const passphrase = certificate?.passphrase && Secret.open(certificate.passphrase)
  const key = certificate?.keyPem ? Secret.open(certificate.keyPem) : certificate?.pem
  try {
    return createSecureContext({
      ca: trustedAuthorities(tls.ca ?? []),
      minVersion: 'TLSv1.2',
      ...(certificate?.pem && { cert: certificate.pem, key }),
      ...(certificate?.pkcs12 && { pfx: certificate.pkcs12 }),
      ...(certificate && passphrase !== undefined && { passphrase }),
    })
  } catch (error) {
    throw certificateFailure(error, certificate)
  }
}

/** What is wrong with the files of our certificate, found out by trying them one by one. */
function certificateFailure(error: unknown, certificate: ClientCertificate | undefined): StixTaxiiError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const text = error instanceof Error ? error.message : ''
  if (!certificate) {
    return new StixTaxiiError('HTTP_CA_UNREADABLE', 'The authorities given with --ca cannot be read', {
      kind: 'config',
      hint: 'The file must hold certificates in PEM form.',
      context: { reason: code },
      cause: error,
    })
  }
  if (
    /BAD_DECRYPT|BAD_PASSWORD|PASSWORD|MAC_VERIFY|INTERRUPTED_OR_CANCELLED/i.test(code) ||
    /mac verify|passphrase/i.test(text)
  ) {
    const given = certificate.passphrase !== undefined
    return new StixTaxiiError(
      'HTTP_CLIENT_KEY_PASSPHRASE',
      given ? 'The passphrase of the client key is wrong' : 'The client key is encrypted and no passphrase was given',
      {
        kind: 'auth',
        hint: 'Give the right one with --key-passphrase-file FILE.',
        context: { reason: code },
        cause: error,
      },
    )
  }
  if (/KEY_VALUES_MISMATCH|KEY_TYPE_MISMATCH/.test(code)) {
    return new StixTaxiiError('HTTP_CLIENT_KEY_MISMATCH', 'The client key does not belong to the client certificate', {
      kind: 'auth',
      hint: 'Give the key that the certificate was made with: --key FILE.',
      context: { reason: code },
      cause: error,
    })
  }
  return new StixTaxiiError('HTTP_CLIENT_CERTIFICATE_UNREADABLE', 'The client certificate or its key cannot be read', {
    kind: 'auth',
    hint: 'It must be PEM (certificate and key, in one file or two) or PKCS#12.',
    context: { reason: code },
    cause: error,
  })
}
