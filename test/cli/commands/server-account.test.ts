import { readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/cli/process-host.ts'
import { Secret } from '../../../src/core/secret.ts'
import { openStoreAuthentication } from '../../../src/serve/auth/store-authentication.ts'
import { openStorePersistence } from '../../../src/serve/persistence/open.ts'
import { openStore } from '../../../src/store/registry.ts'
import type { Store } from '../../../src/store/store.ts'
import { keep, aRun } from '../../contracts/a-store.ts'
import { anObject } from '../../support/items.ts'
import { schemaProblems } from '../../support/json-schema.ts'
import { runCli, temporaryFolder } from '../../support/run-cli.ts'

const password = 'correct horse battery'

/** A store with the collection `acme.c1`, fetched, and `reports`, of its own. */
async function aFolder(): Promise<string> {
  const folder = temporaryFolder()
  await inStore(folder, async (store) => {
    await aRun(store)
    await keep(store, [anObject()])
    await openStorePersistence({ store, clock: systemClock }).catalogue.create({ title: 'Reports', alias: 'reports' })
  })
  return folder
}

/** The same with the account `alice`, who reads `acme.c1`; her hash costs little. */
async function aFolderOfAlice(): Promise<string> {
  const folder = await aFolder()
  await inStore(folder, async (store) => {
    const id = (await openStorePersistence({ store, clock: systemClock }).catalogue.byName('acme.c1'))?.id ?? ''
    const permissions = { taxii1: { 'acme.c1': 'read' }, taxii2: { [id]: ['read'] } } as const
    await accountsOf(store).createAccount('alice', new Secret(password), { permissions })
  })
  return folder
}

function accountsOf(store: Store) {
  return openStoreAuthentication({ store, clock: systemClock, hashCost: { logN: 10, r: 8, p: 1 } })
}

async function inStore<T>(folder: string, work: (store: Store) => Promise<T>): Promise<T> {
  const url = path.join(folder, 'data', 'store.sqlite')
  await using store = await openStore(url, { clock: systemClock, identity: { pid: 1, host: 'host.example' } })
  return await work(store)
}

async function verified(folder: string, username: string, word: string) {
  return inStore(folder, (store) => accountsOf(store).verify(username, new Secret(word)))
}

async function run(folder: string, line: string, stdin = password) {
  const { exitCode, stdout, stderr } = await runCli(line, { folder, stdin })
  const record = stdout.startsWith('{') ? (JSON.parse(stdout) as Record<string, unknown>) : undefined
  return { exitCode, stdout, stderr, record }
}

const create = 'server account create alice --password-stdin -o json'

describe('server account', () => {
  it('create makes an account that can come in, and says which right it lacks', async () => {
    const folder = await aFolder()
    const { exitCode, record, stdout, stderr } = await run(folder, create)
    expect({ exitCode, problems: schemaProblems('server-account', record) }).toEqual({ exitCode: 0, problems: [] })
    expect(record).toMatchObject({ account: 'alice', admin: false, tlp: null, read: [], write: [], password: null })
    expect(stderr).toContain('stixtaxii server account edit alice --read all')
    expect(stdout + stderr).not.toContain(password)
    expect(await verified(folder, 'alice', password)).toMatchObject({ username: 'alice' })
  })

  it('create shows no empty place for a password that was given', async () => {
    const folder = await aFolder()
    const { stdout } = await runCli(create.replace(' -o json', ''), { folder, stdin: password })
    expect(stdout).toContain('alice')
    expect(stdout).not.toContain('Password')
  })

  it('create gives rights by id, alias and TAXII 1 name, in both families', async () => {
    const folder = await aFolder()
    const { record, stderr } = await run(folder, `${create} --read acme.c1,reports --write reports --tlp amber`)
    expect(record).toMatchObject({ read: ['acme.c1', 'reports'], write: ['reports'], tlp: 'amber' })
    expect(stderr).toBe('')
    const served = await inStore(folder, (store) =>
      openStorePersistence({ store, clock: systemClock }).catalogue.list(),
    )
    const [fetched, own] = ['acme.c1', 'reports'].map((name) => served.find((each) => each.name === name)?.id ?? '')
    expect((await verified(folder, 'alice', password))?.permissions).toEqual({
      taxii1: { 'acme.c1': 'read', reports: 'modify' },
      taxii2: { [fetched as string]: ['read'], [own as string]: ['read', 'write'] },
    })
    const byId = await run(
      folder,
      `server account edit alice --revoke all,reports,acme.c1 --write ${own ?? ''} -o json`,
    )
    expect(byId.record).toMatchObject({ read: [], write: ['reports'] })
    expect((await verified(folder, 'alice', password))?.permissions.taxii1).toEqual({ reports: 'write' })
  })

  it('create takes the password from a file, and generates one that is shown once', async () => {
    const folder = await aFolder()
    writeFileSync(path.join(folder, 'pw'), `${password}\n`, { mode: 0o600 })
    expect(await run(folder, 'server account create bob --password-file pw --read all')).toMatchObject({ exitCode: 0 })
    expect(await verified(folder, 'bob', password)).toMatchObject({ permissions: { taxii2: { '*': ['read'] } } })
    const { record } = await run(folder, 'server account create eve --generate-password --admin -o json')
    expect(record).toMatchObject({ admin: true, read: ['all'], write: ['all'] })
    expect(String(record?.['password'])).toMatch(/^[\w-]{24}$/)
    expect(await verified(folder, 'eve', String(record?.['password']))).toMatchObject({ isAdmin: true })
    const shown = await run(folder, 'server account list')
    expect(shown.stdout).not.toContain(String(record?.['password']))
  })

  it.each([
    ['server account create alice', 2, 'CLI_CANNOT_ASK'],
    ['server account create alice --password-stdin --generate-password', 2, 'CLI_PASSWORD_TWICE'],
    ['server account create alice --password-stdin --read nothing', 5, 'SERVE_COLLECTION_UNKNOWN'],
    ['server account create a:b --password-stdin', 2, 'SERVE_USERNAME_INVALID'],
    ['server account create alice --password-file missing', 4, 'PROFILE_SECRET_MISSING'],
    ['server account create alice --password-stdin --tlp purple', 2, 'CLI_FLAG_INVALID'],
    ['server account create alice --password-stdin --audit-log no/such/folder/a', 11, 'WORKFLOW_LOG_FAILED'],
    ['server account edit alice', 2, 'CLI_NOTHING_TO_CHANGE'],
    ['server account edit nobody --admin', 5, 'SERVE_ACCOUNT_UNKNOWN'],
    ['server account password nobody --password-stdin', 5, 'SERVE_ACCOUNT_UNKNOWN'],
    ['server account delete nobody --yes', 5, 'SERVE_ACCOUNT_UNKNOWN'],
  ])('%s changes nothing and ends with %i', async (line, status, code) => {
    const folder = await aFolder()
    const { exitCode, stderr } = await run(folder, `${line} -o json`)
    expect({ exitCode, code: (JSON.parse(stderr) as { error: { code: string } }).error.code }).toEqual({
      exitCode: status,
      code,
    })
    expect((await run(folder, 'server account list -o json')).stdout.trim()).toBe('[]')
  })

  it('create refuses a short password, and a name that is taken', async () => {
    const folder = await aFolderOfAlice()
    expect((await run(folder, create, 'short')).stderr).toContain('CLI_PASSWORD_SHORT')
    expect(await run(folder, create)).toMatchObject({ exitCode: 6 })
  })

  it('create takes nothing from variables that are meant for sources', async () => {
    const folder = await aFolder()
    const env = { STIXTAXII_PASSWORD_FILE: 'pw', STIXTAXII_ADMIN: '1', STIXTAXII_READ: 'all' }
    const { stdout } = await runCli(create, { folder, stdin: password, env })
    expect(JSON.parse(stdout)).toMatchObject({ admin: false, read: [] })
  })

  it('list shows who may do what, in order of name', async () => {
    const folder = await aFolderOfAlice()
    await run(folder, 'server account create ann --password-stdin --write all')
    const { stdout } = await run(folder, 'server account list -o json')
    const rows = JSON.parse(stdout) as Record<string, unknown>[]
    expect(schemaProblems('server-account-list', rows)).toEqual([])
    expect(rows).toMatchObject([
      { account: 'alice', read: ['acme.c1'], write: [] },
      { account: 'ann', read: [], write: ['all'] },
    ])
    expect((await run(folder, 'server account list -o name')).stdout).toBe('alice\nann\n')
  })

  it('list says what to do where there is none', async () => {
    const { stderr } = await run(await aFolder(), 'server account list')
    expect(stderr).toContain('stixtaxii server account create')
  })

  it('edit adds and revokes rights, sets and takes ceilings, blocks, and leaves the rest', async () => {
    const folder = await aFolderOfAlice()
    const edit = async (flags: string) => (await run(folder, `server account edit alice ${flags} -o json`)).record
    expect(await edit('--write reports')).toMatchObject({ read: ['acme.c1'], write: ['reports'], tlp: null })
    expect(await edit('--read reports --tlp amber+strict')).toMatchObject({
      read: ['acme.c1', 'reports'],
      write: ['reports'],
    })
    expect(await edit('--revoke reports')).toMatchObject({ read: ['acme.c1'], write: [], tlp: 'amber+strict' })
    expect(await edit('--tlp none --blocked')).toMatchObject({ read: ['acme.c1'], tlp: null, blocked: true })
    expect(await verified(folder, 'alice', password)).toBeUndefined()
    expect(await edit('--no-blocked --admin')).toMatchObject({ blocked: false, admin: true })
    expect(await edit('--no-admin')).toMatchObject({ admin: false, read: ['acme.c1'] })
    expect(await verified(folder, 'alice', password)).toBeDefined()
  })

  it('password ends the former one', async () => {
    const folder = await aFolderOfAlice()
    const { record } = await run(folder, 'server account password alice --password-stdin -o json', 'another password')
    expect(record).toMatchObject({ account: 'alice', read: ['acme.c1'], password: null })
    expect(await verified(folder, 'alice', password)).toBeUndefined()
    expect(await verified(folder, 'alice', 'another password')).toBeDefined()
  })

  it('delete asks first; --yes answers', async () => {
    const folder = await aFolderOfAlice()
    expect(await run(folder, 'server account delete alice')).toMatchObject({ exitCode: 2 })
    expect(await verified(folder, 'alice', password)).toBeDefined()
    expect((await run(folder, 'server account delete alice --yes -o json')).record).toMatchObject({ account: 'alice' })
    expect(await verified(folder, 'alice', password)).toBeUndefined()
  })

  it('S21 leaves a line for each change in the audit log, for its owner only, without a secret', async () => {
    const folder = await aFolder()
    const file = path.join(folder, 'audit.ndjson')
    const told = `--audit-log ${file}`
    await run(folder, `${create} --read all ${told}`)
    await run(folder, `server account edit alice --tlp green ${told}`)
    await run(folder, `server account password alice --generate-password ${told}`)
    await runCli('server account delete alice --yes', {
      folder,
      env: { STIXTAXII_AUDIT_LOG: file, USER: 'ops\n{"x":1}' },
    })
    const lines = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toMatchObject([
      { level: 'audit', event: 'account created', account: 'alice', outcome: 'success', client: 'command line' },
      { event: 'account changed', account: 'alice', tlp: 'green' },
      { event: 'account password changed', account: 'alice' },
      { event: 'account deleted', account: 'alice', by: 'ops\\u{a}{"x":1}' },
    ])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toContain('horse')
  })
})
