import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeObject, isDamaged, type DescribeOptions } from '../../src/stix/describe.ts'

const described = (value: unknown, options?: DescribeOptions) =>
  describeObject(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), options)

const reason = (value: unknown) => {
  const result = described(value)
  return isDamaged(result) ? result.reason : undefined
}

const indicator = {
  type: 'indicator',
  spec_version: '2.1',
  id: 'indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f',
  created: '2020-01-01T00:00:00.000Z',
  modified: '2020-01-02T00:00:00.123456Z',
  pattern: "[ipv4-addr:value = '192.0.2.1']",
}

describe('describeObject', () => {
  it('reads id, type, version and specification version off the bytes and keeps them', () => {
    const raw = Buffer.from(JSON.stringify(indicator))
    expect(describeObject(raw)).toEqual({
      kind: 'object',
      id: indicator.id,
      type: 'indicator',
      version: '2020-01-02T00:00:00.123456Z',
      specVersion: '2.1',
      revoked: false,
      raw,
    })
    expect((describeObject(raw) as { raw: Buffer }).raw).toBe(raw)
  })

  it('takes modified, else created, else a digest of the canonical JSON as version', () => {
    const base = { type: 'x', id: 'x--1' }
    expect(described({ ...base, created: 'c', modified: 'm' })).toMatchObject({ version: 'm' })
    expect(described({ ...base, created: 'c', modified: null })).toMatchObject({ version: 'c' })
    expect(described({ ...base, created: 'c', modified: '' })).toMatchObject({ version: 'c' })
    const digest = described('{"type":"x","id":"x--1","n":9007199254740993}')
    expect(digest).toMatchObject({ version: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string })
    expect(described('{"n":9007199254740993,"id":"x--1","type":"\\u0078"}')).toMatchObject({
      version: (digest as { version: string }).version,
    })
    expect(described('{"n":9007199254740992,"id":"x--1","type":"x"}')).not.toMatchObject({
      version: (digest as { version: string }).version,
    })
  })

  it.each([
    [{ spec_version: '2.1', created: 'c' }, '2.1'],
    [{ spec_version: '2.0' }, '2.0'],
    [{ created: 'c', modified: 'm' }, '2.0'],
    [{ created: 'c' }, '2.0'],
    [{ value: '192.0.2.1' }, '2.1'],
    [{ spec_version: '2.2' }, '2.1'],
  ])('STX-1: %j is of specification version %s', (properties, specVersion) => {
    expect(described({ type: 'x', id: 'x--1', ...properties })).toMatchObject({ specVersion })
  })

  it('says whether an object is revoked, by true alone', () => {
    const revoked = (value: unknown) => (described({ ...indicator, revoked: value }) as { revoked: boolean }).revoked
    expect([true, false, 'true', 1, null].map(revoked)).toEqual([true, false, false, false, false])
  })

  it.each([
    ['STIX_SYNTAX', '{"type":"x","id":"x--1",}'],
    ['STIX_SYNTAX', '{"type":"x","id":"x--1","n":NaN}'],
    ['STIX_SYNTAX', '{"type":"x","id":"x--1","n":01}'],
    ['STIX_NOT_AN_OBJECT', '[]'],
    ['STIX_NOT_AN_OBJECT', 'null'],
    ['STIX_NOT_AN_OBJECT', '"indicator--1"'],
    ['STIX_ID_MISSING', '{"type":"x"}'],
    ['STIX_ID_MISSING', '{"type":"x","id":""}'],
    ['STIX_ID_MISSING', '{"type":"x","id":7}'],
    ['STIX_ID_MISSING', '{"type":"x","x":{"id":"x--1"}}'],
    ['STIX_TYPE_MISSING', '{"id":"x--1","type":null}'],
    ['STIX_NAME_UNREADABLE', '{"id":"x--\\u0000","type":"x"}'],
    ['STIX_NAME_UNREADABLE', '{"id":"x--\\ud800","type":"x"}'],
    ['STIX_NAME_UNREADABLE', `{"id":"x--${'y'.repeat(1024)}","type":"x"}`],
  ])('sets aside as %s: %s', (code, text) => {
    expect(reason(text)).toBe(code)
  })

  it.each(['x-mitre-collection--1f5f1533', '102', 'no dashes at all', 'indicator--'])('keeps the odd id %j', (id) => {
    expect(described({ type: 'x', id })).toMatchObject({ id })
  })

  it('repairs an id that is a bare UUID where the profile asks for it, and keeps the original', () => {
    const text = '{"id": "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","n":9007199254740993,"type":"indicator"}'
    const repaired = described(text, { repairs: ['prefix-bare-ids'] })
    expect(repaired).toMatchObject({ id: indicator.id, originalId: '8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f' })
    expect(repaired.raw.toString()).toBe(text.replace('"8e2e', '"indicator--8e2e'))
    expect(described(text)).toMatchObject({ id: '8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f' })
    expect(described(indicator, { repairs: ['prefix-bare-ids'] })).not.toHaveProperty('originalId')
  })

  it('S11: __proto__ and constructor are data', () => {
    const result = described('{"__proto__":{"id":"evil","type":"evil","revoked":true},"id":"x--1","type":"x"}')
    expect(result).toMatchObject({ id: 'x--1', type: 'x', revoked: false })
    expect(({} as { revoked?: boolean }).revoked).toBeUndefined()
  })

  it('agrees with JSON.parse on every object it accepts', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('a"b', 'é', '\\', '2020-01-01T00:00:00Z'))
    const properties = fc.record(
      {
        id: text,
        type: text,
        created: text,
        modified: text,
        spec_version: text,
        revoked: fc.boolean(),
        x: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(properties, (value) => {
        const result = described(value)
        if (isDamaged(result)) {
          expect(!value.id || !value.type || result.reason === 'STIX_NAME_UNREADABLE').toBe(true)
          return
        }
        expect(result).toMatchObject({ id: value.id, type: value.type, revoked: value.revoked ?? false })
        if (value.modified || value.created) expect(result.version).toBe(value.modified || value.created)
      }),
      { numRuns: 500 },
    )
  })
})
