import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { aClient, aPollServer, contentsOf, message, pagesOf } from './support.ts'

const folder = resolve('../shared/data/stix1')
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.xml')) : []
const end = '<t:Inclusive_End_Timestamp>2026-01-02T00:00:00Z</t:Inclusive_End_Timestamp>'

/** What of a published file can stand inside another document. */
const inner = (name: string): string =>
  readFileSync(join(folder, name), 'utf8').replace(/^\ufeff?(<\?xml[^>]*\?>)?/, '')
const indicators = (xml: string): number => xml.match(/<\w+:Indicator[\s>]/g)?.length ?? 0

describe.skipIf(files.length === 0)('published STIX 1 files, as blocks of one answer', () => {
  test('all arrive, those that are not namespace-well-formed too, with every indicator', async () => {
    const wrapped = files.map(
      (name) =>
        `<t:Content_Block><t:Content_Binding binding_id="urn:stix.mitre.org:xml:1.2"/><t:Content>${inner(name)}</t:Content></t:Content_Block>`,
    )
    const server = await aPollServer(({ id }) =>
      message('Poll_Response', id, 'xmlns:unused="urn:u"', end + wrapped.join('\n')),
    )
    const { client, codes } = await aClient(server.url)
    const pages = await pagesOf(client, { collection: 'real', end: '2026-01-02T00:00:00Z' })
    const contents = contentsOf(pages)
    expect(contents).toHaveLength(files.length)
    expect(pages.flatMap(({ damaged }) => damaged)).toEqual([])
    for (const [at, name] of files.entries()) {
      const expected = inner(name).replace(/\s+xmlns:=("[^"]*"|'[^']*')/g, '')
      expect(contents[at] === expected, name).toBe(true)
    }
    const counted = Object.fromEntries(files.map((name, at) => [name, indicators(contents[at] ?? '')]))
    expect(counted).toMatchObject({
      'citizenlab-packrat.xml': 131,
      'citizenlab-nilephish.xml': 52,
      'apt1-iocs.xml': 94,
    })
    expect(codes()).toContain('TAXII_BLOCK_ODD')
  })
})
