/**
 * A STIX pattern as a tree.
 * @see STIX 2.1, 9 (STIX patterning)
 */
export type Expression =
  | { readonly kind: 'observation'; readonly test: Comparison }
  | { readonly kind: 'and' | 'or' | 'followed-by'; readonly operands: readonly Expression[] }
  | { readonly kind: 'qualified'; readonly of: Expression; readonly qualifier: Qualifier }

export type Qualifier =
  | { readonly kind: 'repeats'; readonly times: number }
  | { readonly kind: 'within'; readonly seconds: number }
  /** Times as `timestampKey` gives them; `start` is inclusive, `stop` exclusive. */
  | { readonly kind: 'start-stop'; readonly start: string; readonly stop: string }

/** What stands in brackets: of one object. */
export type Comparison =
  | { readonly kind: 'all' | 'any'; readonly operands: readonly Comparison[] }
  | { readonly kind: 'exists'; readonly path: ObjectPath; readonly negated: boolean }
  | Test

export interface Test {
  readonly kind: 'test'
  readonly path: ObjectPath
  readonly operator: Operator
  /** `NOT` before the operator. */
  readonly negated: boolean
  /** One; for `IN` any number. */
  readonly literals: readonly Literal[]
}

export const operators = ['=', '!=', '<', '<=', '>', '>=', 'IN', 'LIKE', 'MATCHES', 'ISSUBSET', 'ISSUPERSET'] as const
export type Operator = (typeof operators)[number]

export interface ObjectPath {
  /** Of the object the path begins at, as `file`. */
  readonly type: string
  /** Property names; numbers and `*` for `[n]` and `[*]`. */
  readonly steps: readonly PathStep[]
}
export type PathStep = { readonly name: string } | { readonly index: number | '*' }

export type Literal =
  | { readonly type: 'text'; readonly value: string }
  /** Integers beyond 2^53 are rounded, as they are in JSON. */
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  /** As `timestampKey` gives it. */
  | { readonly type: 'timestamp'; readonly value: string }
  /** `h'..'` and `b'..'`, in lower-case hex. */
  | { readonly type: 'bytes'; readonly value: string }
