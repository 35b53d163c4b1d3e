import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultXmlLimits, XmlFault } from '../../../src/taxii/v1/xml-limits.ts'
import type { XmlLimits } from '../../../src/taxii/v1/xml-limits.ts'
import type { XmlNode } from '../../../src/taxii/v1/xml-node.ts'
import { messageReader } from '../../../src/taxii/v1/xml-reader.ts'
import type { RawBlock } from '../../../src/taxii/v1/xml-reader.ts'

const taxii = 'http://taxii.mitre.org/messages/taxii_xml_binding-1.1'

function read(text: string, options: { chunk?: number; limits?: Partial<XmlLimits> } = {}) {
  const blocks: RawBlock[] = []
  const broken: { source: string; reason: string }[] = []
  const reader = messageReader(
    {
      onRoot: () => undefined,
      onBlock: (block) => void blocks.push(block),
      onBrokenBlock: ({ source, fault }) => void broken.push({ source, reason: fault.reason }),
    },
    { ...defaultXmlLimits, ...options.limits },
  )
  const size = options.chunk ?? text.length
  for (let at = 0; at < text.length; at += size) reader.write(text.slice(at, at + size))
  const root: XmlNode = reader.end()
  return { root, blocks, broken, contents: blocks.map(({ content }) => content) }
}

const block = (content: string): string =>
  `<t:Content_Block><t:Content_Binding binding_id="b"/><t:Content>${content}</t:Content></t:Content_Block>`

const response = (inside: string, more = ''): string =>
  `<?xml version="1.0"?>\n<t:Poll_Response xmlns:t="${taxii}"${more} message_id="1">\n${inside}\n</t:Poll_Response>\n`

function faultOf(action: () => unknown): XmlFault {
  try {
    action()
  } catch (error) {
    if (error instanceof XmlFault) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('content of blocks', () => {
  test('comes exactly as it was written, white space, quotes, comments and line ends included', () => {
    const content = `\r\n <a:x xmlns:a='urn:a' b = "1>2"><!-- </Content> --><![CDATA[<&]]>é😀&#x41;&lt;</a:x>\t`
    expect(read(response(block(content))).contents).toEqual([content])
  })

  test('C1P-18 is the text itself when it holds no element: escaped, as CDATA, or both', () => {
    const json = '{"type":"bundle","a":"<b>&\\n"}'
    const escaped = json.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
    const inside =
      block(escaped) + block(`<![CDATA[${json}]]>`) + block(`${escaped.slice(0, 9)}<![CDATA[${json.slice(9)}]]>`)
    expect(read(response(inside)).contents).toEqual([json, json, json])
  })

  test('is empty for an empty element and undefined where there is none', () => {
    const { contents } = read(response('<t:Content_Block><t:Content/></t:Content_Block><t:Content_Block/>'))
    expect(contents).toEqual(['', undefined])
  })

  test('keeps what a message says beside it', () => {
    const { blocks } = read(
      response(
        `<t:Content_Block><t:Content><x xmlns=""/></t:Content><t:Timestamp_Label>L</t:Timestamp_Label>` +
          `<t:Padding>${'p'.repeat(10)}</t:Padding></t:Content_Block>`,
      ),
    )
    expect(blocks[0]?.node.children.map(({ name, text }) => [name, text])).toEqual([
      ['Timestamp_Label', 'L'],
      ['Padding', 'pppppppppp'],
    ])
  })

  test('gets the name spaces that it inherited and uses, and no others', () => {
    const text = response(
      block('<s:a q="p:x"><s:b>oh:</s:b></s:a>'),
      ' xmlns:s="urn:s&amp;" xmlns:p="urn:p" xmlns:h="urn:u"',
    )
    expect(read(text).contents).toEqual(['<s:a xmlns:s="urn:s&amp;" xmlns:p="urn:p" q="p:x"><s:b>oh:</s:b></s:a>'])
  })

  test('keeps its own declaration of an inherited prefix', () => {
    const text = response(block('<s:a xmlns:s="urn:own"/>'), ' xmlns:s="urn:s"')
    expect(read(text).contents).toEqual(['<s:a xmlns:s="urn:own"/>'])
  })

  test('inherits a default name space only when an element of it has no prefix', () => {
    const outer = ' xmlns="urn:d"'
    expect(read(response(block('<a/>'), outer)).contents).toEqual(['<a xmlns="urn:d"/>'])
    expect(read(response(block('<a xmlns="urn:e"><b/></a>'), outer)).contents).toEqual(['<a xmlns="urn:e"><b/></a>'])
    expect(read(response(block('<s:a xmlns:s="urn:s"/>'), outer)).contents).toEqual(['<s:a xmlns:s="urn:s"/>'])
    expect(read(response(block('<s:a xmlns:s="urn:s"><b/></s:a>'), outer)).contents).toEqual([
      '<s:a xmlns="urn:d" xmlns:s="urn:s"><b/></s:a>',
    ])
  })

  test('inherits from block and content elements too', () => {
    const text = response(
      `<t:Content_Block xmlns:p="urn:p"><t:Content xmlns:q="urn:q"><p:a><q:b/></p:a></t:Content></t:Content_Block>`,
    )
    expect(read(text).contents).toEqual(['<p:a xmlns:p="urn:p" xmlns:q="urn:q"><q:b/></p:a>'])
  })

  test('loses declarations without a valid prefix, which are reported, and nothing else', () => {
    const content = `<s:a xmlns:s="urn:s" xmlns:="urn:x" b="xmlns:=1"><!-- xmlns:="" --><c\n xmlns:p=''/><![CDATA[ <c xmlns:="">]]></s:a>`
    const { blocks } = read(response(block(content)))
    expect(blocks[0]?.content).toBe(
      `<s:a xmlns:s="urn:s" b="xmlns:=1"><!-- xmlns:="" --><c/><![CDATA[ <c xmlns:="">]]></s:a>`,
    )
    expect(blocks[0]?.dropped).toEqual(['xmlns:', 'xmlns:p'])
  })

  test('is read alike however the text is cut into chunks', () => {
    const text = response(
      [
        block('\r\n<a xmlns="urn:a" b="😀\r">x\r\ny</a>\r'),
        block('{"a":"&#128512;\r\n"}'),
        block('<a><b></a>'),
        block('<s:a>😀</s:a>'),
        block('<!-- no end '),
        block('<z xmlns="urn:z"/>'),
      ].join('\r\n'),
      ' xmlns:s="urn:s"',
    )
    const whole = read(text)
    expect(whole.blocks).toHaveLength(4)
    expect(whole.broken).toHaveLength(2)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (chunk) => {
        expect(read(text, { chunk })).toEqual(whole)
      }),
      { numRuns: 60 },
    )
  })
})

