import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { StixTaxiiError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { whyOf } from '../core/system-fault.ts'

/** What TLS is spoken with, read from its files. */
export interface ServerTls {
  /** PEM, the server's own first, then those between it and its authority. */
  readonly certificate: Buffer
  /** For messages. */
  readonly certificateFile: string
  readonly key: Secret
  readonly passphrase?: Secret | undefined
  readonly clientCertificates: ClientCertificates
  /** PEM. Needed unless `clientCertificates` is `none`. */
  readonly clientAuthorities?: Buffer | undefined
  readonly expiresAt: Date
  /** Names and addresses that the certificate is for. */
  readonly names: readonly string[]
}

/** Whether clients are asked for a certificate. An optional one that does not stand the check counts as none. */
export const clientCertificateModes = ['none', 'optional', 'required'] as const
export type ClientCertificates = (typeof clientCertificateModes)[number]

/** Where they are; absolute paths. */
export interface TlsFiles {
  readonly certificate: string
  readonly key: string
  /** Its first line opens the key. */
  readonly passphrase?: string | undefined
  readonly clientAuthorities?: string | undefined
  readonly clientCertificates?: ClientCertificates | undefined
}

/**
 * Reads the files and checks that they belong together, so that a reload with half-written files changes nothing.
 * @throws SERVE_TLS_FILE, SERVE_TLS_MISMATCH (config), SERVE_TLS_KEY (auth)
 */
export async function readServerTls(files: TlsFiles): Promise<ServerTls> {
  const certificate = await read(files.certificate, 'certificate')
  const keyBytes = await read(files.key, 'key')
  const passphrase = files.passphrase === undefined ? undefined : await firstLine(files.passphrase)
  const clientCertificates = files.clientCertificates ?? (files.clientAuthorities === undefined ? 'none' : 'required')
  const clientAuthorities = files.clientAuthorities && (await read(files.clientAuthorities, 'authority'))
  const parsed = parseCertificate(certificate, files.certificate)
  const key = parseKey(keyBytes, passphrase, files.key)
  if (clientAuthorities) parseCertificate(clientAuthorities, files.clientAuthorities ?? '')
  if (!parsed.checkPrivateKey(key)) {
    throw new StixTaxiiError('SERVE_TLS_MISMATCH', `The key ${files.key} is not that of ${files.certificate}`, {
      kind: 'config',
      hint: 'The certificate of the server itself has to come first in its file.',
      context: { certificate: files.certificate, key: files.key },
    })
  }
  return {
    certificate,
    certificateFile: files.certificate,
    key: new Secret(keyBytes.toString('latin1')),
    passphrase,
    clientCertificates,
    ...(clientAuthorities ? { clientAuthorities } : {}),
    expiresAt: new Date(parsed.validTo),
    names: (parsed.subjectAltName ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')),
  }
}

async function read(path: string, what: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => error)
  if (Buffer.isBuffer(bytes) && bytes.includes('-----BEGIN ')) return bytes
  const why = Buffer.isBuffer(bytes) ? 'holds no PEM' : `cannot be read: ${whyOf(bytes)}`
  throw new StixTaxiiError('SERVE_TLS_FILE', `The ${what} file ${path} ${why}`, {
    kind: 'config',
    hint: 'Name a PEM file that this user may read; DER becomes PEM with: openssl x509 -inform der -in FILE -out FILE.pem',
    context: { path },
    cause: Buffer.isBuffer(bytes) ? undefined : bytes,
  })
}

async function firstLine(path: string): Promise<Secret> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new StixTaxiiError('SERVE_TLS_FILE', `The passphrase file ${path} cannot be read (${cause.code})`, {
      kind: 'config',
      hint: 'Name a file that this user may read, with the passphrase in its first line.',
      context: { path },
      cause,
    })
  })
  return new Secret(text.split(/\r?\n/, 1)[0] ?? '')
}

function parseCertificate(pem: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new StixTaxiiError('SERVE_TLS_FILE', `${path} holds no certificate`, {
      kind: 'config',
      hint: 'Name a PEM file with a certificate.',
      context: { path },
      cause,
    })
  }
}

function parseKey(pem: Buffer, passphrase: Secret | undefined, path: string) {
  try {
    return createPrivateKey({ key: pem, ...(passphrase ? { passphrase: Secret.open(passphrase) } : {}) })
  } catch (cause) {
    throw new StixTaxiiError('SERVE_TLS_KEY', `The key ${path} cannot be opened`, {
      kind: 'auth',
      hint: 'Where it has a passphrase, name a file whose first line it is with --tls-key-passphrase-file.',
      context: { path },
      cause,
    })
  }
}
