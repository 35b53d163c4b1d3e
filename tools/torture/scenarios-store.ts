import type { Scenario } from './scenario.ts'
import { feed, secretFiles as files } from './scenarios-source.ts'

const old = 'configure taxii old --url {taxii1} --begin 9999d --collection feed --no-test'
const login = '--url {taxii2} --username ann --begin 9999d --collection indicators --no-test'
const fetched = [feed, 'fetch feed']

const log = `{"src":"192.0.2.1","n":1}
{"src":"198.51.100.200","n":2}
{"host":"bad2.example","n":3}
`

const bundle = (...ids: number[]): string =>
  JSON.stringify({
    type: 'bundle',
    id: 'bundle--00000000-0000-4000-8000-000000000800',
    objects: ids.map((id) => ({
      type: 'indicator',
      spec_version: '2.1',
      id: `indicator--00000000-0000-4000-8000-000000000${id}`,
      created: '2026-01-01T00:00:00.000Z',
      modified: '2026-01-01T00:00:00.000Z',
      pattern: `[ipv4-addr:value = '203.0.113.${id - 800}']`,
      pattern_type: 'stix',
      valid_from: '2026-01-01T00:00:00Z',
    })),
  })

const observed = JSON.stringify({
  type: 'bundle',
  id: 'bundle--00000000-0000-4000-8000-000000000700',
  objects: [
    {
      type: 'observed-data',
      id: 'observed-data--00000000-0000-4000-8000-000000000701',
      created: '2026-01-01T00:00:00.000Z',
      modified: '2026-01-01T00:00:00.000Z',
      first_observed: '2026-01-01T00:00:00Z',
      last_observed: '2026-01-01T00:00:00Z',
      number_observed: 1,
      objects: { 0: { type: 'ipv4-addr', value: '192.0.2.1' } },
    },
  ],
})

/** What fills the store, and what reads it. */
export const storeScenarios: readonly Scenario[] = [
  { name: 'fetch', files, setup: [feed], line: 'fetch feed -o json' },
  { name: 'fetch again', files, setup: fetched, line: 'fetch feed -o json' },
  { name: 'fetch full', files, setup: fetched, line: 'fetch feed --full -o json' },
  { name: 'fetch two', files, setup: [feed, old], line: 'fetch -o json' },
  {
    name: 'fetch emit',
    files,
    setup: [feed],
    line: 'fetch feed --emit {home}/new.ndjson --trace-http {home}/http.ndjson -o json',
    grows: ['http.ndjson', 'new.ndjson'],
  },
  {
    name: 'fetch helper',
    files,
    setup: [`configure taxii feed ${login} --secret-command 'cat {home}/pw.txt'`],
    line: 'fetch feed -o json',
  },
  {
    name: 'fetch sealed',
    files,
    setup: [
      `configure taxii feed ${login} --password-file {home}/pw.txt --credential-store sealed --passphrase-file {home}/phrase.txt`,
    ],
    line: 'fetch feed --passphrase-file {home}/phrase.txt -o json',
  },
  {
    name: 'watch once',
    files,
    setup: [feed],
    line: 'watch --once --health-file {home}/health.json -o json',
    grows: ['health.json'],
  },
  { name: 'status', files, setup: fetched, line: 'status -o json' },
  { name: 'checkpoint list', files, setup: fetched, line: 'checkpoint list -o json' },
  { name: 'checkpoint set', files, setup: fetched, line: 'checkpoint set feed 2026-01-01T00:00:00Z --yes -o json' },
  { name: 'checkpoint rewind', files, setup: fetched, line: 'checkpoint rewind feed 2d -o json' },
  { name: 'checkpoint reset', files, setup: fetched, line: 'checkpoint reset feed --yes -o json' },
  {
    name: 'import',
    files: { 'a.json': bundle(801, 802), 'b.json': bundle(803) },
    line: 'import {home}/a.json {home}/b.json -o json',
  },
  {
    name: 'import stdin',
    files: { 'a.json': bundle(801, 802) },
    stdin: 'a.json',
    line: 'import - --collection c -o json',
  },
  {
    name: 'convert',
    files: { 'a.json': bundle(801), 'out.json': 'old\n' },
    line: 'convert {home}/a.json --out {home}/out.json --report {home}/report.json -o json',
  },
  {
    name: 'export csv',
    files: { ...files, 'out.csv': 'old\n' },
    setup: fetched,
    line: 'export --format csv --out {home}/out.csv',
  },
  { name: 'export stix', files, setup: fetched, line: 'export --format stix' },
  { name: 'export suricata', files, setup: fetched, line: 'export --format suricata --out {home}/rules' },
  { name: 'enrich', files: { ...files, 'log.ndjson': log }, setup: fetched, line: 'enrich {home}/log.ndjson' },
  {
    name: 'enrich stdin',
    files: { ...files, 'log.ndjson': log },
    setup: [...fetched, 'enrich {home}/log.ndjson'],
    stdin: 'log.ndjson',
    line: 'enrich --mode all',
  },
  { name: 'lookup', files, setup: fetched, line: 'lookup 192.0.2.1 bad2.example unknown.example -o json' },
  { name: 'indicator list', files, setup: fetched, line: 'indicator list -o json' },
  { name: 'indicator show', files, setup: fetched, line: 'indicator show 192.0.2.1 -o json' },
  { name: 'indicator explain', files, setup: fetched, line: 'indicator explain 192.0.2.1 -o json' },
  {
    name: 'pattern match',
    files: { 'seen.json': observed },
    line: `pattern match "[ipv4-addr:value = '192.0.2.1']" {home}/seen.json -o json`,
  },
  {
    name: 'provenance',
    files,
    setup: fetched,
    line: 'provenance indicator--00000000-0000-4000-8000-000000000003 -o json',
  },
  { name: 'store info', files, setup: fetched, line: 'store info -o json' },
  { name: 'store quarantine', files, setup: fetched, line: 'store quarantine -o json' },
  { name: 'store verify', files, setup: fetched, line: 'store verify -o json' },
  { name: 'store reindex', files, setup: fetched, line: 'store reindex -o json' },
  { name: 'store prune', files, setup: fetched, line: 'store prune --source feed --all --yes -o json' },
  { name: 'store copy', files, setup: fetched, line: 'store copy {home}/copy.sqlite -o json' },
  { name: 'store backup', files, setup: fetched, line: 'store backup {home}/backup.sqlite -o json' },
  { name: 'completion', line: 'completion bash' },
  { name: 'complete', files, silent: true, setup: [feed], line: `complete -- profile show ''` },
]
