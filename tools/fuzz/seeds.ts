import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { sampleBlocks, sampleFeed } from '../../src/simulate/sample-data.ts'

const now = new Date('2026-06-01T00:00:00Z')

/** Objects of STIX 2.1 as the demonstration serves them, and kinds that it has not. */
export const sampleObjects: readonly Readonly<Record<string, unknown>>[] = [
  ...sampleFeed(now, 12).objects,
  {
    type: 'observed-data',
    id: 'observed-data--0b4bfbd5-6a3c-4c2f-9f3e-0a0a0a0a0a01',
    created: '2026-01-01T00:00:00Z',
    modified: '2026-01-01T00:00:00Z',
    first_observed: '2026-01-01T00:00:00Z',
    last_observed: '2026-01-01T00:10:00Z',
    number_observed: 3,
    objects: { 0: { type: 'ipv4-addr', value: '198.51.100.3' }, 1: { type: 'file', hashes: { MD5: 'd41d8cd98f00b204e9800998ecf8427e' }, name: 'a.exe' }, 2: { type: 'network-traffic', src_ref: '0', dst_port: 443, protocols: ['tcp'] } },
  },
  {
    type: 'indicator', id: 'indicator--0b4bfbd5-6a3c-4c2f-9f3e-0a0a0a0a0a02', created: '2019-01-01T00:00:00.000Z', modified: '2019-01-02T00:00:00.000Z',
    labels: ['malicious-activity'], name: 'Old', valid_from: '2019-01-01T00:00:00Z', pattern: "[email-message:from_ref.value = 'ann@mail.example'] FOLLOWEDBY [url:value LIKE 'http://%.example/']",
    kill_chain_phases: [{ kill_chain_name: 'lockheed-martin-cyber-kill-chain', phase_name: 'delivery' }], external_references: [{ source_name: 'x', url: 'https://r.example/' }],
    granular_markings: [{ selectors: ['pattern'], marking_ref: 'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82' }],
  },
  { type: 'domain-name', spec_version: '2.1', id: 'domain-name--3c10e93f-798e-5a26-a0c1-08156efab7f5', value: 'a.example', resolves_to_refs: [], x_score: 7 },
  { type: 'bundle', id: 'bundle--0b4bfbd5-6a3c-4c2f-9f3e-0a0a0a0a0a03', spec_version: '2.0', objects: [{ type: 'identity', id: 'identity--1' }] },
  { type: 'opinion', spec_version: '2.1', id: 'opinion--0b4bfbd5-6a3c-4c2f-9f3e-0a0a0a0a0a04', created: '2026-01-01T00:00:00Z', modified: '2026-01-01T00:00:00Z', opinion: 'agree', object_refs: ['indicator--1'], lang: 'en', revoked: false, confidence: 100 },
] // prettier-ignore

/** STIX 1.1.1 packages. */
export const samplePackages: readonly string[] = [
  ...sampleBlocks(now, 4).map(({ content }) => String(content)),
  ...sharedTexts('stix1', 60_000),
]

/** Files of the folder beside the project, where there is one; others are not needed. */
export function sharedTexts(folder: string, mostBytes: number): readonly string[] {
  const place = path.resolve('../shared/data', folder)
  if (!existsSync(place)) return []
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(xml|json)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .map((file) => readFileSync(file, 'utf8'))
    .filter(({ length }) => length <= mostBytes)
    .slice(0, 12)
}

/** Patterns of every operator and qualifier. */
export const samplePatterns: readonly string[] = [
  "[ipv4-addr:value = '198.51.100.1']",
  "[file:hashes.'SHA-256' = 'aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f' AND file:size >= 10]",
  "([a:b = 'c'] AND [d:e != 5]) FOLLOWEDBY [f:g IN ('h', 'i\\'j', 'k\\\\l')] REPEATS 5 TIMES WITHIN 300 SECONDS",
  "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_port IN (80, 443)] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00.5Z'",
  "[ipv4-addr:value ISSUBSET '203.0.113.0/24' OR ipv6-addr:value ISSUPERSET '2001:db8::/32']",
  "[file:name MATCHES '^(a|b)+\\\\.exe$' OR NOT file:name LIKE 'x_%y']",
  "[artifact:payload_bin = b'AQID' OR artifact:hash = h'0aff' OR x:y = true OR x:z = -1.5]",
  "[email-message:body_multipart[*].body_raw_ref.name = 'a' OR email-message:to_refs[0].value = 'ann@mail.example']",
  "[EXISTS file:name AND windows-registry-key:values[*].data NOT IN ('a')]",
  "[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0]",
  "[url:value = 'http://a.example/é\\u{1F600}'] OR [user-account:account_login = '日本']",
]

/** Lines of each format that `enrich` reads; some hold values that the index of the campaign knows. */
export const sampleLines: readonly string[] = [
  '{"time":"2026-01-01T00:00:00Z","src":"198.51.100.7","n":[1,{"host":"bad.example"}],"url":"http://bad.example/x?y=1"}',
  '{"a":"\\u0031\\u0039\\u0038.51.100.7","b":"x 203.0.113.9;y","ti_kind":"ipv4","c":null}',
  'time=2026-01-01 src=198.51.100.7 msg="saw bad.example and \\"more\\"" dst=[2001:db8::7]:443 user=ann@bad.example',
  'CEF:0|Vendor|Product|1.0|100|Name \\| more|5|src=198.51.100.7 request=http://bad.example/x cs1=a\\=b msg=line\\nother',
  '<34>1 2026-01-01T00:00:00Z host app 12 ID47 [a@1 b="198.51.100.7" c="x\\]y"] talk to bad.example',
  '<13>Jan  1 00:00:00 host app[12]: CEF:0|V|P|1|2|N|3|dst=203.0.113.9',
  'time,src,name\r\n"2026-01-01","198.51.100.7","a ""quoted"" bad.example"\r\n1,203.0.113.9,"two\nlines"',
  'a;b;c\n198.51.100.7;bad.example;',
  'Jan 1 something happened at 198.51.100.7 with d41d8cd98f00b204e9800998ecf8427e and sub.bad.example.',
  'nothing to see here 192.0.2.1',
]
