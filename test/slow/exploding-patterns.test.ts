import { expect, it } from 'vitest'
import { evaluatePattern } from '../../src/stix/patterns/evaluate.ts'
import { gatherObservations } from '../../src/stix/patterns/observations.ts'
import { read, seen } from '../stix/patterns/a-pattern.ts'

/** What is repeated: each can be read in several ways, or fails only after all of them. */
const inner = [
  'a',
  'a+',
  'a*',
  'a?',
  'a|a',
  'a|aa',
  'a|a?',
  '[a-z]',
  '\\w',
  '.',
  '.*',
  '\\w+\\s?',
  'a*a*',
  '(a+)+',
  '(?:a|b)*',
  'aa?',
]
/** How it is repeated. */
const outer = [
  '(X)+$',
  '(X)*$',
  '^(X)+$',
  '^(?:X)*b',
  '(X){12}$',
  '(X){0,40}c',
  '(X)+(X)+$',
  '((X)*)*$',
  '(X)+\\d',
  '(?i)(X)+!b',
  '(X)+?$',
  '((X)+,)*$',
  '^(X|X)+$',
]

/** 208 of them; beside them what a linear engine cannot run. */
const explosive = inner.flatMap((each) => outer.map((around) => around.replaceAll('X', each)))
const refused = [
  '(a+)+(?=b)',
  '(?<=a)(a+)+$',
  '(a+)\\1+$',
  '(?!a)(a*)*',
  '(a|b)(?<!a)+',
  '(?>a+)+b',
  '(?<n>a+)\\k<n>+$',
  '(?=(a+))\\1$',
]

// A JavaScript regular expression would be at the shortest of these for ever: `(a+)+$` doubles with each further letter.
const texts = [1, 4].map((times) => `${'a'.repeat(2_000 * times)}!`)

/** Milliseconds of processor time, and how it ended. */
function timed(pattern: string, name: string): { readonly ms: number; readonly ended: boolean | string } {
  const { list } = gatherObservations(seen('file', { name }))
  const begin = process.cpuUsage()
  let ended: boolean | string
  try {
    ended = evaluatePattern(read(pattern), list).matched
  } catch (error) {
    ended = (error as { code: string }).code
  }
  const { user, system } = process.cpuUsage(begin)
  return { ms: (user + system) / 1000, ended }
}

const inPattern = (expression: string) =>
  `[file:name MATCHES '${expression.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`

it(
  'S14: 200 expressions that explode elsewhere end in time, in a pattern, each in proportion to the text',
  { timeout: 240_000 },
  () => {
    expect(new Set(explosive).size).toBeGreaterThanOrEqual(200)
    timed(inPattern('a+'), texts[0] as string)
    const slow: string[] = []
    for (const expression of explosive) {
      const [short, long] = texts.map((text) => timed(inPattern(expression), text)) as [
        ReturnType<typeof timed>,
        ReturnType<typeof timed>,
      ]
      // Four times the text; what grows with its square takes sixteen times as long. The rest is for the engine's warming up.
      if (long.ms > short.ms * 12 + 150 || long.ms > 1_500)
        slow.push(`${expression}: ${short.ms} ms, then ${long.ms} ms`)
      expect([true, false, 'STIX_PATTERN_COSTLY'], expression).toContain(long.ended)
    }
    expect(slow).toEqual([])
  },
)

it('S14: what needs more than linear time is said to be left out, and never run', () => {
  for (const expression of refused) {
    const { ms, ended } = timed(inPattern(expression), texts[1] as string)
    expect(ended, expression).not.toBe(true)
    expect(ms, expression).toBeLessThan(500)
  }
})
