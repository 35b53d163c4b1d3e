import { secret } from './target.ts'

const reference = { from: 'env', name: 'PW' }

const profiles = [
  {
    kind: 'taxii', id: '0b4bfbd5-6a3c-4c2f-9f3e-0a0a0a0a0a01', name: 'acme', url: 'https://taxii.example/taxii2/', version: 'auto', stixVersion: '2', preset: 'opencti', apiRoot: '/api/',
    collections: ['feed', '*'], authentication: { scheme: 'basic', username: 'ann', password: { from: 'keyring', entry: 'acme/password' } }, useBasic: true,
    headers: [{ name: 'X-Api-Key', value: reference }], discoveryAuthentication: { scheme: 'oauth2', tokenUrl: 'https://login.example/', clientId: 'c', clientSecret: { from: 'command', command: ['pass', 'x'] } },
    certificate: { certificate: '/c.pem', key: '/k.pem', passphrase: { from: 'path', path: '/pw' }, use: true, location: 'private' }, tls: { ca: ['/ca.pem'], pin: 'a'.repeat(64), insecure: false },
    proxy: { url: 'http://proxy.example:3128', username: 'p', password: reference, noProxy: 'a.example', use: true }, begin: '20d', fetchInterval: '1d', enabled: true, pageSize: 100, maxWindow: '7d', allowOrigins: ['https://b.example'], allowHttp: false,
  },
  {
    kind: 'director', id: '0b4bfbd5-6a3c-4c2f-9f3e-0a0a0a0a0a02', name: 'hq', url: 'https://director.example', token: reference, tokenSince: '2026-01-01T00:00:00Z', apiPrefix: 'configapi/v1', packageUpload: 'raw',
    pools: { acme: '0123456789abcdef0123456789abcdef' }, logpoints: { 'acme/lp1': 'fedcba9876543210fedcba9876543210' }, groups: { lab: ['acme/*'] }, tls: {}, allowHttp: false,
  },
] // prettier-ignore

/** The file of profiles, as it is kept. */
export const aProfileFile = JSON.stringify({ version: 1, defaults: { taxii: 'acme', director: 'hq' }, profiles })

/** What `profile export` writes with secrets, in both forms. */
export const anExchange = {
  json: JSON.stringify({
    stixtaxii: 1,
    profiles,
    secrets: { acme: { password: secret, 'headers.X-Api-Key': secret } },
  }),
  yaml: `stixtaxii: 1
profiles:
  - kind: director
    id: 0b4bfbd5-6a3c-4c2f-9f3e-0a0a0a0a0a02
    name: hq
    url: https://director.example
    token: { from: env, name: TOKEN }
    pools: { acme: 0123456789abcdef0123456789abcdef }
    logpoints: {}
    groups: {}
    tls: {}
    allowHttp: false
secrets:
  hq:
    token: ${secret}
`,
}

export const aDesiredState = `stixtaxii: 1
name: fleet
director:
  url: https://director.example
  token: { env: STIXTAXII_DIRECTOR_TOKEN }
  ca: [ca.pem]
pools:
  acme: 0123456789abcdef0123456789abcdef
logpoints:
  acme/lp1: fedcba9876543210fedcba9876543210
  acme/lp2: fedcba9876543210fedcba9876543211
groups:
  lab: [acme/lp2]
on: [lab]
package:
  file: StixTaxii_6.1.0.pak
  storage: private
certificates:
  - file: client.crt
  - file: client.key
    publicKey: true
sources:
  acme-feed: { from: acme, begin: 20d }
  partner:
    url: https://taxii.example/taxii2/
    taxiiVersion: '2.1'
    begin: 20d
    fetchInterval: 2d
    username: ann
    password: { file: secrets/partner.txt }
    certificate: client.crt
    key: client.key
    keyPassphrase: none
  clear:
    url: https://other.example/
    begin: 1w
    password: ${secret}
overrides:
  lab:
    sources:
      partner: { enabled: false, ensure: absent }
removed: keep
`

export const aServeConfiguration = `domain: taxii.example:8443
max_content_length: 1048576
public_discovery: true
auth_api:
  class: ./file-authentication.mjs
  parameters: { file: accounts.json, password: ${secret} }
taxii1:
  save_raw_inbox_messages: true
  xml_parser_supports_huge_tree: false
  persistence_api:
    class: ./folder-persistence.mjs
taxii2:
  title: An example
  description: |
    several
    lines
  contact: ops@taxii.example
  default_pagination_limit: 10
  max_pagination_limit: 1000
  allow_custom_properties: true
  persistence_api:
    class: ./folder-persistence.mjs
    parameters: { folder: data }
hooks:
  class: ./hooks.mjs
  parameters: { file: signals.ndjson }
logging: { stixtaxii: info, root: error }
`

export const aServerData = `api_roots:
  - id: default
    title: Root
    default: true
collections:
  - name: feed
    id: 0b4bfbd5-6a3c-4c2f-9f3e-0a0a0a0a0a01
    api_root: default
    title: A feed
    alias: feed-1
    from: { source: acme, collection: c }
    public: false
    supported_content: ['urn:stix.mitre.org:xml:1.1.1', { binding: b, subtypes: [s] }]
    services: [poll]
services:
  - id: poll
    type: poll
    address: /services/poll
    max_result_size: 100
accounts:
  - username: ann
    password_file: pw.txt
    tlp: amber
    read: [all]
    write: [feed]
    details: { a: b }
`

export const aliasFiles: readonly string[] = [
  'source_address: ip\ndestination: [ipv4, ipv6]\nsha: hash\nurl: url\n',
  'field,column\nsource_address,ip\n"destination",ipv4\nsha,file_hash\n',
]

export const allowLists: readonly string[] = [
  '# ours\n198.51.100.0/24\n.example.com # all below\n*.b.example\nhttp://good.example/x\nd41d8cd98f00b204e9800998ecf8427e\nann@good.example\n2001:db8::/32\r\nAS64496\n\n',
  '\ufeffbad[.]example\nhxxps://bad[.]example/\nHKLM\\Software\\x\n',
]

export const warningLists: readonly string[] = [
  ...['string', 'substring', 'hostname', 'cidr', 'regex'].map((type) =>
    JSON.stringify({ name: `list of ${type}`, type, version: 1, description: 'd', matching_attributes: ['ip-src', 'domain', 'url', 'md5'], list: ['198.51.100.0/24', 'bad.example', '.example.', '^(a+)+$', '/x\\/y/i', '2001:db8::/32', '(?=look)'] }),
  ),
] // prettier-ignore
