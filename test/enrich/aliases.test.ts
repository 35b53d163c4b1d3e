import { describe, expect, it } from 'vitest'
import { parseAliases } from '../../src/enrich/aliases.ts'

describe('an alias file', () => {
  it('is YAML or CSV, and names one column or several for a field', async () => {
    const yaml = await parseAliases('source_address: ip\nquery: [domain, url]\nsum: sha256\n', 'a.yaml')
    expect([...yaml].map(([field, kinds]) => [field, [...(kinds ?? [])]])).toEqual([
      ['source_address', ['ipv4', 'ipv6']],
      ['query', ['domain', 'url']],
      ['sum', ['sha256']],
    ])
    const csv = await parseAliases(
      'field,column\r\nsource_address,IP_address\nquery,domain\nquery,url\n# no\n',
      'a.CSV',
    )
    expect([...(csv.get('query') ?? [])]).toEqual(['domain', 'url'])
    expect([...(csv.get('source_address') ?? [])]).toEqual(['ipv4', 'ipv6'])
  })

  it.each([
    ['a.yaml', 'x: [', 'ENRICH_ALIAS_INVALID', 'line 1'],
    ['a.yaml', '- x', 'ENRICH_ALIAS_INVALID', 'mapping'],
    ['a.yaml', 'a: ip\nx: 5', 'ENRICH_ALIAS_INVALID', 'line 2'],
    ['a.yaml', '{}', 'ENRICH_ALIAS_INVALID', 'no alias'],
    ['a.csv', 'a,ip\nb', 'ENRICH_ALIAS_INVALID', 'line 2'],
    ['a.csv', 'a,ipp', 'ENRICH_ALIAS_COLUMN', '"ipp"'],
    ['a.yaml', '__proto__: constructor', 'ENRICH_ALIAS_COLUMN', '"constructor"'],
  ])('%s with %j is refused with its line', async (file, text, code, part) => {
    const error = await parseAliases(text, file).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, kind: 'config' })
    expect((error as Error).message).toContain(part)
  })
})
