import { describe, expect, test } from 'vitest'
import { anObject } from '../../support/items.ts'
import { aServer, anAccount, fill, fulfil, poll, stix111 } from './a-server.ts'
import type { Told } from './a-server.ts'
import { binding, countOf, moreOf, resultOf } from './a-poll.ts'

describe('STIX 2 objects', () => {
  const json = { '2.0': 'urn:stix.mitre.org:json:2.0', '2.1': 'urn:stix.mitre.org:json:2.1' }

  async function aStoredFeed() {
    const server = await aServer({ collections: [] })
    const source = { id: 'provider', name: 'provider' }
    const key = { source: 'provider', root: 'https://taxii.example/', collection: 'c' }
    const startedAt = '2026-01-01T00:00:00.000000Z'
    const runId = await server.store.beginRun({ source, key, version: '2.1', startedAt })
    const old = anObject({ type: 'malware', spec_version: undefined, name: 'a<b>&c', labels: ['trojan'] })
    const items = [anObject(), { ...old, specVersion: '2.0' as const }]
    const page = { url: 'https://taxii.example/', digest: '0'.repeat(64), receivedAt: startedAt }
    const parts = [{ page, items, damaged: [] }]
    await server.store.commit({ key, runId, parts, checkpoint: () => undefined })
    return { server, items }
  }

  test('go out as STIX 2 JSON, one bundle each, exactly, under their binding', async () => {
    const { server, items } = await aStoredFeed()
    const { blocks } = await poll(server, { collection: 'provider.c' })
    expect(blocks.map((block) => block.binding)).toEqual([json['2.1'], json['2.0']])
    for (const [index, { content }] of blocks.entries()) {
      const bundle = JSON.parse(content) as { type: string; objects: unknown[] }
      expect(bundle.type).toBe('bundle')
      expect(content).toContain(items[index]?.raw.toString())
    }
    const only20 = await poll(server, { collection: 'provider.c', parameters: binding(json['2.0']) })
    expect(only20.blocks.map((block) => block.binding)).toEqual([json['2.0']])
  })

  test('and blocks of STIX 1 are converted for who asks for STIX 2.1 alone, the same each time', async () => {
    const { server } = await aStoredFeed()
    const asked = { collection: 'provider.c', parameters: binding(json['2.1']) }
    const [first, again] = [await poll(server, asked), await poll(server, asked)]
    expect(first.blocks).toEqual(again.blocks)
    expect(first.blocks.map((block) => block.binding)).toEqual([json['2.1'], json['2.1']])
    const converted = JSON.parse(first.contents[1] ?? '') as {
      objects: { spec_version: string; malware_types: string[] }[]
    }
    expect(converted.objects).toMatchObject([{ spec_version: '2.1', malware_types: ['trojan'] }])

    const stix1 = await aServer({
      collections: [{ name: 'feed', acceptAllContent: false, supportedContent: [{ binding: stix111, subtypes: [] }] }],
    })
    await fill(stix1, [aPackage, '<nothing/>'])
    const { blocks, root } = await poll(stix1, { parameters: binding(json['2.1']) })
    expect(root.name).toBe('Poll_Response')
    const bundles = blocks.map(
      ({ content }) => JSON.parse(content) as { objects: { type: string; pattern?: string }[] },
    )
    const patterns = bundles[0]?.objects.map(({ pattern }) => pattern)
    expect(patterns).toContain("[domain-name:value = 'bad.example']")
    // Nothing that 2.1 could say: the block is there all the same, so that counts are right.
    expect(bundles[1]?.objects).toEqual([])
    expect((await poll(stix1, { parameters: binding(stix111) })).contents).toEqual([aPackage, '<nothing/>'])
  })
})

const aPackage = `<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1" xmlns:indicator="http://stix.mitre.org/Indicator-2" xmlns:cybox="http://cybox.mitre.org/cybox-2" xmlns:DomainNameObj="http://cybox.mitre.org/objects#DomainNameObject-1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:e="urn:e" id="e:Package-1" version="1.1.1"><stix:Indicators><stix:Indicator xsi:type="indicator:IndicatorType" id="e:indicator-1"><indicator:Title>bad</indicator:Title><indicator:Observable><cybox:Object><cybox:Properties xsi:type="DomainNameObj:DomainNameObjectType"><DomainNameObj:Value condition="Equals">bad.example</DomainNameObj:Value></cybox:Properties></cybox:Object></indicator:Observable></stix:Indicator></stix:Indicators></stix:STIX_Package>`

describe('a ceiling (S26)', () => {
  const marked = (name: string, tlp: string) =>
    JSON.stringify({
      type: 'bundle',
      id: 'bundle--00000000-0000-4000-8000-000000000001',
      objects: [
        {
          type: 'malware',
          spec_version: '2.1',
          id: `malware--00000000-0000-4000-8000-${name.padStart(12, '0')}`,
          created: '2026-01-01T00:00:00.000Z',
          modified: '2026-01-01T00:00:00.000Z',
          is_family: false,
          object_marking_refs: [tlp],
        },
      ],
    })
  const green = 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da'
  const red = 'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed'

  test('keeps back what is above it, in blocks, counts and parts, and fills the parts with the rest', async () => {
    const server = await aServer({ services: { poll: { maxResultSize: 4 } } })
    const permissions = { taxii1: { '*': 'read' }, taxii2: {} } as const
    server.principals.set('low', anAccount('low', { permissions, tlpCeiling: 'green' }))
    server.principals.set('high', anAccount('high', { permissions, tlpCeiling: 'red' }))
    const contents = Array.from({ length: 30 }, (_, n) => marked(String(n), n % 3 === 0 ? green : red))
    await fill(
      server,
      contents.map((content) => ({ contentBinding: 'urn:stix.mitre.org:json:2.1', content: Buffer.from(content) })),
    )
    const read = async (as: string) => {
      const first = await poll(server, { as })
      const parts = [first]
      while (moreOf(parts.at(-1) as Told) === true) {
        parts.push(await fulfil(server, resultOf(first), parts.length + 1, { as }))
      }
      return parts
    }
    const low = await read('low')
    expect(low.map((part) => part.contents.length)).toEqual([4, 4, 2])
    expect(low.flatMap((part) => part.contents)).toEqual(contents.filter((_, n) => n % 3 === 0))
    expect(countOf(low[0] as Told)).toEqual(['10', undefined])
    const parameters = '<t:Response_Type>COUNT_ONLY</t:Response_Type>'
    expect(countOf(await poll(server, { as: 'low', parameters }))).toEqual(['10', undefined])
    expect((await read('high')).flatMap((part) => part.contents)).toEqual(contents)
  })
})

test('an XML block begins with its root element on the wire, since cabby and libtaxii take what comes first for all of it', async () => {
  const server = await aServer()
  const contents = [
    '<?xml version="1.0"?>\n<!-- a <comment> -->\n<?hint?> <a/>\n<!-- behind -->',
    '\ufeff<a/>',
    '\n<a/>',
    '<!-- nothing but a comment -->',
    '<!-- no end <a/>',
  ]
  await fill(server, contents)
  expect((await poll(server)).contents).toEqual([
    '<a/>\n<!-- behind -->',
    '<a/>',
    '\n<a/>',
    '<!-- nothing but a comment -->',
    '<!-- no end <a/>',
  ])
  const stored = await server.taxii1.getContentBlocks(server.collections[0]?.id ?? '')
  expect(stored.map(({ content }) => content.toString())).toEqual(contents)
})
