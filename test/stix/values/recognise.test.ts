import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxValueLength } from '../../../src/stix/values/normalise.ts'
import { recognise } from '../../../src/stix/values/recognise.ts'
import { urlLookupForms } from '../../../src/stix/values/urls.ts'

const said = (text: string) => recognise(text).map(({ kind, value }) => `${kind} ${value}`)
const md5 = '44d88612fea8a8f36de82e1278abb02f'

describe('what a person pasted', () => {
  it.each([
    ['203.0.113.9', 'ipv4 203.0.113.9'],
    ['203.0.113[.]9', 'ipv4 203.0.113.9'],
    ['203[.]0[.]113[.]9:8080', 'ipv4 203.0.113.9'],
    ['203(dot)0 [dot] 113{.}9', 'ipv4 203.0.113.9'],
    ['198.51.100.7/24', 'ipv4 198.51.100.0/24'],
    ['2001:db8[:][:]1', 'ipv6 2001:db8::1'],
    ['[2001:db8::1]:443', 'ipv6 2001:db8::1'],
    ['ann[at]bad[.]example', 'email ann@bad.example'],
    ['ann[@]bad.example', 'email ann@bad.example'],
    ['bad[.]example:8080', 'domain bad.example'],
    [md5.toUpperCase(), `md5 ${md5}`],
    [`MD5:${md5}`, `md5 ${md5}`],
    [`md5: ${md5}`, `md5 ${md5}`],
    [`SHA-1=${'ab'.repeat(20)}`, `sha1 ${'ab'.repeat(20)}`],
    ['203.0.113.9.', 'ipv4 203.0.113.9'],
    ['2001:db8::1.', 'ipv6 2001:db8::1'],
    ['AS64496', 'asn AS64496'],
    ['00-11-22-33-44-55', 'mac 00:11:22:33:44:55'],
    ['HKLM\\Software\\Bad', 'registry-key HKEY_LOCAL_MACHINE\\software\\bad'],
  ])('%j is that and nothing else', (text, value) => {
    expect(said(text)).toEqual([value])
  })

  it.each(['*.bad.example', '.bad.example', '*[.]bad[.]example'])(
    '%j is the domain below which it means all',
    (text) => {
      expect(recognise(text)[0]).toEqual({ kind: 'domain', value: 'bad.example' })
    },
  )

  it('a dot before the only name is part of it', () => {
    expect(recognise('.bashrc')[0]).toEqual({ kind: 'file-name', value: '.bashrc' })
  })

  it.each([
    'hxxp://bad[.]example/x',
    'hXXp[:]//bad.example/x',
    'hxxp[://]bad(.)example/x',
    'h**p://bad\\.example/x',
    '"http://bad.example/x"',
    '<http://BAD.example:80/x#y>',
    ' http://bad\u200b.example/x ',
  ])('%j is a URL, in all the forms under which it may be known', (text) => {
    expect(recognise(text)).toEqual(urlLookupForms('http://bad.example/x').map((value) => ({ kind: 'url', value })))
  })

  it('a host with a path is a URL whose scheme is not said', () => {
    expect(said('bad[.]example/x')[0]).toBe('url bad.example/x')
    expect(said('bad[.]example/x')).toContain('url https://bad.example/x')
  })

  it('a dotted name is a domain first, and may be a file or a process', () => {
    expect(said('evil.exe')).toEqual(['domain evil.exe', 'file-name evil.exe', 'process evil.exe', 'mutex evil.exe'])
  })

  it('a hash of 64 or 128 digits may be SHA-2 or SHA-3', () => {
    expect(recognise('a'.repeat(64)).map(({ kind }) => kind)).toEqual(['sha256', 'sha3-256'])
    expect(recognise('a'.repeat(128)).map(({ kind }) => kind)).toEqual(['sha512', 'sha3-512'])
  })

  it('any other name may be whatever has no form of its own', () => {
    expect(said('rolexd')).toEqual(expect.arrayContaining(['process rolexd', 'file-name rolexd', 'mutex rolexd']))
    expect(said('C:\\Windows\\evil.exe')[0]).toBe('file-path C:\\Windows\\evil.exe')
  })

  it('nothing is nothing, and so is a text beyond the bound', () => {
    expect(recognise(' ')).toEqual([])
    expect(recognise('a'.repeat(maxValueLength + 1))).toEqual([])
  })
})

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
const domain = fc.tuple(label, label).map((labels) => `${labels.join('.')}.example`)
const value = fc.oneof(
  domain,
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(domain, fc.webPath()).map(([host, path]) => `https://${host}${path}`),
  fc.tuple(label, domain).map(([local, host]) => `${local}@${host}`),
)
const defangings: readonly ((text: string) => string)[] = [
  (text) => text.replaceAll('.', '[.]'),
  (text) => text.replaceAll('.', '(dot)'),
  (text) => text.replace(/^http/, 'hxxp').replace('://', '[://]').replace('.', '[.]'),
  (text) => text.replace('@', '[at]').replace('.', '{.}'),
  (text) => text.replaceAll(':', '[:]').replace(/^http/, 'hXXp'),
  (text) => `  "${text}" `,
]

it('a defanged value is recognised as the value itself', () => {
  fc.assert(
    fc.property(value, fc.constantFrom(...defangings), (text, defang) => {
      expect(recognise(defang(text))).toEqual(recognise(text))
      expect(recognise(text).length).toBeGreaterThan(0)
    }),
    { numRuns: 2000 },
  )
})
