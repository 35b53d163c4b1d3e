import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { compareSources, samePair } from '../../src/director/compare-sources.ts'
import { completeEdit, type SourceChanges } from '../../src/director/complete-edit.ts'
import type { EnrichmentSource, ListedSource } from '../../src/director/enrichment-source.ts'
import { aListed, aSource } from './a-director.ts'

const hidden = ['begin.unit', 'certificate.location']
const listed = aListed()

describe('7.b rule 7: comparing what was asked for with what is there', () => {
  test('what the list cannot show is not comparable, rather than equal', () => {
    expect(compareSources(aSource(), listed)).toEqual({ differences: [], notComparable: hidden })
  })

  test('what our last write knows is comparable', () => {
    const known = { begin: { count: 20, unit: 'Months' }, certificate: { location: 'public' } } as const

    expect(compareSources(aSource(), listed, known)).toEqual({
      differences: [
        { field: 'begin.unit', asked: 'Days', found: 'Months' },
        { field: 'certificate.location', asked: 'private', found: 'public' },
      ],
      notComparable: [],
    })
  })

  test('our last write says nothing any more once the list shows another count or other files', () => {
    const known = {
      begin: { count: 3, unit: 'Days' },
      certificate: { certificateFile: 'other.crt', keyFile: 'client.key', location: 'private' },
    } as const

    expect(compareSources(aSource(), listed, known).notComparable).toEqual(hidden)
  })

  test.each<readonly [string, Partial<ListedSource>, readonly unknown[]]>([
    ['enabled', { enabled: false }, [{ field: 'enabled', asked: 'true', found: 'false' }]],
    [
      'the address',
      { discoveryUrl: 'https://other.example/' },
      [
        {
          field: 'discoveryUrl',
          asked: 'https://taxii.example/services/discovery',
          found: 'https://other.example/',
        },
      ],
    ],
    ['the address, written otherwise', { discoveryUrl: 'https://TAXII.example:443/services/discovery' }, []],
    ['begin', { begin: { count: 1 } }, [{ field: 'begin', asked: '20', found: '1' }]],
    [
      'the interval',
      { fetchInterval: { count: 2, unit: 'Hours' } },
      [{ field: 'fetchInterval', asked: '2 Days', found: '2 Hours' }],
    ],
    ['the interval, in another unit', { fetchInterval: { count: 48, unit: 'hour' } }, []],
    [
      'the interval, in an unknown unit',
      { fetchInterval: { count: 2, unit: 'Weeks' } },
      [{ field: 'fetchInterval', asked: '2 Days', found: '2 Weeks' }],
    ],
    ['the version', { stixVersion: '1' }, [{ field: 'stixVersion', asked: '2', found: '1' }]],
    [
      'the proxy',
      { proxy: { use: true, host: '192.0.2.1', port: 3128, protocol: 'HTTP' } },
      [
        { field: 'proxy.use', asked: 'false', found: 'true' },
        { field: 'proxy.host', asked: '127.0.0.1', found: '192.0.2.1' },
        { field: 'proxy.port', asked: '22', found: '3128' },
      ],
    ],
  ])('finds %s', (_what, changes, differences) => {
    expect(compareSources(aSource(), aListed(changes)).differences).toEqual(differences)
  })

  test('D11: secrets are compared where both are known, and never shown', () => {
    const other = aListed({ basic: { use: true, username: 'guest', password: new Secret('canaryOther') } })
    const masked = aListed({ basic: { use: true, username: 'guest' } })
    const asked = aSource()

    expect(compareSources(asked, other).differences).toEqual([{ field: 'basic.password', asked: '***', found: '***' }])
    expect(compareSources(asked, masked)).toEqual({ differences: [], notComparable: [...hidden, 'basic.password'] })
    expect(compareSources(asked, masked, { password: new Secret('canaryPassword') }).notComparable).toEqual(hidden)
    expect(compareSources(asked, masked, { password: new Secret('canaryOther') }).differences).toHaveLength(1)
  })

  test('a secret and a place that nobody wants are no question', () => {
    const none = { use: false, certificateFile: '', keyFile: '' }
    const asked = aSource({
      basic: { use: false, username: '', password: new Secret('') },
      certificate: { ...none, keyPassphrase: new Secret(''), location: 'private' },
    })
    const found = aListed({ basic: { use: false, username: '' }, certificate: none })

    expect(compareSources(asked, found)).toEqual({ differences: [], notComparable: ['begin.unit'] })
  })

  test('fields that the list left out are not comparable', () => {
    const found = aListed({ enabled: false, unshown: ['enabled'] })
    expect(compareSources(aSource(), found)).toEqual({ differences: [], notComparable: ['enabled', ...hidden] })
  })

  test.each<readonly [string, Partial<EnrichmentSource>, boolean]>([
    ['the same', {}, true],
    ['another user', { basic: { use: true, username: 'ann', password: new Secret('x') } }, false],
    ['another address', { discoveryUrl: 'https://taxii.example/other' }, false],
    ['the same address in capitals', { discoveryUrl: 'https://TAXII.EXAMPLE/services/discovery' }, true],
    ['another password', { basic: { use: false, username: 'guest', password: new Secret('x') } }, true],
  ])('a source is the same by address and user: %s', (_what, changes, expected) => {
    expect(samePair(aSource(changes), listed)).toBe(expected)
  })
})