describe('row 69: XML that is broken inside a block', () => {
  const good = block('<g xmlns="urn:g"/>')
  const cases: Record<string, string> = {
    'an end tag too few': '<a><b></a>',
    'an end tag too many': '<a/></b>',
    'an unknown entity': '<a>&nbsp;</a>',
    'a bare ampersand': '<a>AT&T</a>',
    'a bare less-than': '<a>1 < 2</a>',
    'a control character': '<a>\u0001</a>',
    'a reference to one': '<a>&#0;</a>',
    'an attribute twice': '<a b="1" b="2"/>',
    'an attribute without quotes': '<a b=1/>',
    'a comment without end': '<a/><!-- ',
    'a CDATA section without end': '<a><![CDATA[ ',
    'a tag without end': '<a b="',
    'a document type': '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
  }
  test.each(Object.entries(cases))('%s costs that block only', (_, content) => {
    const bad = block(content)
    const { contents, broken } = read(response(good + bad + good))
    expect(contents).toEqual(['<g xmlns="urn:g"/>', '<g xmlns="urn:g"/>'])
    expect(broken.map(({ source }) => source)).toEqual([bad])
  })

  test('a block without an end tag ends where the next one begins', () => {
    const bad = '<t:Content_Block><t:Content><a>'
    const { contents, broken } = read(response(good + bad + good))
    expect(contents).toEqual(['<g xmlns="urn:g"/>', '<g xmlns="urn:g"/>'])
    expect(broken.map(({ source }) => source)).toEqual([bad])
  })

  test('many broken blocks in a row are each put aside', () => {
    const bad = block('<a>&nbsp;</a>')
    const { contents, broken } = read(response(good + bad.repeat(2000) + good))
    expect(contents).toHaveLength(2)
    expect(broken).toHaveLength(2000)
  })

  test('outside of a block it is the whole message that is broken', () => {
    expect(faultOf(() => read(response('<t:Message>a & b</t:Message>'))).reason).toBe('XML_BROKEN')
    expect(faultOf(() => read(response(good) + 'junk')).reason).toBe('XML_BROKEN')
    expect(faultOf(() => read(response(good) + '<again/>')).reason).toBe('XML_BROKEN')
  })
})

