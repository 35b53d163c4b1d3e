/**
 * Hands values from one task to another, one at a time: whoever gives waits until the value was taken, so that nothing
 * piles up between a quick server and a slow store.
 */
export interface Handover<T> {
  /** Resolves when the value was taken, or the reader has gone. */
  give(value: T): Promise<void>
  end(): void
  fail(error: unknown): void
  /** The reader has gone: givers wait no more. */
  drop(): void
  read(): AsyncIterable<T>
}

export function createHandover<T>(): Handover<T> {
  let waiting: { readonly value: T; readonly taken: () => void } | undefined
  let state: 'open' | 'ended' | 'failed' | 'dropped' = 'open'
  let failure: unknown
  let wake: (() => void) | undefined

  function notify(): void {
    wake?.()
    wake = undefined
  }

  async function* read(): AsyncGenerator<T> {
    for (;;) {
      if (waiting) {
        const { value, taken } = waiting
        waiting = undefined
        taken()
        yield value
      } else if (state === 'failed') throw failure
      else if (state === 'open') await new Promise<void>((resolve) => (wake = resolve))
      else return
    }
  }

  return {
    async give(value) {
      if (state !== 'open') return
      await new Promise<void>((taken) => {
        waiting = { value, taken }
        notify()
      })
    },
    end() {
      if (state === 'open') state = 'ended'
      notify()
    },
    fail(error) {
      if (state !== 'open') return
      state = 'failed'
      failure = error
      notify()
    },
    drop() {
      state = 'dropped'
      waiting?.taken()
      waiting = undefined
      notify()
    },
    read,
  }
}
