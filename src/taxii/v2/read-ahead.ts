import type { EnvelopeHead, Load, PageLoad } from './page-load.ts'

/** Where a page is: its cursor tells it from the others. */
export interface Step {
  /** Equal for the same place, different for different ones. */
  readonly key: string
}

/** Reads pages one after the other and asks for the next one early: at most one page ahead of the one being read. */
export interface ReadAhead<S extends Step> {
  /** The page at `step`, which may be on its way already. */
  take(step: S): AsyncIterable<Load>
  /** Forgets what was asked ahead. */
  forget(): void
  /** Gives up everything that is on its way. */
  stop(): void
}

export interface ReadAheadOptions<S extends Step> {
  readonly start: (step: S, onHead: (head: EnvelopeHead) => void) => PageLoad
  /** The step after `step`, if what its envelope says first is enough to know it and it may be asked for. */
  readonly following: (step: S, head: EnvelopeHead) => S | undefined
}

interface Started<S extends Step> {
  readonly step: S
  readonly load: PageLoad
  head: EnvelopeHead | undefined
}

export function createReadAhead<S extends Step>(options: ReadAheadOptions<S>): ReadAhead<S> {
  let current: Started<S> | undefined
  let ahead: Started<S> | undefined

  function start(step: S): Started<S> {
    const started: { -readonly [Key in keyof Started<S>]?: Started<S>[Key] } = { step, head: undefined }
    started.load = options.start(step, (head) => {
      started.head = head
      if (started === current) askAhead(started as Started<S>)
    })
    return started as Started<S>
  }

  function askAhead(from: Started<S>): void {
    const step = from.head && options.following(from.step, from.head)
    if (step?.key === ahead?.step.key) return
    ahead?.load.stop()
    ahead = step && start(step)
  }

  return {
    take(step) {
      if (ahead?.step.key === step.key) {
        current = ahead
        ahead = undefined
      } else {
        ahead?.load.stop()
        ahead = undefined
        current = start(step)
      }
      if (current.head) askAhead(current)
      return current.load.read()
    },
    forget() {
      ahead?.load.stop()
      ahead = undefined
    },
    stop() {
      ahead?.load.stop()
      current?.load.stop()
      ahead = current = undefined
    },
  }
}
