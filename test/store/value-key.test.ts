import { describe, expect, it } from 'vitest'
import type { Value } from '../../src/stix/statement.ts'
import { keyOfValue, longestValue, valueOfKey } from '../../src/store/value-key.ts'

const back = (value: Value): Value | undefined => {
  const key = keyOfValue(value)
  return key && valueOfKey(key)
}

describe('keys of values', () => {
  it.each([
    ['ipv4', '192.0.2.1'],
    ['ipv4', '0.0.0.0/0'],
    ['ipv4', '192.0.2.0/1'],
    ['ipv4', '192.0.2.0/31'],
    ['ipv6', '2001:db8::1'],
    ['ipv6', '::/0'],
    ['ipv6', '2001:db8::/127'],
    ['domain', 'bad.example'],
    ['md5', 'ab'.repeat(16)],
    ['url', 'u'.repeat(longestValue)],
  ] as const)('%s %s is read back as it was', (kind, value) => {
    expect(back({ kind, value })).toEqual({ kind, value })
  })

  it.each([
    ['ipv4', ['192.0.2.0/32', '192.0.2.0/-1', '192.0.2.0/', '192.0.2.0/1.5', '192.0.2.0/x', '192.0.2.0/0x8', '/8', '']],
    ['ipv4', ['192.0.2', '192.0.2.1.1', '192.0.2.256', '192.0.2.01', '192.0.2.', '192.0.2./8', '192.0.2.0/08']],
    ['ipv6', ['2001:db8::/128', '2001:db8::/-1', '2001:db8::/', '2001:db8::/1e1', '/8', '2001:DB8::1', ':']],
    ['md5', ['ab', 'AB'.repeat(16), 'xy'.repeat(16)]],
    ['url', ['u'.repeat(longestValue + 1), 'é'.repeat(longestValue / 2 + 1), 'http://\ud800.example']],
  ] as const)('no key of %s is made of what is none of its values', (kind, values) => {
    expect(values.filter((value) => keyOfValue({ kind, value }))).toEqual([])
  })

  it('a network stands behind the addresses of its kind, apart from them', () => {
    const [address, network] = ['192.0.2.0', '192.0.2.0/24'].map((value) => keyOfValue({ kind: 'ipv4', value }))
    expect(network?.kind).toBe((address?.kind as number) + 1)
    expect(network?.bytes).toEqual(Buffer.from([24, 192, 0, 2, 0]))
  })
})
