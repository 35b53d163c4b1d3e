import { tmpdir } from 'node:os'
import { parse as parseCsv } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { composeExport } from '../../src/export/compose.ts'
import type { FormatOptions } from '../../src/export/format.ts'
import { indicatorFormats } from '../../src/export/registry.ts'
import type { Indicator } from '../../src/indicators/indicator.ts'
import { valueKinds } from '../../src/stix/statement.ts'
import { contentOf } from '../../src/workflow/write-export.ts'
import { anIndicator, inTurn } from './an-indicator.ts'

const options: FormatOptions = {
  header: true,
  defang: false,
  rawCsv: false,
  name: 'stixtaxii',
  firstSid: 9_400_000,
}

/** The files of an export by name, as text. */
async function written(
  name: string,
  indicators: readonly Indicator[],
  more: Partial<FormatOptions> = {},
): Promise<Record<string, string>> {
  const format = indicatorFormats.find((one) => one.name === name)
  if (!format) throw new Error(`no format ${name}`)
  await using composed = await composeExport(inTurn(indicators), {
    format,
    options: { ...options, ...more },
    generatedAt: '2026-11-23T10:00:00Z',
    spoolFolder: tmpdir(),
  })
  const files: Record<string, string> = {}
  for (const file of composed.files) {
    const chunks: Buffer[] = []
    for await (const chunk of contentOf(file)) chunks.push(chunk)
    files[file.name] = Buffer.concat(chunks).toString()
  }
  return files
}

const only = async (...given: Parameters<typeof written>): Promise<string> =>
  Object.values(await written(...given)).join('')
