/** Lets a few at a time through; those who come meanwhile wait in order, and beyond a number are sent away. */
export interface Turnstile {
  /** Undefined when too many wait already. */
  pass<T>(work: () => Promise<T>): Promise<T | undefined>
  readonly waiting: number
}

export function createTurnstile({ width, maxWaiting }: { width: number; maxWaiting: number }): Turnstile {
  const queue: (() => void)[] = []
  let inside = 0
  return {
    get waiting() {
      return queue.length
    },
    async pass(work) {
      if (inside >= width) {
        if (queue.length >= maxWaiting) return undefined
        // Whoever leaves hands over the place, so that nobody slips in between.
        await new Promise<void>((enter) => queue.push(enter))
      } else inside++
      try {
        return await work()
      } finally {
        const next = queue.shift()
        if (next) next()
        else inside--
      }
    },
  }
}
