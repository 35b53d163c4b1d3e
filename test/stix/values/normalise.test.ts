import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { valueKinds, type ValueKind } from '../../../src/stix/statement.ts'
import { maxValueLength, normaliseValue } from '../../../src/stix/values/normalise.ts'

const normal = (kind: ValueKind, text: string) => normaliseValue(kind, text)?.value
const hex = (digits: number) => 'aB'.repeat(digits / 2)

describe('addresses and networks', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1/32', '192.0.2.1'],
    ['192.0.2.77/24', '192.0.2.0/24'],
    ['192.0.2.77/255.255.255.0', '192.0.2.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    [' 192.0.2.1\n', '192.0.2.1'],
  ])('v4 %j is %s', (text, value) => {
    expect(normaliseValue('ipv4', text)).toEqual({ kind: 'ipv4', value })
  })

  it.each([
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['2001:db8:ffff::/36', '2001:db8:f000::/36'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::', '::'],
  ])('v6 %j is %s', (text, value) => {
    expect(normaliseValue('ipv6', text)).toEqual({ kind: 'ipv6', value })
  })

  it('a v4 address in v6 notation is the v4 address, and its networks are v4 networks', () => {
    expect(normaliseValue('ipv6', '::ffff:192.0.2.1')).toEqual({ kind: 'ipv4', value: '192.0.2.1' })
    expect(normaliseValue('ipv6', '::ffff:192.0.2.1/120')).toEqual({ kind: 'ipv4', value: '192.0.2.0/24' })
    expect(normaliseValue('ipv6', '::ffff:192.0.2.1/64')).toEqual({ kind: 'ipv6', value: '::/64' })
  })

  it('an address called v4 or a domain is what it is', () => {
    expect(normaliseValue('ipv4', '2001:db8::1')).toEqual({ kind: 'ipv6', value: '2001:db8::1' })
    expect(normaliseValue('domain', '192.0.2.1')).toEqual({ kind: 'ipv4', value: '192.0.2.1' })
  })

  it.each([
    '192.0.2.256',
    '192.0.2',
    '192.000.002.001',
    '0x7f.1',
    '192.0.2.1/33',
    '192.0.2.1/255.0.255.0',
    '1::2::3',
    '',
  ])('%j is none', (text) => {
    expect(normaliseValue('ipv4', text)).toBeUndefined()
    expect(normaliseValue('ipv6', text)).toBeUndefined()
  })
})

describe('domains', () => {
  it.each([
    ['Bad.EXAMPLE.', 'bad.example'],
    ['Bücher.example', 'xn--bcher-kva.example'],
    ['bad。example', 'bad.example'],
    ['_dmarc.bad.example', '_dmarc.bad.example'],
    ['localhost', 'localhost'],
  ])('%j is %s', (text, value) => {
    expect(normaliseValue('domain', text)).toEqual({ kind: 'domain', value })
  })

  it.each([
    '*.bad.example',
    '.bad.example',
    'bad..example',
    '-bad.example',
    'bad example',
    `${'a'.repeat(64)}.example`,
    '1.2.3',
  ])('%j is none', (text) => {
    expect(normaliseValue('domain', text)).toBeUndefined()
  })
})

describe('URLs', () => {
  it.each([
    ['HTTP://Bad.Example', 'http://bad.example/'],
    ['https://bad.example:443/A?b=C#part', 'https://bad.example/A?b=C'],
    ['http://bad.example:8080/x/', 'http://bad.example:8080/x/'],
    ['http://Bücher.example/ä', 'http://xn--bcher-kva.example/%C3%A4'],
    ['http://[2001:DB8::1]/', 'http://[2001:db8::1]/'],
    ['bad.example/X', 'bad.example/X'],
    ['Bad.example', 'bad.example/'],
    ['bad.example:8080/x', 'bad.example:8080/x'],
    ['198.51.100.7/x', '198.51.100.7/x'],
  ])('%j is %s', (text, value) => {
    expect(normaliseValue('url', text)).toEqual({ kind: 'url', value })
  })

  it.each(['C:\\Windows\\x', 'mailto:ann@bad.example', 'http://', 'word', '/path', 'http://a b/'])(
    '%j is none',
    (text) => {
      expect(normaliseValue('url', text)).toBeUndefined()
    },
  )
})

