import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanEquality } from '../../../src/stix/patterns/equality-scanner.ts'
import { parse } from '../../../src/stix/patterns/parser.generated.ts'
import { maxPatternDepth, parsePattern } from '../../../src/stix/patterns/parse.ts'
import { problem, read } from './a-pattern.ts'

const test = (name: string, value = 1) => ({
  kind: 'test',
  path: { type: 'a', steps: [{ name }] },
  operator: '=',
  negated: false,
  literals: [{ type: 'number', value }],
})
const of = (name: string) => ({ kind: 'observation', test: test(name) })

describe('PAT-1: shape', () => {
  it.each([
    '[a:b = 1]',
    ' [ a:b = 1 ] \n',
    "[a:b=1 AND a:c='x' OR a:d>2.5]",
    '[(a:b = 1)]',
    '([a:b = 1])',
    '[a:b = 1] AND [a:b = 2] OR [a:b = 3] FOLLOWEDBY [a:b = 4]',
    '(([a:b = 1] OR [c:d = 2]) FOLLOWEDBY [a:b = 3]) WITHIN 5 SECONDS',
  ])('%j is a pattern', (text) => {
    expect(problem(text)).toBeUndefined()
  })

  it.each([
    '',
    ' ',
    'a:b = 1',
    '[]',
    '[a:b]',
    '[a:b = ]',
    '[= 1]',
    '[a:b = 1',
    'a:b = 1]',
    '[a:b = 1] [a:b = 2]',
    '[a:b = 1]]',
  ])('PAT-11: %j is none', (text) => {
    expect(problem(text)).toBeTypeOf('string')
  })

  it.each([
    '[a:b = 1 and a:c = 1]',
    '[a:b = 1] followedby [a:b = 1]',
    '[a:b like 1]',
    '[a:b = 1ANDa:c = 1]',
    '[a:b INx (1)]',
  ])('keywords are words in capitals: %j is none', (text) => {
    expect(problem(text)).toBeTypeOf('string')
  })
})

describe('PAT-2: precedence', () => {
  it('AND binds tighter than OR in brackets', () => {
    expect(read('[a:b = 1 OR a:c = 1 AND a:d = 1]')).toEqual({
      kind: 'observation',
      test: { kind: 'any', operands: [test('b'), { kind: 'all', operands: [test('c'), test('d')] }] },
    })
    expect(read('[(a:b = 1 OR a:c = 1) AND a:d = 1]')).toMatchObject({ test: { kind: 'all' } })
  })

  it('AND binds tighter than OR, OR tighter than FOLLOWEDBY, between observations', () => {
    expect(read('[a:b = 1] FOLLOWEDBY [a:c = 1] OR [a:d = 1] AND [a:e = 1]')).toEqual({
      kind: 'followed-by',
      operands: [of('b'), { kind: 'or', operands: [of('c'), { kind: 'and', operands: [of('d'), of('e')] }] }],
    })
  })

  it('a qualifier belongs to the observation expression just before it', () => {
    expect(read('[a:b = 1] AND [a:c = 1] WITHIN 5 SECONDS')).toEqual({
      kind: 'and',
      operands: [of('b'), { kind: 'qualified', of: of('c'), qualifier: { kind: 'within', seconds: 5 } }],
    })
    expect(read('([a:b = 1] AND [a:c = 1]) WITHIN 5 SECONDS')).toMatchObject({ kind: 'qualified', of: { kind: 'and' } })
  })
})

describe('PAT-3: objects of one type', () => {
  it.each(['[a:b = 1 AND c:d = 1]', '[a:b = 1 AND (c:d = 1 OR e:f = 1)]', '[(a:b = 1 AND c:d = 1) OR a:b = 2]'])(
    'AND of objects of different types is none: %s',
    (text) => {
      expect(problem(text)).toBe('AND joins objects of different types')
    },
  )

  it.each(['[a:b = 1 OR c:d = 1]', '[a:b = 1 AND (a:c = 1 OR c:d = 1)]', '[a:b = 1] AND [c:d = 1]'])(
    'OR, and AND between observations, may join them: %s',
    (text) => {
      expect(problem(text)).toBeUndefined()
    },
  )
})

