import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Notice } from '../../src/core/notice.ts'
import { loadAllowList, parseAllowList } from '../../src/indicators/allow-list.ts'
import { builtInLists } from '../../src/indicators/built-in-lists.ts'
import { loadWarningLists, parseWarningList, warningList } from '../../src/indicators/misp-warning-lists.ts'
import type { ValueList } from '../../src/indicators/value-list.ts'
import type { Value, ValueKind } from '../../src/stix/statement.ts'
import { temporaryFolder } from '../support/temporary.ts'

const folder = await temporaryFolder()
const v = (kind: ValueKind, value: string): Value => ({ kind, value })
const finds = (list: ValueList, ...values: readonly Value[]) => values.map((value) => list.find(value) !== undefined)

describe('the allow list', () => {
  const list = parseAllowList(
    'ours.txt',
    `\ufeff# ours\r\nours.example  # the shop
.wide.example

198.51.100.0/24
203.0.113.7
2001:db8::/32
https://third.example/a
44D88612FEA8A8F36DE82E1278ABB02F
hxxp://defanged[.]example/x
setup.exe
ann@mail.example`,
  )

  it('covers a domain and what is at it, and what lies below it only with a dot before it', () => {
    expect(
      finds(
        list,
        v('domain', 'ours.example'),
        v('url', 'https://ours.example:8443/x?y'),
        v('url', 'ours.example/x'),
        v('email', 'bob@ours.example'),
        v('domain', 'www.ours.example'),
        v('domain', 'notours.example'),
        v('url', 'https://www.ours.example/'),
      ),
    ).toEqual([true, true, true, true, false, false, false])
    expect(
      finds(
        list,
        v('domain', 'wide.example'),
        v('domain', 'a.b.wide.example'),
        v('url', 'http://a.wide.example/'),
        v('domain', 'notwide.example'),
      ),
    ).toEqual([true, true, true, false])
  })

  it('covers addresses in a network, networks that have an address in common with it, and URLs there', () => {
    expect(
      finds(
        list,
        v('ipv4', '198.51.100.0'),
        v('ipv4', '198.51.100.255'),
        v('ipv4', '198.51.101.0'),
        v('ipv4', '198.51.100.128/25'),
        v('ipv4', '198.51.0.0/16'),
        v('url', 'http://198.51.100.9/x'),
        v('ipv4', '203.0.113.7'),
        v('ipv4', '203.0.113.8'),
        v('ipv6', '2001:db8:1::1'),
        v('ipv6', '2001:db9::1'),
        v('url', 'http://[2001:db8::5]/x'),
      ),
    ).toEqual([true, true, false, true, true, true, true, false, true, false, true])
  })

  it('covers the very value otherwise, in any spelling', () => {
    expect(
      finds(
        list,
        v('url', 'https://third.example/a'),
        v('url', 'https://third.example/b'),
        v('domain', 'third.example'),
        v('md5', '44d88612fea8a8f36de82e1278abb02f'),
        v('url', 'http://defanged.example/x'),
        v('file-name', 'setup.exe'),
        v('email', 'ann@mail.example'),
        v('email', 'bob@mail.example'),
      ),
    ).toEqual([true, false, false, true, true, true, true, false])
  })

  it('names the line that is no value, and the file that is not there', async () => {
    expect(() => parseAllowList('ours.txt', 'a.example\n.\u001b[2J.example')).toThrow(
      expect.objectContaining({
        code: 'INDICATORS_ALLOW_LIST',
        kind: 'config',
        message: expect.stringContaining('line 2') as string,
      }),
    )
    await expect(loadAllowList(path.join(folder, 'none'))).rejects.toMatchObject({ code: 'INDICATORS_ALLOW_LIST' })
  })
})

