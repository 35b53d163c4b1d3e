import type { Expression } from './ast.ts'
import { scanEquality } from './equality-scanner.ts'
import { parse, SyntaxError as GrammarFault } from './parser.generated.ts'

/** A pattern as a tree, or what is wrong with it: then it matches nothing (PAT-11). */
export type ParsedPattern =
  | { readonly valid: true; readonly expression: Expression }
  | {
      readonly valid: false
      /** What is wrong, a clause that holds no more than a few characters of the pattern. */
      readonly problem: string
      /** Where, in characters from 0; undefined when it is the pattern as a whole. */
      readonly offset?: number | undefined
    }

/** Longest pattern that is read, in bytes of UTF-8. */
export const maxPatternBytes = 65_536
/** Parentheses and brackets in one another. */
export const maxPatternDepth = 64

/**
 * Reads a STIX pattern. Never throws. `specVersion` 2.0 knows no `EXISTS`, and writes the times of START and STOP as plain
 * text; without it both are understood as 2.1 has them.
 * @see STIX 2.1, 9; STIX 2.0 part 5
 */
export function parsePattern(
  text: string,
  { specVersion = '2.1' }: { readonly specVersion?: '2.0' | '2.1' | undefined } = {},
): ParsedPattern {
  if (text.length > maxPatternBytes || Buffer.byteLength(text) > maxPatternBytes) {
    return { valid: false, problem: `longer than ${maxPatternBytes / 1024} KiB` }
  }
  const scanned = scanEquality(text)
  if (scanned) return { valid: true, expression: scanned }
  const deep = tooDeepAt(text)
  if (deep !== undefined) return { valid: false, problem: `nested deeper than ${maxPatternDepth}`, offset: deep }
  try {
    return { valid: true, expression: parse(text, { specVersion }) as Expression }
  } catch (error) {
    if (error instanceof GrammarFault) return { valid: false, ...faultOf(error as unknown as Fault) }
    throw error
  }
}

interface Fault {
  readonly message: string
  readonly expected: readonly { readonly description?: string; readonly text?: string }[] | null
  readonly found: string | null
  readonly location: { readonly start: { readonly offset: number } }
}

function faultOf(fault: Fault): { readonly problem: string; readonly offset: number } {
  const { offset } = fault.location.start
  if (fault.expected === null) return { problem: fault.message, offset }
  const met = fault.found === null ? 'the end' : JSON.stringify(fault.found)
  const wanted = [...new Set(fault.expected.map(nameOf))].filter((name) => !unsaid.includes(name)).sort()
  const list = wanted.length > 1 ? `${wanted.slice(0, -1).join(', ')} or ${wanted.at(-1) ?? ''}` : (wanted[0] ?? '')
  return { problem: `${met} where ${list || 'nothing'} was expected`, offset }
}

/** What could stand there too, but helps nobody. */
const unsaid = ['blanks', 'the end of the word']

function nameOf({ description, text }: { readonly description?: string; readonly text?: string }): string {
  return description ?? text ?? 'the end'
}

/** Counted before parsing, which goes one call deeper for each. */
function tooDeepAt(text: string): number | undefined {
  let depth = 0
  const marks = /'(?:[^'\\]|\\.)*'?|[[(]|[\])]/gs
  for (let found = marks.exec(text); found; found = marks.exec(text)) {
    const [mark] = found
    if (mark === '[' || mark === '(') depth++
    else if (mark === ']' || mark === ')') depth--
    if (depth > maxPatternDepth) return found.index
  }
  return undefined
}
