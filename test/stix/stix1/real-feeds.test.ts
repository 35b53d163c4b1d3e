import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readStix1 } from '../../../src/stix/stix1/read.ts'
import type { StatedValue, Statement } from '../../../src/stix/statement.ts'
import { converted, readBack } from '../convert/a-conversion.ts'
import { hasSharedData, sharedData } from '../../support/shared-data.ts'
import { countElements, textsOfElements } from './independent-reader.ts'

const raw = (name: string) => readFileSync(sharedData(`stix1/${name}.xml`))
const indicators = (statements: readonly Statement[]) => statements.filter(({ role }) => role === 'indicator')

function statedValues(statements: readonly Statement[]): ReadonlySet<string> {
  return new Set(
    statements.flatMap(({ values }) => values.flatMap(({ value, original }) => [value, original ?? value])),
  )
}

describe.skipIf(!hasSharedData)('STIX 1 as it is published', () => {
  it.each([
    ['citizenlab-packrat', 131],
    ['citizenlab-nilephish', 52],
    ['stix-phishing-indicator', 1],
  ])('%s has %i indicators', (name, count) => {
    const { statements, losses } = readStix1(raw(name))
    expect(indicators(statements)).toHaveLength(count)
    expect(statements).toHaveLength(count)
    expect(statements.filter(({ values }) => values.length === 0)).toEqual([])
    expect(losses).toHaveLength(name.startsWith('citizenlab') ? 1 : 0)
  })

  it.each(['citizenlab-packrat', 'citizenlab-nilephish'])(
    'every indicator of %s can be looked for by its value',
    (name) => {
      const { statements } = readStix1(raw(name))
      expect(statements.flatMap(({ values }) => values.filter(({ sound }) => !sound))).toEqual([])
      expect(new Set(statements.map(({ id }) => id)).size).toBe(statements.length)
      expect(statements.flatMap(({ unused }) => unused)).toEqual([])
    },
  )

  it.each([
    ['apt1-fqdns', 'Value', 2046],
    ['apt1-md5s', 'Simple_Hash_Value', 1007],
  ])('%s: the value of every observable, as another reader finds them', (name, element, count) => {
    const xml = raw(name)
    const texts = textsOfElements(xml.toString(), element)
    const { statements } = readStix1(xml)
    expect(texts).toHaveLength(count)
    expect(countElements(xml.toString(), 'cybox:Observable')).toBe(count * 2)
    expect(statements).toHaveLength(count)
    expect(
      statements.every(({ role, values }) => role === 'observable' && values.length === 1 && values[0]?.sound),
    ).toBe(true)
    expect(statements.map(({ values }) => values[0]?.value)).toEqual(texts.map((text) => text.toLowerCase()))
  })

  it('apt1-iocs: the value of every observable, compositions and references included', () => {
    const xml = raw('apt1-iocs')
    const text = xml.toString()
    const { statements } = readStix1(xml)
    // Of 94 indicators 47 stand there, and 47 are references of the report to them.
    expect(countElements(text, 'stix:Indicator') + countElements(text, 'report:Indicator')).toBe(94)
    expect(indicators(statements)).toHaveLength(47)
    expect(statements).toHaveLength(47)
    const stated = statedValues(statements)
    // A fragment and a negation name no value.
    const isValue = (tag: string): boolean => !/condition="(?:Contains|DoesNot)/.test(tag)
    const hashes = new Set(textsOfElements(text, 'Simple_Hash_Value', isValue).map((hash) => hash.toLowerCase()))
    expect(hashes.size).toBeGreaterThan(1000)
    expect([...hashes].filter((hash) => !stated.has(hash))).toEqual([])
    const names = textsOfElements(text, 'File_Name', isValue)
    expect(new Set(names).size).toBeGreaterThan(100)
    expect(names.filter((name) => !stated.has(name))).toEqual([])
    const paths = textsOfElements(text, 'File_Path', isValue)
    expect(paths.filter((path) => !stated.has(path))).toEqual([])
  })

  it('SX1-12, PAT-13: apt1-iocs says of values the same before and after it is converted', () => {
    const said = (values: readonly StatedValue[]) => {
      const known = new Map<string, boolean>()
      for (const { kind, value, sound } of values) {
        const key = `${kind} ${value}`
        known.set(key, sound || known.get(key) === true)
      }
      return new Set([...known].map(([key, sound]) => `${key}${sound ? '' : ' ?'}`))
    }
    const before = said(readStix1(raw('apt1-iocs')).statements.flatMap(({ values }) => values))
    const after = said(converted(raw('apt1-iocs')).objects.flatMap((object) => readBack(object).values))
    expect([...before].filter((value) => !after.has(value))).toEqual([])
    expect([...after].filter((value) => !before.has(value))).toEqual([])
  })

  it('apt1-iocs: a hash among alternatives is sound, a name beside a size is a hint', () => {
    const { statements } = readStix1(raw('apt1-iocs'))
    const upload = statements.find(({ name }) => name === 'GDOCUPLOAD (Family)')
    const sound = upload?.values.filter((value) => value.sound).map(({ kind }) => kind)
    expect(new Set(sound)).toEqual(new Set(['md5']))
    expect(upload?.values).toContainEqual({ kind: 'file-name', value: 'gdocs.exe', sound: false })
  })

  it('the phishing indicator has its TLP, kill chain, confidence, sightings and attachment', () => {
    const [statement] = readStix1(raw('stix-phishing-indicator')).statements
    expect(statement).toMatchObject({
      name: '"US-China" Phishing Indicator',
      tlp: 'green',
      killChainPhases: ['LMCO Kill Chain:Delivery'],
      confidence: 85,
      sightings: 1,
      validFrom: '2012-12-01T09:30:47Z',
      validUntil: '2013-02-01T09:30:47Z',
      values: [{ kind: 'md5', value: 'cf2b3ad32a8a4cfb05e9dfc45875bd70', sound: false }],
    })
  })

  it('packrat: TLP of the incident, stricter where an indicator says so; malware by its names', () => {
    const { statements, relations, named } = readStix1(raw('citizenlab-packrat'))
    const levels = new Map<string, number>()
    for (const { tlp } of statements) levels.set(tlp ?? 'none', (levels.get(tlp ?? 'none') ?? 0) + 1)
    expect([...levels.keys()].sort()).toEqual(['amber', 'green'])
    expect(levels.get('amber')).toBe(
      countElements(raw('citizenlab-packrat').toString(), 'indicator:Handling') - greenOnes(),
    )
    expect(relations).toHaveLength(131 * 4)
    expect(named.filter(({ type }) => type === 'malware').map(({ name }) => name)).toEqual([
      'CyberGate',
      'Xtreme RAT',
      'AlienSpy',
      'Adzok',
    ])
  })
})

/** Indicators of packrat that are marked by themselves, but not AMBER. */
function greenOnes(): number {
  const text = raw('citizenlab-packrat').toString()
  const own = [...text.matchAll(/<indicator:Handling>[^]*?<\/indicator:Handling>/g)]
  return own.filter(([handling]) => !handling.includes('color="AMBER"')).length
}
