import { describe, expect, it } from 'vitest'
import { printable } from '../../src/core/printable.ts'

const payloads: Record<string, string> = {
  'clipboard (OSC 52)': '\u001b]52;c;Y2FuYXJ5\u0007',
  'link (OSC 8)': '\u001b]8;;http://evil.example\u001b\\click\u001b]8;;\u001b\\',
  title: '\u001b]0;owned\u0007',
  'clear screen': '\u001b[2J\u001b[H',
  'C1 CSI': '\u009b31m',
  'device control string': '\u001bP1$r\u001b\\',
  'bidirectional override': 'abc\u202etxt.exe',
  isolate: '\u2066abc\u2069',
  'zero width': 'pay\u200bpal',
  'line separator': 'a\u2028b',
  'paragraph separator': 'a\u2029b',
  'carriage return': 'good\rbad',
  backspace: 'good\b\b\b\bbad',
  NUL: 'a\0b',
  DEL: 'a\u007fb',
  BOM: '\ufeffa',
  'soft hyphen': 'a\u00adb',
  tags: 'a\u{e0041}b',
  'lone surrogate': 'a\ud800b',
  'Arabic letter mark': 'a\u061cb',
}

describe('server text for people (S8)', () => {
  it.each(Object.entries(payloads))('defuses %s', (_name, payload) => {
    const shown = printable(payload)
    expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u00ad\u061c]/)
    expect(shown).toMatch(/\\u\{[0-9a-f]+\}/)
  })

  it('leaves ordinary text of any script and emoji alone', () => {
    const text = 'Ransomware „Ålesund" 威胁情报 🦠'
    expect(printable(text)).toBe(text)
  })

  it('keeps line feeds and tabs only when asked', () => {
    expect(printable('a\n\tb')).toBe('a\\u{a}\\u{9}b')
    expect(printable('a\n\tb', { lines: true })).toBe('a\n\tb')
  })

  it('cuts at the length asked for', () => {
    expect(printable('x'.repeat(50), { maxLength: 10 })).toBe('xxxxxxxxxx…')
  })
})
