import { createHmac, createSign, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { openTokens } from '../../../src/serve/auth/tokens.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { aStore } from './a-doorkeeper.ts'

const clock = fakeClock()
const now = Math.floor(clock.now().getTime() / 1000)
const claims = { accountId: randomUUID(), username: 'ann', passwordId: randomUUID() }
const store = aStore(clock)
const tokens = openTokens(store.records, { clock, ttlSeconds: 3600 })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed = generateKeyPairSync('ed25519')

type Json = Readonly<Record<string, unknown>>
interface Parts {
  readonly header: Json
  readonly payload: Json
  readonly signature: string
}

let good = ''
let key: Buffer
let parts: Parts

beforeAll(async () => {
  good = Secret.open(await tokens.issue(claims))
  key = Buffer.from((await store.records.get('server-secret', 'token'))?.body as string, 'base64')
  const [header = '', payload = '', signature = ''] = good.split('.')
  parts = { header: decode(header), payload: decode(payload), signature }
})

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const decode = (text: string): Json => JSON.parse(Buffer.from(text, 'base64url').toString()) as Json
const hmac = (text: string, secret: Buffer | string, hash = 'sha256'): string =>
  createHmac(hash, secret).update(text).digest('base64url')

/** A token as somebody would make it who has this key. */
function forge(header: Json, payload: Json, seal: (text: string) => string = (text) => hmac(text, key)): string {
  const text = `${encode(header)}.${encode(payload)}`
  return `${text}.${seal(text)}`
}

const read = (token: string) => tokens.read(new Secret(token))
const without = (from: Json, name: string): Json =>
  Object.fromEntries(Object.entries(from).filter(([each]) => each !== name))

/** Those of the first table are sealed with other keys or ways, those of the second with ours: a leak of the key apart. */
const forged: readonly (readonly [string, () => string])[] = [
  ['no algorithm and no signature', () => forge({ alg: 'none', typ: 'JWT' }, parts.payload, () => '')],
  ['no algorithm, our signature', () => forge({ alg: 'none', typ: 'JWT' }, parts.payload)],
  ['NoNe in another case', () => forge({ alg: 'NoNe', typ: 'JWT' }, parts.payload, () => 'AA')],
  ['an empty algorithm', () => forge({ alg: '', typ: 'JWT' }, parts.payload)],
  ['a missing algorithm', () => forge({ typ: 'JWT' }, parts.payload)],
  ['an algorithm that is a list', () => forge({ alg: ['HS256', 'none'], typ: 'JWT' }, parts.payload)],
  ['HS384 with our key', () => forge({ alg: 'HS384', typ: 'JWT' }, parts.payload, (text) => hmac(text, key, 'sha384'))],
  ['HS512 with our key', () => forge({ alg: 'HS512', typ: 'JWT' }, parts.payload, (text) => hmac(text, key, 'sha512'))],
  ['hs256 in lower case', () => forge({ alg: 'hs256', typ: 'JWT' }, parts.payload)],
  [
    'RS256 with a key of the forger',
    () =>
      forge({ alg: 'RS256', typ: 'JWT' }, parts.payload, (text) =>
        createSign('sha256').update(text).sign(rsa.privateKey).toString('base64url'),
      ),
  ],
  [
    'HS256 over the text of a public key',
    () =>
      forge(parts.header, parts.payload, (text) =>
        hmac(text, rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()),
      ),
  ],
  [
    'EdDSA with its key in the header',
    () =>
      forge({ alg: 'EdDSA', typ: 'JWT', jwk: ed.publicKey.export({ format: 'jwk' }) }, parts.payload, (text) =>
        sign(null, Buffer.from(text), ed.privateKey).toString('base64url'),
      ),
  ],
  ['an empty key', () => forge(parts.header, parts.payload, (text) => hmac(text, ''))],
  ['a key of zeros', () => forge(parts.header, parts.payload, (text) => hmac(text, Buffer.alloc(32)))],
  ['a key that people choose', () => forge(parts.header, parts.payload, (text) => hmac(text, 'secret'))],
  [
    'our key as the text of its base64',
    () => forge(parts.header, parts.payload, (text) => hmac(text, key.toString('base64'))),
  ],
  ['a random key', () => forge(parts.header, parts.payload, (text) => hmac(text, randomBytes(32)))],
  [
    'another user under our signature',
    () => forge(parts.header, { ...parts.payload, name: 'admin' }, () => parts.signature),
  ],
  [
    'a later end under our signature',
    () => forge(parts.header, { ...parts.payload, exp: now + 1e9 }, () => parts.signature),
  ],
  ['no signature', () => good.slice(0, good.lastIndexOf('.') + 1)],
  ['two parts', () => good.slice(0, good.lastIndexOf('.'))],
  ['four parts', () => `${good}.AA`],
  ['five parts, as if it were encrypted', () => `${encode({ alg: 'dir', enc: 'A128GCM' })}....`],
  ['the first half of the signature', () => good.slice(0, -20)],
  ['a signature that is one longer', () => `${good}A`],
  ['an altered last bit, which no decoder looks at', () => `${good.slice(0, -1)}${sibling(good.slice(-1))}`],
  ['a blank before it', () => ` ${good}`],
  ['a blank after it', () => `${good} `],
  ['a line feed in it', () => good.replace('.', '.\n')],
  ['padding', () => `${good}=`],
  [
    'the other base64',
    () =>
      forge(parts.header, { ...parts.payload, x: '???>>>' })
        .replace(/_/g, '/')
        .replace(/-/g, '+'),
  ],
  ['a kilobyte of nothing', () => 'A'.repeat(1024)],
  ['a megabyte in the payload', () => forge(parts.header, { ...parts.payload, x: 'x'.repeat(1 << 20) })],
  [
    'a payload nested a thousand deep',
    () => forge(parts.header, `{"a":${'['.repeat(1000)}${']'.repeat(1000)}}` as never),
  ],
  ['nothing', () => ''],
  ['dots', () => '..'],
  ['a header that is no JSON', () => `${encode('{')}.${good.split('.').slice(1).join('.')}`],
  ['a header that is null', () => forge('null' as never, parts.payload)],
  ['a token within a token', () => forge({ ...parts.header, cty: 'JWT' }, good as never)],
]

const sealedWithOurKey: readonly (readonly [string, () => string])[] = [
  ['a key id that is a path', () => forge({ ...parts.header, kid: '../../../../dev/null' }, parts.payload)],
  ['a key id that is SQL', () => forge({ ...parts.header, kid: "x' UNION SELECT 'secret" }, parts.payload)],
  ['a key id', () => forge({ ...parts.header, kid: 'token' }, parts.payload)],
  ['an address of keys', () => forge({ ...parts.header, jku: 'http://192.0.2.1/keys' }, parts.payload)],
  ['a certificate', () => forge({ ...parts.header, x5c: ['AAAA'] }, parts.payload)],
  ['an address of a certificate', () => forge({ ...parts.header, x5u: 'http://192.0.2.1/' }, parts.payload)],
  ['a key in the header', () => forge({ ...parts.header, jwk: { kty: 'oct', k: 'AA' } }, parts.payload)],
  ['a critical extension', () => forge({ ...parts.header, crit: ['b64'], b64: false }, parts.payload)],
  ['an unencoded payload', () => forge({ ...parts.header, b64: false }, parts.payload)],
  ['another type', () => forge({ ...parts.header, typ: 'at+jwt' }, parts.payload)],
  ['no type', () => forge({ alg: 'HS256' }, parts.payload)],
  ['an end that is over', () => forge(parts.header, { ...parts.payload, exp: now })],
  ['an end that was long ago', () => forge(parts.header, { ...parts.payload, exp: 0 })],
  ['an end that is a text', () => forge(parts.header, { ...parts.payload, exp: `${now + 60}` })],
  [
    'an end that is no number of JSON',
    () => forge(parts.header, JSON.stringify({ ...parts.payload, exp: 0 }).replace('"exp":0', '"exp":NaN') as never),
  ],
  ['a begin to come', () => forge(parts.header, { ...parts.payload, nbf: now + 60 })],
  ...['exp', 'nbf', 'iat', 'iss', 'aud', 'sub', 'name', 'pwd', 'jti'].map(
    (name) => [`no ${name}`, () => forge(parts.header, without(parts.payload, name))] as const,
  ),
  ['another issuer', () => forge(parts.header, { ...parts.payload, iss: 'https://idp.example' })],
  ['another server for audience', () => forge(parts.header, { ...parts.payload, aud: randomUUID() })],
  ['us and another for audience', () => forge(parts.header, { ...parts.payload, aud: [parts.payload.aud, 'x'] })],
  ['an account that is a list', () => forge(parts.header, { ...parts.payload, name: ['ann'] })],
  ['an account that is an object', () => forge(parts.header, { ...parts.payload, sub: { $ne: '' } })],
  ['a payload that is a list', () => forge(parts.header, [parts.payload] as never)],
  ['a payload that is null', () => forge(parts.header, 'null' as never)],
]

describe('S15 forged tokens', () => {
  it('are tried beside a good one, which is taken', async () => {
    expect(await read(good)).toEqual(claims)
    expect(await read(forge(parts.header, parts.payload))).toEqual(claims)
    expect(forged.length + sealedWithOurKey.length).toBeGreaterThanOrEqual(25)
  })

  it.each(forged)('refuses %s', async (_, make) => {
    expect(await read(make())).toBeUndefined()
  })

  it.each(sealedWithOurKey)('refuses %s, even sealed with our key', async (_, make) => {
    expect(await read(make())).toBeUndefined()
  })

  it('refuses every byte that is turned over', async () => {
    const survivors: number[] = []
    for (let at = 0; at < good.length; at++) {
      const other = good[at] === 'x' ? 'y' : 'x'
      if (await read(`${good.slice(0, at)}${other}${good.slice(at + 1)}`)) survivors.push(at)
    }
    expect(survivors).toEqual([])
  })

  it('refuses what another server issued', async () => {
    const another = openTokens(aStore(clock).records, { clock, ttlSeconds: 3600 })
    expect(await another.read(await another.issue(claims))).toEqual(claims)
    expect(await tokens.read(await another.issue(claims))).toBeUndefined()
    expect(await another.read(new Secret(good))).toBeUndefined()
  })

  it('says nothing of the password, and is another one each time', async () => {
    expect(Object.keys(parts.payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'name', 'nbf', 'pwd', 'sub'])
    expect(parts.payload).toMatchObject({ exp: now + 3600, iat: now, sub: claims.accountId })
    expect(Secret.open(await tokens.issue(claims))).not.toBe(good)
  })

  it('S16 has a key of 256 random bits, made at first use', async () => {
    const fresh = aStore(clock)
    expect(await fresh.records.get('server-secret', 'token')).toBeUndefined()
    await openTokens(fresh.records, { clock, ttlSeconds: 60 }).issue(claims)
    const made = Buffer.from((await fresh.records.get('server-secret', 'token'))?.body as string, 'base64')
    expect(made).toHaveLength(32)
    expect(made.equals(key)).toBe(false)
  })
})

/** 43 characters hold 258 bits: the last two are not used. */
function sibling(last: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[alphabet.indexOf(last) ^ 1] ?? 'A'
}
