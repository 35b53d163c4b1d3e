import type { Document, LineCounter, Node } from 'yaml'
import type { StixTaxiiError } from './errors.ts'
import { valueAt } from './issue-words.ts'
import { nearestName } from './nearest-name.ts'
import { printable } from './printable.ts'

/** A way into the document: keys and indices from the top. */
export type Way = readonly (string | number)[]

/** Where something stands; both from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** A YAML file as it was written, with the places it was written at. */
export interface YamlFile<Content> {
  /** As the user named it. */
  readonly file: string
  readonly content: Content
  /** An error that names the line; `what` never quotes a secret. */
  errorAt(way: Way, what: string, hint?: string): StixTaxiiError
}

/** What a file of one kind has to be. */
export interface YamlKind<Content> {
  /** A schema of zod. */
  readonly schema: { safeParse(value: unknown): ReadResult<Content> }
  /** The same as JSON Schema: which keys may stand where. */
  readonly jsonSchema: () => unknown
  /** Makes the error; `what` says what is wrong. */
  readonly fault: (file: string, place: Place, what: string, hint?: string) => StixTaxiiError
  /** A better error for some faults: called with the way to it and the value there. */
  readonly faultOf?: ((file: string, place: Place, way: Way, value: unknown) => StixTaxiiError | undefined) | undefined
}

type ReadResult<Content> =
  | { readonly success: true; readonly data: Content }
  | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } }

interface Issue {
  readonly code?: string | undefined
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[] | undefined
}

/** Reads a YAML file. Every fault names file, line and column, and a key that is not known the one that was meant. */
export async function readYaml<Content>(
  text: string,
  file: string,
  kind: YamlKind<Content>,
): Promise<YamlFile<Content>> {
  const { parseDocument, LineCounter: Lines, visit, isScalar } = await import('yaml')
  const lines = new Lines()
  const document = parseDocument(text.replace(/^\ufeff/, ''), {
    lineCounter: lines,
    schema: 'core',
    prettyErrors: false,
  })
  const place = (way: Way, ofKey = false): Place => placeOf(document, lines, way, ofKey)
  const errorAt = (way: Way, what: string, hint?: string): StixTaxiiError =>
    kind.fault(
      file,
      place(way),
      `${way.length === 0 ? '' : `${way.join('.')}${what.startsWith(':') ? '' : ' '}`}${what}`,
      hint,
    )

  const [fault] = document.errors
  if (fault) {
    const { line, col } = lines.linePos(fault.pos[0])
    throw kind.fault(
      file,
      { line, column: col },
      fault.code === 'DUPLICATE_KEY' ? 'this key stands twice' : 'no YAML from here on',
    )
  }
  const strange = await strangeKey(document, lines)
  if (strange) throw kind.fault(file, strange, 'a key has to be a text, and this is a list or a map')
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key) || !reservedKeys.has(key.value)) return
      const { line, col } = lines.linePos(key.range?.[0] ?? 0)
      throw kind.fault(
        file,
        { line, column: col },
        `nothing may be called "${String(key.value)}"`,
        'Give it another name.',
      )
    },
  })
  const value = contentOf(document, file, kind)
  const read = kind.schema.safeParse(value)
  if (read.success) return { file, content: read.data, errorAt }
  throw faultOf(read.error.issues[0], { file, value, place, kind })
}

// Names that every object of JavaScript has: a map's entry of that name would be lost without a word.
const reservedKeys: ReadonlySet<unknown> = new Set(['__proto__', 'constructor', 'prototype'])

// More than any fleet needs; a bomb of aliases of aliases passes it at once.
const maxAliasCount = 1000

function contentOf(document: Document, file: string, kind: Pick<YamlKind<unknown>, 'fault'>): unknown {
  return plainContent(document, maxAliasCount, (what) => kind.fault(file, { line: 1, column: 1 }, what))
}

/**
 * What a document says as plain values. A bomb of aliases and an alias of nothing are faults of it.
 * @throws what `fault` gives
 */
