import type { ValueKind } from '../statement.ts'

/** How the text of a property is compared with what is seen. Negations stand around it (`Negation`). */
export type Operator =
  | 'equals'
  | 'contains'
  | 'starts-with'
  | 'ends-with'
  | 'matches'
  | 'greater'
  | 'greater-or-equal'
  | 'less'
  | 'less-or-equal'

/** One property of one CybOX object compared with one text. */
export interface Test {
  readonly is: 'test'
  /** STIX 2 object path, as `file:hashes.MD5`; undefined where STIX 2 has no such property. */
  readonly path: string | undefined
  /** What the text is looked for as; undefined: not a thing to look for. */
  readonly kind: ValueKind | undefined
  readonly operator: Operator
  /** Trimmed, CDATA and references resolved, still as the producer wrote it (also defanged). */
  readonly text: string
  readonly type: 'string' | 'integer' | 'timestamp'
  /** The CybOX name of the property. */
  readonly name: string
}

export interface Junction {
  readonly is: 'and' | 'or'
  readonly parts: readonly Expression[]
}

export interface Negation {
  readonly is: 'not'
  readonly part: Expression
}

/** One CybOX object: what is inside has to hold for the same object. */
export interface ObjectExpression {
  readonly is: 'object'
  /** Its kind as `names.ts` has it, without `object/`: `file`, `winregistrykey`. */
  readonly kind: string
  readonly part: Expression
}

/** An observable, an indicator or an object that stands elsewhere in the package. */
export interface Reference {
  readonly is: 'reference'
  readonly to: 'observable' | 'indicator' | 'object'
  readonly id: string
  /** Path inside the referring object under which the other is found, as `email-message:body_multipart[*].body_raw_ref`. */
  readonly under?: string | undefined
}

/** Another object that is part of the one around it, found there under a path (as `Reference.under`). */
export interface Contained {
  readonly is: 'contained'
  readonly part: Expression
  readonly under: string
}

/** Something that has to hold too, but that is not understood. */
export interface Unknown {
  readonly is: 'unknown'
  readonly what: string
}

/** What an observable or an indicator looks for, or saw. */
export type Expression = Test | Junction | Negation | ObjectExpression | Reference | Contained | Unknown

/** All of them; one alone is itself, none is undefined. */
export function allOf(parts: readonly (Expression | undefined)[]): Expression | undefined {
  return joined('and', parts)
}

/** Any of them; one alone is itself, none is undefined. */
export function anyOf(parts: readonly (Expression | undefined)[]): Expression | undefined {
  return joined('or', parts)
}

function joined(is: Junction['is'], parts: readonly (Expression | undefined)[]): Expression | undefined {
  const there = parts.filter((part) => part !== undefined)
  return there.length < 2 ? there[0] : { is, parts: there }
}

export function negated(part: Expression): Expression {
  return part.is === 'not' ? part.part : { is: 'not', part }
}
