import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { openCheckedStream } from '../../src/output/checked-stream.ts'
import { openWriter } from '../../src/output/open-writer.ts'
import type { OutputFormat, OutputRecord, OutputWriter, Shape } from '../../src/output/writer.ts'

/** What a format makes of the same records, with what is told beside them. */
export interface Written {
  readonly text: string
  readonly notes: readonly string[]
}

export interface WrittenOptions {
  readonly columns?: number | undefined
  readonly colors?: boolean | undefined
}

/** Writes with one format into memory. */
export async function written(
  format: OutputFormat,
  write: (writer: OutputWriter) => Promise<void>,
  options: WrittenOptions = {},
): Promise<Written> {
  const chunks: Buffer[] = []
  const notes: string[] = []
  const target = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  const writer = openWriter(format, {
    stream: openCheckedStream(target, 'standard output'),
    note: (line) => notes.push(line),
    columns: options.columns,
    colors: options.colors ?? false,
  })
  await write(writer)
  await writer.end()
  return { text: Buffer.concat(chunks).toString('utf8'), notes }
}

export const shape: Shape = {
  columns: [
    { field: 'name', head: 'Name' },
    { field: 'count', head: 'Count', align: 'right' },
    { field: 'note', head: 'Note' },
  ],
  name: 'name',
  empty: 'There is nothing.',
}

/** Names that have hurt someone. */
export const hostileTexts: readonly string[] = [
  '\u001b]52;c;ZXZpbA==\u0007',
  '\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\',
  '\u001b]0;title\u0007',
  '\u001b[2J\u001b[H',
  '\u009b31m',
  '\u202egnp.exe',
  '\u2066isolate\u2069',
  'zero\u200bwidth',
  'line\u2028separator\u2029',
  '\ufeffbom',
  'tag\u{e0041}',
  'back\bspace\r',
  'nul\u0000',
]

/** Every format's contract. `read` gives the records back where the format is for machines. */
export function outputSuite(
  format: OutputFormat,
  read?: (text: string, form: 'list' | 'one' | 'results') => unknown,
): void {
  const records: readonly OutputRecord[] = [
    { name: 'acme', count: 3, note: 'plain', extra: { deep: [1, null] } },
    { name: 'élan 日本', count: 0, note: 'quote " comma , line\nbreak' },
  ]

  describe(`the ${format} format`, () => {
    it('ends what it wrote with a line feed', async () => {
      for (const write of [
        (writer: OutputWriter) => writer.list(records, shape),
        (writer: OutputWriter) => writer.one(records[0] as OutputRecord, shape),
        (writer: OutputWriter) => writer.results(records, { failed: 0 }, shape),
      ]) {
        expect((await written(format, write)).text).toMatch(/[^\n]\n$/)
      }
    })

    it('takes an asynchronous listing like a plain one', async () => {
      async function* slowly(): AsyncGenerator<OutputRecord> {
        for (const record of records) yield record
      }
      const asynchronous = await written(format, (writer) => writer.list(slowly(), shape))
      expect(asynchronous).toEqual(await written(format, (writer) => writer.list(records, shape)))
    })

    it('gives raw bytes as they are', async () => {
      const { text } = await written(format, (writer) => writer.raw(Buffer.from('{"a": 1}\u009b')))
      expect(text).toBe('{"a": 1}\u009b')
    })

    it('S8: writes nothing that a terminal would act upon', async () => {
      const hostile = hostileTexts.map((name) => ({ name, count: 1, note: name }))
      for (const options of [{}, { columns: 80 }]) {
        const list = await written(format, (writer) => writer.list(hostile, shape), options)
        const one = await written(format, (writer) => writer.one(hostile[0] as OutputRecord, shape), options)
        const raw = await written(format, (writer) => writer.raw(hostileTexts.join('')), { columns: 80 })
        for (const { text } of [list, one, raw]) {
          expect(text).not.toMatch(
            /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/,
          )
        }
      }
    })

    it('passes a failure of the listing on', async () => {
      function* broken(): Generator<OutputRecord> {
        yield records[0] as OutputRecord
        throw new Error('cut')
      }
      await expect(written(format, (writer) => writer.list(broken(), shape))).rejects.toThrow('cut')
    })

    if (read === undefined) return

    it('gives the same records back', async () => {
      const list = await written(format, (writer) => writer.list(records, shape))
      const one = await written(format, (writer) => writer.one(records[0] as OutputRecord, shape))
      const results = await written(format, (writer) => writer.results(records, { failed: 0 }, shape))
      expect(read(list.text, 'list')).toEqual(records)
      expect(read(one.text, 'one')).toEqual(records[0])
      expect(read(results.text, 'results')).toEqual(records)
      expect(list.notes).toEqual([])
    })

    it('gives an empty listing back', async () => {
      expect(read((await written(format, (writer) => writer.list([], shape))).text, 'list')).toEqual([])
    })

    it('gives hostile text back exactly', async () => {
      const hostile = hostileTexts.map((name) => ({ name }))
      expect(read((await written(format, (writer) => writer.list(hostile, shape))).text, 'list')).toEqual(hostile)
    })
  })
}
