import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Records } from '../../src/store/records.ts'
import { accountRecords, type StoredAccount } from '../../src/store/records/accounts.ts'
import { attemptRecords } from '../../src/store/records/attempts.ts'
import { serverSecret } from '../../src/store/records/server-secrets.ts'

interface OpenedRecords extends AsyncDisposable {
  readonly records: Records
}

export interface RecordsUnderTest {
  readonly name: string
  /** Empty ones. */
  open(): Promise<OpenedRecords>
}

function aStoredAccount(more: Partial<StoredAccount> = {}): StoredAccount {
  return {
    id: '11111111-2222-4333-8444-555555555555',
    username: 'ann',
    isAdmin: false,
    isBlocked: false,
    taxii1: {},
    taxii2: {},
    createdAt: '2026-01-02T03:04:05.000000Z',
    passwordHash: '$scrypt$ln=10,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    passwordId: 'p-1',
    ...more,
  }
}

/** Accounts, attempts and secrets over the records of a driver. */
export function accountsSuite(subject: RecordsUnderTest): void {
  describe(`accounts, attempts and secrets: ${subject.name}`, () => {
    let opened: OpenedRecords
    beforeEach(async () => {
      opened = await subject.open()
    })
    afterEach(() => opened[Symbol.asyncDispose]())

    it('keeps an account with all that is said of it', async () => {
      const accounts = accountRecords(opened.records)
      const account = aStoredAccount({
        username: 'Zoë',
        isAdmin: true,
        isBlocked: true,
        taxii1: { feed: 'modify', '*': 'read' },
        taxii2: { c1: ['read', 'write'], c2: [] },
        tlpCeiling: 'amber+strict',
        details: { mail: 'zoe@soc.example' },
      })
      expect(await accounts.create(account)).toEqual({ ...account, revision: 1 })
      expect(await accounts.get('Zoë')).toEqual({ ...account, revision: 1 })
      expect(await accounts.get('zoë')).toBeUndefined()
    })

    it('keeps rights for names such as __proto__ as rights for just them', async () => {
      const accounts = accountRecords(opened.records)
      const rights = JSON.parse('{"__proto__":"modify","constructor":"read"}') as Record<string, 'read'>
      await accounts.create(aStoredAccount({ username: '__proto__', taxii1: rights }))
      const found = await accounts.get('__proto__')
      expect(Object.entries(found?.taxii1 ?? {})).toEqual([
        ['__proto__', 'modify'],
        ['constructor', 'read'],
      ])
      expect(Object.getPrototypeOf(found?.taxii1)).toBe(Object.prototype)
    })

    it('lists by name, and says whether there is any', async () => {
      const accounts = accountRecords(opened.records)
      expect([await accounts.exist(), await accounts.list()]).toEqual([false, []])
      for (const username of ['cid', 'ann', 'bob']) await accounts.create(aStoredAccount({ username }))
      expect((await accounts.list()).map(({ username }) => username)).toEqual(['ann', 'bob', 'cid'])
      expect(await accounts.exist()).toBe(true)
    })

    it('gives a name once, also to those who ask at the same time', async () => {
      const accounts = accountRecords(opened.records)
      const made = await Promise.all(
        ['p-1', 'p-2'].map((passwordId) => accounts.create(aStoredAccount({ passwordId }))),
      )
      expect(made.filter(Boolean)).toHaveLength(1)
      expect(await accounts.get('ann')).toEqual(made.find(Boolean))
    })

    it('replaces an account only as it was read', async () => {
      const accounts = accountRecords(opened.records)
      await accounts.create(aStoredAccount())
      expect(await accounts.replace(aStoredAccount({ isAdmin: true }), 1)).toMatchObject({ isAdmin: true, revision: 2 })
      expect(await accounts.replace(aStoredAccount({ isBlocked: true }), 1)).toBeUndefined()
      expect(await accounts.get('ann')).toMatchObject({ isAdmin: true, isBlocked: false, revision: 2 })
    })

    it('removes an account once', async () => {
      const accounts = accountRecords(opened.records)
      await accounts.create(aStoredAccount())
      expect([await accounts.remove('ann'), await accounts.remove('ann')]).toEqual([true, false])
      expect(await accounts.get('ann')).toBeUndefined()
    })

    it('S16 makes a secret when it is first asked for, one for all who ask', async () => {
      let made = 0
      const ask = (name: string) => serverSecret(opened.records, name, () => Buffer.alloc(32, ++made))
      const [one, two] = await Promise.all([ask('token'), ask('token')])
      expect(one).toEqual(two)
      expect(await ask('token')).toEqual(one)
      expect(await ask('other')).not.toEqual(one)
    })

    it('counts attempts under keys, all of them or none', async () => {
      const attempts = attemptRecords(opened.records)
      const count = { failures: 1, lastMs: 5, isKnown: false }
      const expiresAt = '2099-01-01T00:00:00.000000Z'
      expect(await attempts.get('a')).toMatchObject({ failures: 0, revision: 0 })
      expect(await attempts.write([{ key: 'a', count, revision: 0, expiresAt }])).toBe(true)
      const late = [
        { key: 'b', count, revision: 0, expiresAt },
        { key: 'a', count: { ...count, failures: 2 }, revision: 0, expiresAt },
      ]
      expect(await attempts.write(late)).toBe(false)
      expect(await attempts.get('a')).toEqual({ ...count, revision: 1 })
      expect(await attempts.get('b')).toMatchObject({ failures: 0, revision: 0 })
    })

    it('keeps no record of what is forgotten', async () => {
      const attempts = attemptRecords(opened.records)
      const expiresAt = '2099-01-01T00:00:00.000000Z'
      await attempts.write([{ key: 'a', count: { failures: 1, lastMs: 5, isKnown: false }, revision: 0, expiresAt }])
      await attempts.write([{ key: 'a', count: { failures: 0, lastMs: 5, isKnown: false }, revision: 1, expiresAt }])
      expect(await opened.records.list('login-attempts')).toEqual([])
    })
  })
}
