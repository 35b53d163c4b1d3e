import type { ValueKind } from '../statement.ts'
import { valueOf } from '../stix1/collect-values.ts'
import type { Expression, Test } from '../stix1/expression.ts'
import { utcTime } from '../stix1/times.ts'
import { observableId } from './ids.ts'
import type { LossCounter } from './losses.ts'
import { whatOf } from './pattern.ts'
import type { StixRecord } from './stix-record.ts'
import { integerOf, textOf } from './test-text.ts'

/** Cyber-observables of one observable, those that others refer to first; `roots` are the ones it is about. */
export interface Observed {
  readonly objects: readonly StixRecord[]
  readonly roots: readonly string[]
}

/**
 * Cyber-observables for what an observable without indicator saw. What is no observation (a part of a value, a pattern, what
 * must not be there), and what a cyber-observable cannot be without, is counted as a loss.
 * @see STIX 2.1, 6 (cyber-observable objects)
 */
export function observablesOf(expression: Expression, losses: LossCounter): Observed {
  const objects = new Map<string, StixRecord>()
  const roots = new Set<string>()
  const add = (object: StixRecord): string => {
    objects.set(object.id, object)
    return object.id
  }
  for (const part of objectsIn(expression, losses)) {
    for (const tests of variants(testsIn(part, undefined, losses))) {
      for (const drafts of byType(tests).values()) {
        const id = build(drafts, add, losses)
        if (id !== undefined) roots.add(id)
      }
    }
  }
  return { objects: [...objects.values()], roots: [...roots] }
}

/** Each CybOX object in it, in its order. */
function objectsIn(part: Expression, losses: LossCounter): readonly Expression[] {
  switch (part.is) {
    case 'object':
      return [part.part]
    case 'and':
    case 'or':
      return part.parts.flatMap((inner) => objectsIn(inner, losses))
    case 'test':
      return [part]
    case 'not':
      losses.add('An observable that must not be there, which is no observation')
      return []
    case 'contained':
      return objectsIn(part.part, losses)
    default:
      losses.add(`Not understood: ${whatOf(part)}`)
      return []
  }
}

interface Property {
  /** `file:hashes.MD5` as object type and names. */
  readonly path: string
  readonly test: Test
}

function testsIn(part: Expression, under: string | undefined, losses: LossCounter): readonly Property[] {
  switch (part.is) {
    case 'test': {
      if (part.operator !== 'equals') losses.add('A pattern without an indicator, which is no observation')
      else if (part.path === undefined) losses.add(`Not understood: ${part.name}`)
      else
        return [
          {
            path: under === undefined ? part.path : `${under}.${part.path.slice(part.path.indexOf(':') + 1)}`,
            test: part,
          },
        ]
      return []
    }
    case 'and':
    case 'or':
      return part.parts.flatMap((inner) => testsIn(inner, under, losses))
    case 'object':
      return testsIn(part.part, under, losses)
    case 'contained':
      return testsIn(part.part, part.under, losses)
    case 'not':
      losses.add('An observable that must not be there, which is no observation')
      return []
    default:
      losses.add(`Not understood: ${whatOf(part)}`)
      return []
  }
}

/** A property that has several texts makes several objects: the first has the rest of the properties too. */
function variants(properties: readonly Property[]): readonly (readonly Property[])[] {
  const byPath = new Map<string, Property[]>()
  for (const property of properties) {
    const there = byPath.get(property.path)
    if (!there) byPath.set(property.path, [property])
    else if (!there.some(({ test }) => test.text === property.test.text)) there.push(property)
  }
  const all = [...byPath.values()]
  const count = Math.max(0, ...all.map((texts) => texts.length))
  return Array.from({ length: count }, (_, index) => all.flatMap((texts) => texts[index] ?? []))
}

function byType(properties: readonly Property[]): ReadonlyMap<string, readonly Property[]> {
  const types = new Map<string, Property[]>()
  for (const property of properties) {
    const type = property.path.slice(0, property.path.indexOf(':'))
    // An artifact needs its content or a URL; a file may be known by its hashes alone.
    const name = type === 'artifact' ? 'file' : type
    const there = types.get(name)
    if (there) there.push(property)
    else types.set(name, [property])
  }
  return types
}

/** An object on the way: plain properties, and objects that it refers to. */
interface Draft {
  readonly type: string
  readonly properties: Record<string, unknown>
}

function build(
  properties: readonly Property[],
  add: (object: StixRecord) => string,
  losses: LossCounter,
): string | undefined {
  const first = properties[0]
  if (!first) return undefined
  const type = first.path.slice(0, first.path.indexOf(':')).replace(/^artifact$/, 'file')
  const draft: Draft = { type, properties: {} }
  const referred = new Map<string, Property[]>()
  for (const { path, test } of properties) {
    const steps = stepsOf(path.slice(path.indexOf(':') + 1))
    const at = steps.findIndex((step) => /_refs?$/.test(step))
    if (at >= 0 && at < steps.length - 1) {
      const key = steps.slice(0, at + 1).join('\n')
      const inner = { path: `${typeBehind(steps[at] ?? '', test)}:${rejoined(steps.slice(at + 1))}`, test }
      const there = referred.get(key)
      if (there) there.push(inner)
      else referred.set(key, [inner])
    } else {
      const value = jsonOf(test)
      if (value === undefined) losses.add(`Not of its type: ${test.name}`)
      else place(draft.properties, steps, value)
    }
  }
  for (const [key, inner] of referred) {
    const id = build(inner, add, losses)
    if (id !== undefined) place(draft.properties, key.split('\n'), id)
  }
  const complete = completed(draft)
  if (!complete) {
    losses.add(`A ${type} without what STIX 2.1 demands of one`)
    return undefined
  }
  return add({ type, spec_version: '2.1', id: observableId(type, complete), ...complete })
}

