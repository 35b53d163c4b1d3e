import { nearestName } from '../core/nearest-name.ts'
import { StixTaxiiError } from '../core/errors.ts'
import { valueKinds, type ValueKind } from '../stix/statement.ts'

/** Fields of a log with the kinds of indicators that are looked for in them; undefined: every kind. */
export type Fields = ReadonlyMap<string, ReadonlySet<ValueKind> | undefined>

const hashes: readonly ValueKind[] = [
  ...(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const),
  ...(['sha3-256', 'sha3-512', 'ssdeep', 'tlsh'] as const),
]

/** Columns of threat intelligence by the names that logs and Logpoint have for them, besides the kinds' own. */
const columns: Readonly<Record<string, readonly ValueKind[]>> = {
  ip: ['ipv4', 'ipv6'],
  ip_address: ['ipv4', 'ipv6'],
  address: ['ipv4', 'ipv6'],
  domain_name: ['domain'],
  hostname: ['domain'],
  host: ['domain', 'ipv4', 'ipv6'],
  uri: ['url'],
  email_address: ['email'],
  hash: hashes,
  file_hash: hashes,
  file: ['file-name', 'file-path'],
  filename: ['file-name'],
  file_path: ['file-path'],
  registry: ['registry-key'],
  subject: ['email-subject'],
}

/**
 * Reads an alias file, as Logpoint's Alias: which field of the log is which column of threat intelligence. YAML
 * (`source_address: ip`, several columns as a list) or CSV (`field,column`, a line for each, with or without that header).
 * @throws ENRICH_ALIAS_INVALID (config) with the line; ENRICH_ALIAS_COLUMN (config) with the nearest column.
 */
export async function parseAliases(text: string, file: string): Promise<Fields> {
  const pairs = /\.csv$/i.test(file) ? csvPairs(text, file) : await yamlPairs(text, file)
  const fields = new Map<string, Set<ValueKind>>()
  for (const { field, column, line } of pairs) {
    const kinds = fields.get(field) ?? new Set()
    for (const kind of kindsOfColumn(column, file, line)) kinds.add(kind)
    fields.set(field, kinds)
  }
  if (fields.size === 0) throw invalid(file, 1, 'there is no alias in it')
  return fields
}

interface Pair {
  readonly field: string
  readonly column: string
  readonly line: number
}

function csvPairs(text: string, file: string): readonly Pair[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/)
  return lines.flatMap((written, index) => {
    const line = index + 1
    if (written.trim() === '' || written.startsWith('#')) return []
    const cells = written.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'))
    const [field = '', column = ''] = cells
    if (cells.length !== 2 || field === '' || column === '')
      throw invalid(file, line, `"${written}" is not field,column`)
    return line === 1 && field.toLowerCase() === 'field' ? [] : [{ field, column, line }]
  })
}

async function yamlPairs(text: string, file: string): Promise<readonly Pair[]> {
  const { isMap, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml')
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter })
  const [error] = document.errors
  if (error) throw invalid(file, error.linePos?.[0].line ?? 1, error.message.split('\n')[0] ?? 'no YAML')
  if (!isMap(document.contents)) throw invalid(file, 1, 'it is no mapping of fields to columns')
  return document.contents.items.flatMap(({ key, value }) => {
    const line = isScalar(key) ? counter.linePos(key.range?.[0] ?? 0).line : 1
    const columns = isSeq(value) ? value.items : [value]
    return columns.map((column) => {
      if (!isScalar(key) || !isScalar(column) || typeof column.value !== 'string') {
        throw invalid(file, line, 'a field needs a column, or a list of columns')
      }
      return { field: String(key.value), column: column.value, line }
    })
  })
}

function kindsOfColumn(column: string, file: string, line: number): readonly ValueKind[] {
  const name = column.trim().toLowerCase()
  if (Object.hasOwn(columns, name)) return columns[name] ?? []
  const kind = valueKinds.find((one) => one === name || one === name.replaceAll('_', '-'))
  if (kind) return [kind]
  const known = [...Object.keys(columns), ...valueKinds]
  const nearest = nearestName(name, known)
  throw new StixTaxiiError('ENRICH_ALIAS_COLUMN', `${file}, line ${line}: "${column}" is no column`, {
    kind: 'config',
    hint:
      nearest === undefined
        ? `Columns are: ${known.join(', ')}`
        : `Did you mean ${nearest}? Columns are: ${known.join(', ')}`,
    context: { file, line, column },
  })
}

function invalid(file: string, line: number, why: string): StixTaxiiError {
  return new StixTaxiiError('ENRICH_ALIAS_INVALID', `${file}, line ${line}: ${why}`, {
    kind: 'config',
    hint: 'Write YAML (source_address: ip) or, in a file named .csv, lines of field,column.',
    context: { file, line },
  })
}
