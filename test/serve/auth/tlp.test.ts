import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWithinTlp, openTlpCeiling } from '../../../src/serve/auth/tlp.ts'
import { tlpLevels, type TlpLevel } from '../../../src/serve/authentication.ts'
import type { Item } from '../../../src/stix/item.ts'

const tlp1 = {
  clear: 'marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9',
  green: 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da',
  amber: 'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82',
  red: 'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed',
} as const
const tlp2 = {
  clear: 'marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487',
  green: 'marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb',
  amber: 'marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421',
  'amber+strict': 'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003',
  red: 'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1',
} as const
const own = 'marking-definition--11111111-2222-4333-8444-555555555555'

type Json = Readonly<Record<string, unknown>>

function object(more: Json, type = 'indicator'): Item {
  const id = `${type}--00000000-0000-4000-8000-000000000001`
  return anItem({ type, id, spec_version: '2.1', ...more })
}

function anItem(value: Json): Item {
  return anItemOf(JSON.stringify(value), String(value['type']), String(value['id']))
}

function anItemOf(text: string, type = 'indicator', id = 'indicator--1'): Item {
  return { kind: 'object', id, type, version: '1', specVersion: '2.1', revoked: false, raw: Buffer.from(text) }
}

function block(content: string | Buffer): Item {
  return { kind: 'block', id: 'block--1', binding: 'urn:x', raw: Buffer.from(content) }
}

function stix1(marking: string, place = 'STIX_Header'): string {
  const handling = `<stix:Handling><marking:Marking>${marking}</marking:Marking></stix:Handling>`
  return (
    '<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1" xmlns:indicator="http://stix.mitre.org/Indicator-2" ' +
    'xmlns:marking="http://data-marking.mitre.org/Marking-1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ' +
    'xmlns:tlpMarking="http://data-marking.mitre.org/extensions/MarkingStructure#TLP-1" version="1.2">' +
    (place === 'STIX_Header' ? `<stix:STIX_Header>${handling}</stix:STIX_Header>` : '') +
    (place === 'Indicator' ? `<stix:Indicators><stix:Indicator>${handling}</stix:Indicator></stix:Indicators>` : '') +
    '</stix:STIX_Package>'
  )
}

const xmlTlp = (color: string) =>
  `<marking:Marking_Structure xsi:type="tlpMarking:TLPMarkingStructureType" color="${color}"/>`
const escaped = (text: string) => text.replace('object_marking_refs', 'object\\u005fmarking\\u005frefs')
const definition = { type: 'marking-definition', id: own, definition_type: 'tlp', definition: { tlp: 'red' } }

/** Each a way in which something is marked red. */
const red: readonly (readonly [string, Item])[] = [
  ['TLP 1 on the whole', object({ object_marking_refs: [tlp1.red] })],
  ['TLP 2 on the whole', object({ object_marking_refs: [tlp2.red] })],
  ['a granular marking', object({ granular_markings: [{ marking_ref: tlp2.red, selectors: ['name'] }] })],
  [
    'a granular marking among others',
    object({ object_marking_refs: [tlp1.clear], granular_markings: [{ marking_ref: tlp1.red }] }),
  ],
  ['red among green', object({ object_marking_refs: [tlp1.green, tlp1.red, tlp2.clear] })],
  ['a label', object({ labels: ['tlp:red'] })],
  ['a label in capitals', object({ labels: ['TLP:RED'] })],
  ['a marking definition that is marked itself', object({ object_marking_refs: [tlp1.red] }, 'marking-definition')],
  ['an observable', object({ object_marking_refs: [tlp1.red] }, 'ipv4-addr')],
  ['a relationship', object({ object_marking_refs: [tlp1.red] }, 'relationship')],
  ['a type of somebody', object({ object_marking_refs: [tlp1.red] }, 'x-thing')],
  [
    'a name written with escapes',
    anItemOf(escaped(JSON.stringify({ type: 'indicator', object_marking_refs: [tlp1.red] }))),
  ],
  ['blanks in the JSON', anItemOf(`{ "object_marking_refs" :\n[ "${tlp1.red}" ] }`)],
  [
    'an object in a bundle in a block',
    block(JSON.stringify({ type: 'bundle', objects: [{ type: 'x' }, { object_marking_refs: [tlp1.red] }] })),
  ],
  ['one object in a block', block(JSON.stringify({ type: 'indicator', object_marking_refs: [tlp2.red] }))],
  [
    'a list of objects in a block, after a BOM',
    block(`\ufeff${JSON.stringify([{ object_marking_refs: [tlp2.red] }])}`),
  ],
  [
    'a definition of its own in a bundle',
    block(JSON.stringify({ type: 'bundle', objects: [definition, { object_marking_refs: [own] }] })),
  ],
  ['STIX 1, the header', block(stix1(xmlTlp('RED')))],
  ['STIX 1, an indicator', block(stix1(xmlTlp('Red'), 'Indicator'))],
  [
    'STIX 1, a statement',
    block(
      stix1(
        '<marking:Marking_Structure><simple:Statement xmlns:simple="urn:s">TLP:RED</simple:Statement></marking:Marking_Structure>',
      ),
    ),
  ],
  ['STIX 1 after a comment and a BOM', block(`\ufeff<!-- x -->${stix1(xmlTlp('RED'))}`)],
]

