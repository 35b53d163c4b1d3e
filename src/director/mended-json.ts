/** A document as it was read: `mended` when it was no JSON before bare words and commas were put right. */
export interface ReadDocument {
  readonly value: unknown
  readonly mended: boolean
}

const words: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' }

/**
 * Reads JSON; only if that fails, once more after bare `True`, `False`, `None` outside strings and commas before a closing
 * bracket were mended, as the API guide's samples have them. Undefined when it is no JSON then either.
 * @see API reference, 7.b rule 1 and section 9 row 4
 */
export function readDocument(text: string): ReadDocument | undefined {
  const strict = parsed(text)
  if (strict) return { ...strict, mended: false }
  const mended = parsed(mend(text))
  return mended && { ...mended, mended: true }
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

// A string, or else what may need mending: strings are taken whole, so that nothing within them is touched.
const tokens = /"(?:[^"\\]|\\[^])*"|\b(?:True|False|None)\b|,(?=\s*[\]}])/g

function mend(text: string): string {
  return text.replace(tokens, (token) => (token === ',' ? '' : (words[token] ?? token)))
}
