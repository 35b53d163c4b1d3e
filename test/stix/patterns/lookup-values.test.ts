import { describe, expect, it } from 'vitest'
import { lookupValues } from '../../../src/stix/patterns/lookup-values.ts'
import { read, values } from './a-pattern.ts'

const md5 = '44d88612fea8a8f36de82e1278abb02f'
const sha256 = 'ab'.repeat(32)
const unused = (text: string) => lookupValues(read(text)).unused

describe('PAT-6: networks', () => {
  it('a network of one address is the address', () => {
    expect(values("[ipv4-addr:value = '198.51.100.1/32']").sound).toEqual(['ipv4 198.51.100.1'])
    expect(values("[ipv6-addr:value = '2001:db8::1/128']").sound).toEqual(['ipv6 2001:db8::1'])
  })

  it('an address in a network is seen with it; a network around one address is too', () => {
    expect(values("[ipv4-addr:value ISSUBSET '198.51.100.9/24']").sound).toEqual(['ipv4 198.51.100.0/24'])
    expect(values("[ipv6-addr:value ISSUBSET '2001:db8::/32']").sound).toEqual(['ipv6 2001:db8::/32'])
    expect(values("[ipv4-addr:value ISSUPERSET '198.51.100.9']").sound).toEqual(['ipv4 198.51.100.9'])
    expect(values("[ipv4-addr:value ISSUPERSET '198.51.100.0/24']")).toEqual({ sound: [], hints: [] })
    expect(values("[file:name ISSUBSET '198.51.100.0/24']")).toEqual({ sound: [], hints: [] })
  })

  it('an equality with a network is the network, as feeds mean it', () => {
    expect(values("[ipv4-addr:value = '198.51.100.0/24']").sound).toEqual(['ipv4 198.51.100.0/24'])
  })
})

describe('PAT-12: level', () => {
  it.each([
    [1, "[a:b = 1 AND a:c LIKE 'x' OR a:d > 3]"],
    [1, '([a:b = 1])'],
    [2, '[a:b = 1] AND [a:b = 2]'],
    [2, '([a:b = 1] OR [a:b = 2]) AND [a:b = 3]'],
    [3, '[a:b = 1] FOLLOWEDBY [a:b = 2]'],
    [3, '[a:b = 1] WITHIN 5 SECONDS'],
    [3, '[a:b = 1] OR [a:b = 2] REPEATS 2 TIMES'],
  ])('is %i for %s', (level, pattern) => {
    expect(lookupValues(read(pattern)).level).toBe(level)
  })

  it('what could not be used is said, once each and not without end', () => {
    expect(unused("[file:name LIKE 'a%' OR file:name LIKE 'b%' OR file:size > 3 OR file:name = 'x']")).toEqual([
      'LIKE names no single value',
      'file:size gives no value to look up',
    ])
    expect(unused(`[${Array.from({ length: 500 }, (_, n) => `a:b${n} = 1`).join(' OR ')}]`)).toHaveLength(20)
  })
})

describe('PAT-13: sound are', () => {
  it.each([
    ["[domain-name:value = 'Bad.Example']", ['domain bad.example']],
    ["[domain-name:value IN ('a.example', 'b.example')]", ['domain a.example', 'domain b.example']],
    [
      "[domain-name:value = 'a.example' OR url:value = 'http://b.example']",
      ['domain a.example', 'url http://b.example/'],
    ],
    ["[domain-name:value = 'a.example'] OR [ipv4-addr:value = '192.0.2.1']", ['domain a.example', 'ipv4 192.0.2.1']],
    ["[domain-name:value LIKE 'a.example']", ['domain a.example']],
    ["[domain-name:value = 'a.example' OR domain-name:value != 'b.example']", ['domain a.example']],
    ["[domain-name:value = 'a.example'] WITHIN 5 SECONDS", ['domain a.example']],
    ["[domain-name:value = 'a.example'] REPEATS 1 TIMES", ['domain a.example']],
    [
      "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.1']",
      ['ipv4 192.0.2.1'],
    ],
    [
      "[network-traffic:dst_ref.value = 'a.example' AND network-traffic:dst_ref.type = 'domain-name']",
      ['domain a.example'],
    ],
    [
      "[network-traffic:dst_ref.type IN ('ipv4-addr','ipv6-addr') AND network-traffic:dst_ref.value IN ('192.0.2.1','2001:db8::1')]",
      ['ipv4 192.0.2.1', 'ipv6 2001:db8::1'],
    ],
    [
      "[(network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:src_ref.value = '192.0.2.1') OR (network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.1')]",
      ['ipv4 192.0.2.1'],
    ],
    ["[email-message:to_refs[*].value = 'Ann@bad.example']", ['email ann@bad.example']],
  ])('the values of %s', (pattern, sound) => {
    expect(values(pattern)).toEqual({ sound, hints: [] })
  })
})