describe('PAT-4: operators', () => {
  it.each([
    ...['=', '!=', '<', '<=', '>', '>='].map((operator) => [operator, '1']),
    ...['LIKE', 'MATCHES', 'ISSUBSET', 'ISSUPERSET'].map((operator) => [operator, "'x'"]),
    ['IN', '(1, 2)'],
  ])('%s takes %s, also after NOT', (operator, operand) => {
    expect(read(`[a:b ${operator} ${operand}]`)).toMatchObject({ test: { operator, negated: false } })
    expect(read(`[a:b NOT ${operator} ${operand}]`)).toMatchObject({ test: { operator, negated: true } })
  })

  it.each(['[a:b LIKE 1]', '[a:b IN 1]', '[a:b IN ()]', '[a:b = (1)]', '[a:b < true]', '[a:b == 1]', '[NOT a:b = 1]'])(
    '%j is none',
    (text) => {
      expect(problem(text)).toBeTypeOf('string')
    },
  )

  it('EXISTS is of 2.1 only', () => {
    expect(read('[EXISTS a:b]')).toEqual({
      kind: 'observation',
      test: { kind: 'exists', path: { type: 'a', steps: [{ name: 'b' }] }, negated: false },
    })
    expect(problem('[EXISTS a:b]', '2.0')).toBe('EXISTS is not known to STIX 2.0')
  })
})

describe('PAT-7: literals', () => {
  it.each([
    ["'it\\'s \\\\ all'", { type: 'text', value: "it's \\ all" }],
    ["'line\nfeed'", { type: 'text', value: 'line\nfeed' }],
    ["''", { type: 'text', value: '' }],
    ['-12', { type: 'number', value: -12 }],
    ['.5', { type: 'number', value: 0.5 }],
    ['true', { type: 'boolean', value: true }],
    ["h'0aFF'", { type: 'bytes', value: '0aff' }],
    ["b'AAEC'", { type: 'bytes', value: '000102' }],
    ["t'2014-01-13T07:03:17Z'", { type: 'timestamp', value: '2014-01-13T07:03:17.000000000Z' }],
    ["t'2014-01-13T07:03:17.123456Z'", { type: 'timestamp', value: '2014-01-13T07:03:17.123456000Z' }],
  ])('%s is a value', (text, literal) => {
    expect(read(`[a:b IN (${text})]`)).toMatchObject({ test: { literals: [literal] } })
  })

  it.each([
    "'a\\nb'",
    "'open",
    '"x"',
    '01',
    '1.',
    '1e5',
    'True',
    "h'0'",
    "h'0g'",
    "b'A'",
    "t'2014-02-30T00:00:00Z'",
    "t'2014-01-13'",
  ])('%s is none', (text) => {
    expect(problem(`[a:b = ${text}]`)).toBeTypeOf('string')
  })
})

describe('PAT-8: object paths', () => {
  it.each([
    ["file:hashes.'SHA-256'", [{ name: 'hashes' }, { name: 'SHA-256' }]],
    [
      'file:a.b[3].c[*].d_ref.e',
      [{ name: 'a' }, { name: 'b' }, { index: 3 }, { name: 'c' }, { index: '*' }, { name: 'd_ref' }, { name: 'e' }],
    ],
    ["file:'a b'.'it\\'s'", [{ name: 'a b' }, { name: "it's" }]],
  ])('%s is one', (text, steps) => {
    expect(read(`[${text} = 1]`)).toMatchObject({ test: { path: { type: 'file', steps } } })
  })

  it.each([
    'file',
    'file:',
    'file:a.',
    'file:a-b',
    'file:a[-1]',
    'file:a[x]',
    'file:[0]',
    '1file:a',
    'file:a[9999999999]',
  ])('%s is none', (text) => {
    expect(problem(`[${text} = 1]`)).toBeTypeOf('string')
  })
})

describe('PAT-9: qualifiers', () => {
  it.each([
    ['REPEATS 5 TIMES', { kind: 'repeats', times: 5 }],
    ['WITHIN 0.5 SECONDS', { kind: 'within', seconds: 0.5 }],
    [
      "START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'",
      { kind: 'start-stop', start: '2026-01-01T00:00:00.000000000Z', stop: '2026-01-02T00:00:00.000000000Z' },
    ],
  ])('%s is one', (text, qualifier) => {
    expect(read(`[a:b = 1] ${text}`)).toEqual({ kind: 'qualified', of: of('b'), qualifier })
  })

  it.each([
    'REPEATS 0 TIMES',
    'REPEATS 1.5 TIMES',
    'WITHIN 0 SECONDS',
    'WITHIN -1 SECONDS',
    "START t'2026-01-02T00:00:00Z' STOP t'2026-01-01T00:00:00Z'",
    'REPEATS 2 TIMES REPEATS 3 TIMES',
    'WITHIN 2 SECONDS REPEATS 3 TIMES WITHIN 3 SECONDS',
  ])('%s is none', (text) => {
    expect(problem(`[a:b = 1] ${text}`)).toBeTypeOf('string')
  })

  it('each kind may stand at one expression; the inner of a parenthesis is another', () => {
    expect(problem('[a:b = 1] REPEATS 2 TIMES WITHIN 3 SECONDS')).toBeUndefined()
    expect(problem('([a:b = 1] REPEATS 2 TIMES) REPEATS 3 TIMES')).toBeUndefined()
  })

  it('STIX 2.0 writes the times of START and STOP as plain text', () => {
    const text = "[a:b = 1] START '2026-01-01T00:00:00Z' STOP '2026-01-02T00:00:00Z'"
    expect(problem(text, '2.0')).toBeUndefined()
    expect(problem(text, '2.1')).toBeTypeOf('string')
  })
})

