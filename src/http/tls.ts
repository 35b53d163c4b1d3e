import { isIP, type Socket } from 'node:net'
import { connect, type ConnectionOptions, type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls'
import { StixTaxiiError } from '../core/errors.ts'
import { connectTimedOut, raceAbort } from './dial.ts'
import { connectFailure } from './failure.ts'
import { saysRevoked } from './ocsp.ts'
import type { TlsOptions } from './options.ts'
import { trustStages } from './tls-context.ts'

/** One profile's rules for TLS, with contexts made once and sessions remembered. */
export interface TlsDialer {
  /**
   * Encrypts a connection and checks who is there. `open` gives the bare connection; it is asked again when the server's
   * authority is not among the first ones tried.
   * @throws HTTP_TLS_* (refused, protocol, network), HTTP_CLIENT_* (auth), HTTP_CA_UNREADABLE (config)
   */
  secure(open: () => Promise<Socket | TLSSocket>, host: string, options: SecureOptions): Promise<TLSSocket>
}

export interface SecureOptions {
  readonly withCertificate: boolean
  /** How messages name the place. */
  readonly who: string
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

const minRsaBits = 2048

export function tlsDialer(tls: TlsOptions): TlsDialer {
  const stagesOf = { with: trustStages(tls, true), without: trustStages(tls, false) }
  const stageOf = new Map<string, number>()
  const sessions = new Map<string, Buffer>()
  // A resumed session shows no certificate: it is that of the handshake which began it.
  const known = new Map<string, string>()

  const attempt = async (
    socket: Socket | TLSSocket,
    context: SecureContext,
    host: string,
    options: SecureOptions,
  ): Promise<TLSSocket> => {
    const key = `${options.withCertificate} ${options.who}`
    const settings: ConnectionOptions & { requestOCSP: boolean } = {
      socket: socket as Socket,
      host,
      servername: isIP(host) ? '' : host,
      secureContext: context,
      // Given explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED in the environment changes nothing (S3).
      rejectUnauthorized: !tls.insecure,
      ALPNProtocols: ['http/1.1'],
      session: sessions.get(key),
      requestOCSP: true,
    }
    const encrypted = connect(settings)
    let revoked = false
    encrypted.on('OCSPResponse', (staple: Buffer | null) => (revoked = staple !== null && saysRevoked(staple)))
    encrypted.on('session', (session) => sessions.set(key, session))
    try {
      await within(handshake(encrypted), options)
      const fingerprint = checkPeer(encrypted, tls, options.who, known.get(key))
      if (fingerprint !== undefined) known.set(key, fingerprint)
      if (revoked && !tls.insecure) throw Object.assign(new Error('stapled answer'), { code: 'CERT_REVOKED' })
      return encrypted
    } catch (error) {
      sessions.delete(key)
      encrypted.on('error', () => undefined).destroy()
      throw connectFailure(error, options.who)
    }
  }

  return {
    async secure(open, host, options) {
      const stages = options.withCertificate ? stagesOf.with : stagesOf.without
      let failure: unknown
      for (let stage = stageOf.get(options.who) ?? 0; stage < stages.length; stage++) {
        // Before connecting: a fault of our own certificate needs no server.
        const context = stages[stage]?.()
        if (!context) continue
        try {
          const socket = await attempt(await open(), context, host, options)
          stageOf.set(options.who, stage)
          return socket
        } catch (error) {
          // What the first authorities say is what the user's --ca says: later ones only add "unknown".
          failure ??= error
          if (!isUnknownAuthority(error)) throw error
        }
      }
      throw failure
    },
  }
}

function isUnknownAuthority(error: unknown): boolean {
  if (!(error instanceof StixTaxiiError)) return false
  return error.code === 'HTTP_TLS_UNKNOWN_CA' || error.code === 'HTTP_TLS_SELF_SIGNED'
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

const fingerprints = new WeakMap<object, string>()

/** SHA-256 in lower-case hex of the certificate of a peer that `secure` has checked. */
export function fingerprintOf(socket: object): string | undefined {
  return fingerprints.get(socket)
}

/** Checks pin and key, and gives back the fingerprint. */
function checkPeer(socket: TLSSocket, tls: TlsOptions, who: string, known: string | undefined): string | undefined {
  const peer: Partial<PeerCertificate> = socket.getPeerCertificate()
  const shown = peer.fingerprint256?.replaceAll(':', '').toLowerCase()
  const found = shown ?? (socket.isSessionReused() ? known : undefined)
  if (found !== undefined) fingerprints.set(socket, found)
  const pinned = tls.pinnedFingerprint?.replaceAll(':', '').toLowerCase()
  if (pinned !== undefined && pinned !== found) {
    throw new StixTaxiiError('HTTP_TLS_PIN', `${who} shows another certificate than the pinned one`, {
      kind: 'refused',
      hint: 'If the operator confirms that the certificate was changed, pin the new fingerprint with --pin.',
      context: { host: who, pinned, found: found ?? '' },
    })
  }
  if (tls.insecure) return found
  const bits = peer.modulus === undefined ? undefined : peer.bits
  if (bits !== undefined && bits < minRsaBits) {
    throw new StixTaxiiError('HTTP_TLS_WEAK_KEY', `The certificate of ${who} has a key of only ${bits} bits`, {
      kind: 'refused',
      hint: 'The server must use a stronger key (RSA of 2048 bits or more, or an elliptic curve) and SHA-256.',
      context: { host: who, bits },
    })
  }
  return found
}
