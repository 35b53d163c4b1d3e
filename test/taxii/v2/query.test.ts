import { describe, expect, it } from 'vitest'
import { otherStyles, spelledTime, withQuery } from '../../../src/taxii/v2/query.ts'
import type { QueryStyle } from '../../../src/taxii/v2/session.ts'

const usual: QueryStyle = { time: 'micros', limit: true, brackets: 'plain' }
const objects = new URL('https://taxii.example/root/collections/c/objects/?old=1')
const searchOf = (query: Parameters<typeof withQuery>[1], style: Partial<QueryStyle> = {}): string =>
  withQuery(objects, query, { ...usual, ...style }).search

describe('the address of a request with its filters', () => {
  it('has none of those of the address before, and leaves that as it was', () => {
    expect(withQuery(objects, {}, usual).href).toBe('https://taxii.example/root/collections/c/objects/')
    expect(objects.search).toBe('?old=1')
  })

  it('has each filter once, in one order', () => {
    const match = [
      { field: 'type', values: ['indicator', 'tool'] },
      { field: 'version', values: ['all'] },
      { field: 'type', values: ['tool', 'malware'] },
    ]
    expect(searchOf({ addedAfter: '2026-01-02T03:04:05.123456789Z', match, limit: 7, next: 'a b/&=' })).toBe(
      '?added_after=2026-01-02T03:04:05.123456Z&match[type]=indicator,tool,malware&match[version]=all&limit=7&next=a%20b%2F%26%3D',
    )
  })

  it('keeps what would end a filter, or begin another, inside it', () => {
    const match = [{ field: 'a]&b', values: ['x,y', 'z&limit=1'] }]
    expect(searchOf({ match })).toBe('?match[a%5D%26b]=x%2Cy,z%26limit%3D1')
  })

  it('is written as the server wants it', () => {
    const query = { addedAfter: '2026-01-02T04:04:05.123456+01:00', match: [{ field: 'id', values: ['i'] }], limit: 7 }
    expect(searchOf(query, { time: 'millis', brackets: 'encoded', limit: false })).toBe(
      '?added_after=2026-01-02T03:04:05.123Z&match%5Bid%5D=i',
    )
    expect(searchOf(query, { time: 'seconds' })).toBe('?added_after=2026-01-02T03:04:05Z&match[id]=i&limit=7')
    expect(searchOf(query, { time: 'none' })).toBe('?match[id]=i&limit=7')
  })

  it('C21-20 has no time that is none', () => {
    expect(spelledTime('yesterday', 'micros')).toBeUndefined()
    expect(spelledTime('2026-01-02T03:04:05Z', 'none')).toBeUndefined()
    expect(spelledTime('2026-01-02T03:04:05Z', 'micros')).toBe('2026-01-02T03:04:05.000000Z')
  })
})

describe('the other ways to write a query that was refused', () => {
  const after = { addedAfter: '2026-01-02T03:04:05Z' }
  const match = [{ field: 'type', values: ['indicator'] }]

  it.each([
    ['nothing', {}, usual, []],
    ['a match', { match }, usual, [{ brackets: 'encoded' }]],
    ['a match, encoded already', { match }, { ...usual, brackets: 'encoded' }, []],
    ['no match in a list of none', { match: [] }, usual, []],
    ['a limit', { limit: 7 }, usual, [{ limit: false }]],
    ['a limit that is not sent', { limit: 7 }, { ...usual, limit: false }, []],
    ['a time', after, usual, [{ time: 'millis' }, { time: 'seconds' }, { time: 'none' }]],
    ['a time in milliseconds', after, { ...usual, time: 'millis' }, [{ time: 'seconds' }, { time: 'none' }]],
    ['a time in seconds', after, { ...usual, time: 'seconds' }, [{ time: 'millis' }, { time: 'none' }]],
    ['a time that is not sent', after, { ...usual, time: 'none' }, []],
    [
      'everything',
      { ...after, match, limit: 7 },
      usual,
      [
        { time: 'millis' },
        { time: 'seconds' },
        { brackets: 'encoded' },
        { limit: false },
        { time: 'none' },
        { time: 'none', limit: false },
      ],
    ],
  ] as const)('with %s, the likeliest first', (_what, query, style, changes) => {
    expect(otherStyles(style, query)).toEqual(changes.map((change) => ({ ...style, ...change })))
  })
})
