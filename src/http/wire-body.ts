import type { Dispatcher } from 'undici'

/** How much we read ahead of a reader that is busy, and how much more after each idle limit it stays busy. */
const readAheadBytes = 8 * 1024 * 1024
const readAheadStep = 1024 * 1024
const readAheadMost = 64 * 1024 * 1024

/**
 * The bytes of one answer as they come from the connection, undecoded. Reading goes on ahead of the reader, so that a
 * server that falls silent is noticed also while the reader does something else (N4).
 */
export class WireBody implements AsyncIterable<Buffer> {
  /** Bytes received so far. */
  received = 0
  readonly #chunks: Buffer[] = []
  #queued = 0
  #allowance = readAheadBytes
  #done = false
  #failure: Error | undefined
  #wake: (() => void) | undefined
  #controller: Dispatcher.DispatchController | undefined
  readonly #onCancel: (reason: Error) => void

  constructor(onCancel: (reason: Error) => void) {
    this.#onCancel = onCancel
  }

  /** Whether the last byte has arrived in good order. */
  get complete(): boolean {
    return this.#done && this.#failure === undefined
  }

  /** Whether we, not the server, are why nothing comes. */
  get isHeldBack(): boolean {
    return this.#controller?.paused === true
  }

  push(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#controller = controller
    this.received += chunk.length
    this.#chunks.push(chunk)
    this.#queued += chunk.length
    if (this.#queued >= this.#allowance) controller.pause()
    this.#wake?.()
  }

  finish(failure?: Error): void {
    if (this.#done) return
    this.#done = true
    this.#failure = failure
    if (failure) this.#chunks.length = 0
    this.#wake?.()
  }

  /** The idle limit has passed. True when we were the ones who did not read, and now read on. */
  readFurther(): boolean {
    if (!this.#controller?.paused || this.#allowance >= readAheadMost) return this.#controller?.paused === true
    this.#allowance += readAheadStep
    this.#controller.resume()
    return true
  }

  /** Gives the rest up and closes the connection, unless the end is here already. */
  cancel(reason: Error): void {
    if (!this.#done) this.#onCancel(reason)
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    while (true) {
      if (this.#failure) throw this.#failure
      const chunk = this.#chunks.shift()
      if (chunk) {
        this.#queued -= chunk.length
        if (this.#controller?.paused && this.#queued < this.#allowance / 2) this.#controller.resume()
        return { done: false, value: chunk }
      }
      if (this.#done) return { done: true, value: undefined }
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = undefined
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer, undefined> {
    return { next: () => this.next() }
  }
}
