import type { Value, ValueKind } from '../statement.ts'
import { hashKindOf } from '../values/hashes.ts'
import { normaliseValue } from '../values/normalise.ts'
import type { ObjectPath, PathStep } from './ast.ts'

/** What the value at an object path is, for looking it up. */
export interface PathMeaning {
  /** The kinds it may be, tried in order. */
  readonly kinds: readonly ValueKind[]
  /** The path up to the reference that holds the value (`dst_ref` of `dst_ref.value`); empty where the object has it itself. */
  readonly holder: string
  /** Whether to see such a value is to see what the path means; false when it must be at one place of a list. */
  readonly alone: boolean
}

const address = ['ipv4', 'ipv6', 'mac', 'domain'] as const
const hash: readonly ValueKind[] = ['md5']
const requestHeader = 'network-traffic:extensions.http-request-ext.request_header'
const mailHeader = 'email-message:additional_header_fields'

/** Paths worth values, by object type and property names; `*` after a name is a list of any place (PAT-14). */
const kindsOfPath: Readonly<Record<string, readonly ValueKind[]>> = {
  'ipv4-addr:value': ['ipv4'],
  'ipv6-addr:value': ['ipv6'],
  'domain-name:value': ['domain'],
  'url:value': ['url'],
  'email-addr:value': ['email'],
  'mac-addr:value': ['mac'],
  'mutex:name': ['mutex'],
  'process:name': ['process'],
  'process:binary_ref.name': ['file-name'],
  'process:image_ref.name': ['file-name'],
  'file:name': ['file-name'],
  'file:parent_directory_ref.path': ['file-path'],
  'process:image_ref.parent_directory_ref.path': ['file-path'],
  'directory:path': ['file-path'],
  'artifact:url': ['url'],
  'windows-registry-key:key': ['registry-key'],
  'autonomous-system:number': ['asn'],
  'x509-certificate:serial_number': ['certificate-serial'],
  'email-message:from_ref.value': ['email'],
  'email-message:sender_ref.value': ['email'],
  'email-message:to_refs*.value': ['email'],
  'email-message:cc_refs*.value': ['email'],
  'email-message:bcc_refs*.value': ['email'],
  'email-message:subject': ['email-subject'],
  'email-message:body_multipart*.body_raw_ref.name': ['file-name'],
  'network-traffic:src_ref.value': address,
  'network-traffic:dst_ref.value': address,
  ...eitherForm(`${requestHeader}.User-Agent`, ['user-agent']),
  ...eitherForm(`${requestHeader}.Host`, ['ipv4', 'domain']),
  ...eitherForm(`${requestHeader}.Referer`, ['url']),
  ...eitherForm(`${mailHeader}.Reply-To`, ['email']),
  ...eitherForm(`${mailHeader}.X-Originating-IP`, ['ipv4']),
}

/** Header fields are texts in 2.0, lists of texts in 2.1. */
function eitherForm(key: string, kinds: readonly ValueKind[]): Record<string, readonly ValueKind[]> {
  return { [key]: kinds, [`${key}*`]: kinds }
}

/** Paths whose next property is the name of a hash. */
const hashPaths: ReadonlySet<string> = new Set([
  'file:hashes',
  'file:content_ref.hashes',
  'artifact:hashes',
  'x509-certificate:hashes',
  'process:binary_ref.hashes',
  'process:image_ref.hashes',
  'email-message:raw_email_ref.hashes',
  'email-message:body_multipart*.body_raw_ref.hashes',
])

/** What the value at a path is; undefined for a path that gives no value to look up. */
export function meaningOf(path: ObjectPath): PathMeaning | undefined {
  const key = keyOf(path.type, path.steps)
  const alone = path.steps.every((step) => 'name' in step || step.index === '*')
  if (Object.hasOwn(kindsOfPath, key)) {
    return { kinds: kindsOfPath[key] ?? [], holder: holderOf(path.steps), alone }
  }
  const last = path.steps.at(-1)
  if (!last || !('name' in last) || !hashPaths.has(keyOf(path.type, path.steps.slice(0, -1)))) return undefined
  const kind = hashKindOf(last.name)
  // An unknown name is still told by the hash's length.
  return { kinds: kind ? [kind] : hash, holder: '', alone }
}

function keyOf(type: string, steps: readonly PathStep[]): string {
  let key = `${type}:`
  for (const [index, step] of steps.entries()) key += 'index' in step ? '*' : index === 0 ? step.name : `.${step.name}`
  return key
}

/** `dst_ref` of `dst_ref.value`, with its places in lists. */
export function holderOf(steps: readonly PathStep[]): string {
  return steps
    .slice(0, -1)
    .map((step) => ('index' in step ? `[${step.index}]` : `.${step.name}`))
    .join('')
}

/** The first of the kinds for which a text is a value, in normal form. */
export function valueOfKinds(kinds: readonly ValueKind[], text: string): Value | undefined {
  for (const kind of kinds) {
    const value = normaliseValue(kind, text)
    if (value) return value
  }
  return undefined
}
