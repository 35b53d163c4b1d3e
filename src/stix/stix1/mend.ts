import { XmlDocumentFault } from '../stix1-root.ts'
import { elementLimits } from './elements.ts'

/** A part that was cut out because it is broken, as it stood in the document. */
export interface BrokenPart {
  readonly detail: string
  readonly source: string
}

export interface MendedXml {
  /** Well-formed. */
  readonly xml: string
  /** What was changed, a sentence each. */
  readonly losses: readonly string[]
  /** Indicators and observables that are not whole: they would say something else than was meant. */
  readonly broken: readonly BrokenPart[]
}

/** Elements that are whole or not there at all. */
const units = new Set([
  'Indicator',
  'Observable',
  'TTP',
  'Campaign',
  'Threat_Actor',
  'Course_Of_Action',
  'Exploit_Target',
])

// Of the letters that names may have, those of the planes in use.
const nameForm =
  '[A-Za-z_:\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u3001-\\ud7ff][\\w.:\\u00b7\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u3001-\\ud7ff-]{0,1023}'
const token = new RegExp(
  `<!--|<!\\[CDATA\\[|<\\?|<!DOCTYPE|</(${nameForm})\\s*>|<(${nameForm})((?:[\\s/](?:[^<>"']|"[^"<]*"|'[^'<]*')*)?)>`,
  'gi',
)
const attribute = new RegExp(`(?<=\\s)(${nameForm})\\s*=\\s*("[^"]*"|'[^']*')(?=\\s|$)`, 'g')
const reference = /&(?:(amp|lt|gt|quot|apos)|#(\d{1,8})|#[xX]([0-9a-fA-F]{1,7}));|&/g
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

interface Open {
  readonly name: string
  /** Length of the output before its start tag, and where that stood in the source. */
  readonly outAt: number
  readonly sourceAt: number
}

/**
 * Makes an XML document that is not well-formed well-formed: references that are none become text, characters that XML does
 * not have are dropped, end tags that are missing are added, stray ones dropped, and what follows a cut is closed. An indicator
 * or observable in which tags do not fit is taken out whole.
 * @throws XmlDocumentFault for a document type, for elements nested deeper than 64, and for more than 256 attributes.
 */
export function mendXml(text: string): MendedXml {
  const counts = new Map<string, number>()
  const broken: BrokenPart[] = []
  const note = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1)
  const open: Open[] = []
  // Ends that do not come any more: each is looked for to the end of the document only once.
  const endless = new Set<string>()
  const out = outputOf()
  let root = ''
  let at = 0

  const fail = (message: string): never => {
    throw new XmlDocumentFault(message, root, { isRefused: true })
  }
  const putText = (from: number, to: number): void => {
    if (open.length > 0 && to > from) out.put(cleanText(text.slice(from, to), note))
  }
  /** Takes the outermost unit that is still open out again. */
  const dropUnit = (sourceEnd: number, detail: string): boolean => {
    const index = open.findIndex(isUnit)
    const unit = open[index]
    if (!unit) return false
    open.length = index
    out.cutTo(unit.outAt)
    broken.push({ detail, source: text.slice(unit.sourceAt, sourceEnd) })
    return true
  }
  const endTag = (name: string, end: number): void => {
    if (open.at(-1)?.name === name) {
      open.pop()
      out.put(`</${name}>`)
      return
    }
    const index = open.findLastIndex((element) => element.name === name)
    if (index < 0) return note('an end tag without a start was dropped')
    const unitIndex = open.findIndex(isUnit)
    // The elements that were not closed are inside of a unit, or are units themselves.
    if (unitIndex >= 0 && dropUnit(end, 'its tags do not fit') && index >= unitIndex) return
    note('an end tag that was missing was added')
    while (open.length > index) out.put(`</${open.pop()?.name ?? ''}>`)
  }
  const startTag = (name: string, rest: string, from: number): void => {
    if (open.length === 0 && root !== '') return note('an element behind the end was dropped')
    if (open.length >= elementLimits.maxDepth) fail(`elements are nested deeper than ${elementLimits.maxDepth}`)
    const isEmpty = rest.endsWith('/')
    if (!isEmpty) open.push({ name, outAt: out.length(), sourceAt: from })
    root ||= name
    out.put(`<${name}${cleanAttributes(isEmpty ? rest.slice(0, -1) : rest, note, fail)}${isEmpty ? '/' : ''}>`)
  }

  token.lastIndex = 0
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [whole, endName, startName, rest = ''] = match
    putText(at, match.index)
    at = token.lastIndex
    if (endName !== undefined) endTag(endName, at)
    else if (startName !== undefined) startTag(startName, rest, match.index)
    else if (/^<!DOCTYPE/i.test(whole)) fail('a document type declaration is not allowed')
    else {
      const close = whole === '<!--' ? '-->' : whole === '<?' ? '?>' : ']]>'
      const end = endless.has(close) ? -1 : text.indexOf(close, at)
      if (end < 0) {
        endless.add(close)
        note('the begin of a comment or CDATA section without an end was dropped')
        continue
      }
      if (whole === '<![CDATA[' && open.length > 0) out.put(escaped(text.slice(at, end).replace(forbidden, '')))
      at = end + close.length
      token.lastIndex = at
    }
  }
  if (open.length > 0) {
    note('the document ends before its last element')
    dropUnit(text.length, 'the document ends inside of it')
    while (open.length > 0) out.put(`</${open.pop()?.name ?? ''}>`)
  }
  if (root === '') fail('there is no element')
  const losses = [...counts].map(([what, count]) => `${what}${count > 1 ? ` (${count} times)` : ''}`)
  return { xml: out.text(), losses, broken }
}

