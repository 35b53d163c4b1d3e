import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readStix1 } from '../../../src/stix/stix1/read.ts'
import { hasSharedData, sharedData } from '../../support/shared-data.ts'
import {
  aDomain,
  aFile,
  aHash,
  anAddress,
  anIndicator,
  anObject,
  anObservable,
  aPackage,
  composition,
  said,
  valuesOf,
} from '../stix1/a-package.ts'
import { converted, problemsOf, readBack } from './a-conversion.ts'

const md5 = '0123456789abcdef0123456789abcdef'
const indicators = (...inner: readonly string[]) => aPackage(`<s:Indicators>${inner.join('')}</s:Indicators>`)
const patternOf = (observable: string) => {
  const { objects } = converted(indicators(anIndicator(anObservable(observable, '', 'i'))))
  return objects.find(({ type }) => type === 'indicator')?.['pattern']
}

describe('patterns of converted indicators', () => {
  it.each([
    ['an address', anAddress('192.0.2.1'), "[ipv4-addr:value = '192.0.2.1']"],
    ['a network', anAddress('198.51.100.0/24', 'cidr'), "[ipv4-addr:value ISSUBSET '198.51.100.0/24']"],
    ['several domains', aDomain('a.example##comma##b.example'), "[domain-name:value IN ('a.example', 'b.example')]"],
    ['a hash', aFile(aHash('SHA256', 'AB'.repeat(32))), `[file:hashes.'SHA-256' = '${'ab'.repeat(32)}']`],
    [
      'a hash and a name',
      aFile(`<file:File_Name>it's \\x</file:File_Name>${aHash('MD5', md5)}`),
      `[file:hashes.MD5 = '${md5}' OR (file:hashes.MD5 = '${md5}' AND file:name = 'it\\'s \\\\x')]`,
    ],
    [
      'a part of a name',
      aFile('<file:File_Name condition="StartsWith">bad</file:File_Name>'),
      "[file:name LIKE 'bad%']",
    ],
    [
      'a part with wildcards in it',
      aFile('<file:File_Name condition="EndsWith">100%.exe</file:File_Name>'),
      "[file:name MATCHES '100%\\\\.exe$']",
    ],
    ['another name', aFile('<file:File_Name condition="DoesNotEqual">a</file:File_Name>'), "[file:name != 'a']"],
    [
      'a size between two',
      aFile('<file:Size_In_Bytes condition="InclusiveBetween">10##comma##20</file:Size_In_Bytes>'),
      '[file:size >= 10 AND file:size <= 20]',
    ],
    [
      'what is not understood',
      aFile('<file:File_Name>a</file:File_Name><file:Packer_List>upx</file:Packer_List>'),
      "[file:name = 'a' AND file:x_not_understood = 'Packer_List']",
    ],
  ])('%s', (_, observable, pattern) => {
    expect(patternOf(observable)).toBe(pattern)
  })

  it('AND of observables is AND of observations, OR of equal properties one IN, negation goes inwards', () => {
    const [a, b] = [anObservable(aDomain('a.example')), anObservable(anAddress('192.0.2.1'))]
    expect(patternOf(composition('AND', a, b))).toBe(
      "[domain-name:value = 'a.example'] AND [ipv4-addr:value = '192.0.2.1']",
    )
    expect(patternOf(composition('OR', a, b, anObservable(aDomain('c.example'))))).toBe(
      "[domain-name:value IN ('a.example', 'c.example')] OR [ipv4-addr:value = '192.0.2.1']",
    )
    const or = anObservable(composition('OR', a, b))
    expect(patternOf(composition('AND', or, anObservable(aDomain('c.example'))))).toBe(
      "([domain-name:value = 'a.example'] OR [ipv4-addr:value = '192.0.2.1']) AND [domain-name:value = 'c.example']",
    )
    const none = anObservable(composition('OR', a, b), 'negate="true"')
    expect(patternOf(composition('OR', none))).toBe(
      "[domain-name:value != 'a.example'] AND [ipv4-addr:value != '192.0.2.1']",
    )
  })

  it('what stands beside alternatives of which none is understood is not certain', () => {
    const lost = anObservable(composition('OR', anObservable(aFile('')), anObservable(aFile(''))))
    const beside = composition('AND', lost, anObservable(composition('OR', anObservable(aDomain('a.example')))))
    expect(patternOf(beside)).toBe(
      "[x-cybox-object:x_not_understood = 'an observable without content'] AND [domain-name:value = 'a.example']",
    )
    expect(patternOf(composition('OR', lost, anObservable(aDomain('a.example'))))).toBe(
      "[domain-name:value = 'a.example']",
    )
    expect(patternOf(composition('OR', lost))).toBeUndefined()
  })

  it('thousands of alternatives become several indicators, none too long to be read', () => {
    const many = Array.from({ length: 6000 }, (_, index) => anObservable(aDomain(`d${index}.example`)))
    const { objects } = converted(indicators(anIndicator(anObservable(composition('OR', ...many), '', 'i'))))
    expect(objects.length).toBeGreaterThan(1)
    expect(problemsOf(objects)).toEqual([])
    expect(objects.flatMap((object) => readBack(object).values)).toHaveLength(6000)
  })

  it('what cannot be found, or goes round, never makes a value certain', () => {
    const dangling = composition('AND', anObservable(aDomain('a.example')), '<x:Observable idref="ex:none"/>')
    const { objects } = converted(indicators(anIndicator(anObservable(dangling, '', 'i'))))
    expect(objects.map((object) => valuesOf(readBack(object)))).toEqual([['domain a.example ?']])
    const round = converted(
      aPackage(
        `<s:Observables>${anObservable(composition('OR', '<x:Observable idref="ex:1"/>', anObservable(aDomain('a.example'))), 'id="ex:1"')}</s:Observables><s:Indicators>${anIndicator('<i:Observable idref="ex:1"/>')}</s:Indicators>`,
      ),
    )
    expect(round.objects.map((object) => valuesOf(readBack(object)))).toEqual([['domain a.example']])
  })

  const leaf = fc.oneof(
    fc.nat(50).map((n) => aDomain(`d${n}.example`)),
    fc.nat(250).map((n) => anAddress(`192.0.2.${n}`)),
    fc.nat(9).map((n) => aFile(aHash('MD5', String(n).repeat(32)))),
    fc.string({ minLength: 1, maxLength: 12 }).map((text) => {
      const name = text.replace(/[^ -~]/g, '_').replace(/[<&]/g, '+')
      return aFile(`<file:File_Name>${name.trim() === '' ? 'x' : name}</file:File_Name>`)
    }),
    fc.nat(9).map((n) => anObject('mut:Mutex', `<mut:Name>m${n}</mut:Name>`)),
    fc.nat(9).map((n) => aFile(`<file:File_Name>n${n}</file:File_Name><file:Packer_List>x</file:Packer_List>`)),
    fc.constantFrom(aFile('<file:Packer_List>x</file:Packer_List>'), aFile('')),
  )
  const tree = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc
        .tuple(fc.constantFrom('AND', 'OR'), fc.array(tie('node'), { minLength: 1, maxLength: 4 }))
        .map(([operator, parts]) => composition(operator, ...parts.map((part) => anObservable(part)))),
    ),
  })).node

  it('PAT-13: every converted pattern is read as the same values, sound and hints, as the original', () => {
    fc.assert(
      fc.property(tree, (observable) => {
        const xml = indicators(anIndicator(anObservable(observable, '', 'i')))
        const original = said(xml).statements.flatMap((statement) => valuesOf(statement))
        const read = converted(xml).objects.map(readBack)
        expect(read.flatMap(({ unused }) => unused.filter((why) => /invalid|not valid|expected/i.test(why)))).toEqual(
          [],
        )
        expect([...read.flatMap(valuesOf)].sort()).toEqual([...original].sort())
      }),
      { numRuns: 300 },
    )
  })
})

