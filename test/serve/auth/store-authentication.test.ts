import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { hashPassword, isPassword } from '../../../src/serve/auth/password-hash.ts'
import { openStoreAuthentication } from '../../../src/serve/auth/store-authentication.ts'
import type { Account } from '../../../src/serve/authentication.ts'
import { accountRecords } from '../../../src/store/records/accounts.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { aKeptStore, aStore, cheap } from './a-doorkeeper.ts'

const password = new Secret('correct horse')
const other = new Secret('battery staple')

function open(store = aStore(), clock = fakeClock()) {
  return { store, clock, authentication: openStoreAuthentication({ store, clock, hashCost: cheap }) }
}

describe('accounts in the store', () => {
  it('S15 keeps a password as a salted slow hash with what it cost, and nowhere in clear', async () => {
    const { store, authentication } = open()
    await authentication.createAccount('ann', password)
    await authentication.createAccount('bob', password)
    const [ann, bob] = await accountRecords(store.records).list()
    expect(ann?.passwordHash).toMatch(/^\$scrypt\$ln=10,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
    expect(ann?.passwordHash).not.toBe(bob?.passwordHash)
    expect(JSON.stringify(await store.records.list('account'))).not.toContain('correct horse')
  })

  it('S15 costs 32 MiB, three times over, unless told otherwise', async () => {
    expect(await hashPassword(password)).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$/)
  })

  it('S15 looks at no hash that costs more than one of ours', async () => {
    const kept = await hashPassword(password, cheap)
    expect(await isPassword(password, kept)).toBe(true)
    for (const dear of ['ln=24,r=8,p=1', 'ln=10,r=99,p=1', 'ln=10,r=8,p=64', 'ln=9,r=8,p=1', 'ln=-1,r=8,p=1']) {
      expect(await isPassword(password, kept.replace('ln=10,r=8,p=1', dear))).toBe(false)
    }
    expect(await isPassword(password, 'correct horse')).toBe(false)
  })

  it('verifies the right pair and no other', async () => {
    const { authentication } = open()
    const account = await authentication.createAccount('ann', password)
    expect(await authentication.verify('ann', password)).toEqual(account)
    expect(await authentication.verify('ann', other)).toBeUndefined()
    expect(await authentication.verify('Ann', password)).toBeUndefined()
    expect(await authentication.verify('nobody', password)).toBeUndefined()
    expect(await authentication.verify('', new Secret(''))).toBeUndefined()
    expect(await authentication.verify('__proto__', password)).toBeUndefined()
  })

  it('knows a name and a password in either spelling of Unicode', async () => {
    const { authentication } = open()
    await authentication.createAccount('Zoe\u0308', new Secret('Zu\u0308rich 1'))
    expect(await authentication.verify('Zo\u00eb', new Secret('Z\u00fcrich 1'))).toMatchObject({ username: 'Zo\u00eb' })
  })

  it('refuses names that cannot be sent or seen', async () => {
    const { authentication } = open()
    for (const name of ['', 'a:b', ' ann', 'ann\n', 'a\u202eb', 'a'.repeat(129)]) {
      await expect(authentication.createAccount(name, password)).rejects.toMatchObject({
        code: 'SERVE_USERNAME_INVALID',
      })
    }
    for (const bad of ['', 'x'.repeat(1025)]) {
      await expect(authentication.createAccount('ann', new Secret(bad))).rejects.toMatchObject({
        code: 'SERVE_PASSWORD_INVALID',
      })
    }
  })

  it('has a name once', async () => {
    const { authentication } = open()
    await authentication.createAccount('ann', password)
    await expect(authentication.createAccount('ann', other)).rejects.toMatchObject({
      code: 'SERVE_ACCOUNT_EXISTS',
      kind: 'conflict',
      hint: 'Change it with: stixtaxii server account edit ann',
    })
    expect(await authentication.verify('ann', password)).toBeDefined()
  })

  it('changes rights without touching the password, and the other way round', async () => {
    const { authentication } = open()
    const made = await authentication.createAccount('ann', password, {
      permissions: { taxii1: {}, taxii2: { c1: ['read'] } },
    })
    const changed: Account = { ...made, tlpCeiling: 'green', permissions: { taxii1: { feed: 'read' }, taxii2: {} } }
    expect(await authentication.updateAccount(changed)).toEqual(changed)
    expect(await authentication.verify('ann', password)).toEqual(changed)
    await authentication.updateAccount(changed, other)
    expect(await authentication.verify('ann', password)).toBeUndefined()
    expect(await authentication.verify('ann', other)).toEqual(changed)
    await expect(authentication.updateAccount({ ...made, username: 'bob' })).rejects.toMatchObject({
      code: 'SERVE_ACCOUNT_UNKNOWN',
    })
  })

  it('raises the cost of a hash when its owner comes in', async () => {
    const { store, clock, authentication } = open()
    await authentication.createAccount('ann', password)
    const token = (await authentication.authenticate('ann', password)) as Secret
    const dearer = openStoreAuthentication({ store, clock, hashCost: { ...cheap, p: 2 } })
    expect(await dearer.verify('ann', password)).toBeDefined()
    expect((await accountRecords(store.records).get('ann'))?.passwordHash).toMatch(/^\$scrypt\$ln=10,r=8,p=2\$/)
    expect(await dearer.recall?.('ann', password)).toBeDefined()
    expect(await dearer.getAccount(token)).toBeDefined()
    expect(await dearer.verify('ann', other)).toBeUndefined()
  })

  it('has no more hashes under way than told, and sends away who would wait too long', async () => {
    const store = aStore()
    const limited = { store, clock: fakeClock(), hashCost: { logN: 12, r: 8, p: 1 }, maxHashes: 1, maxWaiting: 2 }
    const authentication = openStoreAuthentication(limited)
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => authentication.verify('ann', password)))
    const busy = outcomes.filter((one) => one.status === 'rejected').map((one) => one.reason as unknown)
    expect(busy).toHaveLength(3)
    expect(busy[0]).toMatchObject({ code: 'SERVE_LOGINS_BUSY', kind: 'network', retryAfterMs: 5000 })
    expect(await authentication.verify('ann', password)).toBeUndefined()
  })
})

