/** A document as it was read: `mended` when it was no JSON before bare words and commas were put right. */
export interface ReadDocument {
  readonly value: unknown
  readonly mended: boolean
}

const words: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' }

/**
 * Reads JSON; only if that fails, once more after bare `True`, `False`, `None` outside strings and commas before a closing
 * bracket were mended, as the API guide's samples have them. Undefined when it is no JSON then either, or nested deeper than
 * any answer is.
 * @see API reference, 7.b rule 1 and section 9 row 4
 */
export function readDocument(text: string): ReadDocument | undefined {
  const strict = parsed(text)
  if (strict) return { ...strict, mended: false }
  const mended = parsed(mend(text) ?? '')
  return mended && { ...mended, mended: true }
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isTooDeep(value) ? undefined : { value }
  } catch {
    return undefined
  }
}

// Whoever reads or shows a value goes down into it call by call.
const deepest = 100

function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; depth < deepest; depth += 1) {
    const below: unknown[] = []
    for (const each of level) {
      if (typeof each !== 'object' || each === null) continue
      for (const inner of Object.values(each)) if (typeof inner === 'object' && inner !== null) below.push(inner)
    }
    if (below.length === 0) return false
    level = below
  }
  return true
}

// A string, or else what may need mending: strings are taken whole, so that nothing within them is touched.
const tokens = /"[^"\\]*(?:\\[^][^"\\]*)*"|\b(?:True|False|None)\b|,(?=\s*[\]}])/g

/** Undefined for a string too long to be gone through. */
function mend(text: string): string | undefined {
  try {
    return text.replace(tokens, (token) => (token === ',' ? '' : (words[token] ?? token)))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
