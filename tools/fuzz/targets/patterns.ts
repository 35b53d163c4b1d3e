import { between, oneOf } from '../../campaign/seeded.ts'
import { evaluatePattern } from '../../../src/stix/patterns/evaluate.ts'
import { lookupValues } from '../../../src/stix/patterns/lookup-values.ts'
import { gatherObservations } from '../../../src/stix/patterns/observations.ts'
import { parsePattern } from '../../../src/stix/patterns/parse.ts'
import type { JsonObject } from '../../../src/stix/stix2/fields.ts'
import { normaliseValue } from '../../../src/stix/values/normalise.ts'
import { recognise } from '../../../src/stix/values/recognise.ts'
import { refang } from '../../../src/stix/values/refang.ts'
import { valueKinds } from '../../../src/stix/statement.ts'
import { mutated, strange } from '../mutate.ts'
import { sampleObjects, samplePatterns } from '../seeds.ts'
import { Broken, holds, same, textOf } from '../target.ts'
import type { FuzzTarget, Random } from '../target.ts'

/** Patterns: read or refused with a place, never thrown; what is read can be evaluated within its budget. */
export const pattern: FuzzTarget = {
  name: 'pattern',
  weight: 5,
  open() {
    const observed = gatherObservations(sampleObjects as readonly JsonObject[]).list
    return {
      make: (random) =>
        random() < 0.5 ? grown(random, 3) : mutated(random, oneOf(random, samplePatterns), samplePatterns),
      judge(input, random) {
        const text = textOf(input)
        const parsed = parsePattern(text, { specVersion: random() < 0.3 ? '2.0' : '2.1' })
        if (!parsed.valid) {
          holds(
            parsed.problem.length > 0 && parsed.problem.length < 2000,
            `a problem of ${parsed.problem.length} characters`,
          )
          holds(parsed.offset === undefined || parsed.offset <= text.length, 'a place behind the end')
          return
        }
        // White space around it says nothing.
        same(parsePattern(` ${text}\n`), parsePattern(text), 'blanks around matter')
        const { values } = lookupValues(parsed.expression)
        for (const { kind, value } of values)
          same(normaliseValue(kind, value)?.value, value, `a ${kind} that is not in its normal form`)
        const { matched, bound } = evaluatePattern(parsed.expression, observed, { steps: 300_000 })
        if (matched !== bound.length > 0) throw new Broken('matched by nothing')
      },
    }
  },
}

/** A pattern by the grammar, with strange constants. */
function grown(random: Random, depth: number): string {
  const inner = (): string => grown(random, depth - 1)
  const kind = depth === 0 ? 0 : between(random, 0, 6)
  if (kind === 1) return `(${inner()})`
  if (kind === 2) return `${inner()} ${oneOf(random, ['AND', 'OR', 'FOLLOWEDBY'])} ${inner()}`
  if (kind === 3)
    return `${inner()} ${oneOf(random, ['REPEATS 2 TIMES', 'WITHIN 1.5 SECONDS', "START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z'"])}`
  return `[${comparison(random, depth)}]`
}

function comparison(random: Random, depth: number): string {
  if (depth > 0 && random() < 0.4)
    return `(${comparison(random, depth - 1)} ${oneOf(random, ['AND', 'OR'])} ${comparison(random, depth - 1)})`
  const path = oneOf(random, [
    'ipv4-addr:value',
    'file:name',
    "file:hashes.'SHA-256'",
    'file:hashes.MD5',
    'x-a:b[*].c',
    'network-traffic:src_ref.value',
    'url:value',
    "a:'__proto__'.constructor",
    'file:size',
    'email-addr:value',
    'domain-name:value',
  ])
  const operator = oneOf(random, ['=', '!=', '<', '>=', 'LIKE', 'MATCHES', 'ISSUBSET', 'ISSUPERSET', 'NOT =', 'IN'])
  const constants = Array.from({ length: between(random, 1, 3) }, () => constant(random))
  return `${path} ${operator} ${operator === 'IN' ? `(${constants.join(', ')})` : (constants[0] ?? '')}`
}

function constant(random: Random): string {
  const text = oneOf(random, [
    ...strange,
    '198.51.100.3',
    '198.51.100.0/24',
    'a.exe',
    '^(a|a)*$',
    '(a+)+b',
    '%_%',
    'bad.example',
    '[',
    '\\\\d{1,3}(?=x)',
  ])
  return random() < 0.8
    ? `'${text.replace(/[\\']/g, (mark) => `\\${mark}`)}'`
    : oneOf(random, [
        '1',
        '-0.5',
        'true',
        "t'2026-01-01T00:00:00Z'",
        "b'QQ=='",
        "h'0aFF'",
        '1e5',
        '99999999999999999999',
      ])
}

const texts = [
  '198.51.100.7',
  '2001:db8::1/64',
  '::ffff:198.51.100.7',
  'hxxp://bad[.]example:8080/a?b#c',
  'Ann@Mail.Example',
  'AA-BB-CC-00-11-22',
  'AS65536',
  'HKLM\\Software\\a',
  'd41d8cd98f00b204e9800998ecf8427e',
  '3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C',
  'xn--bcher-kva.example',
  'bücher.example.',
  'C:\\a\\b.exe',
  '0x7f.1',
  '00198.051.100.7',
  'T1'.padEnd(72, 'A'),
]

/** Values in every spelling: a normal form is its own, and keeps to one line without blanks around. */
export const value: FuzzTarget = {
  name: 'value',
  weight: 3,
  open: () => ({
    make: (random) => mutated(random, oneOf(random, texts), texts),
    judge(input) {
      const text = textOf(input)
      refang(text)
      for (const kind of valueKinds) {
        const once = normaliseValue(kind, text)
        if (!once) continue
        holds(once.value !== '', `an empty ${kind}`)
        const twice = normaliseValue(once.kind, once.value)
        same(twice, once, `the normal form of a ${kind} has another one`)
      }
      // Of a URL all forms are looked for, those without a scheme too.
      for (const { kind, value: found } of recognise(text).filter((each) => each.kind !== 'url'))
        same(normaliseValue(kind, found)?.value, found, `recognised as ${kind}`)
    },
  }),
}
