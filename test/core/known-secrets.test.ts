import { beforeEach, describe, expect, it, vi } from 'vitest'
import { visible } from '../../src/core/visible.ts'

let rememberSecret: (secret: string) => void
let withoutSecrets: (text: string) => string

// What is known is known to the whole process: each test begins with a process that knows nothing.
const forgetAll = async (): Promise<void> => {
  vi.resetModules()
  ;({ rememberSecret, withoutSecrets } = await import('../../src/core/known-secrets.ts'))
}
beforeEach(forgetAll)

// Each with an ending that base64 pads, with what each way to write it spells in another way, and with bytes that base64
// and its variant for addresses write in different letters.
const secretOf = (number: number): string => `~~~?>${number} p/w "é+\t&\u001b`

describe('every spelling of a secret (S6)', () => {
  const spellings: readonly (readonly [string, (secret: string) => string])[] = [
    ['as it is', (secret) => secret],
    ['in base64', (secret) => Buffer.from(secret).toString('base64')],
    ['in base64 without its end', (secret) => Buffer.from(secret).toString('base64').replace(/=+$/, '')],
    ['in base64 for addresses', (secret) => Buffer.from(secret).toString('base64url')],
    ['in a URL', encodeURIComponent],
    ['in an address', encodeURI],
    ['in a form', (secret) => new URLSearchParams({ v: secret }).toString().slice(2)],
    ['in JSON', (secret) => JSON.stringify(secret).slice(1, -1)],
    ['made visible', visible],
  ]

  it.each(spellings.map(([name, spell], at) => ({ name, spell, secret: secretOf(at) })))(
    'is taken out whole, $name',
    ({ spell, secret }) => {
      rememberSecret(secret)
      expect(withoutSecrets(`before ${spell(secret)} after ${spell(secret)}`)).toBe('before *** after ***')
    },
  )

  it.each(['pad1', 'pad22', 'pad333'])('is taken out whole however base64 pads it (%s)', (secret) => {
    rememberSecret(secret)
    const base64 = Buffer.from(secret).toString('base64')
    expect(withoutSecrets(`${base64} ${base64.replace(/=+$/, '')};`)).toBe('*** ***;')
  })

  it('leaves nothing of a longer one behind where a shorter one is its beginning', () => {
    rememberSecret('tail\\')
    expect(withoutSecrets(JSON.stringify({ told: 'tail\\' }))).toBe('{"told":"***"}')
  })

  it('is hidden from four characters on; shorter ones stay in whatever way they are written', () => {
    for (const secret of ['the', 'a/', 'four']) rememberSecret(secret)
    const short = [Buffer.from('the').toString('base64'), encodeURIComponent('a/'), 'the', 'a/']
    expect(withoutSecrets(short.join(' '))).toBe(short.join(' '))
    expect(withoutSecrets('a four letter word')).toBe('a *** letter word')
  })

  it('of half a character is hidden too', () => {
    rememberSecret('half\ud83d')
    expect(withoutSecrets('it was half\ud83d then')).toBe('it was *** then')
  })
})

it('S6 the newest 4096 secrets are known, and one that is used again pushes none out', () => {
  rememberSecret('the-very-first')
  for (let at = 1; at < 4096; at += 1) rememberSecret(`token-number-${at};`)
  expect(withoutSecrets('the-very-first token-number-1; token-number-4095;')).toBe('*** *** ***')
  rememberSecret('token-number-4095;')
  expect(withoutSecrets('the-very-first')).toBe('***')
  rememberSecret('one-more')
  expect(withoutSecrets('the-very-first token-number-1; one-more')).toBe('the-very-first *** ***')
})