/** What nobody can say to be free to go. */
const doubtful: readonly (readonly [string, Item])[] = [
  ['a marking that nobody defines', object({ object_marking_refs: [own] })],
  ['a granular marking that nobody defines', object({ granular_markings: [{ marking_ref: own }] })],
  ['STIX 1 that is cut', block(stix1(xmlTlp('WHITE')).slice(0, -30))],
  ['STIX 1 with a document type', block(`<!DOCTYPE x>${stix1(xmlTlp('WHITE'))}`)],
  ['STIX 1 in UTF-16', block(Buffer.from(stix1(xmlTlp('RED')), 'utf16le'))],
  ['STIX 1 nested too deep', block(`${'<a>'.repeat(100)}${'</a>'.repeat(100)}`)],
  ['JSON that is cut', block('{"type":"bundle","objects":[{"type":"indicator"}')],
  ['something else', block('%PDF-1.7')],
  ['nothing', block('')],
  ['a bundle of texts', block('{"type":"bundle","objects":["x"]}')],
]

describe('S26 the TLP ceiling', () => {
  it.each(red)('withholds %s from everybody below red', (_, item) => {
    for (const level of tlpLevels) expect([level, isWithinTlp(level, item)]).toEqual([level, level === 'red'])
    expect(isWithinTlp(undefined, item)).toBe(true)
  })

  it.each(doubtful)('withholds %s from everybody below red', (_, item) => {
    for (const level of tlpLevels) expect([level, isWithinTlp(level, item)]).toEqual([level, level === 'red'])
  })

  it('knows each level of both scales', () => {
    for (const [level, id] of [...Object.entries(tlp1), ...Object.entries(tlp2)]) {
      const permitted = tlpLevels.filter((ceiling) => isWithinTlp(ceiling, object({ object_marking_refs: [id] })))
      expect(permitted).toEqual(tlpLevels.slice(tlpLevels.indexOf(level as TlpLevel)))
    }
    for (const [color, level] of [
      ['WHITE', 'clear'],
      ['CLEAR', 'clear'],
      ['green', 'green'],
      ['Amber', 'amber'],
    ] as const) {
      const permitted = tlpLevels.filter((ceiling) => isWithinTlp(ceiling, block(stix1(xmlTlp(color)))))
      expect([color, permitted]).toEqual([color, tlpLevels.slice(tlpLevels.indexOf(level))])
    }
  })

  it('lets through what is not marked', () => {
    for (const item of [
      object({}),
      object({ labels: ['malicious-activity'] }),
      object({ object_marking_refs: [] }),
      object({ ...definition }, 'marking-definition'),
      block('{"type":"bundle"}'),
      block('<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1"/>'),
    ]) {
      expect(isWithinTlp('clear', item)).toBe(true)
    }
  })

  it('is the strictest of all markings, whatever their order and place', () => {
    const level = fc.constantFrom(...tlpLevels)
    fc.assert(
      fc.property(
        fc.array(level, { maxLength: 4 }),
        fc.array(level, { maxLength: 4 }),
        level,
        (whole, granular, ceiling) => {
          const item = object({
            object_marking_refs: whole.map((each) => tlp2[each]),
            granular_markings: granular.map((each) => ({ marking_ref: tlp2[each], selectors: ['id'] })),
          })
          const strictest = Math.max(-1, ...[...whole, ...granular].map((each) => tlpLevels.indexOf(each)))
          expect(isWithinTlp(ceiling, item)).toBe(strictest <= tlpLevels.indexOf(ceiling))
        },
      ),
    )
  })

  it('never throws, whatever an item holds', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((text) => `{"object_marking_refs":${text},"labels":${text}}`),
    )
    fc.assert(
      fc.property(anything, (text) => {
        expect(typeof isWithinTlp('green', anItemOf(text))).toBe('boolean')
        expect(typeof isWithinTlp('green', block(text))).toBe('boolean')
      }),
    )
  })

  it('looks marking definitions up in the collection, each once', async () => {
    const asked: string[][] = []
    const others = [own.replace(/1/g, '3'), own.replace(/1/g, '4')] as const
    const definitions = [
      { id: own, raw: Buffer.from(JSON.stringify(definition)) },
      {
        id: others[0],
        raw: Buffer.from(JSON.stringify({ type: 'marking-definition', definition: { statement: '© us' } })),
      },
      { id: own, raw: Buffer.from(JSON.stringify({ ...definition, definition: { tlp: 'green' } })) },
    ]
    const ceiling = openTlpCeiling('green', async (ids) => {
      asked.push([...ids])
      return definitions.filter(({ id }) => ids.includes(id))
    })
    const items = [own, ...others].map((ref) => object({ object_marking_refs: [ref] }))
    expect(await ceiling?.permits(items)).toEqual([false, true, false])
    expect(await ceiling?.permits(items)).toEqual([false, true, false])
    expect(asked).toEqual([[own, ...others]])
  })

  it('does not take for a definition what is none', async () => {
    const ceiling = openTlpCeiling('green', async () => [
      { id: own, raw: Buffer.from(JSON.stringify({ type: 'indicator', definition: { tlp: 'white' } })) },
    ])
    expect(await ceiling?.permits([object({ object_marking_refs: [own] })])).toEqual([false])
  })

  it('is no work without a ceiling', () => {
    const find = async () => []
    expect([openTlpCeiling(undefined, find), openTlpCeiling('red', find)]).toEqual([undefined, undefined])
  })
})