describe('the built-in warning lists', () => {
  const listed = (value: Value) => builtInLists.some((list) => list.find(value) !== undefined)

  it.each([
    v('ipv4', '10.0.0.1'),
    v('ipv4', '127.0.0.1'),
    v('ipv4', '169.254.169.254'),
    v('ipv4', '172.31.255.255'),
    v('ipv4', '192.168.1.0/24'),
    v('ipv4', '0.0.0.0'),
    v('ipv4', '0.0.0.0/0'),
    v('ipv4', '224.0.0.251'),
    v('ipv4', '255.255.255.255'),
    v('ipv4', '8.8.8.8'),
    v('ipv4', '8.0.0.0/8'),
    v('ipv6', '::1'),
    v('ipv6', 'fe80::1'),
    v('ipv6', 'fd00::1'),
    v('ipv6', 'ff02::fb'),
    v('ipv6', '2606:4700:4700::1111'),
    v('url', 'http://192.168.1.1/login'),
    v('url', 'http://localhost:8080/'),
    v('domain', 'printer.local'),
    v('domain', 'com'),
    v('domain', 'co.uk'),
    v('domain', 'github.io'),
    v('md5', 'd41d8cd98f00b204e9800998ecf8427e'),
    v('sha1', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'),
    v('sha256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'),
  ])('have $value', (value) => {
    expect(listed(value)).toBe(true)
  })

  it.each([
    v('ipv4', '203.0.113.9'),
    v('ipv4', '172.32.0.1'),
    v('ipv4', '9.9.9.8'),
    v('ipv6', '2001:db8::1'),
    v('domain', 'bad.example'),
    v('domain', 'local.bad.example'),
    v('domain', 'bad.co.uk'),
    v('domain', 'example'),
    v('url', 'http://github.io/bad'),
    v('md5', '44d88612fea8a8f36de82e1278abb02f'),
    v('file-name', 'localhost'),
  ])('do not have $value', (value) => {
    expect(listed(value)).toBe(false)
  })
})

describe('MISP warning lists', () => {
  const notes: string[] = []
  const made = (type: string, list: readonly string[], attributes: readonly string[] = []) =>
    warningList(
      parseWarningList(
        'x.json',
        JSON.stringify({ name: 'X', version: 1, type, list, matching_attributes: attributes }),
      ),
      (note) => notes.push(note),
    )

  it('string: the very value, in any case and spelling', () => {
    const list = made('string', ['Bad.Example', 'HTTP://A.example', 'D41D8CD98F00B204E9800998ECF8427E'])
    expect(
      finds(
        list,
        v('domain', 'bad.example'),
        v('url', 'http://a.example/'),
        v('md5', 'd41d8cd98f00b204e9800998ecf8427e'),
        v('domain', 'x.bad.example'),
      ),
    ).toEqual([true, true, true, false])
  })

  it('hostname: the host, what lies below it, and URLs there', () => {
    const list = made('hostname', ['cdn.example', '.wild.example'])
    expect(
      finds(
        list,
        v('domain', 'cdn.example'),
        v('domain', 'a.cdn.example'),
        v('url', 'https://a.cdn.example/x'),
        v('domain', 'notcdn.example'),
        v('domain', 'a.wild.example'),
        v('ipv4', '192.0.2.1'),
      ),
    ).toEqual([true, true, true, false, true, false])
  })

  it('substring, cidr and regex', () => {
    expect(finds(made('substring', ['Cdn']), v('domain', 'a.cdn.example'), v('domain', 'bad.example'))).toEqual([
      true,
      false,
    ])
    expect(
      finds(
        made('cidr', ['192.0.2.0/24', '2001:db8::1']),
        v('ipv4', '192.0.2.9'),
        v('ipv6', '2001:db8::1'),
        v('ipv4', '198.51.100.1'),
      ),
    ).toEqual([true, true, false])
    expect(
      finds(
        made('regex', ['/^(a|b)+\\.example$/i', '^x']),
        v('domain', 'ab.example'),
        v('domain', 'x.example'),
        v('domain', 'c.example'),
      ),
    ).toEqual([true, true, false])
  })

  it('S14: an expression that explodes is run in linear time, one that cannot be is left out and said', () => {
    const list = made('regex', ['^(a+)+$', '(?=x)y', '(x)\\1'])
    const begun = performance.now()
    expect(list.find(v('domain', `${'a'.repeat(50_000)}!`))).toBeUndefined()
    expect(performance.now() - begun).toBeLessThan(5000)
    expect(notes.filter((note) => note.includes('linear time'))).toHaveLength(2)
  })

  it('is about the types of attributes that it names', () => {
    const list = made('string', ['192.0.2.1', 'bad.example'], ['ip-src', 'ip-dst', 'domain|ip'])
    expect(finds(list, v('ipv4', '192.0.2.1'), v('domain', 'bad.example'), v('url', 'bad.example'))).toEqual([
      true,
      true,
      false,
    ])
    expect(finds(made('string', ['bad.example'], ['md5']), v('domain', 'bad.example'))).toEqual([false])
  })

  it('reads a folder as the project has it, and a flat one; S9, S11: names in it stay data', async () => {
    const nested = path.join(folder, 'lists', 'akamai')
    await mkdir(nested, { recursive: true })
    await writeFile(
      path.join(nested, 'list.json'),
      JSON.stringify({ name: '__proto__', type: 'cidr', list: ['192.0.2.0/24', 'nonsense'] }),
    )
    await writeFile(
      path.join(folder, 'lists', 'one.json'),
      JSON.stringify({ name: 'One', type: 'string', list: ['__proto__', 'bad.example'] }),
    )
    await writeFile(path.join(folder, 'lists', 'README.md'), 'not a list')
    const told: Notice[] = []
    const lists = await loadWarningLists(path.join(folder, 'lists'), (notice) => told.push(notice))
    expect(lists.map(({ name }) => name)).toEqual(['__proto__', 'One'])
    expect(lists.map((list) => list.find(v('ipv4', '192.0.2.5')))).toEqual(['192.0.2.0/24', undefined])
    expect(told.map(({ message }) => message)).toEqual([expect.stringContaining('"nonsense" is no network')])
  })

  it.each([
    ['{', 'not JSON'],
    ['[]', 'no list'],
    ['{"type":"string"}', 'no list'],
    ['{"type":"constructor","list":[]}', 'constructor'],
    ['{"type":"string","list":[1]}', 'no list'],
  ])('says that %s is no warning list', (text, why) => {
    expect(() => parseWarningList('x.json', text)).toThrow(
      expect.objectContaining({
        code: 'INDICATORS_WARNING_LIST',
        kind: 'config',
        message: expect.stringContaining(why) as string,
      }),
    )
  })

  it('are found from the root of their repository too, whose other JSON files are none', async () => {
    const root = path.join(folder, 'repository')
    await mkdir(path.join(root, 'lists', 'one'), { recursive: true })
    await writeFile(path.join(root, 'schema.json'), '{"type":"object"}')
    await writeFile(
      path.join(root, 'lists', 'one', 'list.json'),
      JSON.stringify({ name: 'One', list: ['bad.example'] }),
    )
    expect((await loadWarningLists(root, () => undefined)).map(({ name }) => name)).toEqual(['One'])
  })

  it('says that a folder is missing or empty', async () => {
    const empty = path.join(folder, 'empty')
    await mkdir(empty)
    for (const each of [empty, path.join(folder, 'nowhere')]) {
      await expect(loadWarningLists(each, () => undefined)).rejects.toMatchObject({ code: 'INDICATORS_WARNING_LIST' })
    }
  })
})