describe('negations of converted indicators', () => {
  const observable = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc
        .tuple(fc.nat(9), fc.constantFrom('', 'condition="DoesNotEqual"', 'condition="Contains"'))
        .map(([n, condition]) => aDomain(`d${n}.example`, condition)),
      fc
        .tuple(
          fc.constantFrom('AND', 'OR'),
          fc.array(fc.tuple(tie('node'), fc.boolean()), { minLength: 1, maxLength: 3 }),
        )
        .map(([operator, parts]) =>
          composition(operator, ...parts.map(([part, isNot]) => anObservable(part, isNot ? 'negate="true"' : ''))),
        ),
    ),
  })).node

  it('PAT-13: what is sound in the pattern is what is sound in the original', () => {
    const sound = (values: readonly string[]) => values.filter((text) => !text.endsWith('?')).sort()
    fc.assert(
      fc.property(observable, (inner) => {
        const xml = indicators(anIndicator(anObservable(inner, '', 'i')))
        const original = said(xml).statements.flatMap((statement) => valuesOf(statement))
        const read = converted(xml).objects.flatMap((object) => valuesOf(readBack(object)))
        expect(sound(read)).toEqual(sound(original))
        expect(read.map(bare).filter((text) => !original.map(bare).includes(text))).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  const bare = (text: string) => text.replace(/ \?$/, '')
})

describe('converted objects', () => {
  const campaign =
    '<s:Campaigns><s:Campaign id="ex:c-1"><ca:Title>Dark Week</ca:Title><ca:Related_Indicators><ca:Related_Indicator><c:Indicator idref="ex:indicator-1"/></ca:Related_Indicator></ca:Related_Indicators></s:Campaign></s:Campaigns>'
  const full = aPackage(
    '<s:STIX_Header><s:Handling><m:Marking><m:Controlled_Structure>//node()</m:Controlled_Structure><m:Marking_Structure color="AMBER"/></m:Marking></s:Handling></s:STIX_Header>' +
      `<s:Observables>${anObservable(anAddress('192.0.2.9'), 'id="ex:o-1"')}</s:Observables>` +
      `<s:Indicators>${anIndicator(
        `<i:Title>Bad</i:Title><i:Type>C2</i:Type>${anObservable(aDomain('bad.example'), '', 'i')}` +
          '<i:Indicated_TTP><c:TTP xsi:type="t:TTPType"><t:Title>Inline</t:Title></c:TTP></i:Indicated_TTP>' +
          '<i:Kill_Chain_Phases><c:Kill_Chain_Phase kill_chain_name="LMCO Kill Chain" name="Command and Control"/></i:Kill_Chain_Phases>' +
          '<i:Confidence><c:Value>High</c:Value></i:Confidence>' +
          '<i:Sightings sightings_count="3"/>' +
          '<i:Producer><c:Identity><c:Name>Acme</c:Name></c:Identity></i:Producer>',
      )}</s:Indicators>${campaign}`,
    { attributes: 'timestamp="2026-01-01T00:00:00Z"' },
  )

  it('indicators keep what was said of them, and what they refer to is there', () => {
    const { objects, losses } = converted(full)
    expect(losses).toEqual([])
    expect(problemsOf(objects)).toEqual([])
    expect(objects.find(({ type }) => type === 'indicator')).toMatchObject({
      name: 'Bad',
      labels: ['C2'],
      indicator_types: ['malicious-activity'],
      confidence: 85,
      modified: '2026-01-02T03:04:05.000Z',
      kill_chain_phases: [{ kill_chain_name: 'lockheed-martin-cyber-kill-chain', phase_name: 'command-and-control' }],
      object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'],
      external_references: [{ source_name: 'stix1', external_id: 'ex:indicator-1' }],
    })
    const types = objects.map(({ type }) => type).sort()
    expect(types).toEqual([
      'attack-pattern',
      'campaign',
      'identity',
      'indicator',
      'ipv4-addr',
      'marking-definition',
      'observed-data',
      'relationship',
      'relationship',
      'sighting',
    ])
  })

  it('the same document gives the same objects; ids come from the original ids', () => {
    expect(converted(full)).toEqual(converted(full))
    const idOf = (xml: string) => converted(xml).objects.find(({ type }) => type === 'indicator')?.id
    expect(idOf(full.replaceAll('bad.example', 'worse.example'))).toBe(idOf(full))
    expect(idOf(full.replaceAll('ex:indicator-1', 'ex:indicator-2'))).not.toBe(idOf(full))
  })

  it("STX-7: cyber-observables have the standard's ids", () => {
    const { objects } = converted(
      aPackage(
        `<s:Observables>${anObservable(aDomain('example.com'))}${anObservable(anAddress('198.51.100.3'))}</s:Observables>`,
      ),
    )
    expect(objects.map(({ id }) => id)).toEqual([
      'domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7',
      'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4',
    ])
  })

  it('bare observables become what they are, with what they refer to', () => {
    const object = (observable: string) =>
      converted(aPackage(`<s:Observables>${anObservable(observable)}</s:Observables>`))
    const mail = object(
      anObject(
        'mail:EmailMessage',
        '<mail:Header><mail:From><addr:Address_Value>eve@bad.example</addr:Address_Value></mail:From><mail:Subject>Hi</mail:Subject></mail:Header>',
      ),
    )
    expect(mail.objects).toMatchObject([
      { type: 'email-addr', value: 'eve@bad.example' },
      { type: 'email-message', is_multipart: false, subject: 'Hi' },
    ])
    expect(problemsOf(mail.objects)).toEqual([])
    const file = object(
      aFile(`<file:File_Name>a.exe</file:File_Name><file:Size_In_Bytes>7</file:Size_In_Bytes>${aHash('MD5', md5)}`),
    )
    expect(file.objects).toMatchObject([{ type: 'file', name: 'a.exe', hashes: { MD5: md5 } }])
    const socket = object(
      anObject(
        'sock:SocketAddress',
        '<sock:IP_Address><addr:Address_Value>192.0.2.1</addr:Address_Value></sock:IP_Address><sock:Port><port:Port_Value>80</port:Port_Value></sock:Port>',
      ),
    )
    expect(socket.objects).toMatchObject([
      { type: 'ipv4-addr' },
      { type: 'network-traffic', dst_port: 80, protocols: ['ipv4'] },
    ])
    expect(problemsOf([...file.objects, ...socket.objects])).toEqual([])
  })

  it('what is left out is counted, with an example', () => {
    const { objects, losses } = converted(
      aPackage(
        `<s:Observables>${anObservable(aFile('<file:File_Name condition="Contains">x</file:File_Name>'), 'id="ex:1"')}</s:Observables>` +
          `<s:Indicators>${anIndicator('<i:Title>empty</i:Title>')}</s:Indicators>`,
      ),
    )
    expect(objects).toEqual([])
    expect(losses).toContainEqual({
      loss: 'A pattern without an indicator, which is no observation',
      count: 1,
      example: null,
    })
    expect(losses).toContainEqual({
      loss: 'An indicator without anything that a pattern can say',
      count: 1,
      example: 'ex:indicator-1',
    })
  })
})

describe.skipIf(!hasSharedData)('real STIX 1, converted', () => {
  it.each([
    'apt1-fqdns',
    'apt1-iocs',
    'apt1-md5s',
    'citizenlab-packrat',
    'citizenlab-nilephish',
    'stix-phishing-indicator',
  ])('%s is valid STIX 2.1 that says what the original says', (name) => {
    const raw = readFileSync(sharedData(`stix1/${name}.xml`))
    const { objects } = converted(raw)
    expect(problemsOf(objects)).toEqual([])
    const original = readStix1(raw).statements
    const known = new Set(original.flatMap((statement) => valuesOf(statement).map((text) => text)))
    const read = objects.flatMap((object) => valuesOf(readBack(object)))
    expect(objects.flatMap((object) => readBack(object).unused.filter((why) => /invalid|expected/i.test(why)))).toEqual(
      [],
    )
    expect(read.filter((text) => !known.has(text))).toEqual([])
    // A part of a value, and what must not be there, are hints in STIX 1 and no values in a pattern.
    const sound = original.flatMap((statement) => valuesOf(statement).filter((text) => !text.endsWith('?')))
    expect(sound.filter((text) => !read.includes(text))).toEqual([])
    if (name !== 'apt1-iocs') expect(new Set(read)).toEqual(known)
  })
})
