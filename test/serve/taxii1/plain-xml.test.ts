import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPlainXml } from '../../../src/serve/taxii1/plain-xml.ts'
import { embeddable } from '../../../src/taxii/v1/xml-writer.ts'
import { hasSharedData, sharedData } from '../../support/shared-data.ts'

const isXml = (text: string): boolean => embeddable(`<content>${text}</content>`) !== undefined

test.each([
  '<a/>',
  ' <a b="1" c=\'2\'>text &amp; more<!-- <x> & --><![CDATA[<&]]></a>\r\n',
  `<a:b xmlns:a="urn:a" a:c = "&lt;'" ><a:b/></a:b >`,
  '<a/><b/>',
  '<a>é😀\u00a0</a>',
])('what is usual is known to be well-formed: %s', (text) => {
  expect([isPlainXml(text), isXml(text)]).toEqual([true, true])
})

test.each([
  '<a>',
  '</a>',
  '<a></b>',
  '<a><b></a></b>',
  '<a b="1" b="2"/>',
  '<a b="<"/>',
  '<a b="&"/>',
  '<a b=1/>',
  '<a b/>',
  '<a b="1"c="2"/>',
  '<a\u00a0b="1"/>',
  '<a>&nbsp;</a>',
  '<a>& b</a>',
  '<a>]]></a>',
  '<a><!-- -- --></a>',
  '<a><!-- --->x</a>',
  '<a><![CDATA[</a>',
  '<!DOCTYPE a><a/>',
  '<a>\u0001</a>',
  '<1/>',
  '<a:/>',
  '< a/>',
  '<a/',
])('what is wrong is never taken for well-formed: %s', (text) => {
  expect(isPlainXml(text)).toBe(false)
})

test('it never says yes where the parser says no, whatever pieces a text is made of', () => {
  const pieces = [
    '<a>',
    '</a>',
    '<b x="1">',
    '</b>',
    '<c/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '&amp;',
    '&',
    '<',
    '>',
    '"',
    "'",
    '=',
    ' x="',
    ' ',
    'text',
    '<?p?>',
    '\u0000',
    'é',
    '--',
    ']]',
    '/',
  ]
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, (made) => {
      if (isPlainXml(made)) expect(isXml(made)).toBe(true)
    }),
    { numRuns: 20_000 },
  )
})

test('beyond the limits of depth and attributes it leaves the word to the parser', () => {
  expect(isPlainXml('<a>'.repeat(61) + '</a>'.repeat(61))).toBe(false)
  const many = Array.from({ length: 201 }, (_, n) => `abcdef${n}="1"`).join(' ')
  expect(isPlainXml(`<a ${many}/>`)).toBe(false)
})

test.skipIf(!hasSharedData)('real STIX 1 (of ../shared/data) needs no parser', () => {
  for (const file of ['apt1-fqdns.xml', 'apt1-md5s.xml', 'stix-phishing-indicator.xml']) {
    const text = readFileSync(sharedData(`stix1/${file}`), 'utf8').replace(/^\ufeff?\s*<\?xml[^>]*\?>/, '')
    expect([file, isPlainXml(text)]).toEqual([file, true])
  }
})
