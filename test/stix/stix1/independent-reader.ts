/**
 * A second, much simpler reader of CybOX values, to count with: it knows no conditions, no compositions and no name spaces,
 * and finds the texts of the elements that hold values by their local name.
 */

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decoded(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (_, hex?: string, decimal?: string, name?: string) =>
    name === undefined
      ? String.fromCodePoint(Number.parseInt(hex ?? decimal ?? '', hex ? 16 : 10))
      : (entities[name] ?? ''),
  )
}

/** Texts of all elements of a local name, trimmed, comments taken out before; `isWanted` is asked for the start tag. */
export function textsOfElements(
  xml: string,
  local: string,
  isWanted: (tag: string) => boolean = () => true,
): readonly string[] {
  const bare = xml.replace(/<!--[^]*?-->/g, '')
  const found = bare.matchAll(new RegExp(`(<(?:[\\w-]+:)?${local}(?:\\s[^<>]*)?>)([^<]*)</`, 'g'))
  return [...found]
    .filter(([, tag]) => isWanted(tag ?? ''))
    .map(([, , text]) => decoded(text ?? '').trim())
    .filter((text) => text !== '')
}

export function countElements(xml: string, name: string): number {
  return xml.replace(/<!--[^]*?-->/g, '').split(new RegExp(`<${name}(?=[\\s>/])`)).length - 1
}
