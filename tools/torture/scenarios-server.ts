import { secrets, type Scenario } from './scenario.ts'
import { feed, secretFiles } from './scenarios-source.ts'

const files = { ...secretFiles, 'account.txt': `${secrets.account}\n` }
const fetched = [feed, 'fetch feed']
const alice = 'server account create alice --password-file {home}/account.txt --read all --write all'
const basic = { authorization: `Basic ${Buffer.from(`alice:${secrets.account}`).toString('base64')}` }
const taxii = { ...basic, accept: 'application/taxii+json;version=2.1' }

const data = `api_roots:
  - { id: soc, title: SOC, default: true }
collections:
  - { name: shared, api_root: soc, alias: shared, title: Shared }
accounts:
  - { username: alice, password_file: account.txt, read: [all], write: [shared] }
`

const envelope = JSON.stringify({
  objects: [
    {
      type: 'indicator',
      spec_version: '2.1',
      id: 'indicator--00000000-0000-4000-8000-000000000600',
      created: '2026-01-01T00:00:00.000Z',
      modified: '2026-01-01T00:00:00.000Z',
      pattern: "[ipv4-addr:value = '198.51.100.6']",
      pattern_type: 'stix',
      valid_from: '2026-01-01T00:00:00Z',
    },
  ],
})
const drop = '00000000-0000-4000-8000-0000000000aa'

/** Our own TAXII server: what it serves, to whom, and a few requests while it runs. */
export const serverScenarios: readonly Scenario[] = [
  {
    name: 'server account create',
    files,
    line: `${alice} --audit-log {home}/audit.ndjson -o json`,
    grows: ['audit.ndjson'],
  },
  { name: 'server account list', files, setup: [alice], line: 'server account list -o json' },
  { name: 'server account edit', files, setup: [alice], line: 'server account edit alice --tlp green -o json' },
  {
    name: 'server account password',
    files,
    setup: [alice],
    line: 'server account password alice --password-file {home}/phrase.txt -o json',
  },
  { name: 'server account delete', files, setup: [alice], line: 'server account delete alice --yes -o json' },
  { name: 'server api-root create', line: 'server api-root create soc --title SOC --default -o json' },
  {
    name: 'server api-root edit',
    setup: ['server api-root create soc'],
    line: 'server api-root edit soc --title SOC -o json',
  },
  {
    name: 'server api-root delete',
    setup: ['server api-root create soc', 'server collection create shared --api-root soc'],
    line: 'server api-root delete soc --yes -o json',
  },
  {
    name: 'server collection create',
    files,
    setup: fetched,
    line: `server collection create shared --id ${drop} -o json`,
  },
  {
    name: 'server collection edit',
    setup: ['server collection create shared'],
    line: 'server collection edit shared --title Ours -o json',
  },
  {
    name: 'server collection delete',
    setup: ['server collection create shared'],
    line: 'server collection delete shared --yes -o json',
  },
  { name: 'server collection list', files, setup: fetched, line: 'server collection list -o json' },
  { name: 'server sync', files: { ...files, 'data.yaml': data }, line: 'server sync -f {home}/data.yaml -o json' },
  {
    name: 'serve',
    files,
    setup: [...fetched, alice, `server collection create shared --id ${drop}`],
    grows: ['audit.ndjson'],
    line: 'serve --port 0 --audit-log {home}/audit.ndjson -o json',
    requests: [
      { path: '/taxii2/', headers: taxii },
      { path: '/health/ready' },
      { path: `/taxii2/default/collections/`, headers: taxii },
      {
        path: `/taxii2/default/collections/${drop}/objects/`,
        method: 'POST',
        headers: { ...taxii, 'content-type': 'application/taxii+json;version=2.1' },
        body: envelope,
      },
    ],
  },
]
