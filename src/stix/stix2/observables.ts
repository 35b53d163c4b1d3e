import type { StatedValue, ValueKind } from '../statement.ts'
import { hashKindOf } from '../values/hashes.ts'
import { valueOfKinds } from '../patterns/value-paths.ts'
import { isObject, type JsonObject } from './fields.ts'

/** Types of cyber-observables that have values. */
const propertiesOfType: Readonly<Record<string, readonly (readonly [string, ValueKind])[]>> = {
  'ipv4-addr': [['value', 'ipv4']],
  'ipv6-addr': [['value', 'ipv6']],
  'domain-name': [['value', 'domain']],
  url: [['value', 'url']],
  'email-addr': [['value', 'email']],
  'mac-addr': [['value', 'mac']],
  mutex: [['name', 'mutex']],
  process: [['name', 'process']],
  file: [['name', 'file-name']],
  directory: [['path', 'file-path']],
  artifact: [['url', 'url']],
  'windows-registry-key': [['key', 'registry-key']],
  'autonomous-system': [['number', 'asn']],
  'email-message': [['subject', 'email-subject']],
  'x509-certificate': [['serial_number', 'certificate-serial']],
  'network-traffic': [],
}

/** Whether objects of a type are cyber-observables that have values. */
export function isObservableType(type: string): boolean {
  return Object.hasOwn(propertiesOfType, type)
}

/** Values of one cyber-observable, in normal form; a sentence in `unused` for each that has none. */
export function observableValues(object: JsonObject, unused: string[]): readonly StatedValue[] {
  const type = typeof object['type'] === 'string' ? object['type'] : ''
  if (!isObservableType(type)) return []
  const found: (StatedValue | undefined)[] = (propertiesOfType[type] ?? []).map(([name, kind]) =>
    stated([kind], object[name], `${type}:${name}`, unused),
  )
  const hashes = object['hashes']
  if (isObject(hashes)) {
    for (const [name, text] of Object.entries(hashes).slice(0, 50)) {
      found.push(stated([hashKindOf(name) ?? 'md5'], text, `${type}:hashes`, unused))
    }
  }
  if (type === 'network-traffic') found.push(...userAgents(object, unused))
  return found.filter((value) => value !== undefined)
}

function stated(
  kinds: readonly ValueKind[],
  written: unknown,
  where: string,
  unused: string[],
): StatedValue | undefined {
  if (written === undefined || written === null) return undefined
  const text = typeof written === 'number' ? String(written) : written
  const value = typeof text === 'string' ? valueOfKinds(kinds, text) : undefined
  if (typeof text !== 'string' || !value) {
    unused.push(`${where} has no value of its kind: ${typeof text === 'string' ? text.slice(0, 80) : typeof text}`)
    return undefined
  }
  return value.value === text ? { ...value, sound: true } : { ...value, sound: true, original: text }
}

function userAgents(object: JsonObject, unused: string[]): readonly (StatedValue | undefined)[] {
  const extensions = object['extensions']
  const request = isObject(extensions) ? extensions['http-request-ext'] : undefined
  const header = isObject(request) ? request['request_header'] : undefined
  const found = isObject(header) ? header['User-Agent'] : undefined
  // 2.1 has a list of texts there.
  const texts = Array.isArray(found) ? found.slice(0, 50) : [found]
  return texts.map((text: unknown) => stated(['user-agent'], text, 'network-traffic:User-Agent', unused))
}
