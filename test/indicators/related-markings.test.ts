import { describe, expect, it } from 'vitest'
import type { Indicator } from '../../src/indicators/indicator.ts'
import { judge } from '../../src/indicators/judge.ts'
import type { Item } from '../../src/stix/item.ts'
import type { Tlp } from '../../src/stix/statement.ts'
import { openMemoryStore } from '../../src/store/memory/driver.ts'
import { keep } from '../contracts/a-store.ts'
import { aPackage, anAddress, anIndicator, anObservable } from '../stix/stix1/a-package.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { aBlock, anObject } from '../support/items.ts'

const green = 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da'
const red = 'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed'

/** What goes out of 203.0.113.9. */
async function outOf(items: readonly Item[], tlpCeiling: Tlp | undefined): Promise<Indicator | undefined> {
  await using store = openMemoryStore({ clock: fakeClock(), identity: { pid: 1, host: 'host.example' } })
  await keep(store, items)
  const [known] = await store.lookup([{ kind: 'ipv4', value: '203.0.113.9' }])
  if (!known) return undefined
  return judge(known, {
    now: '2026-06-01T00:00:00Z',
    observables: false,
    hints: false,
    includeExpired: false,
    includeRevoked: false,
    includeVanished: false,
    warningLists: [],
    tlpCeiling,
  }).indicator
}

const indicator = anObject({
  type: 'indicator',
  pattern: "[ipv4-addr:value = '203.0.113.9']",
  pattern_type: 'stix',
  labels: ['botnet'],
  object_marking_refs: [green],
})

/** A malware that the indicator indicates, each marked. */
function threat(marks: { readonly malware?: object; readonly relationship?: object }): readonly Item[] {
  const malware = anObject({ type: 'malware', name: 'Secret Operation', ...marks.malware })
  const ends = { source_ref: indicator.id, relationship_type: 'indicates', target_ref: malware.id }
  return [indicator, malware, anObject({ type: 'relationship', ...ends, ...marks.relationship })]
}

describe('S26: names above the ceiling do not go out with an indicator below it', () => {
  const own = anObject({ type: 'marking-definition', definition_type: 'tlp', definition: { tlp: 'red' } })
  it.each([
    ['a malware marked red', threat({ malware: { object_marking_refs: [red] } })],
    ['a malware marked by a label', threat({ malware: { labels: ['tlp:red'] } })],
    [
      'a malware of which a part is marked',
      threat({ malware: { granular_markings: [{ marking_ref: red, selectors: ['name'] }] } }),
    ],
    ['a malware marked by a definition in the store', [own, ...threat({ malware: { object_marking_refs: [own.id] } })]],
    ['a relationship marked red', threat({ relationship: { object_marking_refs: [red] } })],
    [
      'a relationship marked by a definition in the store',
      [...threat({ relationship: { object_marking_refs: [own.id] } }), own],
    ],
  ] as const)('%s', async (_, items) => {
    for (const ceiling of ['green', 'amber+strict'] as const) {
      expect(await outOf(items, ceiling)).toMatchObject({ category: 'botnet', relatedTo: [], tlp: 'green' })
    }
    for (const ceiling of ['red', undefined] as const) {
      const all = await outOf(items, ceiling)
      expect(all).toMatchObject({ category: 'Secret Operation', relatedTo: [{ name: 'Secret Operation', tlp: 'red' }] })
      expect(all?.tlp, 'what holds the name is as secret').toBe('red')
    }
  })

  it('a name below it does', async () => {
    const items = threat({ malware: { object_marking_refs: [green] }, relationship: { object_marking_refs: [green] } })
    expect(await outOf(items, 'green')).toMatchObject({ category: 'Secret Operation', tlp: 'green' })
  })

  const handling = (color: string) =>
    `<t:Handling><m:Marking><m:Controlled_Structure>../../../descendant-or-self::node()</m:Controlled_Structure><m:Marking_Structure xsi:type="tlp:TLPMarkingStructureType" color="${color}"/></m:Marking></t:Handling>`
  const ttp = (color: string) =>
    `<t:Title>Secret Operation</t:Title><t:Behavior><t:Malware><t:Malware_Instance><t:Name>Secret Operation</t:Name></t:Malware_Instance></t:Malware></t:Behavior>${handling(color)}`
  it.each([
    [
      'beside it',
      (color: string) => `<s:TTPs><s:TTP id="ex:ttp-1" xsi:type="t:TTPType">${ttp(color)}</s:TTP></s:TTPs>`,
      () => '<c:TTP idref="ex:ttp-1"/>',
    ],
    ['inside of it, without id', () => '', (color: string) => `<c:TTP xsi:type="t:TTPType">${ttp(color)}</c:TTP>`],
  ])('SX1-9: a category from a STIX 1 TTP with its own handling, %s', async (_, beside, inside) => {
    const block = (color: string) => {
      const indicated = `<i:Type>C2</i:Type><i:Indicated_TTP>${inside(color)}</i:Indicated_TTP>`
      const it = `<s:Indicators>${anIndicator(indicated + anObservable(anAddress('203.0.113.9'), '', 'i'))}</s:Indicators>`
      return aBlock(aPackage(`${it}${beside(color)}`))
    }
    expect(await outOf([block('RED')], 'amber')).toMatchObject({ category: 'C2', relatedTo: [] })
    expect(await outOf([block('AMBER')], 'amber')).toMatchObject({ category: 'Secret Operation', tlp: 'amber' })
  })
})
