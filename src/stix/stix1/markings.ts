import type { Tlp } from '../statement.ts'
import { strictest } from '../stix2/markings.ts'
import type { Place } from './elements.ts'
import type { Marking, MarkingTarget } from './package.ts'

/** Finds what an element of a package is marked with. */
export interface MarkingFinder {
  /** The strictest TLP on the element at this place, on what is around it, and on values inside of it. */
  tlpOf(place: Place): Tlp | undefined
  /** Texts of the statements that govern it, distinct, in order. */
  statementsOf(place: Place): readonly string[]
}

/** Elements that hold what is looked for: marked ones mark the indicator they are in. */
const holdsValues =
  /^(?:Observables?|Observable_Composition|Object|Properties|Indicators?|Event|Related_Objects?|.*_Value|Value|Hash|Hashes)$/

/** `inner`: places of elements with an id inside others (observables, objects), by id. */
export function markingFinder(markings: readonly Marking[], inner: ReadonlyMap<string, Place>): MarkingFinder {
  const whole = new Map<Place, Marking[]>()
  const byName = new Map<Place, { readonly target: MarkingTarget; readonly marking: Marking }[]>()
  const add = <T>(map: Map<Place, T[]>, place: Place, one: T): void => {
    const there = map.get(place)
    if (there) there.push(one)
    else map.set(place, [one])
  }
  for (const marking of markings) {
    for (const target of marking.targets) {
      const exact = target.id === undefined ? undefined : inner.get(target.id)
      if (exact) for (const place of markedWith(exact)) add(whole, place, marking)
      else if (target.local === undefined) add(whole, target.under, marking)
      // Whoever has no id cannot be meant by one.
      else if (target.id === undefined) add(byName, target.under, { target, marking })
    }
  }
  const markingsOf = (place: Place): readonly Marking[] => {
    const found: Marking[] = []
    const around = new Set<string>()
    for (let at: Place | undefined = place; at; at = at.outer) {
      around.add(at.local)
      found.push(...(whole.get(at) ?? []))
      for (const { target, marking } of byName.get(at) ?? []) {
        if (around.has(target.local ?? '') || holdsValues.test(target.local ?? '')) found.push(marking)
      }
    }
    return found
  }
  return {
    tlpOf: (place) => strictest(markingsOf(place).map(({ tlp }) => tlp)),
    statementsOf: (place) => [
      ...new Set(markingsOf(place).flatMap(({ statement }) => (statement === undefined ? [] : [statement]))),
    ],
  }
}

/** The marked element itself; and the indicator or observable around it, of which it is a part. */
function markedWith(place: Place): readonly Place[] {
  if (!holdsValues.test(place.local) || place.local === 'Indicator') return [place]
  const around: Place[] = [place]
  for (let at = place.outer; at; at = at.outer)
    if (at.local === 'Indicator' || at.local === 'Observable') around.push(at)
  return around
}