describe('a pair that was right a moment ago', () => {
  it('is remembered for five minutes at most', async () => {
    const { clock, authentication } = open()
    await authentication.createAccount('ann', password)
    expect(await authentication.recall?.('ann', password)).toBeUndefined()
    await authentication.verify('ann', password)
    await clock.advance(299_000)
    expect(await authentication.recall?.('ann', password)).toMatchObject({ username: 'ann' })
    expect(await authentication.recall?.('ann', other)).toBeUndefined()
    await clock.advance(1000)
    expect(await authentication.recall?.('ann', password)).toBeUndefined()
  })

  it.each<[string, (authentication: ReturnType<typeof open>['authentication']) => Promise<unknown>]>([
    ['another password', async (one) => one.updateAccount(await theOne(one), other)],
    ['other rights', async (one) => one.updateAccount({ ...(await theOne(one)), isAdmin: true })],
    ['a block', async (one) => one.updateAccount({ ...(await theOne(one)), isBlocked: true })],
    ['a deletion', (one) => one.deleteAccount('ann')],
    [
      'a deletion, and the same name made again',
      async (one) => (await one.deleteAccount('ann')) && one.createAccount('ann', other),
    ],
  ])('is forgotten at once after %s, done by another process', async (_, change) => {
    const folder = await temporaryFolder()
    const clock = fakeClock()
    await using store = await aKeptStore(folder, clock)
    await using another = await aKeptStore(folder, clock)
    const { authentication } = open(store, clock)
    await authentication.createAccount('ann', password)
    await authentication.verify('ann', password)
    expect(await authentication.recall?.('ann', password)).toBeDefined()
    await change(open(another, clock).authentication)
    expect(await authentication.recall?.('ann', password)).toBeUndefined()
  })
})

describe('tokens', () => {
  it('name their account for as many seconds as told', async () => {
    const store = aStore()
    const clock = fakeClock()
    const authentication = openStoreAuthentication({ store, clock, hashCost: cheap, tokenTtlSeconds: 60 })
    const account = await authentication.createAccount('ann', password)
    expect(await authentication.authenticate('ann', other)).toBeUndefined()
    const token = (await authentication.authenticate('ann', password)) as Secret
    expect(await authentication.getAccount(token)).toEqual(account)
    await clock.advance(59_000)
    expect(await authentication.getAccount(token)).toEqual(account)
    await clock.advance(1000)
    expect(await authentication.getAccount(token)).toBeUndefined()
  })

  it('last an hour unless told otherwise', async () => {
    const { clock, authentication } = open()
    await authentication.createAccount('ann', password)
    const token = (await authentication.authenticate('ann', password)) as Secret
    await clock.advance(3_599_000)
    expect(await authentication.getAccount(token)).toBeDefined()
    await clock.advance(1000)
    expect(await authentication.getAccount(token)).toBeUndefined()
  })

  it('are good in every process on the store, and after a restart', async () => {
    const folder = await temporaryFolder()
    const clock = fakeClock()
    await using store = await aKeptStore(folder, clock)
    await using another = await aKeptStore(folder, clock)
    const { authentication } = open(store, clock)
    await authentication.createAccount('ann', password)
    const token = (await authentication.authenticate('ann', password)) as Secret
    expect(await open(another, clock).authentication.getAccount(token)).toMatchObject({ username: 'ann' })
  })

  it.each<[string, boolean, (authentication: ReturnType<typeof open>['authentication']) => Promise<unknown>]>([
    ['another password', true, async (one) => one.updateAccount(await theOne(one), other)],
    ['the same password set again', true, async (one) => one.updateAccount(await theOne(one), password)],
    ['a block', true, async (one) => one.updateAccount({ ...(await theOne(one)), isBlocked: true })],
    ['a deletion', true, (one) => one.deleteAccount('ann')],
    [
      'the same name made again',
      true,
      async (one) => (await one.deleteAccount('ann')) && one.createAccount('ann', password),
    ],
    ['other rights', false, async (one) => one.updateAccount({ ...(await theOne(one)), isAdmin: true })],
  ])('end with %s: %s', async (_, doesEnd, change) => {
    const { authentication } = open()
    await authentication.createAccount('ann', password)
    const token = (await authentication.authenticate('ann', password)) as Secret
    expect(await authentication.getAccount(token)).toBeDefined()
    await change(authentication)
    expect((await authentication.getAccount(token)) === undefined).toBe(doesEnd)
  })
})

async function theOne(authentication: ReturnType<typeof open>['authentication']): Promise<Account> {
  const [account] = await authentication.getAccounts()
  return account as Account
}
