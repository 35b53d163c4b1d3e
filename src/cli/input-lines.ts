import { StringDecoder } from 'node:string_decoder'
import type { Readable } from 'node:stream'

/**
 * Lines of a stream as they come: each time all that are whole, at most `most` of them, so that who asks by hand is answered
 * at once. A line's end, LF or CRLF, is not part of it; of a line longer than `longest` the rest is dropped.
 */
export async function* linesOf(
  stream: Readable,
  { most, longest }: { readonly most: number; readonly longest: number },
): AsyncIterable<readonly string[]> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of stream) {
    const parts = (rest + decoder.write(chunk as Buffer)).split('\n')
    rest = (parts.pop() ?? '').slice(0, longest)
    for (let at = 0; at < parts.length; at += most) yield parts.slice(at, at + most).map((line) => whole(line, longest))
  }
  rest += decoder.end()
  if (rest !== '') yield [whole(rest, longest)]
}

function whole(line: string, longest: number): string {
  const end = line.endsWith('\r') ? line.slice(0, -1) : line
  return end.slice(0, longest).replace(/^\ufeff/, '')
}
