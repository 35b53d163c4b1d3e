import { describe, expect, it } from 'vitest'
import { evaluatePattern } from '../../../src/stix/patterns/evaluate.ts'
import { gatherObservations } from '../../../src/stix/patterns/observations.ts'
import { parsePattern } from '../../../src/stix/patterns/parse.ts'
import { readRegularExpression } from '../../../src/stix/patterns/regular-expressions.ts'
import { matches, observed, read, seen } from './a-pattern.ts'

/** The best of three, in milliseconds: the machine may be busy. */
function took(work: () => unknown): number {
  const times = [1, 2, 3].map(() => {
    const begin = performance.now()
    work()
    return performance.now() - begin
  })
  return Math.min(...times)
}

const explosive = [
  '(a+)+$',
  '(a*)*$',
  '(a|a)+$',
  '(a|aa)+$',
  '([a-z]+)*$',
  '(.*a){12}$',
  '(a+)+(b+)+c',
  '^(a?){20}a{20}$',
  '(x+x+)+y',
  '(\\w+\\s?)*$',
]

describe('S14: regular expressions that explode elsewhere', () => {
  it.each(explosive)('%s takes time in proportion to the text', (text) => {
    const expression = readRegularExpression(text)
    if (!expression.runs) throw new Error(expression.reason)
    const on = (length: number) => took(() => expression.finds(`${'a'.repeat(length)}!`, { left: Infinity }))
    on(1000)
    const [short, long] = [on(20_000), on(80_000)]
    // Four times the text: quadratic would be sixteen times the work, and minutes. The rest is for busy machines.
    expect(long).toBeLessThan(short * 12 + 300)
  })

  it('are made from patterns of nested counts within bounds, or refused', () => {
    for (const text of [
      '((a{0,30}){0,30}){0,30}',
      'a{1001}',
      '(a{1000}){1000}',
      `${'('.repeat(5000)}a${')'.repeat(5000)}`,
    ]) {
      expect(took(() => readRegularExpression(text))).toBeLessThan(1000)
    }
  })
})

describe('S14: patterns that ask for too much', () => {
  const same = Array.from({ length: 400 }, (_, n) =>
    observed({ 0: { type: 'ipv4-addr', value: '192.0.2.1' } }, { id: String(n).padStart(3, '0'), lasting: 59 }),
  )
  const leaf = "[ipv4-addr:value = '192.0.2.1']"

  it.each([
    `(${Array.from({ length: 8 }, () => leaf).join(' FOLLOWEDBY ')}) FOLLOWEDBY ${leaf} START t'2020-01-01T00:00:00Z' STOP t'2026-01-01T00:00:01Z' AND ${leaf} START t'2026-01-01T00:00:59Z' STOP t'2027-01-01T00:00:00Z' FOLLOWEDBY ${leaf} START t'2020-01-01T00:00:00Z' STOP t'2026-01-01T00:00:30Z'`,
    `(${leaf} AND ${leaf}) REPEATS 201 TIMES`,
  ])('end, in an error where it has to be: %s', (pattern) => {
    const { list } = gatherObservations(same)
    const outcome = () => evaluatePattern(read(pattern), list, { steps: 3_000_000 }).matched
    try {
      expect(outcome()).toBe(false)
    } catch (error) {
      expect(error).toMatchObject({ code: 'STIX_PATTERN_COSTLY', kind: 'refused' })
    }
  })

  it('REPEATS of very many ends', () => {
    expect(matches(`${leaf} REPEATS 9007199254740991 TIMES`, same)).toBe(false)
    expect(matches(`${leaf} REPEATS 400 TIMES WITHIN 1 SECONDS`, same)).toBe(true)
  })

  it('LIKE that repeats itself in a long text ends', () => {
    const long = seen('file', { name: 'a'.repeat(2_000_000) })
    const pattern = `[file:name LIKE '${'%a'.repeat(2000)}%b']`
    const { list } = gatherObservations(long)
    expect(() => evaluatePattern(read(pattern), list)).not.toThrow()
    const worse = `[file:name LIKE '%${'a'.repeat(20_000)}b']`
    expect(() => evaluatePattern(read(worse), list)).toThrow(expect.objectContaining({ code: 'STIX_PATTERN_COSTLY' }))
  })
})

it('S14: patterns of 64 KiB are read in time in proportion to their length', () => {
  const shapes: readonly ((count: number) => string)[] = [
    (count) => `[${Array.from({ length: count }, () => "a:b = 'x'").join(' OR ')}]`,
    (count) => `[${Array.from({ length: count }, () => "a:b = 'x'").join(' AND ')}]`,
    (count) => Array.from({ length: count }, () => '[a:b = 1]').join(' AND '),
    (count) => `[a:b = '${"\\'".repeat(count * 4)}']`,
    (count) => `[a:b IN (${Array.from({ length: count }, () => "'xyz'").join(',')})]`,
    (count) => `[a:b${'.c'.repeat(count * 4)} = 1]`,
    (count) => `[a:b = 1${' '.repeat(count * 8)}!`,
    (count) => `${'['.repeat(60)}${"'".repeat(count * 8)}`,
  ]
  for (const shape of shapes) {
    const [short, long] = [1000, 4000].map((count) => took(() => parsePattern(shape(count)))) as [number, number]
    expect(long, shape(3)).toBeLessThan(short * 12 + 200)
  }
})

it('values of 5 MB are compared and searched', () => {
  const large = seen('artifact', { payload_bin: 'QUFB'.repeat(1_300_000), x: 'a'.repeat(5_000_000) })
  expect(matches("[artifact:payload_bin = h'00']", large)).toBe(false)
  expect(matches("[artifact:x LIKE '%b']", large)).toBe(false)
  expect(matches("[artifact:x MATCHES 'a+b']", large)).toBe(false)
})
