import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { Writable } from 'node:stream'
import { reportError } from '../../src/cli/report-error.ts'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { isFormula } from '../../src/core/formula.ts'
import { printable } from '../../src/core/printable.ts'
import { retryAfterMs } from '../../src/core/retry-after.ts'
import { refusalText } from '../../src/director/assumptions.ts'
import { cef } from '../../src/enrich/formats/cef.ts'
import { kv } from '../../src/enrich/formats/kv.ts'
import { csvLine } from '../../src/export/csv-part.ts'
import { openCheckedStream } from '../../src/output/checked-stream.ts'
import { openWriter } from '../../src/output/open-writer.ts'
import { readExchange } from '../../src/profile/exchange.ts'
import { parseProfileFile } from '../../src/profile/profile-file.ts'
import { readOrigin, readProxyUrl } from '../../src/profile/url.ts'
import { createSlicer } from '../../src/scan/slicer.ts'
import { reached } from '../../src/serve/client-address.ts'
import { readServerData } from '../../src/serve/sync/read.ts'
import { namedAddress } from '../../src/taxii/addresses.ts'
import { canonicalBinding } from '../../src/taxii/v1/bindings.ts'
import { readServices } from '../../src/taxii/v1/listings.ts'
import { withQuery } from '../../src/taxii/v2/query.ts'

const now = new Date('2026-06-01T00:00:00Z')

async function yamlOf(record: Readonly<Record<string, unknown>>): Promise<string> {
  const chunks: Buffer[] = []
  const sink = new Writable({ write: (chunk: Buffer, _, done) => (chunks.push(chunk), done()) })
  const writer = openWriter('yaml', { stream: openCheckedStream(sink, 'out'), note: () => undefined, colors: false })
  await writer.one(record, { columns: [], name: 'id' })
  await writer.end()
  return Buffer.concat(chunks).toString()
}

