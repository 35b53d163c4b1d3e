import { jsonText } from '../core/json-text.ts'
import type { OpenWriter } from './writer.ts'

/** JSON with two blanks of indentation, the same bytes as if the whole value were written at once; lists are streamed. */
export const openJson: OpenWriter = async ({ stream }) => {
  const whole = (value: unknown): Promise<void> => stream.write(`${jsonText(value, 2)}\n`)
  return {
    format: 'json',
    get closed() {
      return stream.closed
    },
    async list(records) {
      let isEmpty = true
      for await (const record of records) {
        await stream.write(`${isEmpty ? '[' : ','}\n  ${jsonText(record, 2).replaceAll('\n', '\n  ')}`)
        isEmpty = false
      }
      await stream.write(isEmpty ? '[]\n' : '\n]\n')
    },
    one: (record) => whole(record),
    results: (results, totals) => whole({ results, totals }),
    raw: (chunk) => stream.write(chunk),
    end: () => stream.end(),
  }
}
