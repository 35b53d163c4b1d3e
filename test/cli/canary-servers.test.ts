import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startLoopback } from '../../src/simulate/loopback-server.ts'
import type { SimulatedRequest, SimulatedResponse } from '../../src/simulate/loopback-server.ts'
import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { filesBelow, leaksIn } from '../support/canary.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'
import { idAt, someIndicators } from '../support/indicators.ts'

const secrets = {
  password: 'c4n4ry p/w "é+& 1111111',
  token: 'c4n4ry.token~2222222=',
  key: 'c4n4ry&key=é 3333333',
  cookie: 'session=c4n4ry-cookie-4444444',
  header: 'c4n4ry\theader "5555555"',
  'client-secret': 'c4n4ry+client/é 6666666',
  discovery: 'c4n4ry discovery 7777777',
  'user-key': 'c4n4ry-user-key-8888888888888888',
  granted: 'c4n4ry.granted.9999999',
} as const

const folder = temporaryFolder()
const file = (name: keyof typeof secrets): string => join(folder, 'secrets', name)

/** Every way of showing credentials, as flags. */
const ways: Readonly<Record<string, readonly string[]>> = {
  basic: ['--username', 'ann', '--password-file', file('password')],
  headers: ['--auth', 'none', '--header', `X-Key=${file('header')}`, '--header', `Cookie=${file('cookie')}`],
  bearer: ['--auth', 'bearer', '--token-file', file('token')],
  token: ['--auth', 'token', '--token-file', file('token')],
  query: ['--query-key', 'k', '--query-key-file', file('key')],
  user: ['--username', secrets['user-key'], '--password-file', file('password')],
  jwt: ['--auth', 'jwt', '--username', 'ann', '--password-file', file('password'), '--jwt-url', 'LOGIN'],
  oauth: ['--oauth-token-url', 'LOGIN', '--client-id', 'i', '--client-secret-file', file('client-secret')],
  discovery: [
    ...['--auth', 'bearer', '--token-file', file('token')],
    ...['--discovery-username', 'ann', '--discovery-password-file', file('discovery')],
  ],
}

// A user name is no secret to whoever configured it: only what a server says of it is looked at.
const ownWords = (way: string): readonly string[] => (way === 'user' ? ['user-key'] : [])

async function run(argv: readonly string[], stdin?: string): Promise<{ text: string; exitCode: number }> {
  const { stdout, stderr, exitCode } = await runCli(argv, { folder, stdin })
  return { text: stdout + stderr, exitCode }
}

/** Makes the profile of that way anew. */
async function configure(way: string, url: string, login: string): Promise<void> {
  await run(['profile', 'remove', way, '--yes'])
  const flags = ways[way]?.map((word) => (word === 'LOGIN' ? login : word)) ?? []
  const { exitCode, text } = await run([
    'configure',
    'taxii',
    way,
    '--url',
    url,
    '--begin',
    '100mo',
    ...flags,
    '--no-test',
  ])
  expect({ exitCode, text }).toMatchObject({ exitCode: 0 })
}

/** The beginning, and the places of a text where a secret is, for whoever has to mend it. */
function around(text: string): string[] {
  return [text.slice(0, 300), ...[...text.matchAll(/.{0,200}c4n4ry.{0,80}/g)].map(([found]) => found).slice(0, 5)]
}

/** Everything of a request that may be a secret, raw and decoded. */
function shownBy(request: SimulatedRequest): string {
  const values = [...Object.values(request.headers), ...request.url.searchParams.values(), request.body.toString()]
  const decoded = values.map((value) => Buffer.from(value.replace(/^Basic /, ''), 'base64').toString('utf8'))
  return [...values, ...decoded.filter((value) => value.includes('c4n4ry')), request.url.href].join(' | ')
}

const json = (status: number, value: unknown): SimulatedResponse => ({
  status,
  headers: { 'content-type': 'application/taxii+json;version=2.1' },
  body: Buffer.from(JSON.stringify(value)),
})
const page = (status: number, text: string): SimulatedResponse => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: Buffer.from(`<html><title>${text.replaceAll('<', '')}</title></html>`),
})
const header = (text: string): string =>
  Buffer.from(text.replace(/[^\x20-\x7e]/g, (c) => encodeURIComponent(c))).toString()

