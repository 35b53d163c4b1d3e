const keyEndings = /\.(key|p12|pfx|p8|pk8|jks)$/i
const pemKey = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/

/**
 * Whether a file holds a private key, as far as its name and its first bytes (a few KiB are enough) tell: PEM of any kind,
 * PKCS#12 and PKCS#8 by their first bytes, or a name that keys have. In public storage every pool could use it (S24).
 */
export function looksLikePrivateKey(beginning: Uint8Array, name: string): boolean {
  if (keyEndings.test(name)) return true
  const bytes = Buffer.from(beginning.buffer, beginning.byteOffset, beginning.byteLength)
  // Without NUL: as Windows writes text.
  return pemKey.test(bytes.toString('latin1').replaceAll('\0', '')) || isDerKey(bytes) || isKeyStore(bytes)
}

/** Whether a file may be a certificate or a chain of them: PEM, DER, or a name that certificates have. */
export function looksLikeCertificate(beginning: Uint8Array, name: string): boolean {
  const bytes = Buffer.from(beginning.buffer, beginning.byteOffset, beginning.byteLength)
  const isPem = bytes.toString('latin1').replaceAll('\0', '').includes('-----BEGIN ')
  return isPem || (bytes[0] === 0x30 && (bytes[1] ?? 0) >= 0x80) || /\.(crt|cer|cert|pem|der|p7b|p7c)$/i.test(name)
}

/** PKCS#5 and PKCS#12 password-based encryption, as the beginnings of object identifiers. @see RFC 8018, RFC 7292 */
const cipherNames: ReadonlySet<string> = new Set(['2a864886f70d0105', '2a864886f70d010c'])

/** Java key stores, and keys of PuTTY. */
function isKeyStore(bytes: Buffer): boolean {
  const magic = bytes.subarray(0, 4).toString('hex')
  return (
    magic === 'feedfeed' ||
    magic === 'cececece' ||
    bytes.subarray(0, 20).toString('latin1').startsWith('PuTTY-User-Key-File')
  )
}

/**
 * A DER sequence that begins with a version number, as PKCS#1, PKCS#8, SEC 1 and PKCS#12 do, or with the name of a cipher,
 * as encrypted PKCS#8 does; certificates begin with neither.
 */
function isDerKey(bytes: Buffer): boolean {
  if (bytes[0] !== 0x30 || bytes.length < 8) return false
  const lengthBytes = (bytes[1] ?? 0) > 0x80 ? (bytes[1] ?? 0) - 0x80 : 0
  const at = 2 + lengthBytes
  if (bytes[at] === 0x30) return cipherNames.has(bytes.subarray(at + 4, at + 12).toString('hex'))
  const version = bytes[at + 2] ?? 0xff
  return bytes[at] === 0x02 && bytes[at + 1] === 0x01 && version <= 3
}
