import { randomBytes } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { open, rm } from 'node:fs/promises'
import path from 'node:path'

/** What is held in memory before a file is made. */
const memoryBytes = 4 * 1024 * 1024
const chunkBytes = 64 * 1024

/**
 * Lines waiting for a head that is known only at the end: in memory while they are few, then in a file of its own, which is
 * gone with it.
 */
export class Spool implements AsyncDisposable {
  count = 0
  readonly #folder: string
  readonly #chunks: string[] = []
  #leftOver: string | undefined
  #length = 0
  #file: FileHandle | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  add(text: string): Promise<void> | undefined {
    this.count++
    this.#chunks.push(text)
    this.#length += text.length
    return this.#length >= memoryBytes || (this.#file && this.#length >= chunkBytes) ? this.#spill() : undefined
  }

  async *content(): AsyncIterable<Buffer> {
    if (this.#file) {
      await this.#spill()
      let position = 0
      for (;;) {
        const buffer = Buffer.allocUnsafe(chunkBytes)
        const { bytesRead } = await this.#file.read(buffer, 0, chunkBytes, position)
        if (bytesRead === 0) return
        position += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    }
    yield Buffer.from(this.#chunks.join(''))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const file = this.#file
    this.#file = undefined
    if (!file) return
    await file.close()
    if (this.#leftOver !== undefined) await rm(this.#leftOver, { force: true })
  }

  async #spill(): Promise<void> {
    if (!this.#file) {
      const file = path.join(this.#folder, `.stixtaxii-export.${randomBytes(6).toString('hex')}.part`)
      this.#file = await open(file, 'wx+', 0o600)
      // Without a name it is gone with us, however we end. Where that cannot be (Windows), it goes at the end.
      await rm(file, { force: true }).catch(() => void (this.#leftOver = file))
    }
    const text = this.#chunks.splice(0).join('')
    this.#length = 0
    await this.#file.appendFile(text)
  }
}