interface Output {
  put(text: string): void
  length(): number
  cutTo(length: number): void
  text(): string
}

/** Pieces, so that taking something back costs no more than it is long. */
function outputOf(): Output {
  const pieces: string[] = []
  let length = 0
  return {
    put(text) {
      pieces.push(text)
      length += text.length
    },
    length: () => length,
    cutTo(wanted) {
      while (length > wanted) length -= pieces.pop()?.length ?? length
    },
    text: () => pieces.join(''),
  }
}

/** The document itself is never taken out. */
function isUnit({ name }: Open, index: number): boolean {
  return index > 0 && units.has(localOf(name))
}

function localOf(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1)
}

type Note = (what: string) => void

function cleanText(text: string, note: Note): string {
  const known = cleanReferences(text, note)
  const marked = known.replaceAll('<', '&lt;').replaceAll(']]>', ']]&gt;')
  if (marked !== known) note('a < that begins no tag was taken as text')
  return marked
}

function cleanReferences(text: string, note: Note): string {
  const clean = text.replace(forbidden, '')
  if (clean.length !== text.length) note('characters that XML does not have were dropped')
  if (!clean.includes('&')) return clean
  return clean.replace(reference, (whole, named?: string, decimal?: string, hex?: string) => {
    if (named !== undefined) return whole
    if (decimal === undefined && hex === undefined) {
      note('an & that begins no reference was taken as text')
      return '&amp;'
    }
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
    const character = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\0'
    if (character.replace(forbidden, '') !== '') return whole
    note('a reference to a character that XML does not have was dropped')
    return ''
  })
}

function cleanAttributes(text: string, note: Note, fail: (message: string) => never): string {
  const known = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(attribute)) {
    if (known.has(name)) note('an attribute that stands twice was dropped')
    else known.set(name, cleanReferences(value, note).replaceAll('<', '&lt;'))
    if (known.size > elementLimits.maxAttributes)
      fail(`an element has more than ${elementLimits.maxAttributes} attributes`)
  }
  const left = text.replace(attribute, '').trim()
  if (left !== '') note('an attribute without a value in quotes was dropped')
  return [...known].map(([name, value]) => ` ${name}=${value}`).join('')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
