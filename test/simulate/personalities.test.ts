import { expect, it } from 'vitest'
import type { AuthenticationSettings } from '../../src/profile/profile.ts'
import { personalities, startPersonality } from '../../src/simulate/personalities.ts'
import type { RunningPersonality } from '../../src/simulate/personalities.ts'
import type { Personality, WelcomeMail } from '../../src/simulate/personality.ts'
import { sampleBlocks, sampleFeed } from '../../src/simulate/sample-data.ts'
import type { Taxii1Options } from '../../src/simulate/taxii1-options.ts'
import { parseRequest, textOf } from '../../src/simulate/taxii1-wire.ts'
import type { Taxii2Options } from '../../src/simulate/taxii2-options.ts'
import { findPreset, presets } from '../../src/taxii/presets/registry.ts'
import { today } from '../quirks/feed.ts'
import { expectOk, expectSame, openTrial, secret } from '../quirks/trial.ts'
import type { Trial, TrialOptions } from '../quirks/trial.ts'
import { serverTls, tlsFiles } from '../quirks/tls.ts'
import { fakeClock } from '../support/fake-clock.ts'

const named = (name: string): Personality => {
  const found = personalities.find((each) => each.name === name)
  if (!found) throw new TypeError(`no personality ${name}`)
  return found
}

/** Its server with made-up content, TLS where a certificate is wanted. */
async function start(personality: Personality, clock = fakeClock({ start: today })): Promise<RunningPersonality> {
  const now = new Date(today)
  const tls = personality.mail.certificate ? { tls: serverTls({ clients: true }) } : {}
  return startPersonality(personality, { ...sampleFeed(now), blocks: sampleBlocks(now), now: clock.now, ...tls })
}

function authenticationOf(mail: WelcomeMail): AuthenticationSettings {
  const { username, login, token } = mail
  if (token !== undefined) return { scheme: 'bearer', token: secret('TOKEN') }
  if (username === undefined) return { scheme: 'none' }
  return { scheme: login ? 'jwt' : 'basic', username, password: secret('PW') }
}

/** A trial with what the welcome mail says, and the preset of that name. */
function trialOf(running: RunningPersonality, change: Partial<TrialOptions> = {}): Promise<Trial> {
  const { mail, name } = running.personality
  const own = { certificate: tlsFiles.certificate, key: tlsFiles.key, use: true, location: 'private' } as const
  return openTrial({
    url: running.url,
    preset: name,
    collections: [mail.collection],
    begin: '30d',
    authentication: authenticationOf(mail),
    headers: mail.header ? [{ name: mail.header.name, value: secret('KEY') }] : [],
    secrets: { PW: mail.password ?? '', TOKEN: mail.token ?? '', KEY: mail.header?.value ?? '' },
    ...(mail.certificate ? { tls: { ca: [tlsFiles.authority] }, certificate: own } : {}),
    ...change,
  })
}

function truthOf(running: RunningPersonality): string[] {
  const content = sampleFeed(new Date(today))
  if (running.family === 1) {
    const { collections = [] } = running.personality.options(content) as Taxii1Options
    return collections.flatMap(({ name }) => running.server.truth(name)).map((thing) => thing.raw)
  }
  const { roots = [] } = running.personality.options(content) as Taxii2Options
  const ids = roots.flatMap((root) => root.collections).map(({ id }) => id)
  return ids.flatMap((id) => running.server.truth(id)).map((thing) => thing.raw)
}

it('has a personality for every preset, under the same name', () => {
  expect(personalities.map((each) => each.name).sort()).toEqual(presets.map((each) => each.name).sort())
})

const odd = ['threatconnect', 'fs-isac']
it.each(personalities.filter(({ name }) => !odd.includes(name)))(
  '$name: everything it has comes with its preset, and nothing twice',
  async (personality) => {
    const running = await start(personality)
    await using server = running.server
    await using trial = await trialOf(running)
    expectOk(await trial.fetch())
    expectSame(await trial.stored(), truthOf(running))
    const [again] = expectOk(await trial.fetch())
    expect(again?.new).toBe(0)
    expect(server.requests.length).toBeGreaterThan(0)
  },
)

it('fs-isac: the block that is no XML is set aside, the rest is kept', async () => {
  const running = await start(named('fs-isac'))
  await using server = running.server
  await using trial = await trialOf(running)
  const [row] = await trial.fetch()
  expect([row?.new, row?.quarantined]).toEqual([30, 1])
  expect(server.requests.length).toBeGreaterThan(0)
})

it.each(['/api/services/taxii/v2/taxii/taxii2', '/api/services/taxii/v2/taxii/tc_taxii', '/taxii2', '/tc_taxii'])(
  'threatconnect: everything comes from %s, by owner name and by id, with ids repaired and markings stored once',
  async (path) => {
    const running = await start(named('threatconnect'))
    await using server = running.server
    const objects = sampleFeed(new Date(today)).objects
    const ids = [...new Set(objects.map((object) => String(object.id)))]
    for (const collection of ['Demo Organization', '2f4b1f29-5f3c-4a6c-9c1d-8f4a0f6f0b11']) {
      await using trial = await trialOf(running, { url: server.url + path, collections: [collection], pageSize: 60 })
      const [row] = expectOk(await trial.fetch())
      expect([row?.quarantined, row?.conflicts]).toEqual([0, 0])
      const stored: string[] = []
      for await (const { item } of trial.store.versions({ latest: true })) stored.push(item.id)
      expect(stored.filter((id) => id.startsWith('marking-definition--5ca1ab1e')).length).toBe(4)
      expect(stored.filter((id) => !id.startsWith('marking-definition--5ca1ab1e')).sort()).toEqual(ids.sort())
    }
    expect(server.requests.every((request) => !request.path.endsWith('/'))).toBe(true)
    expect(server.requests.at(-1)?.headers).toMatchObject({
      accept: 'application/taxii+json;version=2.1',
      authorization: 'Basic dGF4aWk6cEA1NXcwcmQ=',
    })
  },
)

it('threatconnect-1x: 20 days are read in slices of 24 hours at most, without a gap between them', async () => {
  const running = await start(named('threatconnect-1x'))
  await using server = running.server
  await using trial = await trialOf(running, { begin: '20d' })
  expectOk(await trial.fetch())
  expectSame(await trial.stored(), truthOf(running))
  const windows = server.requests
    .map(({ body }) => parseRequest(body.toString('utf8')))
    .filter((root) => root?.name === 'Poll_Request')
    .map((root) => root && [textOf(root, 'Exclusive_Begin_Timestamp'), textOf(root, 'Inclusive_End_Timestamp')])
  expect(windows.length).toBeGreaterThanOrEqual(20)
  for (const [index, window] of windows.entries()) {
    const [begin = '', end = today] = window ?? []
    expect(Date.parse(end) - Date.parse(begin)).toBeLessThanOrEqual(86_400_000)
    if (index > 0) expect(begin).toBe(windows[index - 1]?.[1])
  }
})

it('mitre-attack: its preset keeps within 50 requests in 10 minutes', () => {
  expect(findPreset('mitre-attack')?.rate).toEqual({ requests: 50, perMs: 600_000 })
})
