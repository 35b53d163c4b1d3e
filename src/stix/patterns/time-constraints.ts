/** Something seen at an unknown moment of a span, both ends included. Whole microseconds. */
export interface Moment {
  readonly first: number
  readonly last: number
}

/** What times have to obey together; moments are named by their index, from (inclusive) and to (exclusive). */
export type Constraint =
  | { readonly kind: 'within'; readonly from: number; readonly to: number; readonly span: number }
  /** No moment of the first range is later than any of the second. */
  | { readonly kind: 'before'; readonly a: readonly [number, number]; readonly b: readonly [number, number] }

/** `to` is at most `weight` after `from`. */
interface Edge {
  readonly from: number
  readonly to: number
  readonly weight: number
}

/**
 * Whether each moment can be given a time in its span so that all constraints hold.
 *
 * A system of difference constraints has a solution if and only if its graph has no negative cycle (Bellman and Ford); a
 * constraint on a range takes one node of its own, so that the graph grows with the ranges and not with their squares.
 */
export function canHold(moments: readonly Moment[], constraints: readonly Constraint[]): boolean {
  if (constraints.length === 0) return true
  const origin = moments.length
  const edges: Edge[] = moments.flatMap(({ first, last }, index) => [
    { from: origin, to: index, weight: last },
    { from: index, to: origin, weight: -first },
  ])
  constraints.forEach((constraint, index) => edges.push(...edgesOf(constraint, origin + 1 + index)))
  const distance = new Float64Array(origin + 1 + constraints.length)
  for (let round = 0; round <= distance.length; round++) {
    let changed = false
    for (const { from, to, weight } of edges) {
      const shorter = (distance[from] as number) + weight
      if (shorter >= (distance[to] as number)) continue
      distance[to] = shorter
      changed = true
    }
    if (!changed) return true
  }
  return false
}

function edgesOf(constraint: Constraint, node: number): readonly Edge[] {
  if (constraint.kind === 'within') {
    // The node is the earliest: no moment is before it, none more than the span after it.
    return indices([constraint.from, constraint.to]).flatMap((index) => [
      { from: index, to: node, weight: 0 },
      { from: node, to: index, weight: constraint.span },
    ])
  }
  // The node is a time between the two ranges.
  return [
    ...indices(constraint.a).map((index) => ({ from: node, to: index, weight: 0 })),
    ...indices(constraint.b).map((index) => ({ from: index, to: node, weight: 0 })),
  ]
}

function indices([from, to]: readonly [number, number]): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}