/** Names of a path; `[*]` belongs to the name before it. */
function stepsOf(path: string): readonly string[] {
  const steps = [...path.matchAll(/'((?:[^'\\]|\\.)*)'|([^.[\]']+)|(\[\*\])/g)]
  const names: string[] = []
  for (const [, quoted, plain, list] of steps) {
    if (list === undefined) names.push(quoted ?? plain ?? '')
    else names.push(`${names.pop() ?? ''}[*]`)
  }
  return names.map((name) => name.replace(/_refs\[\*\]$/, '_refs'))
}

function rejoined(steps: readonly string[]): string {
  return steps.map((step) => (/^[\w[\]*]+$/.test(step) ? step : `'${step}'`)).join('.')
}

const typeOfKind: Partial<Readonly<Record<ValueKind, string>>> = {
  ipv4: 'ipv4-addr',
  ipv6: 'ipv6-addr',
  domain: 'domain-name',
  mac: 'mac-addr',
  email: 'email-addr',
}

/** What a reference leads to. */
function typeBehind(reference: string, test: Test): string {
  if (reference === 'parent_directory_ref') return 'directory'
  if (/^(?:src|dst)_ref$/.test(reference)) return typeOfKind[valueOf(test)?.kind ?? 'domain'] ?? 'domain-name'
  if (/^(?:from_ref|sender_ref|to_refs|cc_refs|bcc_refs)$/.test(reference)) return 'email-addr'
  return 'file'
}

/** Puts a value at its place; lists have one member, which all paths through them share. */
function place(into: Record<string, unknown>, steps: readonly string[], value: unknown): void {
  const [step, ...rest] = steps
  if (step === undefined) return
  const isList = step.endsWith('[*]')
  const name = isList ? step.slice(0, -3) : step
  if (rest.length === 0) {
    if (isList || name.endsWith('_refs'))
      into[name] = [...(Array.isArray(into[name]) ? (into[name] as unknown[]) : []), value]
    else into[name] = value
    return
  }
  const there = isList ? (into[name] as unknown[] | undefined)?.[0] : into[name]
  const inner = (typeof there === 'object' && there !== null ? there : {}) as Record<string, unknown>
  place(inner, rest, value)
  into[name] = isList ? [inner] : inner
}

function jsonOf(test: Test): unknown {
  const text = textOf(test)
  if (test.type === 'timestamp') return utcTime(text)
  if (test.type !== 'integer') return text
  const number = integerOf(text)
  return number === undefined ? undefined : Number(number)
}

type Completion = (properties: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> | undefined

const needs =
  (...names: readonly string[]): Completion =>
  (properties) =>
    names.some((name) => properties[name] !== undefined) ? properties : undefined

/** What each type cannot be without, and what goes without saying. */
const completions: Readonly<Record<string, Completion>> = {
  'autonomous-system': needs('number'),
  directory: needs('path'),
  'domain-name': needs('value'),
  'email-addr': needs('value'),
  'email-message': (message) => ({
    is_multipart: message['body_multipart'] !== undefined,
    ...message,
    ...listed(message, 'additional_header_fields'),
  }),
  file: (file) => needs('hashes', 'name')(withoutExtension(file, 'windows-pebinary-ext')),
  'ipv4-addr': needs('value'),
  'ipv6-addr': needs('value'),
  'mac-addr': needs('value'),
  mutex: needs('name'),
  'network-traffic': (traffic) =>
    needs('src_ref', 'dst_ref')({ protocols: protocolsOf(traffic), ...withRequest(traffic) }),
  url: needs('value'),
}

function completed({ type, properties }: Draft): Readonly<Record<string, unknown>> | undefined {
  const complete = Object.hasOwn(completions, type) ? completions[type]?.(properties) : properties
  return complete && Object.keys(complete).length > 0 ? complete : undefined
}

/** An HTTP request is one with a method and a value only; a PE header one with a type. */
function withRequest(traffic: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const request = extensionOf(traffic, 'http-request-ext')
  if (!request || (request['request_method'] !== undefined && request['request_value'] !== undefined)) return traffic
  return withoutExtension(traffic, 'http-request-ext')
}

function extensionOf(object: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> | undefined {
  const extensions = object['extensions'] as Record<string, Record<string, unknown>> | undefined
  return extensions?.[name]
}

function withoutExtension(object: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  if (!extensionOf(object, name)) return object
  const { extensions, ...rest } = object
  const others = Object.entries(extensions as object).filter(([key]) => key !== name)
  return others.length === 0 ? rest : { ...rest, extensions: Object.fromEntries(others) }
}

function listed(object: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const header = object[name]
  if (typeof header !== 'object' || header === null) return {}
  return { [name]: Object.fromEntries(Object.entries(header).map(([key, value]) => [key, [value]])) }
}

/** Where none is said, the one that the addresses show. */
function protocolsOf({ src_ref: source, dst_ref: destination }: Readonly<Record<string, unknown>>): readonly string[] {
  const ends = [source, destination].map(String)
  return [ends.some((end) => end.startsWith('ipv6-addr--')) ? 'ipv6' : 'ipv4']
}