const body = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !/^[#;]/.test(line))

const address = anIndicator({ kind: 'ipv4', value: '203.0.113.9', severity: 80, tlp: 'green' })
const network = anIndicator({ kind: 'ipv4', value: '198.51.100.0/24' })
const six = anIndicator({ kind: 'ipv6', value: '2001:db8::17', sources: ['beta'] })
const sixNetwork = anIndicator({ kind: 'ipv6', value: '2001:db8::/32' })
const domain = anIndicator({ name: 'Loader', labels: ['malicious-activity'], confidence: 85 })
const url = anIndicator({ kind: 'url', value: 'http://bad.example/x?y=1' })
const hash = anIndicator({ kind: 'sha256', value: 'ab'.repeat(32) })

describe('list', () => {
  it('has one value a line under comments with count, time, TLP and sources', async () => {
    expect(await only('list', [address, domain, six])).toBe(
      '# indicators exported by stixtaxii\n# count: 3\n# generated: 2026-11-23T10:00:00Z\n# tlp: green\n' +
        '# sources: acme, beta\n203.0.113.9\nbad.example\n2001:db8::17\n',
    )
  })

  it('has no comments when none are wanted', async () => {
    expect(await only('list', [domain], { header: false })).toBe('bad.example\n')
  })

  it('is defanged only when asked', async () => {
    const defanged = await only('list', [address, url, six], { header: false, defang: true })
    expect(defanged).toBe('203[.]0[.]113[.]9\nhxxp://bad[.]example/x?y=1\n2001:db8[::]17\n')
  })

  it('leaves out values that would end the line or look like a comment', async () => {
    const hostile = ['a\nb.example', '# comment', 'a\u202eb', 'a\u2028b'].map((value) =>
      anIndicator({ kind: 'file-name', value }),
    )
    expect(body(await only('list', [...hostile, domain]))).toEqual(['bad.example'])
  })
})

describe('logpoint-list', () => {
  it('has nothing but values, since Logpoint takes every line for one', async () => {
    expect(await only('logpoint-list', [address, domain])).toBe('203.0.113.9\nbad.example\n')
  })
})

describe('csv', () => {
  it('reads back as what it was', async () => {
    const rows: Record<string, string>[] = parseCsv(await only('csv', [domain, address]), { columns: true })
    expect(rows[0]).toMatchObject({ kind: 'domain', value: 'bad.example', name: 'Loader', confidence: '85' })
    expect(rows[1]).toMatchObject({ kind: 'ipv4', value: '203.0.113.9', severity: '80', tlp: 'green' })
  })

  it.each([
    '=1+1',
    '+1',
    '-1',
    '@x',
    '\t=1',
    '\r=1',
    ' =1',
    '\u00a0=1',
    'a\n=1',
    'a\r\n \n =1',
    '"\n=1',
    '"=1',
    "'=1",
    '＝1',
  ])('S10: keeps a spreadsheet from running %j', async (name) => {
    const text = await only('csv', [anIndicator({ name }), anIndicator({ kind: 'file-name', value: name })])
    const rows: Record<string, string>[] = parseCsv(text, { columns: true })
    expect(rows.map((row) => row.name ?? '')[0]).toBe(`'${name}`)
    expect(rows[1]?.value).toBe(`'${name}`)
    const raw: Record<string, string>[] = parseCsv(await only('csv', [anIndicator({ name })], { rawCsv: true }), {
      columns: true,
    })
    expect(raw[0]?.name).toBe(name)
  })
})

it('S14: csv takes no longer than it should for cells of nothing but line ends', async () => {
  const hostile = ['\n', '\r', '\n ', '\n"', '\n" '].map((one) =>
    anIndicator({ kind: 'user-agent', value: `a${one.repeat(8000 / one.length)}b` }),
  )
  const begun = performance.now()
  await only('csv', hostile)
  expect(performance.now() - begun).toBeLessThan(1500)
})

describe('logpoint-csv', () => {
  it('has a column for each kind of value, and leaves networks out', async () => {
    const rows: Record<string, string>[] = parseCsv(await only('logpoint-csv', [address, network, domain, url, hash]), {
      columns: true,
    })
    expect(rows.map((row) => [row.ip_address, row.domain, row.url, row.hash])).toEqual([
      ['203.0.113.9', '', '', ''],
      ['', 'bad.example', '', ''],
      ['', '', 'http://bad.example/x?y=1', ''],
      ['', '', '', 'ab'.repeat(32)],
    ])
    expect(rows[0]).toMatchObject({ score: '80', source: 'acme', tlp: 'green' })
  })
})

describe('zeek', () => {
  it('names the fields, strips the scheme of URLs and tells addresses from networks', async () => {
    const lines = (await only('zeek', [address, network, domain, url, hash])).split('\n')
    expect(lines).toContain('#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc')
    expect(lines.filter((line) => !line.startsWith('#') && line !== '')).toEqual([
      '203.0.113.9\tIntel::ADDR\tacme\t-',
      '198.51.100.0/24\tIntel::SUBNET\tacme\t-',
      'bad.example\tIntel::DOMAIN\tacme\tLoader',
      'bad.example/x?y=1\tIntel::URL\tacme\t-',
      `${'ab'.repeat(32)}\tIntel::FILE_HASH\tacme\t-`,
    ])
  })

  it('writes tabs and line ends of values as escapes', async () => {
    const text = await only('zeek', [anIndicator({ kind: 'file-name', value: 'a\tb\nc\\x41', name: 'x\ty' })])
    expect(body(text)).toEqual(['a\\x09b\\x0ac\\x5cx41\tIntel::FILE_NAME\tacme\tx y'])
    const comment = await only('zeek', [anIndicator({ kind: 'file-name', value: '#x' })])
    expect(body(comment)).toEqual(['\\x23x\tIntel::FILE_NAME\tacme\t-'])
  })
})

describe('rpz', () => {
  it('blocks names with all below them, and addresses by reversed labels', async () => {
    const lines = body(await only('rpz', [domain, address, network, six, sixNetwork]))
    expect(lines.slice(3)).toEqual([
      'bad.example CNAME .',
      '*.bad.example CNAME .',
      '32.9.113.0.203.rpz-ip CNAME .',
      '24.0.100.51.198.rpz-ip CNAME .',
      '128.17.zz.db8.2001.rpz-ip CNAME .',
      '32.zz.db8.2001.rpz-ip CNAME .',
    ])
  })

  it('never blocks what is below a public suffix', async () => {
    const suffixes = ['com', 'co.uk', 'github.io'].map((value) => anIndicator({ value }))
    const lines = body(await only('rpz', [...suffixes, anIndicator({ value: 'evil.github.io' })]))
    expect(lines.slice(3)).toEqual([
      'com CNAME .',
      'co.uk CNAME .',
      'github.io CNAME .',
      'evil.github.io CNAME .',
      '*.evil.github.io CNAME .',
    ])
  })

  it('leaves out what is no name in a zone', async () => {
    const odd = ['a b.example', 'a;b.example', '$include', '@', 'x'.repeat(64), `${'a.'.repeat(120)}example`]
    const text = await only(
      'rpz',
      odd.map((value) => anIndicator({ value })),
    )
    expect(body(text).slice(3)).toEqual([])
  })
})

describe('nftables and ipset', () => {
  it('fill sets of addresses and networks', async () => {
    const nft = await only('nftables', [address, network, six, domain])
    expect(nft).toContain('add element inet stixtaxii ipv4 { 203.0.113.9 }\n')
    expect(nft).toContain('add element inet stixtaxii ipv4 { 198.51.100.0/24 }\n')
    expect(nft).toContain('add element inet stixtaxii ipv6 { 2001:db8::17 }\n')
    expect(nft).not.toContain('bad.example')
    const ipset = await only('ipset', [address, anIndicator({ kind: 'ipv4', value: '0.0.0.0/0' })])
    expect(ipset).toContain('add stixtaxii-ipv4-new 203.0.113.9 -exist\n')
    expect(ipset).not.toContain('0.0.0.0/0')
    expect(ipset.trimEnd().endsWith('destroy stixtaxii-ipv6-new')).toBe(true)
  })

  it('ipset makes room for every address', async () => {
    const many = Array.from({ length: 70_000 }, (_, n) =>
      anIndicator({ kind: 'ipv4', value: `203.${n >> 16}.${(n >> 8) & 255}.${n & 255}` }),
    )
    expect(await only('ipset', many)).toContain('maxelem 131072')
  })
})

describe('suricata', () => {
  it('writes lists and only the rules that load one with something in it', async () => {
    const files = await written('suricata', [domain, address, six])
    expect(files['domains.lst']).toBe(`${Buffer.from('bad.example').toString('base64')}\n`)
    expect(files['sha256.lst']).toBe('')
    const rules = body(files['stixtaxii.rules'] ?? '')
    expect(rules).toHaveLength(5)
    expect(rules.filter((rule) => rule.includes('load domains.lst'))).toHaveLength(3)
    expect(rules.join('\n')).not.toContain('sha256')
    expect(rules.at(-1)).toContain('msg:"stixtaxii address 2001\\:db8\\:\\:17"')
    const sids = rules.map((rule) => /sid:(\d+);/.exec(rule)?.[1])
    expect(new Set(sids).size).toBe(rules.length)
  })
})

describe('ecs', () => {
  it('has a document a line with the value where the schema wants it', async () => {
    const lines = (await only('ecs', [address, network, domain, hash]))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { threat: { indicator: Record<string, unknown> } })
    const indicators = lines.map((line) => line.threat.indicator)
    expect(indicators).toMatchObject([
      { type: 'ipv4-addr', ip: '203.0.113.9', marking: { tlp: 'GREEN' }, confidence: 'Not Specified' },
      { type: 'domain-name', url: { domain: 'bad.example' }, confidence: 'High' },
      { type: 'file', file: { hash: { sha256: 'ab'.repeat(32) } } },
    ])
  })
})

