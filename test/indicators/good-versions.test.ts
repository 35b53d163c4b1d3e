import { describe, expect, it } from 'vitest'
import type { Rules } from '../../src/indicators/judge.ts'
import { goodVersions } from '../../src/indicators/good-versions.ts'
import type { Item } from '../../src/stix/item.ts'
import { tlpLevels, type Tlp } from '../../src/stix/statement.ts'
import { openMemoryStore } from '../../src/store/memory/driver.ts'
import { all, keep } from '../contracts/a-store.ts'
import { aPackage, anAddress, anIndicator, anObservable } from '../stix/stix1/a-package.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { aBlock, anObject } from '../support/items.ts'

const rules: Rules = {
  now: '2026-06-01T00:00:00Z',
  observables: false,
  hints: false,
  includeExpired: false,
  includeRevoked: false,
  includeVanished: false,
  warningLists: [],
}
const definitions = {
  green: 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da',
  red: 'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed',
}
const address = (tlp: keyof typeof definitions, more: Record<string, unknown> = {}) => ({
  pattern: "[ipv4-addr:value = '203.0.113.9']",
  pattern_type: 'stix',
  object_marking_refs: [definitions[tlp]],
  ...more,
})
const bundle = (...objects: readonly object[]) =>
  aBlock(JSON.stringify({ type: 'bundle', id: 'bundle--1', objects }), {
    binding: 'application/vnd.oasis.stix+json; version=2.1',
  })

/** Ids of what the rules let out. */
async function letOut(items: readonly Item[], more: Partial<Rules>): Promise<readonly string[]> {
  await using store = openMemoryStore({ clock: fakeClock(), identity: { pid: 1, host: 'host.example' } })
  await keep(store, items)
  const found = await all(goodVersions(store.versions({}), store, { ...rules, ...more }))
  return found.map(({ item }) => item.id)
}

describe('S26: of what is stored, nothing above the ceiling goes out', () => {
  it.each(tlpLevels)('objects, below %s', async (tlpCeiling: Tlp) => {
    const green = anObject({ type: 'indicator', ...address('green') })
    const red = anObject({ type: 'indicator', ...address('red') })
    const expected = {
      clear: [],
      green: [green.id],
      amber: [green.id],
      'amber+strict': [green.id],
      red: [green.id, red.id],
    }
    expect(await letOut([green, red], { tlpCeiling })).toEqual(expected[tlpCeiling])
  })

  const indicator = { type: 'indicator', id: 'indicator--1', spec_version: '2.1', ...address('green') }
  const hidden: readonly (readonly [string, object])[] = [
    ['an indicator of another language', { ...indicator, ...address('red', { pattern_type: 'snort' }) }],
    ['a malware', { type: 'malware', id: 'malware--1', object_marking_refs: [definitions.red] }],
    [
      'a report marked in part',
      { type: 'report', id: 'report--1', granular_markings: [{ marking_ref: definitions.red, selectors: ['name'] }] },
    ],
  ]
  it.each(hidden)('a block with a green indicator and %s that is red', async (_what, object) => {
    const block = bundle({ ...indicator, id: 'indicator--2' }, { ...object, id: 'x--3' })
    expect(await letOut([block], { tlpCeiling: 'green' })).toEqual([])
    expect(await letOut([block], { tlpCeiling: 'red' })).toEqual([block.id])
  })

  it('a block of STIX 1 with a red part that states no value', async () => {
    const handling =
      '<i:Handling><m:Marking><m:Controlled_Structure>../../../descendant-or-self::node()</m:Controlled_Structure>' +
      '<m:Marking_Structure xsi:type="tlp:TLPMarkingStructureType" color="RED"/></m:Marking></i:Handling>'
    const good = anIndicator(anObservable(anAddress('203.0.113.9'), '', 'i'), 'id="ex:1"')
    const block = aBlock(
      aPackage(
        `<s:Indicators>${good}${anIndicator(`<i:Title>secret</i:Title>${handling}`, 'id="ex:2"')}</s:Indicators>`,
      ),
    )
    expect(await letOut([block], { tlpCeiling: 'green' })).toEqual([])
    expect(await letOut([block], {})).toEqual([block.id])
  })
})
