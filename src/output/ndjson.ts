import { jsonText } from '../core/json-text.ts'
import type { OpenWriter, OutputRecord } from './writer.ts'

/** One record a line. Of an action on several targets each result is a line; totals are what a reader can add up. */
export const openNdjson: OpenWriter = async ({ stream }) => {
  const line = (record: OutputRecord): Promise<void> => stream.write(`${jsonText(record)}\n`)
  return {
    format: 'ndjson',
    get closed() {
      return stream.closed
    },
    async list(records) {
      for await (const record of records) await line(record)
    },
    one: line,
    async results(results) {
      for (const result of results) await line(result)
    },
    raw: (chunk) => stream.write(chunk),
    end: () => stream.end(),
  }
}
