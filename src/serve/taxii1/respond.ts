import type { Reply } from './visit.ts'

/** Up to this size an answer is sent whole, with its length. */
const wholeBytes = 4 * 1024 * 1024

/**
 * An answer's body: whole where it is small, else as it is made, as fast as the client takes it. What goes wrong once a
 * part of it is on its way can only cut the connection; `onFault` is told why.
 */
export async function bodyOf(
  { body }: Reply,
  onFault: (error: unknown) => void,
): Promise<string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>> {
  if (typeof body === 'string') return body
  const chunks: Buffer[] = []
  let bytes = 0
  const reading = body[Symbol.asyncIterator]()
  for (;;) {
    const { done, value } = await reading.next()
    if (done === true) return Buffer.concat(chunks, bytes)
    chunks.push(value)
    bytes += value.length
    if (bytes > wholeBytes) return streamOf(chunks, reading, onFault)
  }
}

function streamOf(
  first: Buffer[],
  rest: AsyncIterator<Buffer>,
  onFault: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = first.shift() ?? (await rest.next()).value
          if (next === undefined) controller.close()
          else controller.enqueue(next)
        } catch (error) {
          onFault(error)
          controller.error(cutOff())
        }
      },
      async cancel() {
        await rest.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}

/** The HTTP library prints what a stream ends with: one line that says nothing of us (S19). */
function cutOff(): Error {
  const error = new Error('The answer was cut off')
  error.stack = error.message
  return error
}
