const keyParameters = /(key|token|secret|pass|pwd|auth|sig|credential|session)/i

/** A URL as it may be shown: user information and the values of parameters that look like keys are `***`. */
export function redactUrl(url: URL | string): string {
  let copy: URL
  try {
    copy = new URL(url)
  } catch {
    return redactText(String(url))
  }
  // The rest of `https://https://ann:password@taxii.example/` is a path.
  if (/:.*@/.test(copy.pathname)) return redactText(String(url))
  if (copy.username || copy.password) {
    if (copy.pathname.includes('@')) return redactText(String(url))
    copy.username = '***'
    copy.password = ''
  }
  for (const name of [...copy.searchParams.keys()]) {
    if (keyParameters.test(name)) copy.searchParams.set(name, '***')
  }
  return copy.href
}

// What is no URL, or another one than was meant, may be so by what a password holds (a slash, an @): all before the last @ of a word may be secret.
function redactText(text: string): string {
  return text
    .replace(/((?:^|\s)(?:[a-z][a-z0-9+.-]*:)?(?:\/\/)?)\S*@/gi, '$1***@')
    .replace(/([?&;])([^=&;#\s]*)=[^&;#\s]*/g, (whole, mark: string, name: string) =>
      keyParameters.test(name) ? `${mark}${name}=***` : whole,
    )
}

/** Whether a query parameter of this name probably carries a secret. */
export function isKeyParameter(name: string): boolean {
  return keyParameters.test(name)
}

/**
 * A JSON-like value as it may be shown: values under the given keys (in any case) are `***`, however deep, and so is the
 * user information of URLs. A copy: what is sent is never made from it.
 */
export function redactTree(value: unknown, keys: readonly string[]): unknown {
  const hidden = new Set(keys.map((key) => key.toLowerCase()))
  const walk = (each: unknown): unknown => {
    if (typeof each === 'string') return /^[a-z][a-z0-9+.-]*:\/\//i.test(each) ? redactUrl(each) : each
    if (Array.isArray(each)) return each.map(walk)
    if (typeof each !== 'object' || each === null) return each
    const members = Object.entries(each).map(([key, inner]) => [
      key,
      hidden.has(key.toLowerCase()) ? '***' : walk(inner),
    ])
    return Object.fromEntries(members) as unknown
  }
  return walk(value)
}
