import { describe, expect, it } from 'vitest'
import { aDomain, anIndicator, anObservable, aPackage, only, said } from './a-package.ts'

const observable = anObservable(aDomain('bad.example'), 'id="ex:observable-1"', 'i')
const indicator = (inner: string, before = '') =>
  only(said(aPackage(`${before}<s:Indicators>${anIndicator(inner + observable)}</s:Indicators>`)))
const structure = (color: string) => `<m:Marking_Structure xsi:type="tlp:TLPMarkingStructureType" color="${color}"/>`
const marking = (path: string, color: string) =>
  `<m:Marking><m:Controlled_Structure>${path}</m:Controlled_Structure>${structure(color)}</m:Marking>`
const header = (...markings: readonly string[]) =>
  `<s:STIX_Header><s:Handling>${markings.join('')}</s:Handling></s:STIX_Header>`
const handling = (...markings: readonly string[]) => `<i:Handling>${markings.join('')}</i:Handling>`

describe('what an indicator says of itself', () => {
  it('SX1-3: title, description, types, times, producer', () => {
    const read = indicator(
      '<i:Title>A "bad" &lt;one&gt;</i:Title><i:Type>Domain Watchlist</i:Type><i:Type>C2</i:Type><i:Type>C2</i:Type>' +
        '<i:Description>\n  Two\n  lines </i:Description>' +
        '<i:Valid_Time_Position><i:Start_Time>2026-01-01T01:00:00+01:00</i:Start_Time><i:End_Time>2026-02-01</i:End_Time></i:Valid_Time_Position>' +
        '<i:Producer><c:Identity id="ex:org"><c:Name>Acme</c:Name></c:Identity><c:Time><y:Produced_Time>2025-12-31T00:00:00.5Z</y:Produced_Time></c:Time></i:Producer>',
    )
    expect(read).toMatchObject({
      id: 'ex:indicator-1',
      role: 'indicator',
      name: 'A "bad" <one>',
      description: 'Two\n  lines',
      labels: ['Domain Watchlist', 'C2'],
      category: 'Domain Watchlist',
      validFrom: '2026-01-01T00:00:00Z',
      validUntil: '2026-02-01T00:00:00Z',
      created: '2025-12-31T00:00:00.5Z',
      modified: '2026-01-02T03:04:05Z',
      createdBy: 'ex:org',
      revoked: false,
    })
  })

  it('several validities reach from the first begin to the last end, and open ones stay open', () => {
    const span = (from: string, until: string) =>
      `<i:Valid_Time_Position><i:Start_Time>${from}</i:Start_Time>${until}</i:Valid_Time_Position>`
    const end = (time: string) => `<i:End_Time>${time}</i:End_Time>`
    expect(indicator(span('2026-03-01', end('2026-04-01')) + span('2026-01-01', end('2026-02-01')))).toMatchObject({
      validFrom: '2026-01-01T00:00:00Z',
      validUntil: '2026-04-01T00:00:00Z',
    })
    expect(indicator(span('2026-01-01', end('2026-02-01')) + span('2026-03-01', ''))).toMatchObject({
      validUntil: undefined,
    })
    expect(indicator('<i:Valid_Time_Position/>')).toMatchObject({ validFrom: undefined, validUntil: undefined })
  })

  it.each([
    ['High', 85],
    ['medium', 50],
    ['Low', 15],
    ['None', 0],
    ['Unknown', undefined],
    ['70', 70],
    ['70%', 70],
    ['250', undefined],
    ['2 - Probably True', 70],
    ['__proto__', undefined],
  ])('confidence and likely impact of %s are %s', (text, number) => {
    const read = indicator(
      `<i:Confidence><c:Value>${text}</c:Value></i:Confidence><i:Likely_Impact><c:Value>${text}</c:Value></i:Likely_Impact>`,
    )
    expect([read.confidence, read.severity]).toEqual([number, number])
  })

  it('sightings are counted, the first and the last are known', () => {
    const sighting = (day: string) => `<i:Sighting timestamp="2026-01-${day}T00:00:00Z"/>`
    const read = indicator(`<i:Sightings sightings_count="7">${sighting('09')}${sighting('02')}</i:Sightings>`)
    expect(read).toMatchObject({ sightings: 7, firstSeen: '2026-01-02T00:00:00Z', lastSeen: '2026-01-09T00:00:00Z' })
    expect(indicator(`<i:Sightings>${sighting('09')}</i:Sightings>`).sightings).toBe(1)
    expect(indicator('').sightings).toBeUndefined()
  })

  it('kill chain phases are named in place, in the package, or known by their id', () => {
    const chain =
      '<s:TTPs><s:Kill_Chains><c:Kill_Chain id="ex:chain" name="Our Chain"><c:Kill_Chain_Phase phase_id="ex:phase" name="First"/></c:Kill_Chain></s:Kill_Chains></s:TTPs>'
    const phases = (attributes: string) =>
      `<i:Kill_Chain_Phases><c:Kill_Chain_Phase ${attributes}/></i:Kill_Chain_Phases>`
    expect(indicator(phases('kill_chain_name="A" name="B"')).killChainPhases).toEqual(['A:B'])
    expect(indicator(phases('kill_chain_id="ex:chain" phase_id="ex:phase"'), chain).killChainPhases).toEqual([
      'Our Chain:First',
    ])
    expect(indicator(phases('phase_id="stix:TTP-79a0e041-9d5f-49bb-ada4-8322622b162d"')).killChainPhases).toEqual([
      'LMCO Kill Chain:Delivery',
    ])
    expect(indicator(phases('phase_id="ex:unknown"')).killChainPhases).toEqual([])
  })

  it('an indicated TTP is a relation and the category', () => {
    const ttp =
      '<s:TTPs><s:TTP id="ex:ttp-1" xsi:type="t:TTPType"><t:Title>Payload: Bad RAT</t:Title><t:Behavior><t:Malware><t:Malware_Instance><t:Name>Bad RAT</t:Name></t:Malware_Instance></t:Malware></t:Behavior></s:TTP></s:TTPs>'
    const indicated = '<i:Type>C2</i:Type><i:Indicated_TTP><c:TTP idref="ex:ttp-1"/></i:Indicated_TTP>'
    const reading = said(aPackage(`${ttp}<s:Indicators>${anIndicator(indicated + observable)}</s:Indicators>`))
    expect(only(reading).category).toBe('Bad RAT')
    expect(reading.relations).toEqual([{ from: 'ex:indicator-1', type: 'indicates', to: 'ex:ttp-1' }])
    expect(reading.named).toEqual([{ id: 'ex:ttp-1', type: 'malware', name: 'Bad RAT' }])
  })

  it('an indicator of a campaign indicates it', () => {
    const campaign = `<s:Campaigns><s:Campaign id="ex:c-1"><ca:Title>Dark Week</ca:Title><ca:Related_Indicators><ca:Related_Indicator><c:Indicator idref="ex:indicator-1"/></ca:Related_Indicator></ca:Related_Indicators></s:Campaign></s:Campaigns>`
    const reading = said(aPackage(`<s:Indicators>${anIndicator(observable)}</s:Indicators>${campaign}`))
    expect(reading.relations).toEqual([{ from: 'ex:indicator-1', type: 'indicates', to: 'ex:c-1' }])
    expect(reading.named).toEqual([{ id: 'ex:c-1', type: 'campaign', name: 'Dark Week' }])
  })

  it("the header's source and time stand in where the indicator has none", () => {
    const source =
      '<s:STIX_Header><s:Information_Source><c:Identity><c:Name>Acme</c:Name></c:Identity></s:Information_Source></s:STIX_Header>'
    const bare = `<s:Indicator id="ex:1">${observable}</s:Indicator>`
    const xml = aPackage(`${source}<s:Indicators>${bare}</s:Indicators>`, {
      attributes: 'timestamp="2026-05-05T05:05:05"',
    })
    expect(only(said(xml))).toMatchObject({ createdBy: 'Acme', modified: '2026-05-05T05:05:05Z' })
  })
})

