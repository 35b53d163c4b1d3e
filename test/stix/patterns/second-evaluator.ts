/**
 * A second evaluator of patterns, slow and obvious: it writes down every binding with every choice of whole seconds and
 * keeps those that the words of the specification allow. It shares nothing with the one under test but the pattern's text.
 */

/** A pattern as the test makes it. Leaves test the one property `v` of an object of type `x`. */
export type Spec =
  | { readonly kind: 'leaf'; readonly test: LeafTest }
  | { readonly kind: 'and' | 'or' | 'followedBy'; readonly left: Spec; readonly right: Spec }
  | { readonly kind: 'repeats'; readonly of: Spec; readonly times: number }
  | { readonly kind: 'within'; readonly of: Spec; readonly seconds: number }
  | { readonly kind: 'startStop'; readonly of: Spec; readonly start: number; readonly stop: number }

export type LeafTest =
  | {
      readonly kind: 'compare'
      readonly operator: '=' | '!=' | '<' | '>='
      readonly negated: boolean
      readonly value: number
    }
  | { readonly kind: 'in'; readonly negated: boolean; readonly values: readonly number[] }
  | { readonly kind: 'and' | 'or'; readonly left: LeafTest; readonly right: LeafTest }

/** One observed data: values of its objects, where `null` is an object without the property. */
export interface Seen {
  readonly values: readonly (number | string | null)[]
  readonly first: number
  readonly last: number
  readonly count: number
}

interface Moment {
  readonly who: number
  readonly second: number
}
type Binding = readonly Moment[]

export function textOf(spec: Spec): string {
  const time = (second: number) => `t'2026-01-01T00:00:${String(second).padStart(2, '0')}Z'`
  switch (spec.kind) {
    case 'leaf':
      return `[${leafText(spec.test)}]`
    case 'and':
      return `(${textOf(spec.left)} AND ${textOf(spec.right)})`
    case 'or':
      return `(${textOf(spec.left)} OR ${textOf(spec.right)})`
    case 'followedBy':
      return `(${textOf(spec.left)} FOLLOWEDBY ${textOf(spec.right)})`
    case 'repeats':
      return `(${textOf(spec.of)} REPEATS ${spec.times} TIMES)`
    case 'within':
      return `(${textOf(spec.of)} WITHIN ${spec.seconds} SECONDS)`
    case 'startStop':
      return `(${textOf(spec.of)} START ${time(spec.start)} STOP ${time(spec.stop)})`
  }
}

function leafText(test: LeafTest): string {
  if ('left' in test) return `(${leafText(test.left)} ${test.kind === 'and' ? 'AND' : 'OR'} ${leafText(test.right)})`
  const not = test.negated ? 'NOT ' : ''
  if (test.kind === 'in') return `x:v ${not}IN (${test.values.join(', ')})`
  return `x:v ${not}${test.operator} ${test.value}`
}

export function obviouslyMatches(spec: Spec, seen: readonly Seen[]): boolean {
  return bindings(spec, seen).length > 0
}

function bindings(spec: Spec, seen: readonly Seen[]): readonly Binding[] {
  switch (spec.kind) {
    case 'leaf':
      return seen.flatMap(({ values, first, last }, who) =>
        values.some((value) => leafHolds(spec.test, value))
          ? seconds(first, last).map((second) => [{ who, second }])
          : [],
      )
    case 'or':
      return [...bindings(spec.left, seen), ...bindings(spec.right, seen)]
    case 'and':
      return pairs(bindings(spec.left, seen), bindings(spec.right, seen)).map(([a, b]) => [...a, ...b])
    case 'followedBy':
      return pairs(bindings(spec.left, seen), bindings(spec.right, seen))
        .filter(([a, b]) => a.every((early) => b.every((late) => early.second <= late.second)))
        .map(([a, b]) => [...a, ...b])
    case 'repeats':
      return repeated(spec, seen)
    case 'within':
      return bindings(spec.of, seen).filter((all) =>
        all.every((one) => all.every((other) => one.second - other.second <= spec.seconds)),
      )
    case 'startStop':
      return bindings(spec.of, seen).filter((all) =>
        all.every(({ second }) => second >= spec.start && second < spec.stop),
      )
  }
}

function leafHolds(test: LeafTest, value: number | string | null): boolean {
  if ('left' in test) {
    const [left, right] = [leafHolds(test.left, value), leafHolds(test.right, value)]
    return test.kind === 'and' ? left && right : left || right
  }
  if (value === null) return false
  const plain = () => {
    if (test.kind === 'in') return test.values.some((one) => one === value)
    if (test.operator === '!=') return value !== test.value
    if (typeof value === 'string') return false
    if (test.operator === '=') return value === test.value
    return test.operator === '<' ? value < test.value : value >= test.value
  }
  return plain() !== test.negated
}

function seconds(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

function areApart(a: Binding, b: Binding): boolean {
  return a.every(({ who }) => b.every((other) => other.who !== who))
}

function pairs(left: readonly Binding[], right: readonly Binding[]): readonly (readonly [Binding, Binding])[] {
  return left.flatMap((a) => right.filter((b) => areApart(a, b)).map((b) => [a, b] as const))
}

/** Sets of bindings that share no observation and are enough together; each weighs what it was observed, or one. */
function repeated(spec: Extract<Spec, { kind: 'repeats' }>, seen: readonly Seen[]): readonly Binding[] {
  const single = bindings(spec.of, seen).map((binding) => ({ binding, weight: 1 }))
  const whole = isOfOne(spec.of)
    ? single.flatMap(({ binding }) => {
        const [moment] = binding
        const { first, last, count } = seen[moment?.who ?? 0] as Seen
        if (!moment || count < 2) return []
        return [{ binding: [first, last].map((second) => ({ who: moment.who, second })), weight: count }]
      })
    : []
  let sets: { binding: Binding; weight: number }[] = [{ binding: [], weight: 0 }]
  const found: Binding[] = []
  for (let round = 0; round < spec.times; round++) {
    const next = sets.flatMap((set) =>
      [...single, ...whole]
        .filter((one) => areApart(set.binding, one.binding))
        .map((one) => ({ binding: [...set.binding, ...one.binding], weight: set.weight + one.weight })),
    )
    found.push(...next.filter(({ weight }) => weight >= spec.times).map(({ binding }) => binding))
    sets = distinct(next.filter(({ weight }) => weight < spec.times))
  }
  return found
}

function distinct(sets: { binding: Binding; weight: number }[]): { binding: Binding; weight: number }[] {
  const keyOf = ({ binding, weight }: { binding: Binding; weight: number }) =>
    `${weight} ${binding
      .map(({ who, second }) => `${who}:${second}`)
      .sort()
      .join()}`
  return [...new Map(sets.map((set) => [keyOf(set), set])).values()]
}

function isOfOne(spec: Spec): boolean {
  return spec.kind === 'leaf' || (spec.kind === 'or' && isOfOne(spec.left) && isOfOne(spec.right))
}