describe('N7: a document that has no end', () => {
  const text = response(block('<a xmlns="urn:a">1</a>') + block('<a xmlns="urn:a">2</a>'))
  test('is known as cut, wherever it was cut', () => {
    for (let length = text.indexOf('<t:Poll'); length < text.lastIndexOf('>'); length++) {
      expect(faultOf(() => read(text.slice(0, length))).reason, `cut at ${length}`).toBe('XML_CUT')
    }
  })

  test('an empty one too', () => {
    expect(faultOf(() => read('')).reason).toBe('XML_CUT')
  })
})

describe('S12, C1H-15: limits', () => {
  test('a DOCTYPE is refused before the root', () => {
    const text = `<!DOCTYPE t [<!ENTITY a "b">]>${response('')}`
    expect(faultOf(() => read(text)).reason).toBe('XML_DOCTYPE')
  })

  test('external entities are refused, not fetched', () => {
    const text = `<!DOCTYPE t SYSTEM "http://198.51.100.1/x.dtd">${response('')}`
    expect(faultOf(() => read(text)).reason).toBe('XML_DOCTYPE')
  })

  test('depth 64 is read and depth 65 costs its block', () => {
    const nested = (count: number): string => '<a>'.repeat(count) + '</a>'.repeat(count)
    const { contents, broken } = read(response(block(nested(61)) + block(nested(62))))
    expect(contents).toEqual([nested(61)])
    expect(broken[0]?.reason).toBe('XML_LIMIT')
  })

  test('depth outside of a block is refused at once', () => {
    const text = response('<t:Extended_Headers>' + '<a>'.repeat(20_000))
    expect(faultOf(() => read(text)).reason).toBe('XML_LIMIT')
  })

  test('256 attributes are read and 257 are not', () => {
    const tag = (count: number): string => `<a ${Array.from({ length: count }, (_, at) => `a${at}=""`).join(' ')}/>`
    const { contents, broken } = read(response(block(tag(256)) + block(tag(257))))
    expect(contents).toEqual([tag(256)])
    expect(broken[0]?.reason).toBe('XML_LIMIT')
  })

  test('names of more than 1 KB are not read, of elements or attributes', () => {
    const long = 'n'.repeat(1025)
    const { contents, broken } = read(response(block(`<${long}/>`) + block(`<a ${long}=""/>`) + block('<a/>')))
    expect(contents).toEqual(['<a/>'])
    expect(broken.map(({ reason }) => reason)).toEqual(['XML_LIMIT', 'XML_LIMIT'])
  })

  test('a block beyond the text limit is put aside, and what follows is read', () => {
    const huge = block(`<a>${'x'.repeat(300_000)}</a>`)
    const { contents, broken } = read(response(huge + block('<a/>')), { limits: { maxTextLength: 100_000 } })
    expect(contents).toEqual(['<a/>'])
    expect(broken[0]?.reason).toBe('XML_LIMIT')
    expect(broken[0]?.source.length).toBeLessThanOrEqual(huge.length)
  })

  test('endless text, comments and tags outside of blocks are stopped', () => {
    const limits = { maxTextLength: 100_000 }
    for (const open of ['<!--', '<t:Message>', '<t:Message a="', '<', '&', '<?pi ']) {
      const text = response('').replace('\n\n', `\n${open}${'x'.repeat(400_000)}`)
      expect(['XML_LIMIT', 'XML_BROKEN'], open).toContain(faultOf(() => read(text, { limits, chunk: 5000 })).reason)
    }
  })

  test('the number of elements outside of content is bounded', () => {
    const text = response('<t:Message/>'.repeat(2000))
    expect(faultOf(() => read(text, { limits: { maxNodes: 1000 } })).reason).toBe('XML_LIMIT')
    expect(read(response(block('<a/>').repeat(2000)), { limits: { maxNodes: 1000 } }).blocks).toHaveLength(2000)
  })

  test('a flood of numeric references costs no more than its bytes', () => {
    const flood = '&#x41;'.repeat(500_000)
    const started = performance.now()
    expect(read(response(block(flood))).contents[0]).toHaveLength(500_000)
    expect(performance.now() - started).toBeLessThan(5000)
  })
})
