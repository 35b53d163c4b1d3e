import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** A certificate that vouches for itself, and its key, as PEM. */
export interface SelfSigned {
  readonly cert: string
  readonly key: string
  /** SHA-256 of the certificate in hex, as profiles pin it. */
  readonly fingerprint: string
  /** Where the certificate is kept. */
  readonly file?: string | undefined
}

const validityMs = 825 * 86_400_000

/**
 * Makes a certificate for this machine's loopback addresses, valid from a day before `now`. It may be trusted as an
 * authority (`--ca`) or pinned. Node can read X.509 but not write it, hence the few lines of DER.
 * @see RFC 5280 section 4.1; X.690 sections 8 and 10
 */
export function selfSigned(now: Date): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(set(sequence(oid('2.5.4.3'), tagged(0x0c, Buffer.from('stixtaxii emulator')))))
  const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'))
  const begin = new Date(now.getTime() - 86_400_000)
  const content = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    ecdsaWithSha256,
    name,
    sequence(time(begin), time(new Date(begin.getTime() + validityMs))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions())),
  )
  const signature = sign('sha256', content, privateKey)
  const certificate = sequence(content, ecdsaWithSha256, bits(signature))
  const lines = certificate.toString('base64').replace(/.{1,64}/g, '$&\n')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: fingerprintOf(certificate),
  }
}

/** The certificate of a folder, made there (`certificate.pem`, `key.pem`) the first time, so that a pin stays good. */
export async function keptSelfSigned(folder: string, now: Date): Promise<SelfSigned> {
  const [certFile, keyFile] = [path.join(folder, 'certificate.pem'), path.join(folder, 'key.pem')]
  try {
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
    const { raw, validTo } = new X509Certificate(cert)
    if (new Date(validTo) > now) return { cert, key, fingerprint: fingerprintOf(raw), file: certFile }
  } catch {
    // Missing or damaged: made anew below.
  }
  const made = selfSigned(now)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(keyFile, made.key, { mode: 0o600 })
  await writeFile(certFile, made.cert)
  return { ...made, file: certFile }
}

/** SHA-256 of a certificate in DER, in hex. */
export function fingerprintOf(certificate: Buffer): string {
  return createHash('sha256').update(certificate).digest('hex')
}

function extensions(): Buffer[] {
  const isAuthority = sequence(tagged(0x01, Buffer.from([0xff])))
  const names = sequence(
    tagged(0x82, Buffer.from('localhost')),
    tagged(0x87, Buffer.from([127, 0, 0, 1])),
    tagged(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
  )
  // digitalSignature and keyCertSign, the first and the sixth bit.
  const usage = tagged(0x03, Buffer.from([2, 0b1000_0100]))
  return [
    extension('2.5.29.19', isAuthority, true),
    extension('2.5.29.15', usage, true),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', names),
  ]
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [tagged(0x01, Buffer.from([0xff]))] : []
  return sequence(oid(id), ...critical, tagged(0x04, value))
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content
  const bytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...bytes]), content])
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts))
const set = (...parts: readonly Buffer[]): Buffer => tagged(0x31, Buffer.concat(parts))
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes)
const bits = (bytes: Buffer): Buffer => tagged(0x03, Buffer.concat([Buffer.from([0]), bytes]))
/** Until 2049. */
const time = (date: Date): Buffer =>
  tagged(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`))

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest.flatMap(base128)]
  return tagged(0x06, Buffer.from(bytes))
}

function base128(value: number): number[] {
  const low = value & 0x7f
  return value < 0x80 ? [low] : [...base128(Math.floor(value / 128)).map((each) => each | 0x80), low]
}