describe('misp', () => {
  it('is one event whose identifiers stay the same', async () => {
    const text = await only('misp', [address, domain, hash])
    expect(await only('misp', [address, domain, hash])).toBe(text)
    const { Event } = JSON.parse(text) as { Event: { Attribute: { type: string; uuid: string; to_ids: boolean }[] } }
    expect(Event.Attribute.map(({ type }) => type)).toEqual(['ip-dst', 'domain', 'sha256'])
    expect(new Set(Event.Attribute.map(({ uuid }) => uuid)).size).toBe(3)
  })

  it('is whole JSON without a single attribute, and does not let hints raise alarms', async () => {
    expect(JSON.parse(await only('misp', []))).toMatchObject({ Event: { Attribute: [] } })
    const hint = JSON.parse(await only('misp', [anIndicator({ sound: false })])) as {
      Event: { Attribute: { to_ids: boolean }[] }
    }
    expect(hint.Event.Attribute[0]?.to_ids).toBe(false)
  })
})

describe('splunk', () => {
  it('has a lookup for each collection, each with its head', async () => {
    const files = await written('splunk', [address, network, domain, url, hash])
    expect(files['ip_intel.csv']).toBe('description,ip,weight\nacme,203.0.113.9,80\nacme,198.51.100.0/24,60\n')
    expect(files['domain_intel.csv']).toBe('description,domain,weight\nLoader | acme,bad.example,85\n')
    expect(files['registry_intel.csv']).toBe(
      'description,registry_path,registry_value_name,registry_value_text,weight\n',
    )
  })
})

describe('every format', () => {
  it('S8: lets no text of others end a line, whatever it holds', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\r\n', '"', ';', '\u001b]0;x\u0007', '\u202e'),
    )
    const indicator = fc
      .record({
        name: text,
        category: text,
        label: text,
        source: text,
        value: text,
        kind: fc.constantFrom(...valueKinds),
      })
      .map(({ name, category, label, source, value, kind }) => {
        const own = ['file-name', 'file-path', 'process', 'registry-key', 'mutex', 'user-agent', 'email-subject']
        const normal = kind === 'ipv4' ? '203.0.113.9' : kind === 'ipv6' ? '2001:db8::1' : 'bad.example'
        const hostile = { name, category, labels: [label], sources: [source] }
        return anIndicator({ ...hostile, kind, value: own.includes(kind) ? value : normal })
      })
    const lines = { list: 1, 'logpoint-list': 1, zeek: 1, rpz: 2, nftables: 1, ipset: 1, ecs: 1 }
    await fc.assert(
      fc.asyncProperty(indicator, async (one) => {
        for (const [name, most] of Object.entries(lines)) {
          const empty = body(await only(name, [anIndicator({ kind: 'tlsh', value: 'T1' })], { header: false })).length
          const none = ['list', 'logpoint-list'].includes(name) ? empty - 1 : empty
          expect(body(await only(name, [one], { header: false })).length - none).toBeLessThanOrEqual(
            most + (name === 'ecs' ? 1 : 0),
          )
        }
        expect(parseCsv(await only('csv', [one]))).toHaveLength(2)
        JSON.parse(await only('misp', [one]))
      }),
      { numRuns: 60 },
    )
  })

  it('says in its header what the others say of TLP: the strictest', async () => {
    const red = anIndicator({ kind: 'ipv4', value: '203.0.113.1', tlp: 'red' })
    expect(await only('zeek', [address, red])).toContain('# tlp: red\n')
  })
})
