/** An element of a TAXII message, small and whole. Content of blocks is never part of it. */
export interface XmlNode {
  /** Local name. */
  readonly name: string
  readonly namespace: string
  /** Attributes without a prefix, by name. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: XmlNode[]
  /** Character data directly inside, references resolved, not trimmed. */
  text: string
}

/** Children of this name in the element's own name space (a signature's or an extension's are others). */
export function childrenNamed(node: XmlNode, name: string): XmlNode[] {
  return node.children.filter((child) => child.name === name && child.namespace === node.namespace)
}

export function childNamed(node: XmlNode, name: string): XmlNode | undefined {
  return node.children.find((child) => child.name === name && child.namespace === node.namespace)
}

/** Trimmed text of the first child of this name; undefined when it is absent or blank. */
export function textOf(node: XmlNode, name: string): string | undefined {
  const text = childNamed(node, name)?.text.trim()
  return text === '' ? undefined : text
}

/** Trimmed texts of all children of this name, blank ones left out. */
export function textsOf(node: XmlNode, name: string): string[] {
  return childrenNamed(node, name)
    .map((child) => child.text.trim())
    .filter((text) => text !== '')
}

/** A trimmed attribute; undefined when it is absent or blank. */
export function attributeOf(node: XmlNode, name: string): string | undefined {
  const value = node.attributes.get(name)?.trim()
  return value === '' ? undefined : value
}

/** An xs:boolean attribute; undefined when it is absent or neither. */
export function booleanOf(node: XmlNode, name: string): boolean | undefined {
  const value = attributeOf(node, name)?.toLowerCase()
  if (value === 'true' || value === '1') return true
  return value === 'false' || value === '0' ? false : undefined
}

/** A whole number that is not negative; undefined when it is absent or something else. */
export function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\+?\d{1,15}$/.test(text.trim())) return undefined
  return Number(text.trim())
}
