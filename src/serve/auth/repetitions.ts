const maxKeys = 4096

/** Counts what repeats itself at no cost to who sends it, so that it does not fill a log: told the 1st, 2nd, 4th, 8th time. */
export interface Repetitions {
  /** How often it has come, when that is to be told; undefined otherwise. */
  tell(key: string): number | undefined
}

export function countRepetitions(): Repetitions {
  const counts = new Map<string, number>()
  return {
    tell(key) {
      const count = (counts.get(key) ?? 0) + 1
      // The one that was seen last goes last.
      counts.delete(key)
      if (counts.size >= maxKeys) counts.delete(counts.keys().next().value ?? '')
      counts.set(key, count)
      return Number.isInteger(Math.log2(count)) ? count : undefined
    },
  }
}
