import type { Clock } from '../core/ports.ts'
import { printable } from '../core/printable.ts'
import type { HostOutput } from './host.ts'
import { createSpinner } from './spinner.ts'

/** One piece of long work being shown. */
export interface ProgressTask {
  /** Says how far it is. Cheap: call it as often as something changes. */
  update(text: string): void
  /** Takes it off the screen; with a text, that stays as a line. */
  done(text?: string): void
}

/** Tells a person about long work, on standard error only. */
export interface Progress {
  start(text: string): ProgressTask
  /** Runs `write` with whatever is drawn taken away, so that lines do not mix with it. */
  interrupt(write: () => void): void
  close(): void
}

export interface ProgressOptions {
  readonly stream: HostOutput
  readonly clock: Clock
  readonly quiet: boolean
  readonly canDraw: boolean
  readonly colors: boolean
}

/** Between two plain lines of one task where nothing can be redrawn. */
const plainIntervalMs = 5_000

/** A spinner where standard error can be redrawn, a plain line every five seconds elsewhere, nothing when quiet. */
export function createProgress(options: ProgressOptions): Progress {
  if (options.quiet) return silent
  return options.canDraw ? drawn(options) : plain(options)
}

const silent: Progress = {
  start: () => ({ update() {}, done() {} }),
  interrupt: (write) => write(),
  close() {},
}

function plain({ stream, clock }: ProgressOptions): Progress {
  const line = (text: string): void => void stream.write(`${printable(text)}\n`)
  return {
    start() {
      let lastMs = clock.monotonicMs()
      return {
        update(text) {
          const nowMs = clock.monotonicMs()
          if (nowMs - lastMs < plainIntervalMs) return
          lastMs = nowMs
          line(text)
        },
        done(text) {
          if (text !== undefined) line(text)
        },
      }
    },
    interrupt: (write) => write(),
    close() {},
  }
}

/** All tasks share one line: the newest first, as much as there is room for. */
function drawn({ stream, colors }: ProgressOptions): Progress {
  const tasks = new Map<ProgressTask, string>()
  const spinner = createSpinner(stream, { colors })
  let closed = false
  const show = (): void => {
    if (closed) return
    spinner.show(oneLine([...tasks.values()], (stream.columns ?? 80) - 4))
    spinner.start()
  }
  return {
    start(text) {
      const task: ProgressTask = {
        update(next) {
          tasks.set(task, next)
          show()
        },
        done(last) {
          tasks.delete(task)
          if (tasks.size === 0) spinner.stop()
          else show()
          if (last !== undefined) between(() => stream.write(`${printable(last)}\n`))
        },
      }
      tasks.set(task, text)
      show()
      return task
    },
    interrupt: between,
    close() {
      closed = true
      spinner.stop()
    },
  }
  function between(write: () => void): void {
    spinner.stop()
    write()
    if (tasks.size > 0 && !closed) spinner.start()
  }
}

function oneLine(texts: readonly string[], columns: number): string {
  const line = texts.map((text) => printable(text)).join(' | ')
  return line.length > columns ? `${line.slice(0, Math.max(columns - 1, 1))}…` : line
}
