import { anIndicator, idAt } from '../../test/support/indicators.ts'
import { secrets, type Scenario } from './scenario.ts'

/** Files with the secrets that command lines name. */
export const secretFiles = {
  'pw.txt': `${secrets.password}\n`,
  'phrase.txt': `${secrets.phrase}\n`,
  'token.txt': `${secrets.token}\n`,
} as const

const files = secretFiles
const login = '--url {taxii2} --username ann --begin 9999d --collection indicators'
/** A profile `feed` of the TAXII 2 server whose password stands in a file. */
export const feed = `configure taxii feed ${login} --password-file {home}/pw.txt --no-test`
const old = 'configure taxii old --url {taxii1} --begin 9999d --no-test'
const kept = `configure taxii feed ${login} --password-file {home}/pw.txt --credential-store file --no-test`
const sealed = `configure taxii feed ${login} --password-file {home}/pw.txt --credential-store sealed --passphrase-file {home}/phrase.txt --no-test`

const pushed = JSON.stringify({
  type: 'bundle',
  id: 'bundle--00000000-0000-4000-8000-000000000900',
  objects: [anIndicator(900, { pattern: "[ipv4-addr:value = '198.51.100.9']" })],
})

const exported = `stixtaxii: 1
profiles:
  - kind: taxii
    id: 00000000-0000-4000-8000-00000000000c
    name: other
    url: https://taxii.example/taxii2/
    version: auto
    collections: []
    authentication: { scheme: none }
    useBasic: true
    headers: []
    tls: {}
    begin: 30d
    fetchInterval: 1d
    enabled: true
    allowOrigins: []
    allowHttp: false
`

/** Profiles, credentials, and what speaks to a TAXII server. */
export const sourceScenarios: readonly Scenario[] = [
  { name: 'configure', files, line: `configure taxii feed ${login} --password-file {home}/pw.txt -o json` },
  { name: 'configure file store', files, line: `${kept} -o json` },
  { name: 'configure sealed store', files, line: `${sealed} -o json` },
  {
    name: 'configure keyring',
    files,
    keyring: true,
    line: `configure taxii feed ${login} --password-file {home}/pw.txt --credential-store keyring -o json`,
  },
  { name: 'configure change', files, setup: [kept], line: 'configure taxii feed --begin 30d --no-test -o json' },
  { name: 'profile list', files, setup: [feed, old], line: 'profile list -o json' },
  { name: 'profile show', files, setup: [feed], line: 'profile show feed -o json' },
  { name: 'profile use', files, setup: [feed, old], line: 'profile use old -o json' },
  { name: 'profile rename', files, setup: [kept], line: 'profile rename feed fed -o json' },
  { name: 'profile remove', files, setup: [kept, old], line: 'profile remove feed --yes -o json' },
  {
    name: 'profile remove sealed',
    files,
    setup: [sealed],
    line: 'profile remove feed --yes --passphrase-file {home}/phrase.txt -o json',
  },
  {
    name: 'profile export',
    files,
    setup: [kept],
    holdsSecrets: ['all.yaml'],
    line: 'profile export --include-secrets --out {home}/all.yaml',
  },
  {
    name: 'profile import',
    files: { ...files, 'other.yaml': exported },
    setup: [kept],
    line: 'profile import {home}/other.yaml -o json',
  },
  {
    name: 'credential set',
    files,
    setup: [kept],
    stdin: 'token.txt',
    line: 'credential set feed --stdin --credential-store file -o json',
  },
  {
    name: 'credential set sealed',
    files,
    setup: [sealed],
    line: 'credential set feed --file {home}/token.txt --credential-store sealed --passphrase-file {home}/phrase.txt -o json',
  },
  {
    name: 'credential set keyring',
    files,
    setup: [feed],
    keyring: true,
    line: 'credential set feed --file {home}/token.txt --credential-store keyring -o json',
  },
  { name: 'credential list', files, setup: [kept, old], line: 'credential list -o json' },
  { name: 'credential remove', files, setup: [kept], line: 'credential remove feed --yes -o json' },
  {
    name: 'credential remove keyring',
    files,
    keyring: true,
    setup: [`configure taxii feed ${login} --password-file {home}/pw.txt --credential-store keyring --no-test`],
    line: 'credential remove feed --yes -o json',
  },
  { name: 'discover', line: 'discover {taxii1} -o json' },
  { name: 'collections', files, setup: [feed], line: 'collections feed -o json' },
  { name: 'poll', files, setup: [feed], line: 'poll feed' },
  { name: 'poll 1.x', setup: [old], line: 'poll old --collection feed' },
  { name: 'manifest', files, setup: [feed], line: 'manifest feed -o json' },
  { name: 'get', files, setup: [feed], line: `get ${idAt(3)} feed` },
  { name: 'versions', files, setup: [feed], line: `versions ${idAt(3)} feed -o json` },
  { name: 'push', files: { ...files, 'push.json': pushed }, setup: [feed], line: 'push {home}/push.json feed -o json' },
  { name: 'delete', files, setup: [feed], line: `delete ${idAt(3)} feed --yes -o json` },
  {
    name: 'inbox push',
    files: { 'block.xml': '<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1" version="1.1.1"/>' },
    setup: [old],
    line: 'inbox push {home}/block.xml old --destination feed -o json',
  },
  { name: 'subscription status', setup: [old], line: 'subscription status old --collection feed -o json' },
  { name: 'doctor', files, setup: [feed, old], line: 'doctor -o json' },
]