describe('PAT-11: what is invalid', () => {
  it('says where and what was expected', () => {
    expect(parsePattern('[a:b = 1] AND')).toEqual({
      valid: false,
      problem: 'the end where ( or [ was expected',
      offset: 13,
    })
    expect(parsePattern("[a:b = 'C:\\x']")).toMatchObject({
      offset: 11,
      problem: expect.stringContaining('a backslash'),
    })
  })

  it('S14: beyond 64 KiB or 64 levels, strings not counted', () => {
    expect(problem(`[a:b = '${'x'.repeat(65_600)}']`)).toBe('longer than 64 KiB')
    expect(problem(`[a:b = '${'é'.repeat(32_800)}']`)).toBe('longer than 64 KiB')
    const nested = (depth: number) => `${'('.repeat(depth)}[a:b = '${'('.repeat(500)}']${')'.repeat(depth)}`
    expect(problem(nested(maxPatternDepth - 1))).toBeUndefined()
    expect(problem(nested(maxPatternDepth))).toBe('nested deeper than 64')
    expect(problem('('.repeat(60_000))).toBe('nested deeper than 64')
  })
})

describe('the scanner for one equality', () => {
  const piece = fc.constantFrom(
    ...[
      '[',
      ']',
      '(',
      ')',
      "'",
      '\\',
      '.',
      ':',
      '=',
      ' ',
      '\t',
      '\n',
      '\u00a0',
      'a',
      'file',
      'file:name',
      'hashes',
      "'SHA-256'",
      '-',
      '_',
      '1',
      "'x'",
      'AND',
    ],
  )
  const shaped = fc
    .record({
      type: fc.stringMatching(/^[a-zA-Z_1][a-z0-9-]{0,5}$/),
      path: fc.array(fc.stringMatching(/^[a-zA-Z0-9_-]{0,4}$/), { minLength: 1, maxLength: 3 }),
      quoted: fc.option(fc.string({ maxLength: 6 })),
      text: fc.string({ unit: 'binary', maxLength: 8 }),
      blank: fc.constantFrom('', ' ', '\n\t', '\u00a0'),
    })
    .map(
      ({ type, path, quoted, text, blank }) =>
        `${blank}[${blank}${type}:${path.join('.')}${quoted === null ? '' : `.'${quoted}'`}${blank}=${blank}'${text}'${blank}]${blank}`,
    )

  it('reads what the parser reads, and nothing that it refuses', () => {
    const text = fc.oneof(
      shaped,
      fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
    )
    let scannedOnes = 0
    fc.assert(
      fc.property(text, (pattern) => {
        const scanned = scanEquality(pattern)
        if (!scanned) return
        scannedOnes++
        expect(scanned).toEqual(parse(pattern, { specVersion: '2.1' }))
      }),
      { numRuns: 10_000 },
    )
    expect(scannedOnes).toBeGreaterThan(200)
  })

  it('takes the patterns that feeds are made of', () => {
    for (const pattern of [
      "[file:hashes.'SHA-256' = 'aa']",
      "[file:hashes.MD5='aa']",
      "[ipv4-addr:value = '192.0.2.1']",
      "[network-traffic:dst_ref.value = '192.0.2.1']",
    ]) {
      expect(scanEquality(pattern)).toBeDefined()
    }
  })
})

it('PAT-11: reading any text ends, and never throws', () => {
  const word = fc.constantFrom(
    ...[
      '[',
      ']',
      '(',
      ')',
      ' AND ',
      ' OR ',
      ' FOLLOWEDBY ',
      ' NOT ',
      'EXISTS ',
      'a:b',
      ' = ',
      ' IN ',
      ' LIKE ',
      "'x'",
      '1',
      "t'",
      "h'",
      ' WITHIN 5 SECONDS',
      ' REPEATS ',
      '\\',
      '\0',
    ],
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), fc.string(), (words, tail) => {
      expect(parsePattern(words.join('') + tail).valid).toBeTypeOf('boolean')
    }),
    { numRuns: 3000 },
  )
})