describe('PAT-13: hints are', () => {
  it.each([
    [`[file:hashes.MD5 = '${md5}' AND file:name = 'x.exe']`, [`md5 ${md5}`, 'file-name x.exe']],
    [`[file:hashes.MD5 = '${md5}' AND file:hashes.'SHA-256' = '${sha256}']`, [`md5 ${md5}`, `sha256 ${sha256}`]],
    ["[domain-name:value = 'a.example' AND domain-name:value != 'b.example']", ['domain a.example']],
    ["[domain-name:value = 'a.example'] AND [ipv4-addr:value = '192.0.2.1']", ['domain a.example', 'ipv4 192.0.2.1']],
    [
      "[domain-name:value = 'a.example'] FOLLOWEDBY [ipv4-addr:value = '192.0.2.1']",
      ['domain a.example', 'ipv4 192.0.2.1'],
    ],
    ["[domain-name:value = 'a.example'] REPEATS 2 TIMES", ['domain a.example']],
    [
      "[domain-name:value = 'a.example'] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'",
      ['domain a.example'],
    ],
    [
      "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 80]",
      ['ipv4 192.0.2.1'],
    ],
    [
      "[network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.1']",
      ['ipv4 192.0.2.1'],
    ],
    [
      "[network-traffic:dst_ref.type = 'domain-name' AND network-traffic:dst_ref.value = '192.0.2.1']",
      ['ipv4 192.0.2.1'],
    ],
    [
      "[network-traffic:dst_ref.type != 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.1']",
      ['ipv4 192.0.2.1'],
    ],
    [
      "[network-traffic:dst_ref.type = 'ipv4-addr' AND (network-traffic:dst_ref.value = '192.0.2.1' OR network-traffic:src_ref.value = '192.0.2.2')]",
      ['ipv4 192.0.2.1', 'ipv4 192.0.2.2'],
    ],
    ["[email-message:to_refs[0].value = 'ann@bad.example']", ['email ann@bad.example']],
  ])('the values of %s', (pattern, hints) => {
    expect(values(pattern)).toEqual({ sound: [], hints })
  })

  it.each([
    "[domain-name:value != 'a.example']",
    "[domain-name:value NOT = 'a.example']",
    "[domain-name:value NOT IN ('a.example')]",
    "[domain-name:value NOT LIKE 'a.example']",
    "[domain-name:value LIKE 'a.%']",
    "[domain-name:value MATCHES '^a']",
    "[domain-name:value > 'a.example']",
    '[EXISTS domain-name:value]',
    "[domain-name:value = '*.bad.example']",
    "[domain-name:resolves_to_refs[*].value = '192.0.2.1']",
  ])('nothing of %s', (pattern) => {
    expect(values(pattern)).toEqual({ sound: [], hints: [] })
    expect(unused(pattern)).toHaveLength(1)
  })

  it('a value that stands alone in one alternative is sound, whatever stands in another', () => {
    expect(
      values("[domain-name:value = 'a.example'] OR ([domain-name:value = 'a.example'] AND [file:name = 'x'])"),
    ).toEqual({
      sound: ['domain a.example'],
      hints: ['file-name x'],
    })
  })
})

describe('PAT-14: paths', () => {
  it.each([
    ['ipv4-addr:value', '192.0.2.1', 'ipv4 192.0.2.1'],
    ['ipv6-addr:value', '2001:DB8::1', 'ipv6 2001:db8::1'],
    ['domain-name:value', 'bad.example', 'domain bad.example'],
    ['url:value', 'http://bad.example', 'url http://bad.example/'],
    ['email-addr:value', 'Ann@bad.example', 'email ann@bad.example'],
    ['email-message:from_ref.value', 'ann@bad.example', 'email ann@bad.example'],
    ['email-message:sender_ref.value', 'ann@bad.example', 'email ann@bad.example'],
    ['email-message:subject', 'You won', 'email-subject You won'],
    ['file:hashes.MD5', md5.toUpperCase(), `md5 ${md5}`],
    ["file:hashes.'SHA-256'", sha256, `sha256 ${sha256}`],
    ['file:hashes.SHA256', sha256, `sha256 ${sha256}`],
    ["file:hashes.'something'", sha256, `sha256 ${sha256}`],
    ['file:name', 'x.exe', 'file-name x.exe'],
    ['mac-addr:value', '00:11:22:AA:bb:cc', 'mac 00:11:22:aa:bb:cc'],
    ['windows-registry-key:key', 'HKLM\\\\Bad', 'registry-key HKEY_LOCAL_MACHINE\\bad'],
    ['mutex:name', 'Bad', 'mutex Bad'],
    ['process:name', 'bad', 'process bad'],
    ['network-traffic:src_ref.value', '192.0.2.1', 'ipv4 192.0.2.1'],
    ['network-traffic:dst_ref.value', 'bad.example', 'domain bad.example'],
    ["x509-certificate:hashes.'SHA-1'", 'ab'.repeat(20), `sha1 ${'ab'.repeat(20)}`],
    ['x509-certificate:serial_number', '00:36:F7', 'certificate-serial 36f7'],
    ["network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'", 'Bad/1.0', 'user-agent Bad/1.0'],
  ])('%s', (path, text, value) => {
    expect(values(`[${path} = '${text}']`).sound).toEqual([value])
  })

  it('autonomous-system:number is a number', () => {
    expect(values('[autonomous-system:number = 64496]').sound).toEqual(['asn AS64496'])
  })

  it('keep how a value was written, where that differs', () => {
    expect(lookupValues(read("[domain-name:value IN ('Bad.example', 'b.example')]")).values).toEqual([
      { kind: 'domain', value: 'bad.example', sound: true, original: 'Bad.example' },
      { kind: 'domain', value: 'b.example', sound: true },
    ])
  })
})
