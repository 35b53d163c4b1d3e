import ipaddr from 'ipaddr.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressRange, networksContaining } from '../../../src/stix/values/addresses.ts'
import { normaliseValue } from '../../../src/stix/values/normalise.ts'
import { parentDomains } from '../../../src/stix/values/parent-domains.ts'
import { urlLookupForms } from '../../../src/stix/values/urls.ts'

describe('the domains above a domain', () => {
  it.each([
    ['a.b.bad.example', ['b.bad.example', 'bad.example']],
    ['www.bad.co.uk', ['bad.co.uk']],
    ['bad.co.uk', []],
    ['co.uk', []],
    ['x.y.github.io', ['y.github.io']],
    ['y.github.io', []],
    ['localhost', []],
  ])('of %s are %j, down to what was registered', (domain, parents) => {
    expect(parentDomains(domain)).toEqual(parents)
  })
})

describe('the networks around an address', () => {
  it('are those of the lengths asked for, smallest first', () => {
    expect(networksContaining({ kind: 'ipv4', value: '192.0.2.77' }, [8, 24, 32, 24])).toEqual([
      '192.0.2.0/24',
      '192.0.0.0/8',
    ])
    expect(networksContaining({ kind: 'ipv6', value: '2001:db8::1' }, [32, 64])).toEqual([
      '2001:db8::/64',
      '2001:db8::/32',
    ])
  })

  it('are all of them otherwise, and of a network the larger ones', () => {
    expect(networksContaining({ kind: 'ipv4', value: '192.0.2.77' })).toHaveLength(32)
    expect(networksContaining({ kind: 'ipv6', value: '2001:db8::1' })).toHaveLength(128)
    expect(networksContaining({ kind: 'ipv4', value: '192.0.2.0/24' }, [23, 24, 25])).toEqual(['192.0.2.0/23'])
    expect(networksContaining({ kind: 'domain', value: 'bad.example' })).toEqual([])
  })

  it('hold it, are in normal form, and begin and end where they say', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128), (text, length) => {
        const address = normaliseValue('ipv4', text)
        if (!address) return
        for (const network of networksContaining(address, [length])) {
          const value = normaliseValue('ipv4', network)
          expect(value).toEqual({ kind: address.kind, value: network })
          const range = addressRange(
            address.kind === 'ipv4' ? { kind: 'ipv4', value: network } : { kind: 'ipv6', value: network },
          )
          const bytes = Uint8Array.from(ipaddr.parse(address.value).toByteArray())
          expect(Buffer.compare(range?.first ?? bytes, bytes)).toBeLessThanOrEqual(0)
          expect(Buffer.compare(range?.last ?? new Uint8Array(), bytes)).toBeGreaterThanOrEqual(0)
          expect(ipaddr.parse(address.value).match(ipaddr.parseCIDR(network))).toBe(true)
        }
      }),
    )
  })
})

it('a URL may be known with and without a slash at its end, and without its scheme', () => {
  expect(urlLookupForms('http://bad.example/x?q')).toEqual([
    'http://bad.example/x?q',
    'http://bad.example/x/?q',
    'bad.example/x?q',
    'bad.example/x/?q',
  ])
  expect(urlLookupForms('ftp://bad.example/')).toEqual(['ftp://bad.example/'])
  expect(urlLookupForms('bad.example/')).toEqual(['bad.example/', 'http://bad.example/', 'https://bad.example/'])
})
