import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/cli/process-host.ts'
import { Secret } from '../../../src/core/secret.ts'
import { openStoreAuthentication } from '../../../src/serve/auth/store-authentication.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { aRunningServer, ask, basic, quickHashes, type Answered, type ServerUnderTest } from '../a-running-server.ts'

const right = 'correct horse'
const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }

async function aServerOfAnn(options: Parameters<typeof aRunningServer>[0] = {}): Promise<ServerUnderTest> {
  const running = await aRunningServer(options)
  await accountsOf(running).createAccount('ann', new Secret(right), {
    permissions: { taxii1: { '*': 'read' }, taxii2: { '*': ['read'] } },
  })
  return running
}

function accountsOf({ store }: ServerUnderTest) {
  return openStoreAuthentication({ store, clock: systemClock, hashCost: quickHashes })
}

function logIn({ server }: ServerUnderTest, body: string, headers: Record<string, string> = json, from?: string) {
  return ask(`${server.url}/management/auth`, { method: 'POST', headers, body, from })
}

const discover = ({ server }: ServerUnderTest, authorization?: string, from?: string): Promise<Answered> =>
  ask(`${server.url}/taxii2/`, {
    headers: { accept: 'application/taxii+json;version=2.1', ...(authorization !== undefined && { authorization }) },
    from,
  })

