import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { challengesOf } from '../../../src/serve/auth/authorization-header.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { aDoor, aKeptStore, basic, type Door } from './a-doorkeeper.ts'

const right = 'correct horse'

async function aDoorOfAnn(
  options: Parameters<typeof aDoor>[0] = {},
): Promise<Door & { clock: ReturnType<typeof fakeClock> }> {
  const clock = fakeClock()
  const door = aDoor({ clock, ...options })
  await door.authentication.createAccount('ann', new Secret(right))
  return { ...door, clock }
}

async function fail(door: Door, times: number, { user = 'ann', from = '203.0.113.66' } = {}): Promise<string[]> {
  const kinds: string[] = []
  for (let count = 0; count < times; count++) kinds.push((await door.knock(user, `wrong ${count}`, from)).kind)
  return kinds
}

describe('who asks', () => {
  it('is anonymous without credentials, and barred once there is an account', async () => {
    const door = aDoor()
    expect(await door.show(undefined)).toEqual({ kind: 'anonymous', isBarred: false })
    await door.authentication.createAccount('ann', new Secret(right))
    expect(await door.show(undefined)).toEqual({ kind: 'anonymous', isBarred: true })
    await door.authentication.deleteAccount('ann')
    expect(await door.show(undefined)).toEqual({ kind: 'anonymous', isBarred: false })
  })

  it('is an account with Basic and with its token', async () => {
    const door = await aDoorOfAnn()
    expect(await door.knock('ann', right)).toMatchObject({ kind: 'account', account: { username: 'ann' } })
    const login = await door.logIn('ann', right)
    const token = login.kind === 'token' ? Secret.open(login.token) : ''
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(await door.show(`${scheme} ${token}`)).toMatchObject({ kind: 'account', account: { username: 'ann' } })
    }
  })

  it('may have a password with colons, blanks and letters of any script, also from clients that send Latin-1', async () => {
    const door = aDoor()
    await door.authentication.createAccount('zoë', new Secret(': p:ä ß '))
    await door.authentication.createAccount('한', new Secret('비밀번호 긴 것'))
    expect(await door.show(basic('zoë', ': p:ä ß '))).toMatchObject({ kind: 'account' })
    expect(await door.show(basic('zoë', ': p:ä ß ', 'latin1'))).toMatchObject({ kind: 'account' })
    expect(await door.show(basic('한', '비밀번호 긴 것'))).toMatchObject({ kind: 'account' })
  })

  it.each([
    '',
    ' ',
    'Basic',
    'Basic ',
    'Bearer',
    'Bearer ',
    'Basic !!!',
    'Basic YW5u',
    `Basic ${Buffer.from('ann').toString('base64')}`,
    `Basic ${Buffer.from(`ann\0:${right}`).toString('base64')}`,
    `Basic ${Buffer.from(`ann:${right}\r\n`).toString('base64')}`,
    `${basic('ann', right)} x`,
    `${basic('ann', right)}, Bearer x`,
    `Bearer ${basic('ann', right).slice(6)} x`,
    basic('ann', right).slice(0, -6),
    basic('ann', right).replace('Basic ', ''),
    basic('ann', right).replace('Basic', 'Basic:'),
    `Digest username="ann"`,
    'Negotiate YII=',
    'Token abc',
    'Bearer none',
    'Bearer a.b.c',
    'Bearer \u00ff\u00fe',
    'Basic \ud800',
    `Basic ${'QUFB'.repeat(4096)}`,
    'Basic __proto__',
    '\0'.repeat(100),
  ])('is refused with the header %j, and nothing breaks', async (header) => {
    const door = await aDoorOfAnn()
    expect(await door.show(header)).toEqual({ kind: 'refused' })
  })

  it('is refused with a scheme that is switched off, whatever it shows', async () => {
    const door = await aDoorOfAnn({ schemes: { basic: false, bearer: false } })
    const token = await door.authentication.authenticate('ann', new Secret(right))
    expect(await door.knock('ann', right)).toEqual({ kind: 'refused' })
    expect(await door.show(`Bearer ${Secret.open(token as Secret)}`)).toEqual({ kind: 'refused' })
  })

  it('is challenged for each scheme that is on', () => {
    expect(challengesOf({ basic: true, bearer: true })).toEqual([
      'Basic realm="stixtaxii", charset="UTF-8"',
      'Bearer realm="stixtaxii"',
    ])
    expect(challengesOf({ basic: false, bearer: true })).toEqual(['Bearer realm="stixtaxii"'])
  })

  it('is looked at once when the same pair comes many times at once', async () => {
    const door = await aDoorOfAnn()
    const kinds = await Promise.all(Array.from({ length: 40 }, async () => (await door.knock('ann', right)).kind))
    expect(new Set(kinds)).toEqual(new Set(['account']))
    expect(await fail(door, 4, { from: '192.0.2.1' })).toEqual(Array(4).fill('refused'))
  })

  it('S21 leaves logins and refusals for the auditor, never what was shown', async () => {
    const door = await aDoorOfAnn()
    await door.logIn('ann', right)
    await door.logIn('ann', 'wr0ng-one')
    await door.knock('bob', 'wr0ng-one', '203.0.113.9')
    await door.show('Bearer n0-token')
    expect(door.log.audited).toMatchObject([
      { event: 'login', outcome: 'success', scheme: 'token', account: 'ann', client: '192.0.2.1' },
      { event: 'login', outcome: 'refused', scheme: 'token', account: 'ann' },
      { event: 'login', outcome: 'refused', scheme: 'basic', account: 'bob', client: '203.0.113.9' },
      { event: 'login', outcome: 'refused', scheme: 'bearer' },
    ])
    expect(JSON.stringify(door.log.audited)).not.toMatch(/wr0ng|n0-token|correct/)
  })
})

