import { StixTaxiiError } from '../core/errors.ts'
import type { HttpRequest, StreamedBody } from '../core/ports.ts'

export function isStreamed(body: HttpRequest['body'] | null): body is StreamedBody {
  return typeof body === 'object' && body !== null && !(body instanceof Uint8Array)
}

export interface StreamWatch {
  /** Called when the next piece is asked for. */
  onPiece(): void
  /** Called with what ends the stream before its time; the same is thrown. */
  onFault(fault: StixTaxiiError): void
}

/**
 * The pieces of a streamed body, of exactly the promised length: what is too much is never given, and what is too little
 * ends in an error, so that a server can take neither for the whole (D8).
 * @throws HTTP_BODY_LENGTH, HTTP_BODY_UNREADABLE (local)
 */
export async function* exactly(body: StreamedBody, watch: StreamWatch): AsyncGenerator<Uint8Array> {
  const { lengthBytes } = body
  let given = 0
  try {
    for await (const piece of body.open()) {
      given += piece.length
      if (given > lengthBytes) throw otherLength(lengthBytes, 'more')
      watch.onPiece()
      yield piece
    }
    if (given < lengthBytes) throw otherLength(lengthBytes, `only ${given}`)
  } catch (error) {
    const fault = error instanceof StixTaxiiError ? error : unreadable(error)
    watch.onFault(fault)
    throw fault
  }
}

function otherLength(promised: number, found: string): StixTaxiiError {
  return new StixTaxiiError(
    'HTTP_BODY_LENGTH',
    `What was to be sent has ${found} of the ${promised} bytes it should have`,
    {
      kind: 'local',
      hint: 'The file changed while it was being sent; nothing was completed. Send it again when it is at rest.',
      context: { expectedBytes: promised },
    },
  )
}

function unreadable(cause: unknown): StixTaxiiError {
  return new StixTaxiiError('HTTP_BODY_UNREADABLE', 'What was to be sent could not be read to its end', {
    kind: 'local',
    hint: 'Look whether the file is still there and readable; nothing was completed. Then send it again.',
    context: { reason: cause instanceof Error && 'code' in cause ? String(cause.code) : '' },
    cause,
  })
}
