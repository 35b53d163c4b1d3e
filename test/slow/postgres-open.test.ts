import { execFile } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore, type PostgresSettings } from '../../src/store/registry.ts'
import { migrations } from '../../src/store/postgres/schema.ts'
import { keep, all } from '../contracts/a-store.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { anObject } from '../support/items.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { aPostgres, type APostgres } from './a-postgres.ts'

/** How a store in PostgreSQL is reached and made: passwords, TLS, rights, several that start at once. */

const run = promisify(execFile)
const folder = await temporaryFolder()
const password = 's3cret: with colon'
const passwordFile = join(folder, 'password')
const identity = { pid: 4711, host: 'host.example' }
let server: APostgres

beforeAll(async () => {
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  await makeCertificate('authority', [])
  await makeCertificate('server', ['127.0.0.1', 'db.example'])
  server = await aPostgres({ authentication: 'scram-sha-256', password })
  for (const name of ['server.pem', 'server.key']) await run('cp', [join(folder, name), server.folder])
  await run('chmod', ['600', join(server.folder, 'server.key')])
  if (process.getuid?.() === 0) {
    await run('chown', ['postgres', join(server.folder, 'server.key'), join(server.folder, 'server.pem')])
  }
  await server.sql("ALTER SYSTEM SET ssl_cert_file = 'server.pem'")
  await server.sql("ALTER SYSTEM SET ssl_key_file = 'server.key'")
  await server.sql('ALTER SYSTEM SET ssl = on')
  await server.stop('fast')
  await server.start()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

/** A key and a certificate of the authority for these names; without names, the authority itself. */
async function makeCertificate(name: string, names: readonly string[]): Promise<void> {
  const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const make = ['req', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-subj', `/CN=${name}`]
  if (names.length === 0) {
    await run('openssl', [...make, '-x509', '-days', '2', '-out', certificate])
    return
  }
  const request = join(folder, `${name}.csr`)
  const extension = join(folder, `${name}.ext`)
  const alternatives = names.map((one) => (/^[\d.]+$/.test(one) ? `IP:${one}` : `DNS:${one}`))
  await writeFile(extension, `subjectAltName=${alternatives.join(',')}\n`)
  await run('openssl', [...make, '-out', request])
  await run('openssl', [
    ...['x509', '-req', '-in', request, '-CA', join(folder, 'authority.pem'), '-CAkey', join(folder, 'authority.key')],
    ...['-CAcreateserial', '-days', '2', '-extfile', extension, '-out', certificate],
  ])
}

const open = (url: string, postgres: PostgresSettings = { passwordFile }, create = true) =>
  openStore(url, { clock: fakeClock(), identity, postgres, create })

describe('passwords', () => {
  it('contracts 3: the first line of the file lets in, and shows up nowhere', async () => {
    await using store = await open(await server.freshUrl())
    expect(await keep(store, [anObject()])).toMatchObject({ new: 1 })
    expect(JSON.stringify([await store.info(), store.url])).not.toContain(password)
  })

  it('contracts 3: a line of PGPASSFILE does', async () => {
    const passFile = join(folder, 'pgpass')
    await writeFile(passFile, `127.0.0.1:${server.port}:*:fetcher:${password.replaceAll(':', '\\:')}\n`)
    await chmod(passFile, 0o600)
    await using store = await open(await server.freshUrl(), { passFile })
    expect(await store.sources()).toEqual([])
  })

  it('L14: a wrong one is a matter of auth, and is not repeated', async () => {
    const wrong = join(folder, 'wrong')
    await writeFile(wrong, 'not-the-password', { mode: 0o600 })
    const failure = await open(await server.freshUrl(), { passwordFile: wrong }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'STORE_AUTH', kind: 'auth', context: { port: server.port } })
    expect(String(failure)).not.toContain('not-the-password')
  })

  it('where none is known, says where to put it', async () => {
    const passFile = join(folder, 'empty')
    await writeFile(passFile, '', { mode: 0o600 })
    await expect(open(await server.freshUrl(), { passFile })).rejects.toMatchObject({
      code: 'STORE_PASSWORD_MISSING',
      kind: 'auth',
    })
  })
})

describe('TLS', () => {
  const authority = join(folder, 'authority.pem')
  const encrypted =
    "SELECT bool_and(ssl)::text FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'fetcher'"

  it.each([
    ['require', ''],
    ['verify-ca', `&sslrootcert=${authority}`],
    ['verify-full', `&sslrootcert=${authority}`],
  ])('%s encrypts', async (mode, more) => {
    await using store = await open(`${await server.freshUrl()}?sslmode=${mode}${more}`)
    await store.sources()
    expect(await server.sql(encrypted)).toEqual(['true'])
  })

  it('S15: an authority that is not known is refused, for verify-full without a file too', async () => {
    await expect(open(`${await server.freshUrl()}?sslmode=verify-full`)).rejects.toMatchObject({
      code: 'STORE_TLS_REFUSED',
      kind: 'refused',
    })
  })

  it('S15: verify-full refuses a certificate of another name, verify-ca takes it', async () => {
    const url = (await server.freshUrl()).replace('127.0.0.1', 'localhost')
    await expect(open(`${url}?sslmode=verify-full&sslrootcert=${authority}`)).rejects.toMatchObject({
      code: 'STORE_TLS_REFUSED',
      kind: 'refused',
    })
    await using store = await open(`${url}?sslmode=verify-ca&sslrootcert=${authority}`)
    expect(await store.sources()).toEqual([])
  })

  it('names a file of the URL that is not there', async () => {
    const url = `${await server.freshUrl()}?sslmode=verify-full&sslrootcert=${join(folder, 'nowhere.pem')}`
    await expect(open(url)).rejects.toMatchObject({ code: 'STORE_TLS_FILE', kind: 'config' })
  })
})

describe('making the store', () => {
  it('L14: twelve that start at once on an empty database make it once, and all can write', async () => {
    const url = await server.freshUrl()
    const stores = await Promise.all(Array.from({ length: 12 }, () => open(url)))
    const counts = await Promise.all(stores.map((store) => keep(store, [anObject()])))
    expect(counts.every((count) => count.new === 1)).toBe(true)
    expect(await all((stores[0] as (typeof stores)[number]).versions({}))).toHaveLength(12)
    await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()))
  })

  it('who only reads makes nothing', async () => {
    const url = await server.freshUrl()
    await expect(open(url, { passwordFile }, false)).rejects.toMatchObject({ code: 'STORE_MISSING', kind: 'not-found' })
    expect(await server.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'stixtaxii'", databaseOf(url))).toEqual([])
  })

  it('L10: a store of a newer release is refused and left as it is', async () => {
    const url = await server.freshUrl()
    await (await open(url))[Symbol.asyncDispose]()
    await server.sql('UPDATE stixtaxii.store SET schema = 99', databaseOf(url))
    await expect(open(url)).rejects.toMatchObject({
      code: 'STORE_NEWER',
      kind: 'local',
      context: { found: 99, known: migrations.length },
    })
    expect(await server.sql('SELECT schema FROM stixtaxii.store', databaseOf(url))).toEqual(['99'])
  })

  it('L10: what a newer release upgrades while it is open takes no more from this one, nor from one of before schema 2', async () => {
    const url = await server.freshUrl()
    await using store = await open(url)
    await keep(store, [anObject()])
    await expect(
      server.sql("INSERT INTO stixtaxii.settled (token, at) VALUES ('x', 1)", databaseOf(url)),
    ).rejects.toThrow('upgraded_by_a_newer_stixtaxii')
    await server.sql('UPDATE stixtaxii.store SET schema = 99', databaseOf(url))
    await expect(keep(store, [anObject()])).rejects.toMatchObject({ code: 'STORE_NEWER', context: { found: 99 } })
    expect(await all(store.versions({}))).toHaveLength(1)
  })

  it("another program's schema is not touched", async () => {
    const url = await server.freshUrl()
    await server.sql('CREATE SCHEMA theirs AUTHORIZATION fetcher', databaseOf(url))
    await server.sql('CREATE TABLE theirs.things (id int)', databaseOf(url))
    await expect(open(`${url}?schema=theirs`)).rejects.toMatchObject({ code: 'STORE_FOREIGN', kind: 'local' })
  })

  it('L14: a role that may not use the schema is told so', async () => {
    const url = await server.freshUrl()
    await (await open(url))[Symbol.asyncDispose]()
    await server.sql(`CREATE ROLE stranger LOGIN PASSWORD '${password}'`)
    await expect(open(url.replace('fetcher@', 'stranger@'))).rejects.toMatchObject({
      code: 'STORE_UNREADABLE',
      kind: 'local',
      hint: expect.stringContaining('has to belong to the role "stranger"') as string,
    })
  })

  it('a schema that was made for us is used where we may make none', async () => {
    const url = await server.freshUrl()
    const database = databaseOf(url)
    await server.sql(`ALTER DATABASE ${database} OWNER TO postgres`)
    await expect(open(url)).rejects.toMatchObject({ code: 'STORE_UNREADABLE', kind: 'local' })
    await server.sql('CREATE SCHEMA stixtaxii AUTHORIZATION fetcher', database)
    await using store = await open(url)
    expect(await keep(store, [anObject()])).toMatchObject({ new: 1 })
  })

  it.each([
    ['SQL_ASCII', 'C'],
    ['LATIN1', 'C'],
  ])('keeps any text in a database of the encoding %s', async (encoding, locale) => {
    const database = `coded_${encoding.toLowerCase()}`
    await server.sql(
      `CREATE DATABASE ${database} OWNER fetcher ENCODING '${encoding}' LOCALE '${locale}' TEMPLATE template0`,
    )
    await using store = await open(`postgres://fetcher@127.0.0.1:${server.port}/${database}`)
    const object = anObject({ name: '\u{1f352} päron \u0000' })
    await keep(store, [object], { key: { source: 'p-1', root: 'r\u0000ø', collection: '\u{1f352}' } })
    expect((await all(store.versions({}))).map(({ item, key }) => [item, key.collection])).toEqual([
      [object, '\u{1f352}'],
    ])
  })
})

describe('a server that is not there', () => {
  it('L14: is a matter of the network, with host and port', async () => {
    const url = await server.freshUrl()
    await server.stop('fast')
    await expect(open(url)).rejects.toMatchObject({
      code: 'STORE_UNREACHABLE',
      kind: 'network',
      context: { host: '127.0.0.1', port: server.port },
      message: expect.stringContaining(`127.0.0.1:${server.port}`) as string,
    })
    await server.start()
    await using store = await open(url)
    expect(await store.sources()).toEqual([])
  })
})

function databaseOf(url: string): string {
  return new URL(url).pathname.slice(1)
}
