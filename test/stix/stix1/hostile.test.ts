import { describe, expect, it } from 'vitest'
import { readStix1 } from '../../../src/stix/stix1/read.ts'
import { aDomain, anIndicator, anObservable, aPackage, composition, only, said, saidOf, valuesOf } from './a-package.ts'

const inIndicator = (inner: string) => aPackage(`<s:Indicators>${anIndicator(inner)}</s:Indicators>`)
const good = anObservable(aDomain('good.example'), '', 'i')

/** Reads a document and says how long it took. */
function timed(xml: string) {
  const raw = Buffer.from(xml)
  const start = performance.now()
  const reading = readStix1(raw)
  return { reading, ms: performance.now() - start }
}

describe('hostile STIX 1', () => {
  it('S12: a document type is refused, entities are never expanded', () => {
    const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>${inIndicator(good)}`
    const { statements, losses } = said(bomb)
    expect(statements).toEqual([])
    expect(losses).toEqual(['The XML could only be read in part: a document type declaration is not allowed'])
    expect(said(aPackage('&bomb;')).losses[0]).toMatch(/^The XML could only be read in part: /)
  })

  it('S12: elements 200,000 deep end the reading, and what was whole before is told', () => {
    const before = `<s:Indicators>${anIndicator(good)}</s:Indicators>`
    const { reading, ms } = timed(aPackage(before + '<s:a>'.repeat(200_000)))
    expect(reading.losses).toEqual(['The XML could only be read in part: elements are nested deeper than 64'])
    expect(valuesOf(only(reading))).toEqual(['domain good.example'])
    expect(ms).toBeLessThan(2000)
  })

  it('more than 256 attributes end the reading', () => {
    const many = Array.from({ length: 300 }, (_, index) => `a${index}="1"`).join(' ')
    expect(said(aPackage(`<s:x ${many}/>`)).losses[0]).toMatch(/more than 256 attributes/)
  })

  it('values and titles of 5 MB, and a flood of numeric references, are read in time and not kept', () => {
    const long = 'a'.repeat(5_000_000)
    const value = timed(inIndicator(anObservable(aDomain(long), '', 'i')))
    expect(only(value.reading).values).toEqual([])
    expect(only(value.reading).unused).toEqual(['Not understood: Value (too long)'])
    const flood = timed(inIndicator(`<i:Title>${'&#x41;'.repeat(800_000)}</i:Title>${good}`))
    expect(only(flood.reading).name?.length).toBeLessThanOrEqual(16_384)
    expect(valuesOf(only(flood.reading))).toEqual(['domain good.example'])
    expect(value.ms + flood.ms).toBeLessThan(8000)
  })

  it('a list of 200,000 values in one element is not taken apart', () => {
    const { reading, ms } = timed(
      inIndicator(anObservable(aDomain('a##comma##'.repeat(200_000), 'condition="Equals"'), '', 'i')),
    )
    expect(only(reading).values).toEqual([])
    expect(ms).toBeLessThan(5000)
  })

  it('line ends and escape sequences in titles stay text, for whoever shows them to mend', () => {
    const statement = only(said(inIndicator(`<i:Title>a&#13;&#10;b \u009b31m</i:Title>${good}`)))
    expect(statement.name).toBe('a\r\nb \u009b31m')
    // What XML does not have ends the reading.
    expect(said(inIndicator(`<i:Title>\u001b[2J</i:Title>${good}`)).losses).toHaveLength(1)
  })

  it('elements, attributes and conditions called __proto__ or constructor are names like others', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const object = `<x:Object id="${name}"><x:Properties xsi:type="dom:${name}" ${name}="1"><dom:${name}>1</dom:${name}><dom:Value condition="${name}">bad.example</dom:Value></x:Properties></x:Object>`
      const xml = inIndicator(
        `<i:${name} ${name}="x"/>${anObservable(object, `idref="${name}"`, 'i')}${anObservable(object, '', 'i')}` +
          `<i:Confidence><c:Value>${name}</c:Value></i:Confidence>`,
      )
      const { statements, losses } = said(xml)
      expect(losses).toEqual([])
      expect(statements).toHaveLength(1)
      expect(statements[0]).toMatchObject({ confidence: undefined })
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('compositions that refer to each other twice, forty deep, are read once each', () => {
    const to = (id: number) => `<x:Observable idref="ex:${id}"/>`
    const layers = Array.from({ length: 40 }, (_, index) =>
      anObservable(composition('OR', to(index + 1), to(index + 1)), `id="ex:${index}"`),
    )
    const last = anObservable(aDomain('end.example'), 'id="ex:40"')
    const xml = aPackage(
      `<s:Observables>${layers.join('')}${last}</s:Observables><s:Indicators>${anIndicator('<i:Observable idref="ex:0"/>')}</s:Indicators>`,
    )
    const { reading, ms } = timed(xml)
    expect(valuesOf(only(reading))).toEqual(['domain end.example'])
    expect(ms).toBeLessThan(1000)
  })

  it('references that lead on 20,000 times are followed so far and no further', () => {
    const chain = Array.from({ length: 20_000 }, (_, index) =>
      anObservable(composition('OR', `<x:Observable idref="ex:${index + 1}"/>`), `id="ex:${index}"`),
    )
    const xml = aPackage(
      `<s:Observables>${chain.join('')}</s:Observables><s:Indicators>${anIndicator('<i:Observable idref="ex:0"/>')}</s:Indicators>`,
    )
    const { reading, ms } = timed(xml)
    expect(reading.statements[0]?.unused).toEqual(['References lead on more than 100 times'])
    expect(ms).toBeLessThan(8000)
  })

  it('thousands of indicators that refer to one list of thousands tell a bounded number of values', () => {
    const list = Array.from({ length: 3000 }, (_, index) => anObservable(aDomain(`d${index}.example`))).join('')
    const observables = `<s:Observables>${anObservable(composition('OR', list), 'id="ex:list"')}</s:Observables>`
    const many = Array.from({ length: 200 }, (_, index) =>
      anIndicator('<i:Observable idref="ex:list"/>', `id="ex:${index}"`),
    )
    const { reading } = timed(aPackage(`${observables}<s:Indicators>${many.join('')}</s:Indicators>`))
    const told = reading.statements.reduce((sum, { values }) => sum + values.length, 0)
    expect(told).toBe(500_000)
    expect(reading.statements.at(-1)?.unused).toEqual(['It refers to more values than are read of one package'])
  })

  it('a cut document tells what was whole, and nothing of what was not', () => {
    const xml = aPackage(
      `<s:Indicators>${anIndicator(good)}${anIndicator(anObservable(composition('AND', anObservable(aDomain('first.example')), anObservable(aDomain('second.example'))), '', 'i'))}</s:Indicators>`,
    )
    for (let end = xml.indexOf('first.example'); end < xml.indexOf('second.example'); end += 7) {
      expect(valuesOf(only(said(xml.slice(0, end))))).toEqual(['domain good.example'])
    }
  })

  it('many values in one indicator do not take time by their square', () => {
    const list = (count: number) =>
      composition(
        'OR',
        Array.from({ length: count }, (_, index) => anObservable(aDomain(`d${index}.example`))).join(''),
      )
    expect(saidOf(list(5000)).values).toHaveLength(5000)
    const { ms } = timed(inIndicator(anObservable(list(20_000), '', 'i')))
    expect(ms).toBeLessThan(8000)
  })

  it.each(['', 'no xml', '<', '<a', '<a/>', '\u0000', '<?xml version="1.0"?>', '<a></b>'])(
    'never throws: %j',
    (text) => {
      expect(said(text).statements).toEqual([])
    },
  )
})
