import { type Budget, spend } from './budget.ts'
import type { Observation } from './observations.ts'
import type { Plan } from './plan.ts'

/** Something seen at an unknown moment of a span, both ends included, in microseconds. */
interface Moment {
  readonly first: number
  readonly last: number
}

/** A time window that what is bound inside it has to fit into, as far as it was bound. */
interface Window {
  readonly span: number
  /** Latest begin and earliest end of the moments in it. */
  latestFirst: number
  earliestLast: number
}

/** What every moment bound in some part of the pattern has to obey. */
interface Frame {
  readonly first: number
  readonly last: number
  readonly windows: readonly Window[]
}

interface Search {
  readonly observations: readonly Observation[]
  readonly budget: Budget
  /** The longest span of an observation. */
  readonly longest: number
  readonly used: Set<number>
  /** What is bound so far, in order; a moment for each, with the index of its observation. */
  readonly moments: (Moment & { readonly index: number })[]
}

/** Goes on with the rest of the pattern; true when all of it is bound. */
type Rest = () => boolean

/** Most moments that one binding may have: the search goes one call deeper for each. */
const maxMoments = 1000

/**
 * Looks for the observations that fit a plan, depth first. What cannot fit any more is given up at once: spans, windows,
 * too few candidates left. Undefined when there are none.
 *
 * That suffices for all times to hold together: windows and FOLLOWEDBY lie in one another and never overlap otherwise, so
 * that the earliest begin a moment may have (raised by what it follows) and the ends within a window decide.
 * @throws STIX_PATTERN_COSTLY (refused)
 */
export function searchBinding(
  plan: Plan,
  observations: readonly Observation[],
  budget: Budget,
): readonly Observation[] | undefined {
  const longest = observations.reduce((most, { first, last }) => Math.max(most, last - first), 0)
  const search: Search = { observations, budget, longest, used: new Set(), moments: [] }
  const everything: Frame = { first: -Infinity, last: Infinity, windows: [] }
  if (!bind(search, plan, everything, () => true)) return undefined
  return [...new Set(search.moments.map(({ index }) => index))].flatMap((index) => observations[index] ?? [])
}

function bind(search: Search, plan: Plan, frame: Frame, rest: Rest): boolean {
  switch (plan.kind) {
    case 'one-of':
      return inReach(search, plan.candidates, frame).some((index) => bindOne(search, index, frame, rest))
    case 'or':
      return plan.operands.some((operand) => bind(search, operand, frame, rest))
    case 'and':
      return bindAll(search, plan.operands, frame, rest)
    case 'followed-by':
      return bindInOrder(search, plan.operands, frame, rest)
    case 'between':
      return bind(search, plan.of, narrowed(frame, plan.first, plan.last), rest)
    case 'within': {
      const window: Window = { span: plan.span, latestFirst: -Infinity, earliestLast: Infinity }
      return bind(search, plan.of, { ...frame, windows: [...frame.windows, window] }, rest)
    }
    case 'repeats':
      return bindRepeats(search, plan, { frame, missing: plan.times, after: -1 }, rest)
  }
}

/** Candidates that may fit the frame; found by their begin, in the order of which observations are. */
function inReach(search: Search, candidates: readonly number[], frame: Frame): readonly number[] {
  let [earliest, latest] = [frame.first, frame.last]
  for (const { span, latestFirst, earliestLast } of frame.windows) {
    earliest = Math.max(earliest, latestFirst - span)
    latest = Math.min(latest, earliestLast + span)
  }
  const firstOf = (index: number) => search.observations[index]?.first ?? 0
  const from = countBefore(candidates, (index) => firstOf(index) < earliest - search.longest)
  const to = countBefore(candidates, (index) => firstOf(index) <= latest)
  return candidates.slice(from, to).filter((index) => mayFit(search, index, frame))
}

/** How many of a list are before what it is sorted by: a binary search. */
function countBefore(sorted: readonly number[], isBefore: (index: number) => boolean): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBefore(sorted[middle] as number)) low = middle + 1
    else high = middle
  }
  return low
}

function narrowed(frame: Frame, first: number, last: number): Frame {
  return { ...frame, first: Math.max(frame.first, first), last: Math.min(frame.last, last) }
}

function bindOne(search: Search, index: number, frame: Frame, rest: Rest): boolean {
  const observation = search.observations[index]
  return observation !== undefined && bindMoments(search, index, [observation], frame, rest)
}

