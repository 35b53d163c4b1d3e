import type { NamedObject, Relation } from '../stix/statement.ts'

/** How names and relations are written: as short as they were before they could be marked, where they are not. */

type NameBody = [type: string, name: string, tlp?: NamedObject['tlp'] | null, markingRefs?: readonly string[]]
type RelationBody = [type: string, tlp: Relation['tlp'] | null, markingRefs?: readonly string[]]

/** A JSON array. */
export function encodeName({ type, name, tlp, markingRefs }: NamedObject): Buffer {
  const body: NameBody = [type, name, tlp ?? null]
  if (markingRefs !== undefined) body.push(markingRefs)
  return Buffer.from(JSON.stringify(body))
}

/** @throws SyntaxError when it is none of ours. */
export function decodeName(body: Buffer): Omit<NamedObject, 'id'> {
  const [type, name, tlp, markingRefs] = parsed<NameBody>(body)
  return { type, name, tlp: tlp ?? undefined, markingRefs: markingRefs ?? undefined }
}

/** The type alone, or a JSON array when it is marked. */
export function encodeRelation({ type, tlp, markingRefs }: Relation): Buffer {
  const isPlain = tlp === undefined && markingRefs === undefined && !type.startsWith('[')
  return Buffer.from(isPlain ? type : JSON.stringify([type, tlp ?? null, markingRefs]))
}

/** @throws SyntaxError when it is none of ours. */
export function decodeRelation(body: Buffer): Pick<Relation, 'type' | 'tlp' | 'markingRefs'> {
  if (body[0] !== 0x5b) return { type: body.toString() }
  const [type, tlp, markingRefs] = parsed<RelationBody>(body)
  return { type, tlp: tlp ?? undefined, markingRefs: markingRefs ?? undefined }
}

function parsed<Body>(body: Buffer): Body {
  return JSON.parse(body.toString()) as Body
}