describe('inputs that the fuzzing campaign found', () => {
  it('S8 whatever an error repeats is shown so that no terminal acts upon it, and not without end', () => {
    const error = new StixTaxiiError('CORE_X', '\u001b]52;c;QQ==\u0007 \u009b \u202e \u3164 \ud800', {
      kind: 'usage',
      hint: '\u001b[2J',
    })
    expect(printable(error.message)).toBe(error.message)
    expect(error.message).toContain('\\u{1b}]52')
    expect(error.hint).toBe('\\u{1b}[2J')
    expect(new StixTaxiiError('CORE_X', 'a'.repeat(1e6), { kind: 'usage' }).message.length).toBeLessThan(5000)
  })

  it('S8 an error as JSON has nothing raw in its context either, and means the same', () => {
    let text = ''
    const context = { name: '\u009b31m\u202e\u{e0041}' }
    const write = (more: string): void => void (text += more)
    reportError(new StixTaxiiError('CORE_X', 'm', { kind: 'usage', context }), {
      format: 'json',
      debug: false,
      colors: false,
      write,
      stoppedBy: undefined,
    })
    expect(printable(text, { lines: true })).toBe(text)
    expect(JSON.parse(text)).toMatchObject({ error: { context } })
  })

  it('S8 YAML holds a text that has both a character and the way we write it', async () => {
    const record = { id: '\u202e\\u{202e}', more: '\\u{1b}\u001b', tag: '\u{e0041}' }
    const text = await yamlOf(record)
    expect(printable(text, { lines: true })).toBe(text)
    expect(parseYaml(text)).toEqual(record)
  })

  it('S8 what a server wrote does not stand raw in an exported CSV file; rawCsv leaves it', async () => {
    expect((await csvLine({ rawCsv: false }))(['\u009b31m', 'a\nb'])).toBe('\\u{9b}31m,"a\nb"\n')
    expect((await csvLine({ rawCsv: true }))(['\u009b31m'])).toBe('\u009b31m\n')
  })

  it('S10 a cell of nothing but line ends is judged in linear time, one behind a quote is a formula', () => {
    const began = process.cpuUsage()
    expect(isFormula('\n \t'.replace('\t', '').repeat(300_000))).toBe(false)
    const { user } = process.cpuUsage(began)
    expect(user / 1000).toBeLessThan(2000)
    expect(['"=1', 'a\r\n"@x', '\u00a0=1', 'a\n\u3000+1'].map(isFormula)).toEqual([true, true, true, true])
  })

  it.each([
    ['-5', undefined],
    ['1.5', 1500],
    ['foo 99', undefined],
    ['99999999999999999999', undefined],
    ['Mon, 01 Jun 2026 00:01:00 GMT', 60_000],
  ])('N11 Retry-After %j is read in one way everywhere', (header, wanted) => {
    expect(retryAfterMs(header, now)).toBe(wanted)
  })

  it('N5 a document that ends within a character is cut, not damaged: it is asked for again', () => {
    const slicer = createSlicer({ onMember: () => undefined, onDamaged: () => undefined })
    slicer.push(Buffer.from('{"objects":[{"a":"é').subarray(0, -1))
    expect(() => slicer.end()).toThrow(expect.objectContaining({ reason: 'cut' }) as Error)
  })

  it('S11 names that every object has are no service types and no aliases of bindings', () => {
    const service = (type: string) => ({
      name: 'Service_Instance', namespace: 'n', text: '', attributes: new Map([['service_type', type]]),
      children: [{ name: 'Address', namespace: 'n', text: 'https://a.example/', attributes: new Map(), children: [] }],
    }) // prettier-ignore
    const root = {
      name: 'R',
      namespace: 'n',
      text: '',
      attributes: new Map(),
      children: ['constructor', '__proto__', 'toString', 'POLL'].map(service),
    }
    expect(readServices(root).map(({ type }) => type)).toEqual(['poll'])
    expect(canonicalBinding('constructor|CB_STIX_XML_111')).toBe('constructor|urn:stix.mitre.org:xml:1.1.1')
  })

  it('S7 half of a character in a token of a server does not end the poll with a bug', () => {
    const url = withQuery(
      new URL('https://a.example/'),
      { next: 'a\ud800', match: [{ field: 'id', values: ['\udfff'] }] },
      { time: 'micros', limit: true, brackets: 'plain' },
    )
    expect(url.search).toBe('?match[id]=%EF%BF%BD&next=a%EF%BF%BD')
  })

  it('S6 an address with a password that a server names is refused without showing it', () => {
    const home = new URL('https://a.example/')
    const named = (): unknown =>
      namedAddress('https://ann:hidden-word@a.example/', home, { home, notices: () => undefined })
    expect(named).toThrow(/user information/)
    expect(named).not.toThrow(/hidden-word/)
  })

  it.each(['taxii.example:86443', '[2001:db8::65535]:443'])(
    'S19 a Host header that is no address (%s) is not believed',
    (host) => {
      const arrival = {
        peerAddress: '203.0.113.9',
        isTls: true,
        header: (name: string) => (name === 'host' ? host : undefined),
      }
      expect(reached(arrival, { behindTls: false, isTrustedProxy: () => false }).baseUrl).toBe('https://localhost')
    },
  )

  it('S6 a refusal whose body is a list of sources, whole or cut, does not show their passwords', () => {
    const list = [{ id: 'a', basic_auth_mode: { password: 'hidden-word' } }]
    const text = JSON.stringify(list)
    expect(refusalText(list, text)).toBe('[{"id":"a","basic_auth_mode":{"password":"***"}}]')
    expect(refusalText(undefined, text.slice(0, -3))).toBe('JSON that is not whole')
  })

  it('a proxy is its origin: neither path nor fragment is kept', () => {
    expect(readProxyUrl('--proxy', 'proxy.example:3128/a/#b')).toBe('http://proxy.example:3128')
  })

  it('S8 a file of profiles that is wrong is told in words: what is missing is missing', async () => {
    const told = parseProfileFile('/p.json', '{"version":1,"profiles":[]}')
    await expect(told).rejects.toThrow('defaults: is missing')
  })

  it('CEF whose last value ends with a bar keeps that value, and is enriched once', () => {
    const own = new Set(['et_kind'])
    const add = (line: string): string =>
      cef.read(line, own, () => undefined)?.([{ name: 'et_kind', value: 'ipv4' }]) ?? ''
    expect(add('CEF:0|a|b|c|d|e|f|msg=198.51.100.7|')).toBe('CEF:0|a|b|c|d|e|f|msg=198.51.100.7| et_kind=ipv4')
    expect(add(add('CEF:0|a|b|c|d|e|f|msg=x|'))).toBe(add('CEF:0|a|b|c|d|e|f|msg=x|'))
    expect(add('CEF:0|a|b|c|d|e|f|')).toBe('CEF:0|a|b|c|d|e|f|et_kind=ipv4')
  })

  it('a line with a quote that never ends is enriched once, however often it is read', () => {
    const own = new Set(['et_kind'])
    const add = (line: string): string =>
      kv.read(line, own, () => undefined)?.([{ name: 'et_kind', value: 'ipv4' }]) ?? ''
    expect(add(add('a="198.51.100.7'))).toBe(add('a="198.51.100.7'))
  })

  it.each([
    ['? { hq: { token: planted-secret } }\n: 1\n', 'a key has to be a text'],
    ['a: &a { token: planted-secret }\n*a : 1\n', 'a key has to be a text'],
    ['stixtaxii: *a\nsecrets: { hq: { token: planted-secret } }\n', 'an alias without its anchor'],
  ])('YAML with a map as a key, or an alias of nothing, is told without what it holds: %j', async (text, wanted) => {
    for (const told of [readExchange(text, 'in.yaml'), readServerData(text, 'data.yaml')]) {
      const error = await told.then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(StixTaxiiError)
      expect(String(error)).toContain(wanted)
      expect(String(error)).not.toContain('planted-secret')
    }
  })

  it('an origin with more behind it is not shown where that may be the end of a password', () => {
    expect(() => readOrigin('--url', 'https://a/ann:planted/secret@taxii.example/')).toThrow(
      '--url "https://a/***" is more than an origin',
    )
  })
})