/** Binds an observation with the given moments of it, when they fit. */
function bindMoments(search: Search, index: number, moments: readonly Moment[], frame: Frame, rest: Rest): boolean {
  spend(search.budget, 10)
  if (search.used.has(index) || search.moments.length >= maxMoments) return tooLong(search)
  const before = search.moments.length
  const windows = frame.windows.map(({ latestFirst, earliestLast }) => ({ latestFirst, earliestLast }))
  search.used.add(index)
  const bound = moments.every((moment) => bindMoment(search, index, moment, frame)) && rest()
  if (bound) return true
  search.used.delete(index)
  search.moments.length = before
  frame.windows.forEach((window, at) => Object.assign(window, windows[at]))
  return false
}

function bindMoment(search: Search, index: number, moment: Moment, frame: Frame): boolean {
  const first = Math.max(moment.first, frame.first)
  const last = Math.min(moment.last, frame.last)
  if (first > last) return false
  for (const window of frame.windows) {
    window.latestFirst = Math.max(window.latestFirst, first)
    window.earliestLast = Math.min(window.earliestLast, last)
    if (window.latestFirst - window.earliestLast > window.span) return false
  }
  search.moments.push({ first, last, index })
  return true
}

function tooLong(search: Search): false {
  if (search.moments.length >= maxMoments) spend(search.budget, Infinity)
  return false
}

function bindAll(search: Search, operands: readonly Plan[], frame: Frame, rest: Rest): boolean {
  const [operand, ...others] = operands
  if (!operand) return rest()
  return bind(search, operand, frame, () => bindAll(search, others, frame, rest))
}

function bindInOrder(search: Search, operands: readonly Plan[], frame: Frame, rest: Rest): boolean {
  const [operand, ...others] = operands
  if (!operand) return rest()
  const from = search.moments.length
  return bind(search, operand, frame, () => {
    const begin = search.moments.slice(from).reduce((latest, { first }) => Math.max(latest, first), -Infinity)
    return bindInOrder(search, others, narrowed(frame, begin, Infinity), rest)
  })
}

interface Repeating {
  readonly frame: Frame
  /** How many more times it has to match. */
  readonly missing: number
  /** Repetitions are taken in the order of their first observation, since their order is nothing to REPEATS. */
  readonly after: number
}

function bindRepeats(
  search: Search,
  plan: Extract<Plan, { kind: 'repeats' }>,
  { frame, missing, after }: Repeating,
  rest: Rest,
): boolean {
  if (missing <= 0) return rest()
  const goOn = (index: number, weight: number) =>
    bindRepeats(search, plan, { frame, missing: missing - weight, after: index }, rest)
  const { of } = plan
  if (of.kind !== 'one-of') {
    const from = search.moments.length
    return bind(search, of, frame, () => {
      const index = search.moments[from]?.index ?? -1
      return index > after && goOn(index, 1)
    })
  }
  const candidates = inReach(search, of.candidates, frame).filter((index) => index > after)
  const weightOf = (index: number) => (plan.counted ? (search.observations[index]?.count ?? 1) : 1)
  let left = candidates.reduce((sum, index) => sum + weightOf(index), 0)
  for (const index of candidates) {
    if (left < missing) return false
    const weight = weightOf(index)
    left -= weight
    if (weight > 1 && bindWhole(search, index, frame, () => goOn(index, weight))) return true
    if (bindOne(search, index, frame, () => goOn(index, 1))) return true
  }
  return false
}

/** All the times that an observation was made: the first and the last of them are known. */
function bindWhole(search: Search, index: number, frame: Frame, rest: Rest): boolean {
  const { first, last } = search.observations[index] as Observation
  const ends = [
    { first, last: first },
    { first: last, last },
  ]
  return bindMoments(search, index, ends, frame, rest)
}

function mayFit(search: Search, index: number, frame: Frame): boolean {
  const observation = search.observations[index]
  spend(search.budget, 1)
  if (!observation || search.used.has(index)) return false
  const first = Math.max(observation.first, frame.first)
  const last = Math.min(observation.last, frame.last)
  if (first > last) return false
  return frame.windows.every(
    ({ span, latestFirst, earliestLast }) => Math.max(latestFirst, first) - Math.min(earliestLast, last) <= span,
  )
}
