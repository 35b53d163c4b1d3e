import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ScanError } from '../../src/scan/scan-error.ts'
import { createSlicer, type SlicerOptions } from '../../src/scan/slicer.ts'

type Options = Partial<SlicerOptions>

function sliceWith(chunks: readonly Uint8Array[], options: Options = {}) {
  const members: string[] = []
  const damaged: { detail: string; raw: string }[] = []
  let headAtFirst: unknown
  const slicer = createSlicer({
    onMember: (raw) => {
      if (members.length === 0) headAtFirst = slicer.head
      members.push(raw.toString())
    },
    onDamaged: (detail, raw) => damaged.push({ detail, raw: raw.toString() }),
    ...options,
  })
  for (const chunk of chunks) slicer.push(chunk)
  return { members, damaged, envelope: slicer.end().value, headAtFirst }
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end))
}

function reasonOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof ScanError) return error.reason
    throw error
  }
  return 'none'
}

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(true, false, null, 'a "quoted" \\ text\n', 'objects', '\u0000\u001f', '😀é中'),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 8 }), tie('any'), { maxKeys: 4 }),
  ),
})).any

describe.each(['webassembly', 'typescript'] as const)('slicer, %s', (core) => {
  const slice = (chunks: readonly Uint8Array[], options: Options = {}) => sliceWith(chunks, { core, ...options })
  const one = (text: string, options: Options = {}) => slice([Buffer.from(text)], options)
  const bytewise = (text: string, options: Options = {}) =>
    slice(
      [...Buffer.from(text)].map((byte) => Uint8Array.of(byte)),
      options,
    )

  it('F5: cuts the same members whatever the chunk borders and the white space, in their order', () => {
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 8 }),
        fc.dictionary(
          fc.string({ maxLength: 6 }).filter((key) => key !== 'objects'),
          value,
          { maxKeys: 3 },
        ),
        fc.constantFrom(undefined, 1, 2, '\t'),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 12 }),
        (objects, rest, indent, first, cuts) => {
          const document = first ? { objects, ...rest } : { ...rest, objects }
          const bytes = Buffer.from(JSON.stringify(document, undefined, indent))
          const { members, damaged, envelope } = slice(cutAt(bytes, cuts))
          expect(members).toEqual(objects.map((member) => JSON.stringify(member)))
          expect(damaged).toEqual([])
          expect(envelope).toEqual(JSON.parse(JSON.stringify({ ...document, objects: [] })))
        },
      ),
      { numRuns: 400 },
    )
  })

  it('T13: gives the bytes of integers beyond 2^53, of 1e400 and of duplicate keys as they came', () => {
    const object = '{"a":9007199254740993,"b":1e400,"a":-0.0,"c":"\\u0041\\/"}'
    expect(one(`{"objects": [ ${object} ]}`).members).toEqual([object])
  })

  it('removes insignificant white space and nothing else', () => {
    const { members } = bytewise('{"objects":[\n { "a" :\t[ 1 , "x  y" ] ,\r\n "b" : { } }\n]\n}\n')
    expect(members).toEqual(['{"a":[1,"x  y"],"b":{}}'])
  })

  it('copies nothing when a member lies in one chunk without white space', () => {
    const chunk = Buffer.from('{"objects":[{"a":1},{"b":2}]}')
    const buffers: ArrayBufferLike[] = []
    const slicer = createSlicer({ core, onMember: (raw) => buffers.push(raw.buffer), onDamaged: () => undefined })
    slicer.push(chunk)
    slicer.end()
    expect(buffers).toEqual([chunk.buffer, chunk.buffer])
  })

  it('tells more and next as soon as the array begins, when they stand before it', () => {
    const { headAtFirst } = bytewise('{"more":true,"next":"abc","objects":[{},{}]}')
    expect(headAtFirst).toEqual({ more: true, next: 'abc', objects: [] })
    expect(bytewise('{"objects":[{}],"more":true}').headAtFirst).toEqual({ objects: [] })
  })

  it('finds the array under an escaped key, and both arrays of a duplicate key', () => {
    expect(one('{"\\u006fbjects":[1],"x":{"objects":[9]},"objects":[2]}').members).toEqual(['1', '2'])
  })

  it.each(['{}', '{"objects":null}', '{"objects":{}}', '{"objects":"[1]"}', ' {"x":["objects",[1]]} '])(
    'finds no members in %s',
    (text) => {
      expect(bytewise(text).members).toEqual([])
      expect(bytewise(text).envelope).toEqual(JSON.parse(text))
    },
  )

  it('N14: drops a byte order mark, also when it comes in pieces', () => {
    const bytes = Buffer.from('\ufeff{"objects":[1]}')
    expect(slice([bytes]).members).toEqual(['1'])
    expect(slice([bytes.subarray(0, 1), bytes.subarray(1, 2), bytes.subarray(2)]).members).toEqual(['1'])
  })

  it.each([
    ['an overlong sequence', [0xc0, 0xaf]],
    ['a lone continuation', [0x80]],
    ['half a character', [0xe4, 0xb8]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a byte that UTF-8 has not', [0xff]],
  ])('N14: refuses %s, whatever the borders', (_name, bad) => {
    const bytes = Buffer.concat([Buffer.from('{"objects":["x'), Buffer.from(bad), Buffer.from('"]}')])
    expect(reasonOf(() => slice([bytes]))).toBe('encoding')
    expect(reasonOf(() => slice([...bytes].map((byte) => Uint8Array.of(byte))))).toBe('encoding')
  })

  it('N6, N7: refuses a document that was cut, at every byte', () => {
    const text = '{"more":false,"objects":[{"a":[1,"\\"é"]},{"b":{}}],"next":"x"}'
    const bytes = Buffer.from(text)
    for (let length = 0; length < bytes.length; length++) {
      const reason = reasonOf(() => slice([bytes.subarray(0, length)]))
      expect([reason, length]).toEqual([expect.stringMatching(/^(cut|encoding)$/), length])
    }
  })

  it.each([
    ['trailing', '{"objects":[]}{'],
    ['trailing', '{"objects":[]} x'],
    ['syntax', '<html>'],
    ['syntax', '{"objects":[{} {}]}'],
    ['syntax', '{"objects":[{}{}]}'],
    ['syntax', '{"objects":[,{}]}'],
    ['syntax', '{"objects":[{},]}'],
    ['syntax', '{"objects":[{},,{}]}'],
    ['syntax', '{"objects":[1 2]}'],
    ['syntax', '{"objects":["a""b"]}'],
    ['syntax', '{"objects":[1[2]]}'],
    ['syntax', '{"objects":[{"a":[}]}'],
    ['syntax', '{"objects":[{"a":[1}]]}'],
    ['syntax', '{"objects":[{"a":"x\ny"}]}'],
    ['syntax', '{"objects":[{"a":"x\\\ny"}]}'],
    ['syntax', '{"objects":[{"a":\u0000}]}'],
    ['syntax', '{"objects":[{"a":é}]}'],
    ['syntax', '{"objects":[{}],,"more":true}'],
    ['syntax', '{"objects":[{}]"more":true}'],
    ['syntax', '{"objects":[{}}'],
    ['syntax', '{more:true,"objects":[]}'],
  ])('N7: refuses as %s: %s', (reason, text) => {
    expect(reasonOf(() => one(text))).toBe(reason)
    expect(reasonOf(() => bytewise(text))).toBe(reason)
  })

  it('keeps a member aside whose values would run together when the blank between them went', () => {
    const { members, damaged } = bytewise('{"objects":[{"a":[1 2]},{"b":tr ue},{"c":1}]}')
    expect(members).toEqual(['{"c":1}'])
    expect(damaged.map(({ detail }) => detail)).toEqual([
      'has two values without a separator',
      'has two values without a separator',
    ])
  })

  it('S13: keeps members aside that are too deep, too wide or have too long a string, and goes on', () => {
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    const wide = (keys: number) => `{${Array.from({ length: keys }, (_, index) => `"${index}":0`).join()}}`
    const limits = { maxDepth: 100, maxKeys: 5, maxStringBytes: 10 }
    const text = `{"objects":[${deep(100)},${deep(101)},${wide(5)},${wide(6)},"${'x'.repeat(10)}","${'x'.repeat(11)}",1]}`
    for (const run of [one, bytewise]) {
      const { members, damaged } = run(text, { limits })
      expect(members).toEqual([deep(100), wide(5), `"${'x'.repeat(10)}"`, '1'])
      expect(damaged.map(({ detail }) => detail)).toEqual([
        'is nested deeper than 100 levels',
        'has an object of more than 5 members',
        'has a string of more than 10 bytes',
      ])
    }
  })

  it('S13: refuses a document without end in depth or around the array', () => {
    expect(reasonOf(() => one(`{"objects":[${'['.repeat(20_000)}`))).toBe('limit')
    expect(reasonOf(() => one(`{"x":"${'y'.repeat(3000)}"}`, { limits: { maxEnvelopeBytes: 2000 } }))).toBe('limit')
  })

  it('names the byte where the document broke', () => {
    expect(() => one('{"objects":[{},]}')).toThrow('byte 15')
  })

  it('reads a bare array and one value after the other', () => {
    for (const run of [one, bytewise]) {
      expect(run(' [ {"a": 1}, 2 ] ', { shape: 'array' }).members).toEqual(['{"a":1}', '2'])
      expect(run('{"a": 1}\n\n{"b":2}\n3 "x"[]4', { shape: 'sequence' }).members).toEqual([
        '{"a":1}',
        '{"b":2}',
        '3',
        '"x"',
        '[]',
        '4',
      ])
      expect(run('', { shape: 'sequence' }).members).toEqual([])
      expect(run('[]', { shape: 'array' }).members).toEqual([])
    }
    expect(reasonOf(() => one('{"a":1}', { shape: 'array' }))).toBe('syntax')
    expect(reasonOf(() => one('[1', { shape: 'array' }))).toBe('cut')
    expect(reasonOf(() => one('[1,]', { shape: 'array' }))).toBe('syntax')
    expect(reasonOf(() => one('[1]2', { shape: 'array' }))).toBe('trailing')
    expect(reasonOf(() => one('{"a":1', { shape: 'sequence' }))).toBe('cut')
    expect(reasonOf(() => one('1,2', { shape: 'sequence' }))).toBe('syntax')
  })

  it('accepts and refuses envelopes exactly as JSON.parse does, for damaged bytes outside members', () => {
    const text = '{"more": true, "objects": [], "next": "a\\nb", "n": [1, {"z": null}]}'
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(127), fc.array(fc.nat(), { maxLength: 3 }), (at, byte, cuts) => {
        const bytes = Buffer.from(text)
        bytes[at] = byte
        let expected: unknown
        try {
          expected = JSON.parse(bytes.toString())
        } catch {
          expected = undefined
        }
        // Where the flip fell into the array itself, members appear: the property is about what is around it.
        if (expected !== undefined && (expected as { objects?: unknown }).objects?.toString() !== '') return
        const seen = reasonOf(() => slice(cutAt(bytes, cuts)))
        expect(seen === 'none').toBe(expected !== undefined)
      }),
      { numRuns: 2000 },
    )
  })
})
