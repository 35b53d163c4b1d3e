// An authentication that keeps accounts in one JSON file, passwords as scrypt hashes, and tokens in memory. Named in the
// configuration of `stixtaxii serve` as auth_api.
import { createHash, randomBytes, randomUUID, scrypt, timingSafeEqual } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'

const hashOf = promisify(scrypt)
const cost = { N: 2 ** 14, r: 8, p: 1 }
const tokenTtlMs = 3_600_000

export async function open({ file }, { clock, Secret, StixTaxiiError }) {
  const accounts = new Map(readAccounts(file).map((account) => [account.username, account]))
  const tokens = new Map()
  // Nobody's: looked at where there is no account, so that it takes as long.
  const nobody = await newHash(new Secret(randomUUID()))

  function keep() {
    writeFileSync(`${file}.new`, JSON.stringify([...accounts.values()], null, 2), { mode: 0o600, flush: true })
    renameSync(`${file}.new`, file)
  }
  async function newHash(password) {
    const salt = randomBytes(16)
    return `${salt.toString('hex')}:${(await hashOf(Secret.open(password), salt, 32, cost)).toString('hex')}`
  }
  async function isRight(password, kept) {
    const [salt, hash] = kept.split(':').map((part) => Buffer.from(part, 'hex'))
    return timingSafeEqual(await hashOf(Secret.open(password), salt, 32, cost), hash)
  }
  const shown = (account) => {
    const copy = { ...account }
    delete copy.hash
    return copy
  }
  const named = (token) => createHash('sha256').update(Secret.open(token)).digest('hex')
  const endTokens = (username) => {
    for (const [name, token] of tokens) if (token.username === username) tokens.delete(name)
  }

  return {
    async verify(username, password) {
      const account = accounts.get(username)
      const right = await isRight(password, account?.hash ?? nobody)
      return account && right && !account.isBlocked ? shown(account) : undefined
    },
    async authenticate(username, password) {
      if (!(await this.verify(username, password))) return undefined
      const token = new Secret(randomBytes(32).toString('base64url'))
      tokens.set(named(token), { username, untilMs: clock.now().getTime() + tokenTtlMs })
      return token
    },
    async getAccount(token) {
      const { username, untilMs } = tokens.get(named(token)) ?? {}
      const account = accounts.get(username)
      return account && !account.isBlocked && clock.now().getTime() < untilMs ? shown(account) : undefined
    },
    async createAccount(username, password, more = {}) {
      if (accounts.has(username))
        throw new StixTaxiiError('SERVE_ACCOUNT_EXISTS', `There is a "${username}"`, { kind: 'conflict' })
      const plain = { isAdmin: false, permissions: { taxii1: {}, taxii2: {} }, createdAt: clock.now().toISOString() }
      accounts.set(username, { ...plain, ...more, id: randomUUID(), username, hash: await newHash(password) })
      keep()
      return shown(accounts.get(username))
    },
    async updateAccount(account, password) {
      const before = accounts.get(account.username)
      if (!before)
        throw new StixTaxiiError('SERVE_ACCOUNT_UNKNOWN', `There is no "${account.username}"`, { kind: 'not-found' })
      const hash = password ? await newHash(password) : before.hash
      accounts.set(account.username, { ...account, id: before.id, hash })
      if (password) endTokens(account.username)
      keep()
      return shown(accounts.get(account.username))
    },
    async getAccounts() {
      return [...accounts.values()].map(shown).sort((a, b) => (a.username < b.username ? -1 : 1))
    },
    async deleteAccount(username) {
      const had = accounts.delete(username)
      endTokens(username)
      if (had) keep()
      return had
    },
    async [Symbol.asyncDispose]() {},
  }
}

function readAccounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
}