describe('7.b rule 6: completing an edit', () => {
  const known = { begin: { count: 20, unit: 'Months' }, certificate: { location: 'public' } } as const
  const complete = (changes: SourceChanges, of: ListedSource = listed, with_ = known as object): EnrichmentSource => {
    const completed = completeEdit(of, changes, with_)
    if (completed.state !== 'complete') throw new TypeError(`missing: ${completed.missing.join()}`)
    return completed.source
  }
  const missing = (changes: SourceChanges, of: ListedSource = listed, with_ = known as object): readonly string[] => {
    const completed = completeEdit(of, changes, with_)
    return completed.state === 'complete' ? [] : completed.missing
  }

  test('overlays the changes and leaves the rest as it is listed, secrets in clear included', () => {
    const source = complete({ enabled: false, proxy: { use: true, port: 3128 } })

    expect(source).toEqual({
      ...aSource(),
      enabled: false,
      begin: { count: 20, unit: 'Months' },
      certificate: { ...aSource().certificate, location: 'public' },
      proxy: { use: true, host: '127.0.0.1', port: 3128, protocol: 'http' },
    })
    expect(Secret.open(source.basic.password)).toBe('canaryPassword')
    expect(Secret.open(source.certificate.keyPassphrase)).toBe('canaryPassphrase')
  })

  test('the unit of begin comes from the changes, else from our last write, else it is missing', () => {
    expect(complete({ begin: { count: 30, unit: 'Days' } }).begin).toEqual({ count: 30, unit: 'Days' })
    expect(complete({}).begin.unit).toBe('Months')
    expect(missing({}, listed, { certificate: { location: 'public' } })).toEqual(['begin'])
  })

  test('a unit is never guessed: begin 1 may have meant one month', () => {
    expect(missing({}, aListed({ begin: { count: 1 } }))).toEqual(['begin'])
  })

  test('a unit that the list shows after all is taken', () => {
    expect(complete({}, aListed({ begin: { count: 1, unit: 'Hours' } })).begin).toEqual({ count: 1, unit: 'Hours' })
  })

  test('D11: a masked secret is never sent: it comes from the changes or our last write, else it is missing', () => {
    const masked = aListed({
      basic: { use: true, username: 'guest' },
      certificate: { use: true, certificateFile: 'client.crt', keyFile: 'client.key' },
    })

    expect(missing({}, masked)).toEqual(['basic.password', 'certificate.keyPassphrase'])
    const password = new Secret('canaryNew')
    const source = complete({ basic: { password } }, masked, { ...known, keyPassphrase: new Secret('') })
    expect([source.basic.password, source.certificate.keyPassphrase.isEmpty]).toEqual([password, true])
  })

  test('our last write goes before what the list shows', () => {
    const source = complete({}, listed, { ...known, password: new Secret('canaryKnown') })
    expect(Secret.open(source.basic.password)).toBe('canaryKnown')
  })

  test('a password belongs to its user, a passphrase to its key, a place to its files', () => {
    expect(missing({ basic: { username: 'ann' } })).toEqual(['basic.password'])
    expect(missing({ certificate: { keyFile: 'new.key' } })).toEqual([
      'certificate.keyPassphrase',
      'certificate.location',
    ])
    expect(missing({ certificate: { certificateFile: 'new.crt' } })).toEqual(['certificate.location'])
  })

  test('parts that are off and were never given get their fillers', () => {
    const bare = aListed({
      basic: { use: false, username: '' },
      certificate: { use: false, certificateFile: '', keyFile: '' },
      proxy: { use: false, host: '', port: 0, protocol: '' },
    })

    expect(complete({}, bare, { begin: known.begin })).toMatchObject({
      basic: { use: false, username: '' },
      certificate: { use: false, certificateFile: '', keyFile: '', location: 'private' },
      proxy: { use: false, host: '127.0.0.1', port: 22, protocol: 'http' },
    })
    expect(missing({ basic: { use: true, username: 'ann' } }, bare, { begin: known.begin })).toEqual(['basic.password'])
  })

  test('an interval or a proxy of a kind that we would not send is missing', () => {
    const odd = aListed({
      fetchInterval: { count: 90, unit: 'Minutes' },
      proxy: { use: true, host: '192.0.2.1', port: 1080, protocol: 'socks5' },
    })

    expect(missing({}, odd)).toEqual(['fetchInterval', 'proxy.protocol'])
    expect(missing({ fetchInterval: { count: 2, unit: 'Hours' }, proxy: { protocol: 'http' } }, odd)).toEqual([])
  })

  test('what the list left out is missing, until it is given', () => {
    const unshown = ['enabled', 'proxy.host', 'stixVersion']
    const found = aListed({ unshown })

    expect(missing({}, found)).toEqual(unshown)
    expect(missing({ enabled: true, stixVersion: '2', proxy: { host: '192.0.2.1' } }, found)).toEqual([])
    expect(missing({ enabled: true, stixVersion: '2', proxy: { port: 1 } }, found)).toEqual(['proxy.host'])
  })
})
