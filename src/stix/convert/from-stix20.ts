import { observableId } from './ids.ts'
import type { LossCounter } from './losses.ts'
import type { StixRecord } from './stix-record.ts'
import { convertPattern } from './pattern-20.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** What `labels` of 2.0 is called in 2.1. @see STIX 2.1, Appendix on changes; 4 (domain objects) */
const typesProperty: Readonly<Record<string, string>> = {
  indicator: 'indicator_types',
  malware: 'malware_types',
  tool: 'tool_types',
  'threat-actor': 'threat_actor_types',
  report: 'report_types',
  identity: 'roles',
}

/**
 * A STIX 2.0 object as STIX 2.1: the same id, version and markings, with what 2.1 names or demands otherwise. The embedded
 * cyber-observables of observed data become objects of their own, before it. What 2.1 has no place for is counted.
 */
export function convertStix20(object: JsonObject, losses: LossCounter): readonly StixRecord[] {
  const { type, id } = object
  const rest = Object.fromEntries(Object.entries(object).filter(([name]) => !/^(?:type|id|spec_version)$/.test(name)))
  const head = { type: String(type), spec_version: '2.1', id: String(id) } as const
  if (type === 'observed-data') return convertObservedData(head, rest, losses)
  return [{ ...head, ...converted(head.type, rest, losses) }]
}

function converted(type: string, properties: JsonObject, losses: LossCounter): JsonObject {
  const typed = withTypes(type, properties)
  switch (type) {
    case 'indicator': {
      const pattern = typeof typed['pattern'] === 'string' ? convertPattern(typed['pattern']) : typed['pattern']
      return { ...typed, pattern, pattern_type: 'stix', pattern_version: '2.1' }
    }
    case 'malware':
      return { is_family: isFamily(properties), ...typed }
    case 'report':
      return { published: properties['created'], ...typed }
    case 'sighting':
      return withoutEmpty(typed, ['observed_data_refs', 'where_sighted_refs'])
    default:
      if (type === 'marking-definition' && properties['definition_type'] === undefined)
        losses.add('A marking without a definition')
      return typed
  }
}

/** In 2.0 malware was a family, or a sample of one, without a word for which; what has a file is a sample. */
function isFamily(properties: JsonObject): boolean {
  const name = properties['name']
  return !(typeof name === 'string' && /^[0-9a-f]{32,128}$/i.test(name))
}

function withTypes(type: string, properties: JsonObject): JsonObject {
  const name = Object.hasOwn(typesProperty, type) ? typesProperty[type] : undefined
  const { labels, ...rest } = properties
  if (name === undefined || labels === undefined || properties[name] !== undefined) return properties
  return { ...rest, [name]: labels }
}

function withoutEmpty(object: JsonObject, names: readonly string[]): JsonObject {
  const isEmpty = (name: string) => names.includes(name) && Array.isArray(object[name]) && object[name].length === 0
  return Object.fromEntries(Object.entries(object).filter(([name]) => !isEmpty(name)))
}

type Head = Pick<StixRecord, 'type' | 'spec_version' | 'id'>

function convertObservedData(head: Head, properties: JsonObject, losses: LossCounter): readonly StixRecord[] {
  const { objects, ...rest } = properties
  if (!isObject(objects)) return [{ ...head, ...rest }]
  const { records, refs } = convertObservables(objects, losses)
  if (refs.length === 0) {
    losses.add('Observed data without objects', head.id)
    return []
  }
  return [...records, { ...head, ...rest, object_refs: refs }]
}

interface Converting {
  readonly objects: JsonObject
  readonly losses: LossCounter
  /** Ids by key, of those that are done. */
  readonly ids: Map<string, string>
  readonly records: Map<string, StixRecord>
  readonly open: Set<string>
}

function convertObservables(
  objects: JsonObject,
  losses: LossCounter,
): { readonly records: readonly StixRecord[]; readonly refs: readonly string[] } {
  const converting: Converting = { objects, losses, ids: new Map(), records: new Map(), open: new Set() }
  for (const key of Object.keys(objects)) convertObservable(key, converting)
  return { records: [...converting.records.values()], refs: [...new Set(converting.ids.values())] }
}

