const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'

/** Name spaces in force at an element: prefix ('' for the default) to URI. */
export type Scope = ReadonlyMap<string, string>

export const outermostScope: Scope = new Map([['xml', xmlNamespace]])

/**
 * The scope inside an element with these attributes; the outer one itself when it declares nothing. Declarations that
 * Namespaces in XML forbids (no prefix after the colon, an empty URI for a prefix, `xmlns` and `xml` bound anew) are
 * passed over.
 */
export function innerScope(outer: Scope, attributes: Readonly<Record<string, string>>): Scope {
  let inner: Map<string, string> | undefined
  for (const name in attributes) {
    if (!name.startsWith('xmlns')) continue
    const uri = attributes[name] as string
    if (name === 'xmlns') (inner ??= new Map(outer)).set('', uri)
    else if (name[5] === ':' && isDeclaration(name, uri)) (inner ??= new Map(outer)).set(name.slice(6), uri)
  }
  return inner ?? outer
}

/** Whether `xmlns:...` declares something by the rules of Namespaces in XML 1.0, section 2.2 and 3. */
export function isDeclaration(name: string, uri: string): boolean {
  const prefix = name.slice(6)
  if (prefix === '' || prefix.includes(':') || prefix === 'xmlns' || /^[-.\d\u00b7]/.test(prefix)) return false
  if (prefix === 'xml') return uri === xmlNamespace
  return uri !== ''
}

/** Local name and name space of an element; an undeclared prefix has none. */
export function resolveName(name: string, scope: Scope): { local: string; namespace: string } {
  const colon = name.indexOf(':')
  if (colon < 0) return { local: name, namespace: scope.get('') ?? '' }
  return { local: name.slice(colon + 1), namespace: scope.get(name.slice(0, colon)) ?? '' }
}
