import { describe, expect, it } from 'vitest'
import { readAddress } from '../../../src/store/postgres/address.ts'

describe('the URL of a store in PostgreSQL', () => {
  it('says host, port, user, database and schema', () => {
    expect(readAddress('postgres://fetcher@db.example:6432/intelligence?schema=taxii')).toMatchObject({
      ...{ host: 'db.example', port: 6432, user: 'fetcher', database: 'intelligence', schema: 'taxii' },
      place: 'db.example:6432',
    })
  })

  it('has defaults: the usual port, our schema, the database named as the user', () => {
    expect(readAddress('postgresql://fetcher@db.example')).toMatchObject({
      ...{ port: 5432, database: 'fetcher', schema: 'stixtaxii' },
    })
  })

  it.each([
    ['postgres://a@[2001:db8::1]:5433/d', '2001:db8::1', '[2001:db8::1]:5433'],
    ['postgres:///d?host=/run/pg&user=a', '/run/pg', '/run/pg/.s.PGSQL.5432'],
    ['postgres:///d?user=a', '/var/run/postgresql', '/var/run/postgresql/.s.PGSQL.5432'],
  ])('%s is at %s', (url, host, place) => {
    expect(readAddress(url)).toMatchObject({ host, place, database: 'd' })
  })

  it('decodes what is escaped', () => {
    expect(readAddress('postgres://a%40b@db.example/d%2F1')).toMatchObject({ user: 'a@b', database: 'd/1' })
  })

  it('S15: wants TLS with a checked name off loopback, none on it, unless told', () => {
    expect(readAddress('postgres://a@db.example/d').tls).toMatchObject({ mode: 'verify-full' })
    expect(readAddress('postgres://a@127.0.0.1/d').tls).toBeUndefined()
    expect(readAddress('postgres://a@localhost/d').tls).toBeUndefined()
    expect(readAddress('postgres:///d?host=/run/pg&user=a').tls).toBeUndefined()
    expect(readAddress('postgres://a@db.example/d?sslmode=disable').tls).toBeUndefined()
    expect(readAddress('postgres://a@127.0.0.1/d?sslmode=require').tls).toMatchObject({ mode: 'require' })
  })

  it('checks the authority that is named, also where only TLS was asked for', () => {
    const url = 'postgres://a@db.example/d?sslmode=require&sslrootcert=/etc/ca.pem'
    expect(readAddress(url).tls).toMatchObject({ mode: 'verify-ca', rootFile: '/etc/ca.pem' })
  })

  it.each([
    'postgres://a:hunter2@db.example/d',
    'postgres://a@db.example/d?password=hunter2',
    'postgres://:hunter2@db.example/d',
  ])('contracts 3: refuses a password in it and does not show it: %s', (url) => {
    const refused = () => readAddress(url)
    expect(refused).toThrow(expect.objectContaining({ code: 'STORE_URL_PASSWORD', kind: 'usage' }))
    try {
      refused()
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toContain('hunter2')
    }
  })

  it.each([
    ['postgres://a@db.example/d?sslmod=require', 'did you mean sslmode?'],
    ['postgres://a@db.example/d?sslmode=prefer', 'sslmode "prefer"'],
    ['postgres://a@db.example/d?schema=pg_mine', 'schema "pg_mine"'],
    ['postgres://a@db.example/d?schema=a"b', 'schema'],
    ['postgres://a@db.example/d?port=0', 'port'],
    ['postgres://a@db.example:99999/d', 'no URL'],
    ['postgres://a@db.example/%zz', '%'],
  ])('refuses %s and says why', (url, why) => {
    expect(() => readAddress(url)).toThrow(
      expect.objectContaining({
        code: 'STORE_URL_INVALID',
        kind: 'usage',
        message: expect.stringContaining(why) as string,
      }),
    )
  })
})
