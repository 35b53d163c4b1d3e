import { describe, expect, it } from 'vitest'
import {
  aDomain,
  anAddress,
  anIndicator,
  anObservable,
  aPackage,
  composition,
  only,
  said,
  saidOf,
  valuesOf,
} from './a-package.ts'

const a = anObservable(aDomain('a.example'))
const b = anObservable(aDomain('b.example'))
const c = anObservable(aDomain('c.example'))
const to = (id: string) => `<x:Observable idref="ex:${id}"/>`
const defined = (id: string, inner: string, attributes = '') => anObservable(inner, `id="ex:${id}" ${attributes}`)
const indicators = (...inner: readonly string[]) => `<s:Indicators>${inner.join('')}</s:Indicators>`
const observables = (...inner: readonly string[]) => `<s:Observables>${inner.join('')}</s:Observables>`
const byReference = (id: string) => anIndicator(`<i:Observable idref="ex:${id}"/>`)

describe('compositions', () => {
  it('SX1-4: alternatives are values, what has to hold together are hints', () => {
    expect(valuesOf(saidOf(composition('OR', a, b)))).toEqual(['domain a.example', 'domain b.example'])
    expect(valuesOf(saidOf(composition('AND', a, b)))).toEqual(['domain a.example ?', 'domain b.example ?'])
    expect(valuesOf(saidOf(composition('AND', a)))).toEqual(['domain a.example'])
    const nested = composition('OR', a, anObservable(composition('AND', b, anObservable(composition('OR', c)))))
    expect(valuesOf(saidOf(nested))).toEqual(['domain a.example', 'domain b.example ?', 'domain c.example ?'])
  })

  it('SX1-4: without an operator they have to hold together', () => {
    expect(valuesOf(saidOf(`<x:Observable_Composition>${a}${b}</x:Observable_Composition>`))).toEqual([
      'domain a.example ?',
      'domain b.example ?',
    ])
  })

  it('SX1-4: negate turns an observable, a composition and an indicator round; what must not be there is no value', () => {
    const not = (inner: string) => anObservable(inner, 'negate="true"')
    expect(valuesOf(saidOf(composition('OR', not(aDomain('a.example')))))).toEqual([])
    expect(valuesOf(saidOf(composition('AND', a, not(aDomain('b.example')))))).toEqual(['domain a.example ?'])
    const unless = composition('OR', not(composition('AND', not(aDomain('a.example')), not(aDomain('b.example')))))
    expect(valuesOf(saidOf(unless))).toEqual(['domain a.example', 'domain b.example'])
    const neither = composition('OR', not(composition('OR', not(aDomain('a.example')), not(aDomain('b.example')))))
    expect(valuesOf(saidOf(neither))).toEqual(['domain a.example ?', 'domain b.example ?'])
    const negated = anIndicator(anObservable(aDomain('a.example'), '', 'i'), 'id="ex:i" negate="true"')
    expect(valuesOf(only(said(aPackage(indicators(negated)))))).toEqual([])
  })

  it('an observable without content may be anything: nothing beside it is certain', () => {
    const statement = saidOf(composition('AND', a, anObservable('<x:Title>lost</x:Title>')))
    expect(valuesOf(statement)).toEqual(['domain a.example ?'])
    expect(valuesOf(saidOf(composition('OR', a, anObservable('<x:Title>lost</x:Title>'))))).toEqual([
      'domain a.example',
    ])
  })

  it('SX1-3: composite indicators speak for those inside of them, also by idref', () => {
    const inner = (id: string, domain: string) =>
      `<i:Indicator id="ex:${id}" xsi:type="i:IndicatorType">${anObservable(aDomain(domain), '', 'i')}</i:Indicator>`
    const composite = (operator: string, ...parts: readonly string[]) =>
      anIndicator(
        `<i:Composite_Indicator_Expression operator="${operator}">${parts.join('')}</i:Composite_Indicator_Expression>`,
      )
    const read = (xml: string) => said(aPackage(indicators(xml))).statements
    expect(read(composite('OR', inner('1', 'a.example'), inner('2', 'b.example'))).map(valuesOf)).toEqual([
      ['domain a.example', 'domain b.example'],
    ])
    expect(read(composite('AND', inner('1', 'a.example'), inner('2', 'b.example'))).map(valuesOf)).toEqual([
      ['domain a.example ?', 'domain b.example ?'],
    ])
    const known = anIndicator(anObservable(aDomain('a.example'), '', 'i'), 'id="ex:9"')
    expect(read(composite('OR', '<i:Indicator idref="ex:9"/>') + known).map(valuesOf)).toEqual([
      ['domain a.example'],
      ['domain a.example'],
    ])
  })
})

