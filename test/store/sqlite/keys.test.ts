import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SqlError } from '../../../src/store/sqlite/binding.ts'
import { idOfKey, keyOfId, keyOfVersion, versionOfKey } from '../../../src/store/sqlite/keys.ts'

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`))
const stamps = fc
  .tuple(digits(4), digits(2), digits(2), digits(2), digits(2), digits(2), fc.stringMatching(/^(\.[0-9]{1,9})?$/))
  .map(([y, mo, d, h, mi, s, f]) => `${y}-${mo}-${d}T${h}:${mi}:${s}${f}Z`)
const realStamps = fc
  .tuple(
    fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
    fc.stringMatching(/^(\.[0-9]{1,6})?$/),
  )
  .map(([date, fraction]) => `${date.toISOString().slice(0, 19)}${fraction}Z`)
const hex = fc.stringMatching(/^[0-9a-fA-F]{64}$/)

describe('keys', () => {
  it('give every id back as it was', () => {
    const ids = fc.oneof(
      fc.string(),
      fc.uuid().map((uuid) => `indicator--${uuid}`),
      fc.uuid().map((uuid) => `x-mitre-tactic--${uuid.toUpperCase()}`),
      fc.tuple(fc.string(), fc.uuid()).map(([type, uuid]) => `${type}--${uuid}`),
      hex.map((digest) => `block--${digest}`),
    )
    fc.assert(
      fc.property(ids, (id) => idOfKey(keyOfId(id)) === id),
      { numRuns: 1000 },
    )
  })

  it('give every version back as it was', () => {
    const versions = fc.oneof(
      fc.string(),
      stamps,
      realStamps,
      hex.map((digest) => `sha256:${digest}`),
    )
    fc.assert(
      fc.property(versions, (version) => versionOfKey(keyOfVersion(version)) === version),
      { numRuns: 2000 },
    )
  })

  it.each([
    '0000-01-01T00:00:00Z',
    '0000-12-31T23:59:59.999999Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999Z',
  ])('T12 take the version %s, so that one such object does not stop its source for ever', (version) =>
    expect(versionOfKey(keyOfVersion(version))).toBe(version),
  )

  it('are different for different versions of the same instant', () => {
    const same = [
      '2026-01-01T00:00:00Z',
      '2026-01-01T00:00:00.0Z',
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T00:00:00.000000000Z',
    ]
    expect(new Set(same.map((version) => keyOfVersion(version).toString('latin1'))).size).toBe(4)
  })

  it('are 17 bytes for a STIX id, 33 for a block, 8 for a timestamp', () => {
    expect(keyOfId('indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f')).toHaveLength(17)
    expect(keyOfId(`block--${'0a'.repeat(32)}`)).toHaveLength(33)
    expect(keyOfVersion('2026-01-02T03:04:05.678Z')).toHaveLength(8)
    expect(keyOfVersion(`sha256:${'0a'.repeat(32)}`)).toHaveLength(33)
  })

  it('that are none of ours are not read', () => {
    for (const key of [Buffer.alloc(3), Buffer.alloc(17, 254), null, 5, undefined]) {
      expect(() => idOfKey(key)).toThrow(SqlError)
      expect(() => versionOfKey(key)).toThrow(SqlError)
    }
    expect(() => versionOfKey(Buffer.alloc(8, 254))).toThrow(SqlError)
  })
})
