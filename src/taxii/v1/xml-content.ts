import { isDeclaration } from '../../stix/xml-scope.ts'
import type { Scope } from '../../stix/xml-scope.ts'

/** The element at the top of a block's content: where its name ends, and which name spaces it declares itself. */
export interface ContentRoot {
  /** Offset in the content, right after the element's name. */
  readonly nameEnd: number
  readonly attributes: Readonly<Record<string, string>>
}

const tokens = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<[^/!?](?:[^>"']|"[^"]*"|'[^']*')*>/g
const attributes = /\s+([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const suspicious = /\sxmlns:(?:[\s=:\d.-]|xmlns\s*=|xml\s*=|[^\s=]*:|[^\s=]+\s*=\s*(?:""|''))/

/**
 * Drops declarations that Namespaces in XML forbids, as `xmlns:=""` in files of Citizen Lab, from well-formed XML. Nothing
 * else is changed; `dropped` names what went.
 */
export function dropBadDeclarations(xml: string): { readonly xml: string; readonly dropped: readonly string[] } {
  if (!suspicious.test(xml)) return { xml, dropped: [] }
  const dropped: string[] = []
  const mended = xml.replace(tokens, (token) => {
    if (token[1] === '!' || token[1] === '?' || !token.includes('xmlns:')) return token
    return token.replace(attributes, (all, name: string, double?: string, single?: string) => {
      if (!name.startsWith('xmlns:') || isDeclaration(name, double ?? single ?? '')) return all
      dropped.push(name)
      return ''
    })
  })
  return { xml: mended, dropped }
}

/**
 * Makes a block's XML stand by itself: what it inherits from the message around it and uses is declared on its own top
 * elements. A prefix counts as used when it is written before a colon anywhere, since attribute values and text hold
 * qualified names too (`xsi:type`, identifiers).
 */
export function selfContained(
  xml: string,
  roots: readonly ContentRoot[],
  inherited: Scope,
  usesDefault: boolean,
): string {
  const wanted = [...inherited].filter(([prefix, uri]) => {
    if (prefix === 'xml') return false
    return prefix === '' ? usesDefault && uri !== '' : mentions(xml, `${prefix}:`)
  })
  if (wanted.length === 0) return xml
  const pieces: string[] = []
  let from = 0
  for (const root of roots) {
    pieces.push(xml.slice(from, root.nameEnd))
    from = root.nameEnd
    for (const [prefix, uri] of wanted) {
      const name = prefix === '' ? 'xmlns' : `xmlns:${prefix}`
      if (root.attributes[name] === undefined) pieces.push(` ${name}="${escapeAttribute(uri)}"`)
    }
  }
  pieces.push(xml.slice(from))
  return pieces.join('')
}

/** Whether the prefix stands anywhere at the beginning of a name: the `p:` of `http:` is none. */
function mentions(xml: string, prefix: string): boolean {
  for (let at = xml.indexOf(prefix); at >= 0; at = xml.indexOf(prefix, at + 1)) {
    if (at === 0 || !/[\p{L}\p{N}_.:-]/u.test(xml[at - 1] as string)) return true
  }
  return false
}

function escapeAttribute(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