/** References in one another; what is deeper was not made by a producer. */
const maxChain = 100

/** The id of the observable at a key, converting it, and what it refers to, first. */
function convertObservable(key: string, converting: Converting): string | undefined {
  const { objects, losses, ids, records, open } = converting
  const known = ids.get(key)
  if (known !== undefined) return known
  const object = Object.hasOwn(objects, key) ? objects[key] : undefined
  if (!isObject(object) || typeof object['type'] !== 'string' || open.has(key) || open.size >= maxChain) {
    losses.add('A reference inside observed data that leads nowhere, or in a circle')
    return undefined
  }
  open.add(key)
  const { type, ...properties } = object
  const renamed = renameProperties(type, properties, losses)
  const referring = Object.fromEntries(
    Object.entries(renamed).flatMap(([name, value]) => {
      const resolved = resolveReferences(name, value, converting)
      return resolved === undefined ? [] : [[name, resolved] as const]
    }),
  )
  open.delete(key)
  const id = observableId(type, referring)
  ids.set(key, id)
  if (!records.has(id)) records.set(id, { type, spec_version: '2.1', id, ...referring })
  return id
}

/** Keys of 2.0 become ids, in lists, extensions and parts of messages too. */
function resolveReferences(name: string, value: unknown, converting: Converting): unknown {
  if (name.endsWith('_ref') && typeof value === 'string') return convertObservable(value, converting)
  if (name.endsWith('_refs') && Array.isArray(value)) {
    const found = value.map((key) => (typeof key === 'string' ? convertObservable(key, converting) : undefined))
    const there = found.filter((id) => id !== undefined)
    return there.length > 0 ? there : undefined
  }
  if (Array.isArray(value)) return value.map((one: unknown) => resolveReferences('', one, converting))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([inner, one]) => {
      const resolved = resolveReferences(inner, one, converting)
      return resolved === undefined ? [] : [[inner, resolved] as const]
    }),
  )
}

/** Properties that 2.1 calls otherwise; undefined: it has none. @see STIX 2.1, 6 (cyber-observable objects) */
const renamed: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  file: {
    created: 'ctime',
    modified: 'mtime',
    accessed: 'atime',
    is_encrypted: undefined,
    encryption_algorithm: undefined,
    decryption_key: undefined,
  },
  directory: { created: 'ctime', modified: 'mtime', accessed: 'atime' },
  process: { binary_ref: 'image_ref', created: 'created_time', arguments: undefined, name: undefined },
  'windows-registry-key': { modified: 'modified_time' },
  'user-account': { password_last_changed: 'credential_last_changed' },
}

function renameProperties(type: string, properties: JsonObject, losses: LossCounter): JsonObject {
  const names = Object.hasOwn(renamed, type) ? renamed[type] : undefined
  const entries = Object.entries(properties).flatMap(([name, value]) => {
    if (!names || !Object.hasOwn(names, name)) return [[name, value] as const]
    const now = names[name]
    if (now === undefined) losses.add(`${type}: ${name}, which 2.1 does not have`)
    return now === undefined ? [] : [[now, value] as const]
  })
  return withHeaderLists(Object.fromEntries(entries))
}

/** Header fields of requests and messages are lists in 2.1. */
function withHeaderLists(object: JsonObject): JsonObject {
  const { extensions } = object
  const request = isObject(extensions) ? extensions['http-request-ext'] : undefined
  const header = isObject(request) ? request['request_header'] : undefined
  if (!isObject(extensions) || !isObject(request) || !isObject(header)) return object
  const lists = Object.entries(header).map(([name, value]) => [name, Array.isArray(value) ? value : [value]])
  const now = { ...request, request_header: Object.fromEntries(lists) as JsonObject }
  return { ...object, extensions: { ...extensions, 'http-request-ext': now } }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