describe('S21 the audit log', () => {
  it('is not filled by what costs nothing to repeat', async () => {
    const door = await aDoorOfAnn()
    for (let count = 0; count < 100; count++) await door.show('Bearer e30.e30.e30', '203.0.113.66')
    await fail(door, 105)
    const told = door.log.audited.map(({ outcome, scheme, times }) => `${outcome} ${scheme} ${times ?? 1}`)
    const powers = [1, 2, 4, 8, 16, 32, 64]
    expect(told).toEqual([
      ...powers.map((times) => `refused bearer ${times}`),
      ...Array<string>(5).fill('refused basic 1'),
      ...powers.map((times) => `limited basic ${times}`),
    ])
  })
})

describe('E6 wrong attempts', () => {
  it('are free at first, then wait twice as long each time, at most a quarter of an hour', async () => {
    const door = await aDoorOfAnn()
    expect(await fail(door, 6)).toEqual([...Array<string>(5).fill('refused'), 'limited'])
    const waits: number[] = []
    for (let round = 0; round < 13; round++) {
      const principal = await door.knock('ann', 'wrong', '203.0.113.66')
      const seconds = principal.kind === 'limited' ? principal.retryAfterSeconds : 0
      waits.push(seconds)
      await door.clock.advance(seconds * 1000)
      expect(await door.knock('ann', 'wrong', '203.0.113.66')).toEqual({ kind: 'refused' })
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900])
  })

  it('let nobody in while the time runs, not even with the right password', async () => {
    const door = await aDoorOfAnn()
    await fail(door, 6)
    expect(await door.knock('ann', right, '203.0.113.66')).toEqual({ kind: 'limited', retryAfterSeconds: 1 })
    await door.clock.advance(1000)
    expect(await door.knock('ann', right, '203.0.113.66')).toMatchObject({ kind: 'account' })
  })

  it('do not tell by a remembered pair whether a guess is right', async () => {
    const door = await aDoorOfAnn()
    await door.knock('ann', right, '192.0.2.1')
    await fail(door, 6)
    expect((await door.knock('ann', right, '203.0.113.66')).kind).toBe('limited')
    expect((await door.knock('ann', right, '192.0.2.1')).kind).toBe('account')
  })

  it('are forgotten by a right one', async () => {
    const door = await aDoorOfAnn()
    for (let round = 0; round < 20; round++) {
      expect(await fail(door, 4)).toEqual(Array(4).fill('refused'))
      expect((await door.knock('ann', right, '203.0.113.66')).kind).toBe('account')
    }
  })

  it('of one account are not forgotten by the success of another from the same address', async () => {
    const door = await aDoorOfAnn()
    await door.authentication.createAccount('eve', new Secret(right))
    let refused = 0
    for (let round = 0; round < 40; round++) {
      refused += (await fail(door, 1, { user: `victim ${round}` })).filter((kind) => kind === 'refused').length
      await door.knock('eve', right, '203.0.113.66')
    }
    expect(refused).toBe(20)
  })

  it('are counted by address, over all accounts, and by the /64 of an IPv6 address', async () => {
    const door = await aDoorOfAnn()
    const kinds: string[] = []
    for (let host = 0; host < 25; host++) {
      kinds.push(...(await fail(door, 1, { user: `user ${host}`, from: `2001:db8::${host.toString(16)}` })))
    }
    expect(kinds.filter((kind) => kind === 'refused')).toHaveLength(20)
    expect((await door.knock('someone', 'x', '2001:db8:0:1::1')).kind).toBe('refused')
    expect((await door.knock('someone', 'x', '::ffff:203.0.113.1')).kind).toBe('refused')
  })

  it('are counted by account over all addresses, the wait never longer than a minute', async () => {
    const door = await aDoorOfAnn()
    const waits: number[] = []
    for (let host = 0; host < 90; host++) {
      const principal = await door.knock('ann', 'wrong', `198.51.100.${host}`)
      if (principal.kind !== 'limited') continue
      waits.push(principal.retryAfterSeconds)
      await door.clock.advance(principal.retryAfterSeconds * 1000)
    }
    expect(Math.max(...waits)).toBe(60)
    expect(waits.length).toBeGreaterThan(15)
  })

  it('from elsewhere never lock an account out where it came in before', async () => {
    const door = await aDoorOfAnn()
    await door.knock('ann', right, '192.0.2.1')
    for (let host = 0; host < 60; host++) await fail(door, 2, { from: `198.51.100.${host}` })
    await fail(door, 30, { user: 'other', from: '192.0.2.1' })
    expect((await door.knock('ann', right, '192.0.2.77')).kind).toBe('limited')
    await door.clock.advance(400_000)
    for (let host = 0; host < 60; host++) await fail(door, 2, { from: `198.51.100.${host}` })
    expect((await door.knock('ann', right, '192.0.2.1')).kind).toBe('account')
    expect((await door.logIn('ann', right, '192.0.2.1')).kind).toBe('token')
  })

  it('are all forgotten in time', async () => {
    const door = await aDoorOfAnn()
    await fail(door, 12)
    await door.clock.advance(25 * 3_600_000)
    expect(await fail(door, 5)).toEqual(Array(5).fill('refused'))
    expect((await fail(door, 1))[0]).toBe('limited')
  })

  it('do not keep anybody out for years when a clock is set back', async () => {
    const folder = await temporaryFolder()
    await using ahead = await aKeptStore(folder, fakeClock({ start: '2040-01-01T00:00:00Z' }))
    await fail(aDoor({ store: ahead, clock: fakeClock({ start: '2040-01-01T00:00:00Z' }) }), 8)
    await using store = await aKeptStore(folder, fakeClock())
    const principal = await aDoor({ store, clock: fakeClock() }).knock('ann', 'x', '203.0.113.66')
    expect(principal).toMatchObject({ kind: 'limited' })
    expect(principal.kind === 'limited' && principal.retryAfterSeconds).toBeLessThanOrEqual(900)
  })

  it('S17 survive a restart, and hold over several processes', async () => {
    const folder = await temporaryFolder()
    const clock = fakeClock()
    const kinds: string[] = []
    for (let start = 0; start < 8; start++) {
      await using store = await aKeptStore(folder, clock)
      await using another = await aKeptStore(folder, clock)
      kinds.push(...(await fail(aDoor({ store, clock }), 1)), ...(await fail(aDoor({ store: another, clock }), 1)))
    }
    expect(kinds.slice(0, 6)).toEqual([...Array<string>(5).fill('refused'), 'limited'])
    expect(new Set(kinds.slice(5))).toEqual(new Set(['limited']))
  })

  it('S17 are not free for those who try many at once, in several processes', async () => {
    const folder = await temporaryFolder()
    const clock = fakeClock()
    const stores = await Promise.all([1, 2, 3].map(() => aKeptStore(folder, clock)))
    const doors = stores.map((store) => aDoor({ store, clock }))
    const tries = Array.from({ length: 90 }, async (_, count) => {
      const door = doors[count % doors.length] as Door
      return (await door.knock('ann', `guess ${count}`, '203.0.113.66')).kind
    })
    const kinds = await Promise.all(tries)
    expect(kinds.filter((kind) => kind === 'refused')).toHaveLength(5)
    for (const store of stores) await store[Symbol.asyncDispose]()
  })

  it('leave a bounded number of records, however many names and addresses are tried', async () => {
    const door = await aDoorOfAnn()
    for (let count = 0; count < 300; count++) {
      await door.knock(`user ${count}`, 'x', `2001:db8:${count.toString(16)}::1`)
    }
    const kept = await door.store.records.list('login-attempts')
    const numbers = kept.map(({ id }) => /^(pair|address|account)-(\d+)$/.exec(id)).map((found) => Number(found?.[2]))
    expect(Math.max(...numbers)).toBeLessThan(65_536)
    expect(kept.every(({ expiresAt }) => expiresAt !== undefined)).toBe(true)
    expect(JSON.stringify(kept)).not.toMatch(/user |2001:db8/)
    await door.clock.advance(25 * 3_600_000)
    expect(await door.store.records.list('login-attempts')).toEqual([])
  })

  it('are not counted while the server is too busy to look', async () => {
    const door = await aDoorOfAnn({ maxWaiting: 0 })
    const crowd = Array.from({ length: 12 }, async (_, host) => door.knock('ann', 'wrong', `192.0.2.${host}`))
    const limited = (await Promise.all(crowd)).filter(({ kind }) => kind === 'limited')
    expect(limited.length).toBeGreaterThan(0)
    expect(limited[0]).toEqual({ kind: 'limited', retryAfterSeconds: 5 })
    const counts = await door.store.records.list('login-attempts')
    const account = counts.find(({ id }) => id.startsWith('account-'))
    expect(account?.body).toMatchObject({ failures: 12 - limited.length })
  })

  it('take as long and read the same for names that nobody has: 500 tries', { timeout: 60_000 }, async () => {
    const door = await aDoorOfAnn()
    await door.authentication.createAccount('blocked', new Secret(right), { isBlocked: true })
    const medianOf = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
    const times: Record<string, number[]> = { ann: [], nobody: [], blocked: [] }
    const answers = new Set<string>()
    for (let count = 0; count < 500; count++) {
      const user = ['ann', 'nobody', 'blocked'][count % 3] as string
      // From another network each time, in a time of its own, so that nothing is held up.
      const from = `2001:db8:${(count >> 8).toString(16)}:${(count & 255).toString(16)}::1`
      await door.clock.advance(61_000)
      const began = performance.now()
      answers.add(JSON.stringify(await door.knock(user, count % 2 === 0 ? 'wrong' : 'also wrong', from)))
      times[user]?.push(performance.now() - began)
    }
    expect([...answers]).toEqual(['{"kind":"refused"}'])
    const ratio = medianOf(times['nobody'] ?? []) / medianOf(times['ann'] ?? [])
    expect(ratio).toBeGreaterThan(0.67)
    expect(ratio).toBeLessThan(1.5)
    expect(medianOf(times['blocked'] ?? []) / medianOf(times['ann'] ?? [])).toBeGreaterThan(0.67)
  })
})
