import assert from 'node:assert/strict'
import { Secret } from '../../core/secret.ts'
import type { Authentication } from '../authentication.ts'
import { checksOf, refuses, type ContractCheck } from './check.ts'

/** What an authentication promises. `open` gives one without accounts each time; it is closed after each check. */
export function authenticationChecks(open: () => Promise<Authentication>): readonly ContractCheck[] {
  return checksOf(open, { ...accounts, ...logins })
}

type Promises = Readonly<Record<string, (authentication: Authentication) => Promise<void>>>

const right = () => new Secret('a long enough password')
const wrong = () => new Secret('another long password')

const accounts: Promises = {
  async 'createAccount, getAccounts: what was made is listed, in order of user name'(authentication) {
    const permissions = { taxii1: { c: 'modify' as const }, taxii2: { '*': ['read' as const] } }
    await authentication.createAccount('bob', right(), { isAdmin: true })
    const alice = await authentication.createAccount('alice', right(), { permissions, details: { team: 'blue' } })
    assert.deepEqual([alice.username, alice.isAdmin, alice.permissions], ['alice', false, permissions])
    const listed = await authentication.getAccounts()
    assert.deepEqual(
      listed.map(({ username, isAdmin }) => [username, isAdmin]),
      [
        ['alice', false],
        ['bob', true],
      ],
    )
    assert.deepEqual([listed[0]?.permissions, listed[0]?.details], [permissions, { team: 'blue' }])
  },
  async 'createAccount: a user name is given once'(authentication) {
    await authentication.createAccount('alice', right())
    await refuses('SERVE_ACCOUNT_EXISTS', () => authentication.createAccount('alice', wrong()))
    assert.ok(await authentication.verify('alice', right()))
  },
  async 'updateAccount: changes what there is; the password stays unless there is a new one'(authentication) {
    const made = await authentication.createAccount('alice', right())
    await authentication.updateAccount({ ...made, isAdmin: true })
    assert.equal((await authentication.verify('alice', right()))?.isAdmin, true)
    await authentication.updateAccount({ ...made, isAdmin: true }, wrong())
    assert.equal(await authentication.verify('alice', right()), undefined)
    assert.ok(await authentication.verify('alice', wrong()))
    await refuses('SERVE_ACCOUNT_UNKNOWN', () => authentication.updateAccount({ ...made, username: 'nobody' }))
  },
  async 'deleteAccount: says whether there was one, and nobody comes in by it any more'(authentication) {
    await authentication.createAccount('alice', right())
    const token = await authentication.authenticate('alice', right())
    assert.ok(token)
    assert.equal(await authentication.deleteAccount('alice'), true)
    assert.equal(await authentication.deleteAccount('alice'), false)
    assert.equal(await authentication.verify('alice', right()), undefined)
    assert.equal(await authentication.getAccount(token), undefined)
    assert.deepEqual(await authentication.getAccounts(), [])
  },
}

const logins: Promises = {
  async 'authenticate, getAccount: a right pair gives a token, and the token the account'(authentication) {
    await authentication.createAccount('alice', right(), { isAdmin: true })
    const token = await authentication.authenticate('alice', right())
    assert.ok(token)
    const account = await authentication.getAccount(token)
    assert.deepEqual([account?.username, account?.isAdmin], ['alice', true])
  },
  async 'authenticate, verify: a wrong password, an unknown user and names of every object are nobody'(authentication) {
    await authentication.createAccount('alice', right())
    for (const [name, password] of [
      ['alice', wrong()],
      ['nobody', right()],
      ['constructor', right()],
      ['__proto__', right()],
      ['', right()],
      ["' OR 1=1 --", right()],
    ] as const) {
      assert.equal(await authentication.verify(name, password), undefined, name)
      assert.equal(await authentication.authenticate(name, password), undefined, name)
    }
  },
  async 'getAccount: a token it did not give is nobody'(authentication) {
    await authentication.createAccount('alice', right())
    const token = await authentication.authenticate('alice', right())
    assert.ok(token)
    const text = Secret.open(token)
    for (const forged of ['', 'x', `${text}x`, text.slice(1), 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.'])
      assert.equal(await authentication.getAccount(new Secret(forged)), undefined, forged)
  },
  async 'updateAccount: a new password ends the tokens there are'(authentication) {
    const made = await authentication.createAccount('alice', right())
    const token = await authentication.authenticate('alice', right())
    assert.ok(token)
    await authentication.updateAccount(made, wrong())
    assert.equal(await authentication.getAccount(token), undefined)
  },
  async 'a blocked account does not come in'(authentication) {
    const made = await authentication.createAccount('alice', right())
    const token = await authentication.authenticate('alice', right())
    assert.ok(token)
    await authentication.updateAccount({ ...made, isBlocked: true })
    assert.equal(await authentication.verify('alice', right()), undefined)
    assert.equal(await authentication.authenticate('alice', right()), undefined)
    assert.equal(await authentication.getAccount(token), undefined)
  },
}
