/**
 * The name that was probably meant: the one that takes fewest single changes (a letter added, dropped, replaced or two
 * neighbours swapped, in any case), if those are at most a third of what was typed; else one that begins or ends with it.
 * Undefined when none comes near.
 */
export function nearestName(typed: string, names: Iterable<string>): string | undefined {
  const wanted = typed.toLowerCase().slice(0, longest)
  const most = Math.max(1, Math.floor(wanted.length / 3))
  let [nearest, least] = [undefined as string | undefined, most + 1]
  let containing: string | undefined
  for (const name of names) {
    const folded = name.toLowerCase().slice(0, longest)
    const changes = changesBetween(wanted, folded)
    if (changes < least) [nearest, least] = [name, changes]
    if (wanted.length > 2 && (folded.startsWith(wanted) || folded.endsWith(wanted))) containing ??= name
  }
  return nearest ?? containing
}

/** Names longer than this are compared by their beginning. */
const longest = 100

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
function changesBetween(a: string, b: string): number {
  let [older, previous] = [[] as number[], Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const replaced = (previous[column - 1] ?? 0) + (same ? 0 : 1)
      let cost = Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1)
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) cost = Math.min(cost, (older[column - 2] ?? 0) + 1)
      current.push(cost)
    }
    older = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
