import { describe, expect, it } from 'vitest'
import { readServeConfiguration } from '../../../src/serve/configuration/read.ts'
import { defaultServeSettings } from '../../../src/serve/default-settings.ts'

const file = '/etc/stixtaxii/server.yaml'

async function faultOf(text: string, environment: Record<string, string> = {}): Promise<string> {
  const error = (await readServeConfiguration(text, file, environment).catch((thrown: unknown) => thrown)) as Error & {
    code: string
    kind: string
    hint: string
  }
  expect([error.code, error.kind]).toEqual(['SERVE_CONFIGURATION_INVALID', 'config'])
  return `${error.message} | ${error.hint}`
}

describe('the configuration file', () => {
  it('may be empty: then everything is as without one', async () => {
    for (const text of ['', '{}', '# nothing\n', '---\n{}\n']) {
      const { settings, listen, modules } = await readServeConfiguration(text, file)
      expect(settings).toEqual({
        ...defaultServeSettings,
        taxii2: { ...defaultServeSettings.taxii2, description: undefined, contact: undefined },
      })
      expect(Object.values({ ...listen, limits: undefined }).filter((value) => value !== undefined)).toEqual([])
      expect(modules).toEqual({ authentication: undefined, taxii1: undefined, taxii2: undefined, hooks: [] })
    }
  })

  it("has OpenTAXII's keys, and ours beside them; paths are those of its folder", async () => {
    const configuration = await readServeConfiguration(
      `domain: taxii.example:9443
support_basic_auth: false
auth_api: { class: ./auth.js#tokens, parameters: { file: t.txt } }
persistence_api: { class: ./folder.mjs, parameters: { folder: data } }
hooks: ./hooks.js
taxii1:
  save_raw_inbox_messages: true
  unauthorized_status: DENIED
  count_blocks_in_poll_responses: false
  hooks: { class: ./hooks.js#other, parameters: { word: a } }
taxii2:
  persistence_api: { class: ../two.js#open2 }
  title: Ours
  description: All of it
  contact: soc@example.com
  max_content_length: 1048576
  public_discovery: true
  allow_custom_properties: false
  max_page_size: 500
  versions: ['2.1']
  hooks: ./hooks.js
logging: { level: warn, audit_log: audit.ndjson }
listen: { host: 0.0.0.0, port: 9443 }
tls: { certificate: c.pem, key: /keys/k.pem, client_ca: ca.pem, client_accounts: { 'CN=alice': alice } }
limits: { max_connections: 10, headers_timeout_secs: 2.5 }
metrics: { public: true }
`,
      file,
    )
    expect(configuration.settings).toMatchObject({
      taxii1: { saveRawInboxMessages: true, unauthorizedStatus: 'DENIED', countBlocksInPollResponses: false },
      taxii2: { title: 'Ours', maxContentLength: 1_048_576, publicDiscovery: true, allowCustomProperties: false },
      schemes: { basic: false, bearer: true },
    })
    expect(configuration.listen).toMatchObject({
      host: '0.0.0.0',
      port: 9443,
      publicUrl: 'https://taxii.example:9443',
      tls: {
        certificate: '/etc/stixtaxii/c.pem',
        key: '/keys/k.pem',
        clientAuthorities: '/etc/stixtaxii/ca.pem',
      },
      certificateAccounts: { 'CN=alice': 'alice' },
      limits: { maxConnections: 10, headersTimeoutMs: 2500 },
      metricsArePublic: true,
      logLevel: 'warn',
      auditLog: '/etc/stixtaxii/audit.ndjson',
    })
    expect(configuration.modules).toEqual({
      authentication: { name: './auth.js#tokens', parameters: { file: 't.txt' } },
      taxii1: { name: './folder.mjs', parameters: { folder: 'data' } },
      taxii2: { name: '../two.js#open2', parameters: {} },
      hooks: [
        { name: './hooks.js', parameters: {} },
        { name: './hooks.js#other', parameters: { word: 'a' } },
      ],
    })
  })

  it.each([
    ['taxii2:\n  titel: x\n', 'server.yaml:2:3: there is no "titel" in taxii2', 'Did you mean "title"?'],
    ['support_basic: true\n', 'server.yaml:1:1: there is no "support_basic"', 'support_basic_auth'],
    ['domain: [\n', 'server.yaml:2:1', ''],
    ['domain: a\ndomain: b\n', 'server.yaml:2:1: this key stands twice', ''],
    ['listen:\n  port: 70000\n', 'server.yaml:2:3: listen.port is above 65535', ''],
    ['taxii2: { max_content_length: 10MB }\n', 'taxii2.max_content_length must be a number', ''],
    ['tls: { certificate: c.pem }\n', 'server.yaml:1:1: tls.key is missing', ''],
    ['tls: { certificate: c, key: k, client_certificates: required }\n', 'tls.client_certificates needs client_ca', ''],
    ['auth_api: { class: opentaxii.auth.sqldb.SQLDatabaseAPI }\n', 'classes of Python cannot be loaded', ''],
    ['auth_api: { parameters: { secret: x } }\n', 'auth_api.parameters.secret is nothing the built-in', ''],
    ['auth_api: { parameters: { token_ttl_secs: 1h } }\n', 'must be a whole number of seconds', ''],
    ['taxii2: { versions: [2.1] }\n', 'must be "2.0" or "2.1", in quotes', ''],
  ])('names the place of what is wrong: %j', async (text, message, hint) => {
    const fault = await faultOf(text)
    expect(fault).toContain(message)
    expect(fault).toContain(hint)
  })

  it('token_ttl_secs of the built-in authentication is in seconds', async () => {
    const text = 'auth_api: { parameters: { token_ttl_secs: 900 } }'
    expect((await readServeConfiguration(text, file)).tokenTtlSeconds).toBe(900)
  })
})

describe('the environment', () => {
  it('goes before the file, by the way to the key', async () => {
    const configuration = await readServeConfiguration('taxii2: { title: File, contact: a@b.example }\n', file, {
      STIXTAXII_SERVER__TAXII2__TITLE: 'Environment: yes',
      STIXTAXII_SERVER__TAXII2__MAX_PAGE_SIZE: '50',
      STIXTAXII_SERVER__LISTEN__TRUSTED_PROXIES: '[192.0.2.1, 192.0.2.2]',
      STIXTAXII_SERVER__SUPPORT_BASIC_AUTH: 'false',
      STIXTAXII_STORE: 'memory:',
    })
    expect(configuration.settings.taxii2).toMatchObject({ contact: 'a@b.example', maxPageSize: 50 })
    expect(configuration.settings.schemes.basic).toBe(false)
    expect(configuration.listen.trustedProxies).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  it.each([
    [
      'STIXTAXII_SERVER__TAXII2__TITEL',
      'x',
      'names nothing that can be set',
      'Did you mean STIXTAXII_SERVER__TAXII2__TITLE?',
    ],
    [
      'STIXTAXII_SERVER__LISTEN__PORT',
      'many',
      'environment variable STIXTAXII_SERVER__LISTEN__PORT must be a number',
      '',
    ],
    ['STIXTAXII_SERVER____PROTO____X', '1', 'names nothing that can be set', ''],
    ['STIXTAXII_SERVER__TAXII2__TITLE', '"', 'is no YAML', ''],
  ])('names the variable that is wrong: %s', async (name, value, message, hint) => {
    const fault = await faultOf('', { [name]: value })
    expect(fault).toContain(message)
    expect(fault).toContain(hint)
  })
})
