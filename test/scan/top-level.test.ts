import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTopLevel, wantedNames } from '../../src/scan/top-level.ts'

const names = ['id', 'type', 'modified']
const wanted = wantedNames(names)

function found(text: string): Record<string, unknown> | string {
  const bytes = Buffer.from(text)
  const result = readTopLevel(bytes, wanted)
  if (result.kind !== 'object') return result.kind
  const values: Record<string, unknown> = {}
  names.forEach((name, index) => {
    const start = result.spans[index * 2] as number
    if (start >= 0) values[name] = JSON.parse(bytes.toString('utf8', start, result.spans[index * 2 + 1]))
  })
  return values
}

function expected(text: string): Record<string, unknown> | string {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return 'invalid'
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'other'
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(parsed, name)).map((name) => [name, (parsed as never)[name]]),
  )
}

const json = fc.jsonValue({ maxDepth: 4 })

describe('top-level look', () => {
  it('finds what JSON.parse finds, in any JSON, compact or not', () => {
    fc.assert(
      fc.property(
        json,
        fc.dictionary(fc.constantFrom(...names, '__proto__', 'x'), json),
        fc.constantFrom(0, 1, '\t'),
        (a, b, indent) => {
          for (const value of [a, b, { a, ...b, z: b }]) {
            const text = JSON.stringify(value, undefined, indent)
            expect(found(text)).toEqual(expected(text))
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('calls JSON what JSON.parse accepts and nothing else, one byte changed, added or removed', () => {
    const text =
      ' {"id":"a\\u00e9\\n","type":[-1.5e+3,0.1,1E-2,true,null,{"":{}}],"n":{"modified":[]},"modified":false} '
    const bytes = fc.constantFrom(...Buffer.from('{}[]",:\\/u0159-+.eEtfn x\n\u0000'))
    fc.assert(
      fc.property(fc.nat(text.length), bytes, fc.constantFrom('replace', 'insert', 'remove'), (at, byte, how) => {
        const insert = how === 'remove' ? '' : String.fromCharCode(byte)
        const changed = text.slice(0, at) + insert + text.slice(how === 'insert' ? at : at + 1)
        expect(found(changed)).toEqual(expected(changed))
      }),
      { numRuns: 5000 },
    )
  })

  it.each([
    '',
    ' ',
    '{',
    '[',
    '{"a"',
    '{"a":',
    '{"a":1',
    '[1',
    '"',
    '-',
    '1.',
    '1e',
    '01',
    '.5',
    '+1',
    'NaN',
    'tru',
    '"\\x"',
    '"\\u12g4"',
    '{"a":1,}',
    '[,]',
    '{,}',
    '1 1',
    '{}}',
    '"\t"',
  ])('refuses %j', (text) => {
    expect(expected(text)).toBe('invalid')
    expect(found(text)).toBe('invalid')
  })

  it('S11: takes the last of a duplicate key, escaped ones too, and leaves __proto__ alone', () => {
    expect(found('{"id":1,"\\u0069d":"two","__proto__":{"type":"x"},"x":{"type":"y"}}')).toEqual({ id: 'two' })
  })

  it('S13: refuses what is nested deeper than 100 levels', () => {
    const deep = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)
    expect(found(deep(100))).toEqual({})
    expect(found(deep(101))).toBe('invalid')
  })

  it('N14: refuses bytes that are not UTF-8', () => {
    const result = readTopLevel(Buffer.from([0x22, 0xc3, 0x22]), wanted)
    expect(result).toEqual({ kind: 'invalid', problem: 'is not UTF-8' })
  })
})
