import type { ValueKind } from '../../statement.ts'
import { hashKindOf, normaliseHash } from '../../values/hashes.ts'
import { childOf, childrenOf, textOf, type Element } from '../elements.ts'
import { allOf, anyOf, type Expression, type Test } from '../expression.ts'
import { readField, type Field } from '../fields.ts'
import type { FieldReader, ObjectKind } from './object-kind.ts'

/** STIX 2's names of hashing algorithms. */
const hashNames: Partial<Readonly<Record<ValueKind, string>>> = {
  md5: 'MD5',
  sha1: "'SHA-1'",
  sha224: "'SHA-224'",
  sha256: "'SHA-256'",
  sha384: "'SHA-384'",
  sha512: "'SHA-512'",
  'sha3-256': "'SHA3-256'",
  'sha3-512': "'SHA3-512'",
  ssdeep: 'SSDEEP',
  tlsh: 'TLSH',
}

/** Kinds of hashes that name one content. */
const exactHashes: ReadonlySet<ValueKind> = new Set([
  'md5',
  'sha1',
  'sha224',
  'sha256',
  'sha384',
  'sha512',
  'sha3-256',
  'sha3-512',
])

/**
 * One `Hash`: its value under its `Type`, else under the algorithm that its length tells.
 * @see CybOX 2.1, cybox_common.xsd, HashType; SX1-9
 */
export function readHash(
  hash: Element,
  properties: string,
  reading: Parameters<FieldReader>[1],
): Expression | undefined {
  const named = hashKindOf(textOf(childOf(hash, 'Type')) ?? '')
  const fuzzy = childOf(hash, 'Fuzzy_Hash_Value')
  const fieldOf = (text: string): Field => {
    const kind = normaliseHash(named ?? (fuzzy ? 'ssdeep' : 'md5'), text)?.kind ?? named
    const name = kind && hashNames[kind]
    return { kind, path: name && `${properties}.${name}` }
  }
  const value = childOf(hash, 'Simple_Hash_Value') ?? fuzzy
  return value && readField(value, fieldOf, reading)
}

const commonHash: FieldReader = (element, reading) => readHash(element, 'file:hashes', reading)

/** Several hashes of one thing are names of the same content: each of them will do. */
const hashes =
  (properties: string): FieldReader =>
  (element, reading) =>
    anyOf(childrenOf(element, 'Hash').map((hash) => readHash(hash, properties, reading)))

const extension: FieldReader = (element, reading) => {
  const text = textOf(element)?.replace(/^\./, '')
  const read = text === undefined ? undefined : readField(element, { path: 'file:name' }, reading)
  return read?.is === 'test' ? { ...read, operator: 'ends-with', text: `.${text}` } : read
}

/**
 * A file. One of its cryptographic hashes is enough to know it by: name and path of the same content add nothing that could
 * make it another one, and size and times nothing at all. So names are read as what may be seen together with the hash
 * (`hash OR (hash AND name)`, which is `hash`), and never by themselves. Without such a hash all properties have to hold.
 */
const file: FieldReader = (properties, reading) => {
  const isHashes = (child: Element) => child.name === 'object/file:Hashes'
  const rest = reading.readChildren({
    ...properties,
    children: properties.children.filter((child) => !isHashes(child)),
  })
  const found = anyOf(properties.children.filter(isHashes).map((child) => hashes('file:hashes')(child, reading)))
  if (!found || !isExact(found)) return allOf([found, withoutExtension(rest)])
  const names = namesIn(rest)
  return names ? anyOf([found, allOf([found, names])]) : found
}

function namesIn(rest: Expression | undefined): Expression | undefined {
  const parts = rest?.is === 'and' ? rest.parts : [rest]
  return allOf(parts.filter((part) => part?.is === 'test' && part.kind !== undefined))
}

function isExact(part: Expression): boolean {
  if (part.is === 'or') return part.parts.every(isExact)
  return part.is === 'test' && part.operator === 'equals' && part.kind !== undefined && exactHashes.has(part.kind)
}

/** An extension beside a name says nothing new. */
function withoutExtension(rest: Expression | undefined): Expression | undefined {
  if (rest?.is !== 'and') return rest
  const names = rest.parts.filter((part): part is Test => part.is === 'test' && part.kind === 'file-name')
  const isNew = (part: Expression) =>
    part.is !== 'test' ||
    part.name !== 'File_Extension' ||
    !names.some((name) => name.text.toLowerCase().endsWith(part.text.toLowerCase()))
  return allOf(rest.parts.filter(isNew))
}

const field =
  (path: string | undefined, kind?: ValueKind, type?: Test['type']): FieldReader =>
  (element, reading) =>
    readField(element, { path, kind, type }, reading)

const peHeader = "file:extensions.'windows-pebinary-ext'"

export const files: ObjectKind = {
  objects: {
    file,
    winfile: file,
    winexecutablefile: file,
    unixfile: file,
    archivefile: file,
    imagefile: file,
    pdffile: file,
  },
  fields: {
    'object/file:File_Name': field('file:name', 'file-name'),
    'object/file:File_Path': field('file:parent_directory_ref.path', 'file-path'),
    'object/file:Full_Path': field('file:parent_directory_ref.path', 'file-path'),
    'object/file:File_Extension': extension,
    'object/file:Size_In_Bytes': field('file:size', undefined, 'integer'),
    'object/file:Magic_Number': field('file:magic_number_hex'),
    'object/file:Created_Time': field('file:ctime', undefined, 'timestamp'),
    'object/file:Modified_Time': field('file:mtime', undefined, 'timestamp'),
    'object/file:Accessed_Time': field('file:atime', undefined, 'timestamp'),
    'object/file:Hashes': hashes('file:hashes'),
    'object/artifact:Hashes': hashes('artifact:hashes'),
    'object/winexecutablefile:Time_Date_Stamp': field(`${peHeader}.time_date_stamp`, undefined, 'timestamp'),
    'object/winexecutablefile:Number_Of_Sections': field(`${peHeader}.number_of_sections`, undefined, 'integer'),
    'cybox-common:Hash': commonHash,
  },
}
