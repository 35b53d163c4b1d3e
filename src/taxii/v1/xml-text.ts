import { isAscii, isUtf8 } from 'node:buffer'
import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'

/** Turns the bytes of an XML document into text, chunk by chunk. */
export interface XmlTextDecoder {
  /** @throws TAXII_XML_ENCODING (protocol) on bytes that the encoding does not have, or an encoding we do not read. */
  write(bytes: Uint8Array): string
  /** What is left; throws when the document ends inside a character. */
  end(): string
}

type Decode = (bytes: Uint8Array, last: boolean) => string

/**
 * A decoder that finds the encoding as RFC 7303 says: byte order mark, else the media type's charset, else the XML
 * declaration, else UTF-8. UTF-8, UTF-16, ISO-8859-1, Windows-1252 and ASCII are read; invalid bytes are refused and never
 * become U+FFFD.
 */
export function xmlTextDecoder(charset?: string | undefined): XmlTextDecoder {
  let head: Uint8Array | undefined = new Uint8Array(0)
  let decode: Decode | undefined
  const write = (bytes: Uint8Array, last: boolean): string => {
    if (decode) return decode(bytes, last)
    head = head && head.length > 0 ? Buffer.concat([head, bytes]) : bytes
    if (!last && head.length < 4) return ''
    if (!last && head.length < 256 && startsDeclaration(head) && !Buffer.from(head).includes('?>')) return ''
    const found = findEncoding(head, charset)
    decode = decoderFor(found.name)
    const text = decode(head.subarray(found.skip), last)
    head = undefined
    return text
  }
  return { write: (bytes) => write(bytes, false), end: () => write(new Uint8Array(0), true) }
}

function startsDeclaration(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, 5)).toString('latin1') === '<?xml'
}

/** The encoding's name in lower case, and how many bytes of byte order mark to skip. */
function findEncoding(head: Uint8Array, charset: string | undefined): { name: string; skip: number } {
  const [a, b, c] = head
  if (a === 0xef && b === 0xbb && c === 0xbf) return { name: 'utf-8', skip: 3 }
  if (a === 0xff && b === 0xfe) return { name: 'utf-16le', skip: 2 }
  if (a === 0xfe && b === 0xff) return { name: 'utf-16be', skip: 2 }
  if (charset !== undefined && !/^utf-?16$/i.test(charset)) return { name: charset.toLowerCase(), skip: 0 }
  if (a === 0x3c && b === 0) return { name: 'utf-16le', skip: 0 }
  if (a === 0 && b === 0x3c) return { name: 'utf-16be', skip: 0 }
  const declaration = /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/.exec(
    Buffer.from(head.subarray(0, 256)).toString('latin1'),
  )
  return { name: declaration?.[1]?.toLowerCase() ?? 'utf-8', skip: 0 }
}

function decoderFor(name: string): Decode {
  switch (name) {
    case 'utf-8':
    case 'utf8':
    case 'us-ascii':
    case 'ascii':
      return utf8Decode()
    case 'iso-8859-1':
    case 'latin1':
    case 'iso_8859-1':
      return (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    case 'windows-1252':
    case 'cp1252':
      return streamDecode('windows-1252')
    case 'utf-16le':
      return streamDecode('utf-16le')
    case 'utf-16be':
      return streamDecode('utf-16be')
    default:
      throw new StixTaxiiError(
        'TAXII_XML_ENCODING',
        `The answer is in the encoding "${printable(name, { maxLength: 60 })}", which is not one that is read`,
        {
          kind: 'protocol',
          hint: 'Ask the provider for UTF-8. UTF-16, ISO-8859-1 and Windows-1252 are understood too.',
          context: { encoding: printable(name, { maxLength: 60 }) },
        },
      )
  }
}

function invalid(name: string, cause?: unknown): StixTaxiiError {
  return new StixTaxiiError('TAXII_XML_ENCODING', `The answer has bytes that are not ${name}`, {
    kind: 'protocol',
    hint: 'The server sends damaged text, or names the wrong encoding; nothing of this answer was kept.',
    context: { encoding: name },
    cause,
  })
}

function streamDecode(name: string): Decode {
  const decoder = new TextDecoder(name, { fatal: true, ignoreBOM: true })
  return (bytes, last) => {
    try {
      return decoder.decode(bytes, { stream: !last })
    } catch (error) {
      throw invalid(name, error)
    }
  }
}

/** UTF-8 in chunks by Node's validating scanner, several times faster than a streaming `TextDecoder`. */
function utf8Decode(): Decode {
  let carried: Uint8Array = new Uint8Array(0)
  return (bytes, last) => {
    const whole = carried.length > 0 ? Buffer.concat([carried, bytes]) : bytes
    const complete = last ? whole.length : completeLength(whole)
    carried = complete < whole.length ? whole.slice(complete) : new Uint8Array(0)
    const text = Buffer.from(whole.buffer, whole.byteOffset, complete)
    if (isAscii(text)) return text.toString('latin1')
    if (!isUtf8(text)) throw invalid('UTF-8')
    return text.toString('utf8')
  }
}

/** Bytes up to the last character that is whole. */
function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte < 0x80) break
    if (byte < 0xc0) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return length > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}
