import { printable } from '../core/printable.ts'
import type { OpenWriter } from './writer.ts'

/** YAML 1.2; a list is a sequence, written record by record. */
export const openYaml: OpenWriter = async ({ stream }) => {
  const { Document, visit } = await import('yaml')
  const text = (value: unknown): string => {
    const document = new Document(plain(value), { aliasDuplicateObjects: false })
    visit(document, {
      Scalar(_, scalar) {
        // Only a double-quoted scalar can hold what a terminal would act upon, as an escape.
        if (typeof scalar.value === 'string' && printable(scalar.value, { lines: true }) !== scalar.value) {
          scalar.type = 'QUOTE_DOUBLE'
        }
      },
    })
    return escapeForYaml(document.toString({ lineWidth: 0 }))
  }
  return {
    format: 'yaml',
    get closed() {
      return stream.closed
    },
    async list(records) {
      let isEmpty = true
      for await (const record of records) {
        isEmpty = false
        await stream.write(text([record]))
      }
      if (isEmpty) await stream.write('[]\n')
    },
    one: (record) => stream.write(text(record)),
    results: (results, totals) => stream.write(text({ results, totals })),
    raw: (chunk) => stream.write(chunk),
    end: () => stream.end(),
  }
}

/** What JSON would say: no undefined, dates and secrets by their own words. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)),
  ) as unknown
}

function escapeForYaml(yaml: string): string {
  // printable's own notation is \u{..}; YAML has \uXXXX and \UXXXXXXXX.
  return printable(yaml, { lines: true }).replace(/\\u\{([0-9a-f]+)\}/g, (written, digits: string) =>
    yaml.includes(written)
      ? written
      : digits.length > 4
        ? `\\U${digits.padStart(8, '0')}`
        : `\\u${digits.padStart(4, '0')}`,
  )
}
