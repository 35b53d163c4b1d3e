import type { Clock } from '../core/ports.ts'
import { printable } from '../core/printable.ts'
import type { HostOutput } from './host.ts'

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

/** What of ora is used. */
interface Spinner {
  text: string
  start(): unknown
  stop(): unknown
}

/** All tasks share one line: the newest first, as much as there is room for. */
function drawn({ stream, colors }: ProgressOptions): Progress {
  const tasks = new Map<ProgressTask, string>()
  let spinner: Spinner | undefined
  let loading = false
  let closed = false
  const show = (): void => {
    if (spinner === undefined) return load()
    spinner.text = oneLine([...tasks.values()], (stream.columns ?? 80) - 4)
  }
  const load = (): void => {
    if (loading) return
    loading = true
    void import('ora').then(({ default: ora }) => {
      if (closed || tasks.size === 0) return void (loading = false)
      // discardStdin would put the terminal into raw mode and swallow Ctrl-C meant for a prompt.
      // Whether it can be drawn was asked of the terminal; ora would also look for a variable CI, which people export.
      const made = ora({
        stream,
        isEnabled: true,
        discardStdin: false,
        color: colors ? 'cyan' : false,
        hideCursor: true,
      })
      made.start()
      spinner = made
      show()
    })
  }
  const stop = (): void => {
    spinner?.stop()
    spinner = undefined
    loading = false
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
          if (tasks.size === 0) stop()
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
      stop()
    },
  }
  function between(write: () => void): void {
    spinner?.stop()
    write()
    spinner?.start()
  }
}

function oneLine(texts: readonly string[], columns: number): string {
  const line = texts.map((text) => printable(text)).join(' | ')
  return line.length > columns ? `${line.slice(0, Math.max(columns - 1, 1))}…` : line
}
