import { StringDecoder } from 'node:string_decoder'
import { printable } from '../core/printable.ts'
import { escapeDangerous } from '../core/json-text.ts'
import { outputRegistry } from './registry.ts'
import type { OutputFormat, OutputWriter, WriterOptions } from './writer.ts'

/** A writer of this format, whose packages are loaded when the first record comes. */
export function openWriter(format: OutputFormat, options: WriterOptions): OutputWriter {
  let opening: Promise<OutputWriter> | undefined
  const writer = (): Promise<OutputWriter> => (opening ??= outputRegistry[format]().then((open) => open(options)))
  const decoder = new StringDecoder('utf8')
  return {
    format,
    get closed() {
      return options.stream.closed
    },
    list: async (records, shape) => (await writer()).list(records, shape),
    one: async (record, shape) => (await writer()).one(record, shape),
    results: async (results, totals, shape) => (await writer()).results(results, totals, shape),
    raw(chunk) {
      if (options.columns === undefined) return options.stream.write(chunk)
      // Raw bytes are exact in a file or pipe; on a terminal nothing in them may act upon it.
      return options.stream.write(forTerminal(typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk))))
    },
    end: () => options.stream.end(),
  }
}

function forTerminal(text: string): string {
  return printable(escapeDangerous(text), { lines: true })
}
