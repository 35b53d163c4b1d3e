import type { Expression } from '../../../src/stix/patterns/ast.ts'
import { evaluatePattern } from '../../../src/stix/patterns/evaluate.ts'
import { lookupValues } from '../../../src/stix/patterns/lookup-values.ts'
import { gatherObservations } from '../../../src/stix/patterns/observations.ts'
import { parsePattern } from '../../../src/stix/patterns/parse.ts'
import type { JsonObject } from '../../../src/stix/stix2/fields.ts'

/** The tree of a pattern that has to be valid. */
export function read(text: string, specVersion: '2.0' | '2.1' = '2.1'): Expression {
  const parsed = parsePattern(text, { specVersion })
  if (!parsed.valid) throw new Error(`${text}: ${parsed.problem}`)
  return parsed.expression
}

/** What is wrong with a pattern; undefined when nothing is. */
export function problem(text: string, specVersion: '2.0' | '2.1' = '2.1'): string | undefined {
  const parsed = parsePattern(text, { specVersion })
  return parsed.valid ? undefined : parsed.problem
}

/** Lookup values as `kind value`, sound ones and hints apart. */
export function values(text: string): { readonly sound: readonly string[]; readonly hints: readonly string[] } {
  const found = lookupValues(read(text)).values
  const shown = (sound: boolean) =>
    found.filter((value) => value.sound === sound).map(({ kind, value }) => `${kind} ${value}`)
  return { sound: shown(true), hints: shown(false) }
}

/** Observed data of STIX 2.0; `at` in seconds of one minute, `for` how long it went on. */
export function observed(
  objects: Readonly<Record<string, object>>,
  { id = '1', at = 0, lasting = 0, count = 1 }: { id?: string; at?: number; lasting?: number; count?: number } = {},
): JsonObject {
  const time = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()
  return {
    type: 'observed-data',
    id: `observed-data--${id}`,
    first_observed: time(at),
    last_observed: time(at + lasting),
    number_observed: count,
    objects,
  }
}

/** One observation of one object. */
export function seen(type: string, properties: object): readonly JsonObject[] {
  return [observed({ 0: { type, ...properties } })]
}

/** Whether a pattern matches observed data. */
export function matches(pattern: string, objects: readonly JsonObject[], specVersion: '2.0' | '2.1' = '2.1'): boolean {
  return evaluatePattern(read(pattern, specVersion), gatherObservations(objects).list).matched
}

/** Ids of what a pattern was bound to, without their type. */
export function bound(pattern: string, objects: readonly JsonObject[]): readonly string[] {
  const found = evaluatePattern(read(pattern), gatherObservations(objects).list).bound
  return found.map(({ id }) => id.replace('observed-data--', ''))
}