/** How a server may repeat what it was shown. */
const echoes: Readonly<Record<string, (shown: string) => SimulatedResponse>> = {
  'the title of an error': (shown) => json(401, { title: `Invalid: ${shown}` }),
  'the end of a long description': (shown) =>
    json(403, { title: 'No', description: `${'x'.repeat(430)} ${shown} ${shown}` }),
  'a plain text': (shown) => ({ status: 400, headers: {}, body: Buffer.from(shown.slice(0, 190)) }),
  'the title of a page': (shown) => page(404, shown),
  'a page in place of TAXII': (shown) => page(200, shown),
  'its media type': (shown) => ({ ...json(200, {}), headers: { 'content-type': `text/x; ${header(shown)}` } }),
  'a redirect': (shown) => ({
    status: 302,
    headers: { location: `https://elsewhere.example/${encodeURI(shown)}?q=${encodeURIComponent(shown)}` },
    body: Buffer.alloc(0),
  }),
  'its challenge': (shown) => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer realm="${header(shown)}", error=${header(shown)}` },
    body: Buffer.alloc(0),
  }),
  'the members of strange JSON': (shown) => json(200, { error: shown, [shown]: shown }),
  'a cursor that comes again': (shown) => json(200, { more: true, next: shown, objects: [{ type: 'x' }] }),
  'broken JSON': (shown) => ({ ...json(200, {}), body: Buffer.from(`{"objects": [${shown}`) }),
  'a status message of TAXII 1.1': (shown) => ({
    status: 200,
    headers: {
      'content-type': 'application/xml',
      'x-taxii-content-type': 'urn:taxii.mitre.org:message:xml:1.1',
    },
    body: Buffer.from(
      `<t:Status_Message xmlns:t="http://taxii.mitre.org/messages/taxii_xml_binding-1.1" message_id="1" in_response_to="0"
        status_type="UNAUTHORIZED"><t:Message><![CDATA[${shown}]]></t:Message></t:Status_Message>`,
    ),
  }),
}

beforeAll(async () => {
  await mkdir(join(folder, 'secrets'), { mode: 0o700 })
  for (const [name, secret] of Object.entries(secrets))
    await writeFile(join(folder, 'secrets', name), `${secret}\n`, { mode: 0o600 })
})

describe('S6 a server that repeats the secrets it was shown', () => {
  // Every third pair: each way meets four echoes and each echo three ways.
  const everywhere = Object.keys(echoes)
    .flatMap((echo, row) => Object.keys(ways).map((way, column) => [echo, way, row + column] as const))
    .filter(([, , place]) => place % 3 === 0)
  const seen = { requests: 0, secrets: new Set<string>() }

  it('gets none of them into any output or file, wherever it writes them', { timeout: 180_000 }, async () => {
    const leaked: unknown[] = []
    for (const [echo, way] of everywhere) {
      await using server = await startLoopback((request) => {
        if (request.path === '/login') return json(200, { token: secrets.granted, access_token: secrets.granted })
        const shown = shownBy(request)
        seen.requests++
        for (const name of leaksIn(shown, secrets)) seen.secrets.add(name)
        return echoes[echo]?.(shown)
      })
      const version = echo.includes('1.1') ? '1.1' : '2.1'
      await configure(way, `${server.url}/api1/`, `${server.url}/login`)
      await run([
        'configure',
        'taxii',
        way,
        '--taxii-version',
        version,
        '--api-root',
        `${server.url}/api1/`,
        '--no-test',
      ])
      for (const argv of [
        ['collections', way],
        ['fetch', way, '--collection', 'c1', '-o', 'json'],
      ]) {
        const { text } = await run([...argv, '--debug', '--verbose'])
        const found = leaksIn(text, secrets).filter((name) => !ownWords(way).includes(name) || argv[0] === 'fetch')
        if (found.length > 0) leaked.push([echo, way, argv[0], found, around(text)])
      }
    }
    expect(leaked).toEqual([])
    expect(seen.requests).toBeGreaterThan(everywhere.length)
    // The client secret goes to the login alone, which is the next test.
    const shown = Object.keys(secrets).filter((name) => name !== 'client-secret')
    expect([...seen.secrets].sort()).toEqual(shown.sort())
    const status = await run(['status', '-o', 'json'])
    expect(leaksIn(status.text, secrets)).toEqual([])
    const own = [...Object.keys(secrets), 'profiles.json', 'profiles.json.bak']
    for (const [name, text] of filesBelow(folder, own)) expect([name, leaksIn(text, secrets)]).toEqual([name, []])
  })

  it('gets none of them out of a login', { timeout: 60_000 }, async () => {
    const leaked: unknown[] = []
    for (const way of ['jwt', 'oauth']) {
      for (const [echo, answer] of Object.entries(echoes)) {
        await using server = await startLoopback((request) => answer(shownBy(request)))
        await configure(way, `${server.url}/api1/`, `${server.url}/login`)
        const { text, exitCode } = await run(['collections', way, '--taxii-version', '2.1', '--debug', '-o', 'json'])
        if (leaksIn(text, secrets).length > 0 || exitCode === 0) leaked.push([echo, way, exitCode, around(text)])
      }
    }
    expect(leaked).toEqual([])
  })
})

describe('S6 every command, when all goes well', () => {
  const collection = { id: 'c1', objects: someIndicators(5), canWrite: true }

  it('shows no secret in output, trace or file', { timeout: 180_000 }, async () => {
    const trace = join(folder, 'trace.jsonl')
    const leaked: unknown[] = []
    const failed: unknown[] = []
    const look = async (way: string, argv: readonly string[], stdin?: string) => {
      const { text, exitCode } = await run([...argv, '--debug', '--verbose', '--trace-http', trace], stdin)
      const found = leaksIn(text, secrets).filter((name) => !ownWords(way).includes(name))
      if (found.length > 0) leaked.push([way, argv, found, around(text)])
      if (exitCode !== 0) failed.push([way, argv, exitCode, text])
    }
    const demands = {
      basic: { scheme: 'basic', username: 'ann', password: secrets.password },
      headers: { scheme: 'header', name: 'cookie', value: secrets.cookie },
      bearer: { scheme: 'bearer', token: secrets.token },
      token: { scheme: 'token', token: secrets.token },
      query: { scheme: 'query', name: 'k', value: secrets.key },
      user: { scheme: 'basic', username: secrets['user-key'], password: secrets.password },
      jwt: { scheme: 'jwt', username: 'ann', password: secrets.password },
      oauth: { scheme: 'oauth2', clientId: 'i', clientSecret: secrets['client-secret'] },
    } as const
    for (const [way, authentication] of Object.entries(demands)) {
      await using two = await startTaxii2Server({ collections: [collection], authentication })
      await configure(way, two.discoveryUrl, `${two.url}/${way === 'jwt' ? 'management/auth' : 'token'}`)
      const bundle = JSON.stringify({ objects: someIndicators(1, 50) })
      for (const line of [
        `discover ${way} -o json`,
        `collections ${way} -o yaml`,
        `poll ${way} --collection c1`,
        `fetch ${way} -o json --emit -`,
        `fetch ${way} --full`,
        `watch ${way} --once -o ndjson --health-file ${join(folder, 'health.json')}`,
        `manifest ${way} --collection c1`,
        `get ${idAt(1)} ${way} --collection c1`,
        `versions ${idAt(1)} ${way} --collection c1`,
        `doctor ${way} -o json`,
        `profile show ${way} -o json`,
        `profile export ${way}`,
        `checkpoint list -o json`,
        `checkpoint rewind ${way} 1d`,
      ])
        await look(way, line.split(' '))
      await look(way, ['push', '-', way, '--collection', 'c1', '-o', 'json'], bundle)
      await look(way, ['delete', idAt(0), way, '--collection', 'c1', '--yes'])

      await using one = await startTaxii1Server({
        authentication: authentication.scheme === 'oauth2' ? [] : authentication,
        collections: [{ name: 'feed', blocks: ['<a xmlns="urn:a">1</a>'], receives: true }],
      })
      const entrance = one.addresses.discovery
      await run([
        'configure',
        'taxii',
        way,
        '--url',
        entrance,
        '--collection',
        'feed',
        '--api-root',
        '',
        '--taxii-version',
        '1.1',
        '--no-test',
      ])
      if (way === 'jwt') await run(['configure', 'taxii', way, '--jwt-url', `${one.url}/management/auth`, '--no-test'])
      if (way === 'oauth') continue
      for (const line of [
        `collections ${way}`,
        `poll ${way} --collection feed`,
        `fetch ${way}`,
        `subscription subscribe ${way} --collection feed`,
        `subscription status ${way} --collection feed -o json`,
      ])
        await look(way, line.split(' '))
      await look(way, ['inbox', 'push', '-', way, '--binding', 'urn:b'], '<b xmlns="urn:b">2</b>')
    }
    for (const line of [
      'status -o json',
      'store info',
      'store verify',
      'store quarantine',
      `provenance ${idAt(1)} -o json`,
      'export --format ndjson',
      'export --format stix',
      'credential list --check -o json',
      'profile list -o yaml',
      'completion bash',
      'complete -- fetch ',
      'help environment',
    ])
      await look('', line.split(' '))
    expect(failed).toEqual([])
    expect(leaked).toEqual([])
    const own = [...Object.keys(secrets), 'profiles.json', 'profiles.json.bak']
    const files = filesBelow(folder, own)
    expect(files.map(([name]) => name)).toEqual(expect.arrayContaining(['store.sqlite', 'trace.jsonl', 'health.json']))
    for (const [name, text] of files) expect([name, leaksIn(text, secrets)]).toEqual([name, []])
  })
})