describe('TLP', () => {
  it.each([
    ['//node()', 'the whole document'],
    ['//node() | //@*', 'the whole document and its attributes'],
    ['../../../../descendant-or-self::node()', 'steps up to the package'],
    ['ancestor-or-self::s:STIX_Package//node()', 'an ancestor'],
    ['/s:STIX_Package/descendant-or-self::node()', 'the root'],
    ['//s:Indicator/descendant-or-self::node()', 'every indicator'],
    ["//s:Indicator[@id='ex:indicator-1']//node()", 'this indicator'],
    ['//i:Observable', 'observables'],
    ['', 'nothing, which is its package'],
    ['count(//x) = weird', 'something unknown, which is its package'],
  ])('of the header reaches an indicator by %s (%s)', (path) => {
    expect(indicator('', header(marking(path, 'AMBER'))).tlp).toBe('amber')
  })

  it.each([
    ["//s:Indicator[@id='ex:other']//node()"],
    ['//s:Incident/descendant-or-self::node()'],
    ['//i:Suggested_COAs//node()'],
    ['/s:STIX_Package/s:STIX_Header/descendant-or-self::node()'],
  ])('of the header does not reach an indicator by %s', (path) => {
    expect(indicator('', header(marking(path, 'RED'))).tlp).toBeUndefined()
  })

  it('the strictest counts: of the package, of the indicator, and of its values', () => {
    const here = '../../../descendant-or-self::node()'
    expect(indicator(handling(marking(here, 'GREEN'))).tlp).toBe('green')
    expect(indicator(handling(marking(here, 'WHITE')), header(marking('//node()', 'AMBER'))).tlp).toBe('amber')
    expect(indicator(handling(marking(here, 'RED')), header(marking('//node()', 'AMBER'))).tlp).toBe('red')
    expect(indicator(handling(marking(here, 'GREEN'), marking('../../../i:Observable', 'AMBER+STRICT'))).tlp).toBe(
      'amber+strict',
    )
  })

  it('a marking of one part that holds no value does not count', () => {
    const path = "ancestor-or-self::s:Indicator//i:Suggested_COAs/i:Suggested_COA/c:Course_Of_Action[@id='ex:coa']"
    const all = 'ancestor-or-self::s:Indicator//node()'
    expect(indicator(handling(marking(all, 'GREEN'), marking(path, 'RED'))).tlp).toBe('green')
  })

  it('an indicator is not marked by what marks another', () => {
    const other = anIndicator(observable, 'id="ex:2"').replace(
      '</s:Indicator>',
      `${handling(marking('../../../descendant-or-self::node()', 'RED'))}</s:Indicator>`,
    )
    const reading = said(aPackage(`<s:Indicators>${anIndicator(observable)}${other}</s:Indicators>`))
    expect(reading.statements.map(({ tlp }) => tlp)).toEqual([undefined, 'red'])
  })

  it('S26: an indicator is marked by what marks indicators inside of it, and those it refers to', () => {
    const red = handling(marking('../../../descendant-or-self::node()', 'RED'))
    const inner = (attributes: string) => anIndicator(observable + red, attributes)
    const composite = (...parts: readonly string[]) =>
      anIndicator(
        `<i:Composite_Indicator_Expression operator="OR">${parts.join('')}</i:Composite_Indicator_Expression>`,
        'id="ex:outer"',
      )
    const tlpOfOuter = (...indicators: readonly string[]) =>
      said(aPackage(`<s:Indicators>${indicators.join('')}</s:Indicators>`)).statements.find(
        ({ id }) => id === 'ex:outer',
      )?.tlp
    expect(tlpOfOuter(composite(inner('id="ex:inner"')))).toBe('red')
    expect(tlpOfOuter(composite(inner('')))).toBe('red')
    expect(tlpOfOuter(composite('<s:Indicator idref="ex:2"/>'), inner('id="ex:2"'))).toBe('red')
    expect(tlpOfOuter(composite(anIndicator(observable, 'id="ex:3"')), inner('id="ex:2"'))).toBeUndefined()
  })

  it('stands in the text of simple markings too, and unknown colours are none', () => {
    const simple = (text: string) =>
      header(
        `<m:Marking><m:Controlled_Structure>//node()</m:Controlled_Structure><m:Marking_Structure><simple:Statement xmlns:simple="http://data-marking.mitre.org/extensions/MarkingStructure#Simple-1">${text}</simple:Statement></m:Marking_Structure></m:Marking>`,
      )
    expect(indicator('', simple('Handle as TLP:AMBER please')).tlp).toBe('amber')
    expect(indicator('', simple('Copyright')).tlp).toBeUndefined()
    expect(indicator('', header(marking('//node()', 'purple'))).tlp).toBeUndefined()
  })

  it('of a bare observable is that of its package', () => {
    const xml = aPackage(
      `${header(marking('//node()', 'GREEN'))}<s:Observables>${anObservable(aDomain('bad.example'))}</s:Observables>`,
    )
    expect(only(said(xml))).toMatchObject({ role: 'observable', tlp: 'green' })
  })
})
