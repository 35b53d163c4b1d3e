import { describe, expect, test } from 'vitest'
import { xmlTextDecoder } from '../../../src/taxii/v1/xml-text.ts'

function decode(bytes: Uint8Array, options: { charset?: string; chunk?: number } = {}): string {
  const decoder = xmlTextDecoder(options.charset)
  const size = options.chunk ?? Math.max(1, bytes.length)
  let text = ''
  for (let at = 0; at < bytes.length; at += size) text += decoder.write(bytes.subarray(at, at + size))
  return text + decoder.end()
}

const utf16 = (text: string, big: boolean): Buffer => {
  const bytes = Buffer.from(text, 'utf16le')
  return big ? bytes.swap16() : bytes
}
const declared = (encoding: string, text: string): string =>
  `<?xml version="1.0" encoding="${encoding}"?><a>${text}</a>`

describe('N14: the encoding of an answer', () => {
  const text = declared('UTF-8', 'zażółć 😀')

  test.each([1, 2, 3, 7, 1000])('UTF-8 in chunks of %i bytes', (chunk) => {
    expect(decode(Buffer.from(text), { chunk })).toBe(text)
  })

  test('a byte order mark is dropped', () => {
    expect(decode(Buffer.from(`\ufeff${text}`), { chunk: 1 })).toBe(text)
  })

  test.each([
    ['little-endian with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16(text, false)])],
    ['big-endian with a mark', Buffer.concat([Buffer.from([0xfe, 0xff]), utf16(text, true)])],
    ['little-endian without', utf16(text, false)],
    ['big-endian without', utf16(text, true)],
  ])('UTF-16 %s', (_, bytes) => {
    expect(decode(bytes, { chunk: 5 })).toBe(text)
    expect(decode(bytes, { charset: 'utf-16' })).toBe(text)
  })

  test('ISO-8859-1 and Windows-1252 by the declaration', () => {
    const latin = declared('iso-8859-1', 'für')
    expect(decode(Buffer.from(latin, 'latin1'), { chunk: 10 })).toBe(latin)
    const windows = Buffer.from(declared('windows-1252', '\u0080'), 'latin1')
    expect(decode(windows)).toBe(declared('windows-1252', '€'))
  })

  test('the charset of the media type goes before the declaration (RFC 7303)', () => {
    const latin = declared('UTF-8', 'für')
    expect(decode(Buffer.from(latin, 'latin1'), { charset: 'ISO-8859-1' })).toBe(latin)
  })

  test('bytes that are not UTF-8 are refused and never replaced', () => {
    for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xc0, 0xaf]]) {
      const whole = Buffer.concat([Buffer.from('<a>'), Buffer.from(bytes), Buffer.from('</a>')])
      expect(() => decode(whole, { chunk: 1 })).toThrow(expect.objectContaining({ code: 'TAXII_XML_ENCODING' }))
    }
    expect(() => decode(Buffer.from([0x3c, 0x61, 0xc3]))).toThrow(/UTF-8/)
  })

  test('an encoding that is not known is named', () => {
    expect(() => decode(Buffer.from(declared('EBCDIC-CP-US', 'x')))).toThrow(/ebcdic-cp-us/)
  })
})
