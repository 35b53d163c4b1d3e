import { type Budget, spend } from './budget.ts'

/** The form of a LIKE pattern that `matchesLike` takes: NFC, by code point. */
export function readLike(pattern: string): readonly string[] {
  return Array.from(pattern.normalize('NFC'))
}

/**
 * Whether a whole text is like a pattern: `%` is any run of characters, line feeds included, `_` one character. Both are
 * compared in NFC. Time is linear but for patterns that repeat themselves in a long text, where the budget ends it.
 * @see STIX 2.1, 9.6.1
 */
export function matchesLike(text: string, pattern: readonly string[], budget: Budget): boolean {
  const characters = Array.from(text.normalize('NFC'))
  spend(budget, characters.length + pattern.length)
  let [at, want] = [0, 0]
  // Where to go on when what follows the last % does not fit here.
  let [again, afterRun] = [0, -1]
  while (at < characters.length) {
    if (pattern[want] === '%') {
      afterRun = ++want
      again = at
    } else if (want < pattern.length && (pattern[want] === '_' || pattern[want] === characters[at])) {
      at++
      want++
    } else {
      if (afterRun < 0) return false
      spend(budget, want - afterRun + 1)
      want = afterRun
      at = ++again
    }
  }
  while (pattern[want] === '%') want++
  return want === pattern.length
}
