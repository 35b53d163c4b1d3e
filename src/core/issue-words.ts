/** What a schema found wrong, and the way to it from the top. */
export interface FoundIssue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** What stands at the end of a way into a value; undefined where there is none. Own members only. */
export function valueAt(value: unknown, way: readonly PropertyKey[]): unknown {
  return way.reduce<unknown>((at, key) => {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    return (at as Readonly<Record<PropertyKey, unknown>>)[key]
  }, value)
}

/** An issue in words for a person: of what is not there at all, that it is missing. */
export function issueWords(issue: FoundIssue | undefined, value: unknown, otherwise: string): string {
  if (issue === undefined) return otherwise
  return issue.path.length > 0 && valueAt(value, issue.path) === undefined ? 'is missing' : issue.message
}