describe('STX-10: hashes', () => {
  it.each([
    [32, 'md5'],
    [40, 'sha1'],
    [56, 'sha224'],
    [64, 'sha256'],
    [96, 'sha384'],
    [128, 'sha512'],
  ] as const)('of %i hex digits are %s, in lower case, whatever they were called', (digits, kind) => {
    for (const called of ['md5', 'sha256', kind] as const) {
      expect(normaliseValue(called, hex(digits))).toEqual({ kind, value: hex(digits).toLowerCase() })
    }
  })

  it('of SHA-3 are told from SHA-2 by their name only', () => {
    expect(normaliseValue('sha3-256', hex(64))?.kind).toBe('sha3-256')
    expect(normaliseValue('sha3-512', hex(128))?.kind).toBe('sha3-512')
    expect(normaliseValue('sha3-512', hex(64))?.kind).toBe('sha256')
  })

  it('that are fuzzy keep their own forms', () => {
    expect(normal('ssdeep', '96:s4Ud1Lj96tHHl:sF1LjEtnl,"evil.exe"')).toBe('96:s4Ud1Lj96tHHl:sF1LjEtnl')
    expect(normal('tlsh', hex(70))).toBe(`T1${hex(70).toUpperCase()}`)
    expect(normal('tlsh', `t1${hex(70)}`)).toBe(`T1${hex(70).toUpperCase()}`)
  })

  it.each(['', 'zz', hex(30), `${hex(32)}g`, `0x${hex(32)}`])('%j is none', (text) => {
    for (const kind of ['md5', 'sha256', 'ssdeep', 'tlsh'] as const) expect(normaliseValue(kind, text)).toBeUndefined()
  })
})

describe('names', () => {
  it.each([
    ['email', 'Ann.Bad@Bad.EXAMPLE', 'ann.bad@bad.example'],
    ['email', 'Ann <ann@bad.example>', 'ann@bad.example'],
    ['email', 'ann@[IPv6:2001:DB8::1]', 'ann@[2001:db8::1]'],
    ['mac', '00-1A-2b-3C-4d-5E', '00:1a:2b:3c:4d:5e'],
    ['mac', '001a.2b3c.4d5e', '00:1a:2b:3c:4d:5e'],
    ['mac', '001A2B3C4D5E', '00:1a:2b:3c:4d:5e'],
    ['asn', 'as64496', 'AS64496'],
    ['asn', '64496', 'AS64496'],
    ['asn', '1.10', 'AS65546'],
    ['registry-key', 'hklm\\Software\\\\Bad\\', 'HKEY_LOCAL_MACHINE\\software\\bad'],
    ['registry-key', '\\REGISTRY\\MACHINE\\Bad', 'HKEY_LOCAL_MACHINE\\bad'],
    ['registry-key', 'Software\\Bad', 'software\\bad'],
    ['registry-key', '\\ Bad \\', 'bad'],
    ['certificate-serial', '00:36:F7:d4', '36f7d4'],
    ['file-name', ' Evil.EXE ', 'Evil.EXE'],
    ['mutex', 'Global\\A b', 'Global\\A b'],
  ] as const)('%s %j is %s', (kind, text, value) => {
    expect(normaliseValue(kind, text)).toEqual({ kind, value })
  })

  it.each([
    ['email', 'ann@'],
    ['email', 'a b@bad.example'],
    ['email', '@bad.example'],
    ['mac', '00:11:22:33:44'],
    ['mac', '00:11-22:33:44:55'],
    ['asn', '4294967296'],
    ['asn', 'AS'],
    ['certificate-serial', 'xyz'],
  ] as const)('%s %j is none', (kind, text) => {
    expect(normaliseValue(kind, text)).toBeUndefined()
  })
})

it('what is longer than the bound has no normal form, and neither has nothing', () => {
  for (const kind of valueKinds) {
    expect(normaliseValue(kind, 'a'.repeat(maxValueLength + 1))).toBeUndefined()
    expect(normaliseValue(kind, ' \t\n')).toBeUndefined()
  }
})

const part = fc.oneof(
  fc.constantFrom(
    '192.0.2.1',
    '2001:db8::1',
    '/24',
    'bad.example',
    'http://',
    '@',
    ':',
    '.',
    '/',
    '\\',
    'HKLM',
    'ä',
    '%',
    '?',
    '#',
    'a:',
    ' ',
  ),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.stringMatching(/^[0-9a-f]{0,40}$/),
)

it('normalising twice changes nothing', () => {
  fc.assert(
    fc.property(fc.constantFrom(...valueKinds), fc.array(part, { maxLength: 6 }), (kind, parts) => {
      const once = normaliseValue(kind, parts.join(''))
      if (once) expect(normaliseValue(once.kind, once.value)).toEqual(once)
    }),
    { numRuns: 5000 },
  )
})

it('S14: takes no longer than it should for an e-mail address of nothing but @', () => {
  const texts = ['<', '', 'a <', '<<'].map((start) => `${start}${'@'.repeat(maxValueLength - start.length)}`)
  const begun = performance.now()
  for (let round = 0; round < 10; round++) for (const text of texts) normaliseValue('email', text)
  expect(performance.now() - begun).toBeLessThan(1500)
})
