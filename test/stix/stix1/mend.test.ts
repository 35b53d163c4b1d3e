import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mendXml } from '../../../src/stix/stix1/mend.ts'
import { readXmlRoot, XmlDocumentFault } from '../../../src/stix/stix1-root.ts'
import { aDomain, anIndicator, anObservable, aPackage, said } from './a-package.ts'

const indicator = (id: string) =>
  anIndicator(`<i:Title>${id} title</i:Title>${anObservable(aDomain(`${id}.example`), '', 'i')}`, `id="ex:${id}"`)
const xml = aPackage(`<s:Indicators>${indicator('one')}${indicator('two')}${indicator('three')}</s:Indicators>`)
const told = (text: string) => said(text).statements.map(({ id }) => id)

function orRefused<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof XmlDocumentFault) return undefined
    throw error
  }
}

describe('mendXml', () => {
  it('leaves what is well-formed as it is', () => {
    const tidy = xml.replace(/\s+>/g, '>')
    expect(mendXml(tidy)).toEqual({ xml: tidy, losses: [], broken: [] })
  })

  it('takes an & and a < that begin nothing as text', () => {
    const { xml: mended, losses } = mendXml(xml.replace('one title', 'a & b &nbsp; 1 < 2'))
    expect(said(mended).statements[0]?.name).toBe('a & b &nbsp; 1 < 2')
    expect(losses).toEqual([
      'an & that begins no reference was taken as text (2 times)',
      'a < that begins no tag was taken as text',
    ])
  })

  it('drops characters that XML does not have, written or by number', () => {
    const { xml: mended } = mendXml(xml.replace('one title', 'a\u0001b&#2;c&#xFFFE;d\ud800e&#128512;'))
    expect(said(mended).statements[0]?.name).toBe('abcde\u{1f600}')
  })

  it('closes what a cut left open, and puts the indicator aside in which it was cut', () => {
    for (let end = xml.indexOf('two title'); end < xml.indexOf('three title') - 200; end += 23) {
      const { xml: mended, broken, losses } = mendXml(xml.slice(0, end))
      expect(readXmlRoot(mended).name).toBe('s:STIX_Package')
      const whole = xml.slice(0, end).split('</s:Indicator>').length - 1
      expect(told(mended)).toEqual(['ex:one', 'ex:two'].slice(0, whole))
      expect(broken.length).toBeLessThanOrEqual(1)
      expect(losses).toContain('the document ends before its last element')
    }
  })

  it('puts an indicator aside in which tags do not fit, and keeps the others', () => {
    const { xml: mended, broken } = mendXml(xml.replace('two.example</dom:Value>', 'two.example</dom:Valu>'))
    expect(told(mended)).toEqual(['ex:one', 'ex:three'])
    expect(broken).toMatchObject([{ detail: 'its tags do not fit' }])
    expect(broken[0]?.source).toContain('two.example')
  })

  it('keeps the first of two attributes of a name, and drops those without quotes', () => {
    const { xml: mended } = mendXml(xml.replace('id="ex:one"', 'id="ex:one" id="ex:other" x=1'))
    expect(told(mended)).toEqual(['ex:one', 'ex:two', 'ex:three'])
  })

  it('S12: does not mend what is refused: a document type, depth, too many attributes', () => {
    const many = Array.from({ length: 300 }, (_, index) => `a${index}="1"`).join(' ')
    for (const text of [`<!DOCTYPE x>${xml}`, '<a>'.repeat(200_000), `<a ${many}><b></a>`]) {
      expect(() => mendXml(text)).toThrow(XmlDocumentFault)
    }
  })

  it('whatever is broken, the result is well-formed or refused', () => {
    const breaks = fc.array(
      fc.tuple(fc.nat(xml.length), fc.constantFrom('<', '>', '&', '"', "'", '</', '<a', ']]>', '<!--', '\0', '')),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    fc.assert(
      fc.property(breaks, (places) => {
        let text = xml
        for (const [at, what] of places) text = text.slice(0, at) + what + text.slice(at + (what === '' ? 9 : 0))
        const mended = orRefused(() => mendXml(text))
        if (mended) expect(readXmlRoot(mended.xml).name).not.toBe('')
      }),
      { numRuns: 500 },
    )
  })

  it('takes time by the length of the document only', () => {
    const start = performance.now()
    const texts = ['<', '<a ', '<a b="', '&', '<!--', '<![CDATA[', '</a>', '<a>', '"', "<a b='"].map(
      (piece) => `<s:STIX_Package>${piece.repeat(200_000)}`,
    )
    for (const text of texts) orRefused(() => mendXml(text))
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})
