import { lookupValues } from '../patterns/lookup-values.ts'
import { parsePattern } from '../patterns/parse.ts'
import type { StixObject } from '../item.ts'
import type { StatedValue } from '../statement.ts'
import { type JsonObject, textAt } from './fields.ts'

/**
 * The values of an indicator's pattern; what gives none is said in `unused`. Only STIX patterns are read: those of other
 * types, and invalid ones, give nothing (STX-3, PAT-11).
 */
export function readPattern(
  object: JsonObject,
  objectVersion: StixObject['specVersion'],
  unused: string[],
): readonly StatedValue[] {
  const pattern = object['pattern']
  if (typeof pattern !== 'string') {
    unused.push('It has no pattern')
    return []
  }
  // 2.0 has no pattern type: it is always STIX. In 2.1 it is left out now and then.
  const patternType = textAt(object, 'pattern_type') ?? 'stix'
  if (patternType.toLowerCase() !== 'stix') {
    unused.push(`Patterns of type ${patternType.slice(0, 80)} are not read`)
    return []
  }
  const patternVersion = textAt(object, 'pattern_version') ?? objectVersion
  const parsed = parsePattern(pattern, { specVersion: patternVersion.startsWith('2.0') ? '2.0' : '2.1' })
  if (!parsed.valid) {
    const place = parsed.offset === undefined ? '' : ` at character ${parsed.offset + 1}`
    unused.push(`The pattern is invalid${place}: ${parsed.problem}`)
    return []
  }
  const found = lookupValues(parsed.expression)
  unused.push(...found.unused)
  return found.values
}
