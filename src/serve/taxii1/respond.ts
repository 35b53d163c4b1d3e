import type { Reply } from './visit.ts'

/** Up to this size an answer is sent whole, with its length. */
const wholeBytes = 4 * 1024 * 1024

/** An answer's body: whole where it is small, else as it is made, as fast as the client takes it. */
export async function bodyOf({ body }: Reply): Promise<string | Buffer | ReadableStream<Uint8Array>> {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return body
  const chunks: Buffer[] = []
  let bytes = 0
  const reading = body[Symbol.asyncIterator]()
  for (;;) {
    const { done, value } = await reading.next()
    if (done === true) return Buffer.concat(chunks, bytes)
    chunks.push(value)
    bytes += value.length
    if (bytes > wholeBytes) return streamOf(chunks, reading)
  }
}

function streamOf(first: Buffer[], rest: AsyncIterator<Buffer>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = first.shift()
        if (next) return controller.enqueue(next)
        const { done, value } = await rest.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await rest.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
