import { visible } from '../core/visible.ts'
import type { OpenWriter } from './writer.ts'

/** YAML 1.2; a list is a sequence, written record by record. */
export const openYaml: OpenWriter = async ({ stream }) => {
  const { Document, visit } = await import('yaml')
  const text = (value: unknown): string => {
    const document = new Document(plain(value), { aliasDuplicateObjects: false })
    visit(document, {
      Scalar(_, scalar) {
        // Only a double-quoted scalar can hold what a terminal would act upon, as an escape.
        if (typeof scalar.value === 'string' && visible(scalar.value, { lines: true }) !== scalar.value) {
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

// Not by undoing what `printable` writes: a text may have `\u{202e}` in it as well as the character itself.
function escapeForYaml(yaml: string): string {
  return visible(yaml, {
    lines: true,
    spell(codePoint) {
      const digits = codePoint.toString(16)
      return digits.length > 4 ? `\\U${digits.padStart(8, '0')}` : `\\u${digits.padStart(4, '0')}`
    },
  })
}
