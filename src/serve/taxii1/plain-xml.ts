const space = '[ \\t\\r\\n]'
const name = '[A-Za-z_][\\w.-]*(?::[A-Za-z_][\\w.-]*)?'
const reference = '&(?:amp|lt|gt|quot|apos);'
const quoted = [`"[^"<&]*(?:${reference}[^"<&]*)*"`, `'[^'<&]*(?:${reference}[^'<&]*)*'`].join('|')
const attributes = `(?:${space}+${name}${space}*=${space}*(?:${quoted}))*`

const tag = new RegExp(`<(?:/(${name})${space}*|(${name})(${attributes})${space}*(/?))>`, 'y')
const attributeNames = new RegExp(`(${name})${space}*=${space}*(?:${quoted})`, 'g')
const references = new RegExp(reference, 'y')
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** Below the depth, attributes and names at which the reader of messages stops. */
const maxDepth = 60
const maxAttributes = 200
const maxTagLength = 1024

/**
 * Whether a text is certainly well-formed content of an element: elements, attributes, text, comments and CDATA sections as
 * they usually look. Many times quicker than a parser, which has to decide where this says no: about processing
 * instructions, names that are not ASCII, numeric references, and all that is wrong.
 */
export function isPlainXml(xml: string): boolean {
  if (unwritable.test(xml)) return false
  const open: string[] = []
  const isText = textCheck(xml)
  for (let at = 0; at < xml.length;) {
    const found = xml.indexOf('<', at)
    const from = found < 0 ? xml.length : found
    if (!isText(at, from)) return false
    if (found < 0) break
    const next = xml.charCodeAt(from + 1) === 0x21 ? sectionEnd(xml, from) : tagEnd(xml, from, open)
    if (next === undefined) return false
    at = next
  }
  return open.length === 0
}

/** Whether there is neither a strange reference nor the end of a CDATA section in a text; asked from left to right. */
function textCheck(xml: string): (from: number, to: number) => boolean {
  let ampersand = xml.indexOf('&')
  let sectionEnd = xml.indexOf(']]>')
  return (from, to) => {
    if (sectionEnd >= 0 && sectionEnd < from) sectionEnd = xml.indexOf(']]>', from)
    if (sectionEnd >= 0 && sectionEnd < to) return false
    if (ampersand >= 0 && ampersand < from) ampersand = xml.indexOf('&', from)
    while (ampersand >= 0 && ampersand < to) {
      references.lastIndex = ampersand
      if (!references.test(xml)) return false
      ampersand = xml.indexOf('&', ampersand + 1)
    }
    return true
  }
}

/** Behind a comment or a CDATA section; undefined where there is another thing, or no end. */
function sectionEnd(xml: string, from: number): number | undefined {
  if (xml.startsWith('<!--', from)) {
    const end = xml.indexOf('--', from + 4)
    return end >= 0 && xml[end + 2] === '>' ? end + 3 : undefined
  }
  if (!xml.startsWith('<![CDATA[', from)) return undefined
  const end = xml.indexOf(']]>', from + 9)
  return end < 0 ? undefined : end + 3
}

/** Behind a tag; undefined where it does not fit. */
function tagEnd(xml: string, from: number, open: string[]): number | undefined {
  tag.lastIndex = from
  const match = tag.exec(xml)
  if (!match) return undefined
  const [all, closed, opened = '', inside = '', slash] = match
  if (closed !== undefined) return open.pop() === closed ? from + all.length : undefined
  if (open.length >= maxDepth || (all.length > maxTagLength && !isModest(opened, inside))) return undefined
  if (inside !== '' && !areUnique(inside)) return undefined
  if (slash === '') open.push(opened)
  return from + all.length
}

function isModest(name: string, inside: string): boolean {
  const names = [...inside.matchAll(attributeNames)].map(([, attribute = '']) => attribute)
  return names.length <= maxAttributes && [name, ...names].every(({ length }) => length <= maxTagLength)
}

function areUnique(inside: string): boolean {
  if (inside.indexOf('=') === inside.lastIndexOf('=')) return true
  const seen = new Set<string>()
  for (const [, attribute = ''] of inside.matchAll(attributeNames)) {
    if (seen.has(attribute)) return false
    seen.add(attribute)
  }
  return true
}
