/**
 * Keeps answers of a pure function for the arguments that came last: at least `least` of them, at most twice as many. What is
 * asked for again stays; the rest goes as a whole, so that nothing has to be put in order.
 */
export function recentlyUsed<K, V>(least: number): (key: K, make: (key: K) => V) => V {
  let recent = new Map<K, V>()
  let older = new Map<K, V>()
  return (key, make) => {
    const known = recent.get(key)
    if (known !== undefined) return known
    const value = older.get(key) ?? make(key)
    if (recent.size >= least) {
      older = recent
      recent = new Map()
    }
    recent.set(key, value)
    return value
  }
}
