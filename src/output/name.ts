import { printable } from '../core/printable.ts'
import type { OpenWriter, OutputRecord, Shape } from './writer.ts'

/** The name of each record that has one, one a line, for shell loops. */
export const openName: OpenWriter = async ({ stream }) => {
  const line = async (record: OutputRecord, shape: Shape): Promise<void> => {
    const name = record[shape.name]
    const isWord = typeof name === 'string' || typeof name === 'number' || typeof name === 'boolean'
    if (isWord) await stream.write(`${printable(String(name))}\n`)
  }
  return {
    format: 'name',
    get closed() {
      return stream.closed
    },
    async list(records, shape) {
      for await (const record of records) await line(record, shape)
    },
    one: line,
    async results(results, _totals, shape) {
      for (const result of results) await line(result, shape)
    },
    raw: (chunk) => stream.write(chunk),
    end: () => stream.end(),
  }
}