export function plainContent(document: Document, maxAliases: number, fault: (what: string) => Error): unknown {
  try {
    return document.toJS({ maxAliasCount: maxAliases })
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    const what = /unresolved alias/i.test(error.message) ? 'an alias without its anchor' : 'too many aliases'
    throw fault(`there is ${what}: ${printable(error.message, { maxLength: 200 })}`)
  }
}

/** Where a list or a map is a key: as text it would be all that it holds, secrets too. Undefined where none is. */
export async function strangeKey(
  document: Document,
  lines: LineCounter,
): Promise<{ readonly line: number; readonly column: number } | undefined> {
  const { visit, isCollection, isAlias } = await import('yaml')
  let found: { readonly line: number; readonly column: number } | undefined
  visit(document, {
    Pair(_, { key }) {
      const meant = isAlias(key) ? key.resolve(document) : key
      if (!isCollection(meant)) return undefined
      const at = isAlias(key) ? key.range : meant.range
      const { line, col } = lines.linePos(at?.[0] ?? 0)
      found = { line, column: col }
      return visit.BREAK
    },
  })
  return found
}

interface Faulty {
  readonly file: string
  readonly value: unknown
  readonly place: (way: Way, ofKey?: boolean) => Place
  readonly kind: YamlKind<unknown>
}

function faultOf(issue: Issue | undefined, { file, value, place, kind }: Faulty): StixTaxiiError {
  const way = (issue?.path ?? []) as Way
  const shown = way.join('.')
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys ?? []
    const known = knownKeys(kind.jsonSchema() as SchemaNode, way)
    const near = nearestName(key, known)
    const where = shown === '' ? '' : ` in ${shown}`
    return kind.fault(
      file,
      place([...way, key], true),
      `there is no "${printable(key, { maxLength: 80 })}"${where}`,
      near === undefined ? `Known here: ${known.join(', ')}` : `Did you mean "${near}"?`,
    )
  }
  const better = kind.faultOf?.(file, place(way), way, valueAt(value, way))
  if (better) return better
  const missing = valueAt(value, way) === undefined ? 'is missing' : undefined
  return kind.fault(file, place(way), `${shown === '' ? 'the file' : shown} ${missing ?? issue?.message ?? 'is wrong'}`)
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: SchemaNode | boolean
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
}

/** The keys that may stand there, by the JSON Schema. */
function knownKeys(schema: SchemaNode, way: Way): readonly string[] {
  let nodes: readonly SchemaNode[] = [schema]
  for (const key of way) {
    nodes = nodes.flatMap((node) => step(node, key)).flatMap((node) => node.anyOf ?? [node])
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))]
}

function step(node: SchemaNode, key: string | number): readonly SchemaNode[] {
  const named = node.properties?.[String(key)]
  if (named) return [named]
  if (typeof key === 'number' && node.items) return [node.items]
  return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : []
}

/** Where something stands; what is missing, at the thing it is missing from. */
function placeOf(document: Document, lines: LineCounter, way: Way, ofKey: boolean): Place {
  for (let length = way.length; length >= 0; length--) {
    const node = nodeAt(document, way.slice(0, length), ofKey && length === way.length)
    if (node?.range) {
      const { line, col } = lines.linePos(node.range[0])
      return { line, column: col }
    }
  }
  return { line: 1, column: 1 }
}

function nodeAt(document: Document, way: Way, ofKey: boolean): Node | undefined {
  if (way.length === 0) return (document.contents as Node | null) ?? undefined
  const parent = document.getIn(way.slice(0, -1), true) as { readonly items?: readonly unknown[] } | undefined
  const last = way.at(-1)
  const pair = parent?.items?.find((item) => keyOf(item) === last) as { key: Node; value: Node | null } | undefined
  // A list's items are themselves; the key of a map's pair is where a reader looks first.
  if (pair && (ofKey || typeof last === 'string')) return pair.key
  return (document.getIn(way, true) as Node | undefined) ?? undefined
}

function keyOf(item: unknown): unknown {
  return (item as { readonly key?: { readonly value?: unknown } } | null)?.key?.value
}
