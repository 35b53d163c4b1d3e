import { expect, it } from 'vitest'
import { isLater } from '../../../src/store/compare.ts'
import { keyOfVersion, keyText } from '../../../src/store/sqlite/keys.ts'
import { isLaterKey, type SiblingKey } from '../../../src/store/sqlite/latest.ts'

it('takes of two keys for the later one what the store takes of two versions, stamps or not', () => {
  const stamps = [
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.000Z',
    '2026-01-01T00:00:00.001Z',
    '2025-12-31T23:59:59.9Z',
  ]
  const texts = [
    '',
    '1',
    '12345678',
    '1234567',
    '2026',
    'sha256:00',
    '2026-01-01T00:00:00.1234567Z',
    'abcdefg',
    'abcdefé',
  ]
  const versions = [...stamps, '2026-01-01T00:00:00.123456Z', ...texts].flatMap((version) => [
    { version, added: 1 },
    { version, added: 2 },
  ])
  const keyed = versions.map((own) => ({ ...own, version: keyText(keyOfVersion(own.version)), spec: null }))
  for (const [n, one] of versions.entries()) {
    for (const [m, other] of versions.entries()) {
      const found = isLaterKey(keyed[n] as SiblingKey, keyed[m] as SiblingKey)
      expect([one, other, found]).toEqual([one, other, isLater(one, other)])
    }
  }
})
