import type { Scenario } from './scenario.ts'
import { feed, secretFiles } from './scenarios-source.ts'

const files = {
  ...secretFiles,
  'StixTaxii_6.1.0.pak': 'PK a package',
  'client.crt': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
}
const hq =
  'configure director hq --url {director} --token-file {home}/token.txt --pool acme={pool} --logpoint acme/lp1={lp1} --logpoint acme/lp2={lp2} --no-test'
const upload = 'director package upload {home}/StixTaxii_6.1.0.pak'
const make = 'director source create feed --on acme/lp1'
const setup = [hq, feed.replace('--no-test', '--taxii-version 2.1 --no-test')]

const fleet = `stixtaxii: 1
name: fleet
director: { url: "{director}", token: { file: token.txt } }
pools: { acme: "0123456789abcdef0123456789abcdef" }
logpoints: { acme/lp1: fedcba98765432100000000000000001, acme/lp2: fedcba98765432100000000000000002 }
package: { file: StixTaxii_6.1.0.pak }
certificates: [{ file: client.crt }]
sources:
  partner: { url: "https://taxii.example/taxii2/", taxiiVersion: "2.1", begin: 20d, fetchInterval: 2d, username: ann, password: { file: pw.txt } }
`
const desired = { ...files, 'fleet.yaml': fleet }
const apply = 'apply -f {home}/fleet.yaml --yes --settle-time 1'
const grows = ['data/state.json.journal']
const steps = ['data/state.json']

/** Director and Logpoints, one by one and by desired state. */
export const directorScenarios: readonly Scenario[] = [
  { name: 'configure director', files, line: `${hq.replace(' --no-test', '')} -o json` },
  { name: 'director directory list', files, setup, line: 'director directory list -o json' },
  { name: 'director directory export', files, setup, line: 'director directory export --out {home}/directory.yaml' },
  { name: 'director package upload', files, setup, line: `${upload} -o json` },
  { name: 'director package list', files, setup: [...setup, upload], line: 'director package list -o json' },
  {
    name: 'director package trash',
    files,
    setup: [...setup, upload],
    line: 'director package trash StixTaxii_6.1.0.pak --yes -o json',
  },
  { name: 'director plugin list', files, setup, line: 'director plugin list -o json' },
  {
    name: 'director plugin install',
    files,
    setup: [...setup, upload],
    line: 'director plugin install StixTaxii_6.1.0.pak --on acme/lp1,acme/lp2 -o json',
  },
  { name: 'director certificate upload', files, setup, line: 'director certificate upload {home}/client.crt -o json' },
  {
    name: 'director source create',
    files,
    setup,
    line: 'director source create feed --on acme/lp1,acme/lp2 --if-absent -o json',
    steps,
  },
  { name: 'director source list', files, setup: [...setup, make], line: 'director source list -o json' },
  { name: 'director source show', files, setup: [...setup, make], line: 'director source show feed -o json' },
  {
    name: 'director source edit',
    files,
    setup: [...setup, make],
    line: 'director source edit feed --begin 30d --on acme/lp1 -o json',
    steps,
  },
  {
    name: 'director source delete',
    files,
    setup: [...setup, make],
    line: 'director source delete feed --on acme/lp1 --yes -o json',
    steps,
  },
  { name: 'director source status', files, setup: [...setup, make], line: 'director source status -o json' },
  { name: 'director source test', files, setup, line: 'director source test feed -o json' },
  {
    name: 'bridge',
    files,
    setup,
    line: 'bridge feed --on acme/lp1 --no-serve --public-url http://127.0.0.1:6100 -o json',
    steps,
  },
  {
    name: 'director emulate',
    files,
    line: 'director emulate --port 0 --token-file {home}/token.txt --state-folder {home}/emulated --pool acme -o json',
    requests: [{ path: '/monitorapi/x' }],
  },
  { name: 'init', line: 'init {home}/fleet.yaml -o json' },
  {
    name: 'plan',
    files: desired,
    line: 'plan -f {home}/fleet.yaml --out {home}/fleet.plan -o json',
    grows: ['fleet.plan'],
  },
  { name: 'apply', files: desired, line: `${apply} -o json`, grows, steps },
  { name: 'apply again', files: desired, setup: [apply], line: `${apply} -o json`, grows, steps },
  { name: 'drift', files: desired, setup: [apply], line: 'drift -f {home}/fleet.yaml -o json', grows, steps },
  {
    name: 'destroy',
    files: desired,
    setup: [apply],
    line: 'destroy -f {home}/fleet.yaml --confirm fleet --settle-time 1 -o json',
    grows,
    steps,
  },
  { name: 'history', files: desired, setup: [apply], line: 'history -o json' },
]
