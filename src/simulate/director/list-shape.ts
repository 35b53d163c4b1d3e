import type { SimulatedResponse } from '../loopback-server.ts'
import type { ListShape } from './faults.ts'
import type { SourceState } from './state.ts'

/** A listed source as the guide's sample has it, or as the shape wants it. */
export function listedSource(
  { id, fields }: Omit<SourceState, 'fetch'>,
  shape: ListShape = {},
): Readonly<Record<string, unknown>> {
  const secret = (value: string): string =>
    shape.secrets === 'masked' ? '*'.repeat(8) : shape.secrets === 'empty' ? '' : value
  return {
    st_enable_source: fields.st_enable_source,
    discovery_url: fields.discovery_url,
    begin: fields.begin,
    fetch_interval: fields.fetch_interval,
    fetch_interval_unit: fields.fetch_interval_unit,
    stix_version: fields.stix_version,
    basic_auth_mode: { ...fields.basic_auth_mode, password: secret(fields.basic_auth_mode.password) },
    ssl_mode: { ...fields.ssl_mode, key_pass: secret(fields.ssl_mode.key_pass) },
    st_proxy: fields.st_proxy,
    ...(shape.files === 'nested' ? { files: fields.files } : fields.files),
    id,
    tid: '',
    st_enable_source_confirmed: false,
    ...(shape.unknownKeys && { owner_group: null, revision: { number: 7, tags: ['new', 'unheard of'] } }),
  }
}

/** The answer to a reading call: an array, or what the shape makes of it. */
export function listResponse(entries: readonly unknown[], shape: ListShape = {}): SimulatedResponse {
  const typed = entries.map((entry) => (typeof entry === 'object' ? retype(entry, shape) : entry))
  const { wrapped } = shape
  const whole = wrapped === undefined ? typed : wrapped === 'single' ? (typed[0] ?? []) : { [wrapped]: typed }
  const text = writeLoosely(whole, shape)
  return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) }
}

function retype(value: unknown, shape: ListShape): unknown {
  if (typeof value === 'boolean') {
    if (shape.booleans === 'text') return String(value)
    if (shape.booleans === 'capital-text') return value ? 'True' : 'False'
    return shape.booleans === 'number' ? Number(value) : value
  }
  if (typeof value === 'number') return shape.numbersAsText ? String(value) : value
  if (Array.isArray(value)) return value.map((each) => retype(each, shape))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, retype(each, shape)]))
}

const pythonWords = new Map([
  ['true', 'True'],
  ['false', 'False'],
  ['null', 'None'],
])

// JSON, but for the words and commas that the shape puts in.
function writeLoosely(value: unknown, shape: ListShape): string {
  const comma = shape.trailingCommas ? ',' : ''
  if (Array.isArray(value))
    return `[${value.map((each) => writeLoosely(each, shape)).join(',')}${value.length > 0 ? comma : ''}]`
  if (typeof value !== 'object' || value === null) {
    const text = JSON.stringify(value)
    return (shape.pythonWords && pythonWords.get(text)) || text
  }
  const pairs = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${writeLoosely(each, shape)}`)
  return `{${pairs.join(', ')}${pairs.length > 0 ? comma : ''}}`
}
