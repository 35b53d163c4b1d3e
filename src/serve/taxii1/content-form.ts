import { embeddable } from '../../taxii/v1/xml-writer.ts'
import type { ContentBlockEntity } from '../taxii1-persistence.ts'
import { isPlainXml } from './plain-xml.ts'

/** What stands between the tags of `Content`: XML as it is, or text escaped. */
export interface ContentForms {
  contentOf(block: ContentBlockEntity): Buffer
}

/** Blocks whose form is remembered; about 100 bytes each. */
const maxRemembered = 50_000

const leftAngle = 0x3c

/**
 * Content as it goes out. XML goes in byte for byte: it is self-contained, so that the message around it changes nothing.
 * Whether it is well-formed is looked at once for each block, since one that is not would break every answer with it in.
 */
export function createContentForms(): ContentForms {
  const isXml = new Map<string, boolean>()

  const looksRight = (block: ContentBlockEntity, xml: string): boolean => {
    const key = `${block.id} ${block.content.length}`
    const known = isXml.get(key)
    if (known !== undefined) return known
    // Inside an element there may be text and other elements beside the first.
    const found = isPlainXml(xml) || embeddable(`<content>${xml}</content>`) !== undefined
    if (isXml.size >= maxRemembered) isXml.delete(isXml.keys().next().value as string)
    isXml.set(key, found)
    return found
  }

  return {
    contentOf(block) {
      const { content } = block
      const bare = content.subarray(prologEnd(content))
      if (!startsElement(bare)) return escaped(content)
      return looksRight(block, bare.toString('utf8')) ? bare : escaped(content)
    },
  }
}

function startsElement(content: Buffer): boolean {
  const at = afterSpace(content, 0)
  return content[at] === leftAngle && /[^\s!?/\d.<&>=-]/.test(String.fromCharCode(content[at + 1] ?? 0x20))
}

const markOfUtf8 = [0xef, 0xbb, 0xbf]

/**
 * Where a document's root element begins, with the white space before it where there is nothing else: no element may hold
 * a byte order mark or a declaration, and cabby and libtaxii take a comment before the root for all of the content.
 */
function prologEnd(content: Buffer): number {
  let end = markOfUtf8.every((byte, index) => content[index] === byte) ? markOfUtf8.length : 0
  for (;;) {
    const at = afterSpace(content, end)
    const close = content[at] === leftAngle ? closeOf(content, at) : undefined
    if (close === undefined) return end === 0 ? 0 : at
    const found = content.indexOf(close, at + 2)
    if (found < 0) return end
    end = found + close.length
  }
}

/** What ends the comment or instruction that begins here; undefined for anything else. */
function closeOf(content: Buffer, at: number): string | undefined {
  if (content[at + 1] === 0x3f) return '?>'
  return content.toString('latin1', at, at + 4) === '<!--' ? '-->' : undefined
}

function afterSpace(content: Buffer, from: number): number {
  let at = from
  while (at < content.length && (content[at] as number) <= 0x20) at++
  return at
}

const special = /[&<>\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/
const specials = /[&<>\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

/**
 * Text so that a reader gets exactly the same characters. What XML cannot hold at all is written as JSON's own escape in
 * JSON, and as U+FFFD in any other text: one odd block must not take the others with it.
 */
function escaped(content: Buffer): Buffer {
  const text = content.toString('utf8')
  if (!special.test(text)) return content
  const isJson = /^\ufeff?\s*[{[]/.test(text)
  return Buffer.from(text.replace(specials, (character) => references[character] ?? unwritable(character, isJson)))
}

const references: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' }

function unwritable(character: string, isJson: boolean): string {
  return isJson ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : '\ufffd'
}