describe('references', () => {
  it('SX1-4: idref is resolved after the whole package, before and behind', () => {
    const before = said(aPackage(observables(defined('1', aDomain('a.example'))) + indicators(byReference('1'))))
    const behind = said(aPackage(indicators(byReference('1')) + observables(defined('1', aDomain('a.example')))))
    for (const reading of [before, behind]) {
      expect(reading.statements.map(({ role }) => role)).toEqual(['indicator'])
      expect(valuesOf(only(reading))).toEqual(['domain a.example'])
    }
  })

  it('SX1-4: a reference to nothing is said, and makes what stands beside it a hint', () => {
    const reading = said(aPackage(indicators(anIndicator(anObservable(composition('AND', a, to('none')), '', 'i')))))
    expect(valuesOf(only(reading))).toEqual(['domain a.example ?'])
    expect(only(reading).unused).toEqual(['It refers to "ex:none", which is not in the package'])
  })

  it('SX1-4: circles end, and what is in them is told once', () => {
    const circle = observables(
      defined('1', composition('OR', to('2'), a)),
      defined('2', composition('OR', to('1'), b)),
      defined('3', composition('OR', to('3'), c)),
    )
    const told = said(aPackage(circle)).statements
    expect(told.map(({ id, values }) => [id, values.length])).toEqual([
      ['ex:1', 2],
      ['ex:3', 1],
    ])
    expect(
      valuesOf(
        only(
          said(
            aPackage(indicators(byReference('2')) + circle.replace(/<x:Observable id="ex:3".*/, '</s:Observables>')),
          ),
        ),
      ),
    ).toEqual(['domain a.example', 'domain b.example'])
  })

  it('bare observables have a statement of their own; those of indicators and compositions have none', () => {
    const reading = said(
      aPackage(
        observables(
          defined('1', aDomain('a.example')),
          defined('2', anAddress('192.0.2.1')),
          defined('3', composition('AND', to('1'), b)),
          defined('4', aDomain('d.example')),
        ) + indicators(byReference('2')),
      ),
    )
    expect(
      reading.statements.map(({ id, role, values }) => `${role} ${id} ${valuesOf({ values }).join(', ')}`),
    ).toEqual([
      'indicator ex:indicator-1 ipv4 192.0.2.1',
      'observable ex:3 domain a.example ?, domain b.example ?',
      'observable ex:4 domain d.example',
    ])
  })

  it('SX1-2: indicators are found in incidents, TTPs and related packages, and not where they are only referred to', () => {
    const inner = (id: string) =>
      `<c:Indicator id="ex:${id}">${anObservable(aDomain(`${id}.example`), '', 'i')}</c:Indicator>`
    const incident = `<s:Incidents><s:Incident id="ex:n"><n:Related_Indicators><n:Related_Indicator>${inner('one')}</n:Related_Indicator><n:Related_Indicator><c:Indicator idref="ex:one"/></n:Related_Indicator></n:Related_Indicators></s:Incident></s:Incidents>`
    const related = `<s:Related_Packages><s:Related_Package><s:Package>${indicators(anIndicator(anObservable(aDomain('two.example'), '', 'i'), 'id="ex:two"'))}</s:Package></s:Related_Package></s:Related_Packages>`
    expect(said(aPackage(incident + related)).statements.map(({ id }) => id)).toEqual(['ex:one', 'ex:two'])
  })
})
