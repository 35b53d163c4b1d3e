import fc from 'fast-check'
import { expect, it } from 'vitest'
import { matches, observed } from './a-pattern.ts'
import { type LeafTest, obviouslyMatches, type Seen, type Spec, textOf } from './second-evaluator.ts'

const small = fc.integer({ min: 0, max: 2 })
const compare: fc.Arbitrary<LeafTest> = fc.record({
  kind: fc.constant('compare' as const),
  operator: fc.constantFrom('=' as const, '!=' as const, '<' as const, '>=' as const),
  negated: fc.boolean(),
  value: small,
})
const within: fc.Arbitrary<LeafTest> = fc.record({
  kind: fc.constant('in' as const),
  negated: fc.boolean(),
  values: fc.array(small, { minLength: 1, maxLength: 2 }),
})

const { leaf } = fc.letrec<{ leaf: LeafTest; joined: LeafTest }>((tie) => ({
  leaf: fc.oneof({ maxDepth: 2, withCrossShrink: true }, compare, within, tie('joined')),
  joined: fc.record({ kind: fc.constantFrom('and' as const, 'or' as const), left: tie('leaf'), right: tie('leaf') }),
}))

const { spec } = fc.letrec<{ spec: Spec; joined: Spec; qualified: Spec; leaf: Spec }>((tie) => ({
  spec: fc.oneof({ maxDepth: 3, withCrossShrink: true }, tie('leaf'), tie('joined'), tie('qualified')),
  leaf: fc.record({ kind: fc.constant('leaf' as const), test: leaf }),
  joined: fc.record({
    kind: fc.constantFrom('and' as const, 'or' as const, 'followedBy' as const),
    left: tie('spec'),
    right: tie('spec'),
  }),
  qualified: fc.oneof(
    fc.record({ kind: fc.constant('repeats' as const), of: tie('spec'), times: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant('within' as const), of: tie('spec'), seconds: fc.integer({ min: 1, max: 3 }) }),
    fc
      .record({ of: tie('spec'), start: fc.integer({ min: 0, max: 4 }), length: fc.integer({ min: 1, max: 4 }) })
      .map(({ of, start, length }) => ({ kind: 'startStop' as const, of, start, stop: start + length })),
  ),
}))

const seen: fc.Arbitrary<Seen> = fc
  .record({
    values: fc.array(fc.oneof({ arbitrary: small, weight: 6 }, fc.constantFrom('a', null)), {
      minLength: 1,
      maxLength: 2,
    }),
    first: fc.integer({ min: 0, max: 5 }),
    lasting: fc.constantFrom(0, 0, 1, 2),
    count: fc.constantFrom(1, 1, 2, 3),
  })
  .map(({ first, lasting, ...rest }) => ({ ...rest, first, last: first + lasting }))

function observedData({ values, first, last, count }: Seen, index: number) {
  const objects = Object.fromEntries(
    values.map((value, key) => [key, value === null ? { type: 'x' } : { type: 'x', v: value }]),
  )
  return observed(objects, { id: String(index), at: first, lasting: last - first, count })
}

/** Leaves of a pattern, repetitions counted: what the slow evaluator's work grows with. */
function size(spec: Spec): number {
  if (spec.kind === 'leaf') return 1
  if ('of' in spec) return size(spec.of) * (spec.kind === 'repeats' ? spec.times : 1)
  return size(spec.left) + size(spec.right)
}

it('PAT-1 to PAT-10: our evaluation says what a slow and obvious one says', () => {
  let matched = 0
  let not = 0
  fc.assert(
    fc.property(
      spec.filter((one) => size(one) <= 4),
      fc.array(seen, { minLength: 1, maxLength: 4 }),
      (one, all) => {
        const wanted = obviouslyMatches(one, all)
        expect(matches(textOf(one), all.map(observedData))).toBe(wanted)
        if (wanted) matched++
        else not++
      },
    ),
    { numRuns: 4000 },
  )
  expect(Math.min(matched, not)).toBeGreaterThan(500)
}, 60_000)
