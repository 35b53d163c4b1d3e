import { expect, it } from 'vitest'
import { itemLine } from '../../src/stix/item-line.ts'

const place = { source: 'acme', collection: 'c1' }

it('T13 writes an object as its own bytes, integers beyond 2^53 and all', () => {
  const raw = Buffer.from('{"type":"x","id":"x--1","n":9007199254740993,"n":1e400,"s":"é\\u0000"}')
  const item = { kind: 'object', id: 'x--1', type: 'x', version: '1', specVersion: '2.1', revoked: false, raw } as const
  expect(itemLine(item, place)).toEqual(Buffer.concat([raw, Buffer.from('\n')]))
})

it('writes a content block as one line with its XML as text', () => {
  const raw = Buffer.from('<a>\n"\u2028"</a>')
  const line = itemLine(
    { kind: 'block', id: 'block--1', binding: 'urn:b', timestampLabel: '2026-01-01T00:00:00Z', raw },
    place,
  ).toString()
  expect(line.split('\n')).toHaveLength(2)
  expect(JSON.parse(line)).toEqual({
    type: 'content-block',
    id: 'block--1',
    binding: 'urn:b',
    timestampLabel: '2026-01-01T00:00:00Z',
    source: 'acme',
    collection: 'c1',
    content: '<a>\n"\u2028"</a>',
  })
})