describe('POST /management/auth', () => {
  it.each([
    ['JSON', JSON.stringify({ username: 'ann', password: right }), json],
    [
      'JSON of another charset parameter',
      JSON.stringify({ username: 'ann', password: right }),
      { 'content-type': 'application/json; charset=utf-8' },
    ],
    ['a form', `username=ann&password=${right.replace(' ', '+')}`, form],
    ['JSON without a type', JSON.stringify({ username: 'ann', password: right, more: 1 }), {}],
  ])('gives a token for %s, that opens the server', async (_, body, headers) => {
    const running = await aServerOfAnn()
    const answer = await logIn(running, body, headers as Record<string, string>)
    expect({ status: answer.status, cache: answer.headers['cache-control'] }).toEqual({
      status: 200,
      cache: 'no-store',
    })
    const told = JSON.parse(answer.text) as { token: string }
    expect(Object.keys(told)).toEqual(['token'])
    expect((await discover(running, `Bearer ${told.token}`)).status).toBe(200)
    expect((await discover(running)).status).toBe(401)
  })

  it.each([
    ['no password', '{"username":"ann"}', json],
    ['no user name', '{"password":"x"}', json],
    ['empty ones', '{"username":"","password":""}', json],
    ['a list for a password', '{"username":"ann","password":["x"]}', json],
    ['an object for a name', '{"username":{"$ne":""},"password":"x"}', json],
    ['a prototype', '{"__proto__":{"username":"ann","password":"correct horse"}}', json],
    ['null', 'null', json],
    ['a list', '[]', json],
    ['half of JSON', '{"username":', json],
    ['nothing', '', json],
    ['JSON called a form', '{"username":"ann","password":"x"}', form],
    ['a form called JSON', 'username=ann&password=x', json],
    ['bytes that are no text', '\xff\xfe\x00', json],
  ])('answers 400 for %s', async (_, body, headers) => {
    const answer = await logIn(await aServerOfAnn(), body, headers)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({ http_status: '400', error_id: expect.any(String) as string })
  })

  it('answers 401 with challenges for a wrong pair, the same for a name that nobody has', async () => {
    const running = await aServerOfAnn()
    const wrong = await logIn(running, '{"username":"ann","password":"x"}')
    const unknown = await logIn(running, '{"username":"bob","password":"x"}')
    expect([wrong.status, unknown.status]).toEqual([401, 401])
    expect(wrong.headers['www-authenticate']).toContain('Basic realm="stixtaxii", charset="UTF-8"')
    const plain = ({ text }: Answered) => text.replace(/[0-9a-f-]{36}/, '')
    expect(plain(wrong)).toBe(plain(unknown))
    expect(Object.keys(wrong.headers)).toEqual(Object.keys(unknown.headers))
  })

  it('answers 429 with Retry-After after too many, and lets others in from elsewhere', async () => {
    const running = await aServerOfAnn()
    const statuses: number[] = []
    for (let count = 0; count < 6; count++) {
      statuses.push((await logIn(running, `{"username":"ann","password":"x${count}"}`, json, '127.0.0.2')).status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
    const limited = await logIn(running, JSON.stringify({ username: 'ann', password: right }), json, '127.0.0.2')
    expect({ status: limited.status, wait: Number(limited.headers['retry-after']) > 0 }).toEqual({
      status: 429,
      wait: true,
    })
    expect((await logIn(running, JSON.stringify({ username: 'ann', password: right }), json, '127.0.0.3')).status).toBe(
      200,
    )
  })

  it('takes no other method, no query and no body that is too large', async () => {
    const running = await aServerOfAnn()
    const query = `${running.server.url}/management/auth?username=ann&password=${encodeURIComponent(right)}`
    const got = await ask(query)
    expect({ status: got.status, allow: got.headers['allow'] }).toEqual({ status: 405, allow: 'POST' })
    expect((await ask(query, { method: 'POST' })).status).toBe(400)
    expect((await logIn(running, JSON.stringify({ username: 'ann', password: 'x'.repeat(20_000) }))).status).toBe(413)
  })

  it('answers anything with one of its own statuses, and never breaks', async () => {
    const running = await aServerOfAnn()
    const bodies = fc.sample(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.record({ username: fc.string(), password: fc.string() }).map((each) => JSON.stringify(each)),
      ),
      60,
    )
    const statuses = new Set<number>()
    for (const body of bodies) statuses.add((await logIn(running, body)).status)
    expect([...statuses].filter((status) => ![400, 401, 429].includes(status))).toEqual([])
    expect(running.log.filter(({ event }) => event === 'failure')).toEqual([])
  })
})

describe('E6 over HTTP', () => {
  it('holds up Basic in TAXII 2 with 429 and Retry-After, in TAXII 1 with a status message', async () => {
    const running = await aServerOfAnn()
    const statuses: number[] = []
    for (let count = 0; count < 6; count++) {
      statuses.push((await discover(running, basic('ann', `wrong ${count}`), '127.0.0.2')).status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
    const limited = await discover(running, basic('ann', right), '127.0.0.2')
    expect({ status: limited.status, wait: Number(limited.headers['retry-after']) > 0 }).toEqual({
      status: 429,
      wait: true,
    })
    const one = await ask(`${running.server.url}/services/discovery`, {
      method: 'POST',
      from: '127.0.0.2',
      headers: {
        authorization: basic('ann', right),
        'content-type': 'application/xml',
        'x-taxii-content-type': 'urn:taxii.mitre.org:message:xml:1.1',
        'x-taxii-services': 'urn:taxii.mitre.org:services:1.1',
        'x-taxii-protocol': 'urn:taxii.mitre.org:protocol:http:1.0',
      },
      body: '<Discovery_Request xmlns="http://taxii.mitre.org/messages/taxii_xml_binding-1.1" message_id="1"/>',
    })
    expect(one.status).toBe(429)
    expect(one.text).toMatch(/<[\w:]*Status_Message[^>]* status_type="RETRY"/)
    expect(Number(one.headers['retry-after'])).toBeGreaterThan(0)
    expect((await discover(running, basic('ann', right), '127.0.0.3')).status).toBe(200)
  })
})

describe('S21 the audit log', () => {
  it('has one line of JSON for each login and refusal, whatever names hold, and no secret', async () => {
    const folder = await temporaryFolder()
    const auditLog = path.join(folder, 'audit.ndjson')
    const running = await aServerOfAnn({ auditLog })
    const names = [
      'ann"}\n{"event":"login","outcome":"success"}',
      'a\r\nb',
      '\u2028\u2029',
      '\u202egnp',
      '\u001b[2J',
      '__proto__',
      '{{7*7}}',
    ]
    for (const [at, username] of names.entries()) {
      await logIn(running, JSON.stringify({ username, password: 'c4nary-wrong' }), json, `127.0.1.${at + 1}`)
    }
    await discover(running, `Basic ${Buffer.from('eve:c4nary-wrong').toString('base64')}`, '127.0.0.9')
    const { text } = await logIn(running, JSON.stringify({ username: 'ann', password: right }), json, '127.0.0.9')
    const { token } = JSON.parse(text) as { token: string }
    await discover(running, `Bearer ${token}x`, '127.0.0.9')
    const written = readFileSync(auditLog, 'utf8')
    const lines = written
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ event, outcome }) => `${String(event)} ${String(outcome)}`)).toEqual([
      ...Array<string>(names.length + 1).fill('login refused'),
      'login success',
      'login refused',
    ])
    expect(lines[0]).toMatchObject({ level: 'audit', scheme: 'token', client: '127.0.1.1' })
    expect(lines.every(({ requestId, time }) => requestId !== undefined && time !== undefined)).toBe(true)
    expect(written).not.toMatch(/c4nary|correct horse|\u2028|\u202e|\u001b/)
    expect(written).not.toContain(token)
    expect(statSync(auditLog).mode & 0o777).toBe(0o600)
  })
})

describe('S16 the first account', () => {
  it('closes the door at once, also when another process makes it', async () => {
    const running = await aRunningServer()
    expect((await discover(running)).status).toBe(200)
    await accountsOf(running).createAccount('ann', new Secret(right))
    expect((await discover(running)).status).toBe(401)
    expect((await discover(running, basic('ann', right))).status).toBe(200)
  })

  it('is nobody that we made: no name and password come in before', async () => {
    const running = await aRunningServer()
    for (const name of ['admin', 'root', 'test', 'guest', 'stixtaxii', 'taxii', 'user']) {
      for (const word of ['', name, 'admin', 'password', 'changeme', 'secret']) {
        const { status } = await logIn(running, JSON.stringify({ username: name, password: word }), json, '127.0.0.4')
        expect([400, 401, 429]).toContain(status)
      }
    }
    expect(await accountsOf(running).getAccounts()).toEqual([])
  })
})
