import { clearLine, cursorTo } from 'node:readline'
import { Chalk } from 'chalk'
import type { HostOutput } from './host.ts'

/** One line that turns, on a stream that can be redrawn. */
export interface Spinner {
  show(text: string): void
  /** Draws with the next turn, so that what is over at once leaves nothing on the screen. */
  start(): void
  /** Takes the line away. */
  stop(): void
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const intervalMs = 80

/** Knows nothing of signals or raw mode: a spinner that ends the process on Ctrl-C would cut off what is being saved. */
export function createSpinner(stream: HostOutput, { colors }: { readonly colors: boolean }): Spinner {
  const paint = new Chalk({ level: colors ? 1 : 0 }).cyan
  let [text, at, isDrawn]: [string, number, boolean] = ['', 0, false]
  let timer: NodeJS.Timeout | undefined
  const wipe = (): void => {
    cursorTo(stream as NodeJS.WritableStream, 0)
    clearLine(stream as NodeJS.WritableStream, 0)
    isDrawn = false
  }
  const draw = (): void => {
    wipe()
    stream.write(`${paint(frames[at % frames.length] as string)} ${text}`)
    isDrawn = true
  }
  return {
    show(next) {
      text = next
      if (isDrawn) draw()
    },
    start() {
      timer ??= setInterval(() => {
        at++
        draw()
      }, intervalMs).unref()
    },
    stop() {
      if (timer === undefined) return
      clearInterval(timer)
      timer = undefined
      if (isDrawn) wipe()
    },
  }
}
