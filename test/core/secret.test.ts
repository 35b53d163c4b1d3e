import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { rememberSecret, withoutSecrets } from '../../src/core/known-secrets.ts'
import { printable } from '../../src/core/printable.ts'
import { isKeyParameter, redactTree, redactUrl } from '../../src/core/redact.ts'
import { Secret } from '../../src/core/secret.ts'

describe('a secret (S6)', () => {
  it('shows itself as *** however it is written', () => {
    const secret = new Secret('canary')
    const shown = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret, list: [secret] }),
      inspect({ secret }, { depth: 9, showHidden: true }),
      Object.entries(secret).join(),
      JSON.stringify(structuredCloneOf(secret)),
    ].join('\n')
    expect(shown).not.toContain('canary')
    expect(Secret.open(secret)).toBe('canary')
  })

  it('is three asterisks to whatever prints, joins or encodes it', () => {
    const secret = new Secret('canary')
    expect([String(secret), secret.toString(), inspect(secret)]).toEqual(['***', '***', '***'])
    expect(`a ${secret as unknown as string} b`).toBe('a *** b')
    expect(JSON.stringify([secret])).toBe('["***"]')
  })

  it('is compared and found empty without being opened', () => {
    expect(Secret.same(new Secret('a'), new Secret('a'))).toBe(true)
    expect(Secret.same(new Secret('a'), new Secret('b'))).toBe(false)
    expect([new Secret('').isEmpty, new Secret(' ').isEmpty]).toEqual([true, false])
  })
})

describe('what a server repeats of a secret that went to it (S6)', () => {
  const secret = 'repeated p/w "é+\t&'
  const base64 = Buffer.from(secret).toString('base64')

  it.each([
    ['as it is', secret],
    ['in base64', base64],
    ['in base64 without its end', base64.replace(/=+$/, '')],
    ['in a URL', encodeURIComponent(secret)],
    ['in an address', encodeURI(secret)],
    ['in a form', new URLSearchParams({ v: secret }).toString().slice(2)],
    ['in JSON', JSON.stringify({ secret })],
    ['made visible', printable(secret)],
  ])('is taken out, %s', (_, text) => {
    rememberSecret(secret)
    expect(withoutSecrets(`before ${text} after`)).toContain('***')
    expect(withoutSecrets(`before ${text} after`)).not.toContain('repeated')
  })

  it('is in no part of an error, and not cut in half by a limit of length', () => {
    rememberSecret(secret)
    const told = [`${'x'.repeat(90)}${secret}`, ...[printable(`${'x'.repeat(90)}${secret}`, { maxLength: 100 })]]
    for (const text of told) {
      const error = new StixTaxiiError('CORE_X', text, {
        kind: 'auth',
        hint: text,
        context: { text, list: [text], n: 1 },
      })
      expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain('repeated')
      expect(error.context).toMatchObject({ n: 1 })
    }
  })

  it('is left alone where it is too short to be told from a word', () => {
    rememberSecret('the')
    expect(withoutSecrets('the weather')).toBe('the weather')
  })
})

function structuredCloneOf(value: object): unknown {
  return structuredClone({ ...value })
}

describe('a URL as shown', () => {
  it.each([
    ['https://u:canary@host.example/p', 'https://***@host.example/p'],
    ['https://host.example/p?key=canary&limit=5', 'https://host.example/p?key=***&limit=5'],
    ['https://host.example/p?api_token=canary', 'https://host.example/p?api_token=***'],
    ['not a url //u:canary@x', 'not a url //***@x'],
    ['https://u:can/ary@host.example/p', 'https://***@host.example/p'],
    ['https://u:can@ary/@host.example/p', 'https://***@host.example/p'],
    ['host.example/p?api_key=canary&limit=5', 'host.example/p?api_key=***&limit=5'],
    ['https://canary@host.example/p', 'https://***@host.example/p'],
    ['https://:canary@host.example/p', 'https://***@host.example/p'],
    ['https://u:p@host.example/p?pwd=canary', 'https://***@host.example/p?pwd=***'],
    ['https://u:can@ary@host.example/p@q', 'https://***@q'],
    ['https://host.example/p@q', 'https://host.example/p@q'],
    ['https://https://ann:canary@host.example/p', 'https://***@host.example/p'],
    ['https://host.example/?TOKEN=a&TOKEN=b', 'https://host.example/?TOKEN=***'],
    ['host.example/p?limit=5;sig=canary#x', 'host.example/p?limit=5;sig=***#x'],
    ['say canary@one and u:canary@two', 'say ***@one and u:***@two'],
  ])('S6 %s becomes %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown)
  })

  it('leaves filters alone', () => {
    const filters = 'https://host.example/?match[id]=indicator--1&match[type]=tool&limit=5&added_after=2020'
    expect(redactUrl(filters)).toBe(filters)
    expect(['api_key', 'Session', 'limit', 'next'].map(isKeyParameter)).toEqual([true, true, false, false])
  })
})

describe('a JSON value as shown (S6)', () => {
  it('hides what stands under the given keys, however deep and however they are written, and keeps the rest', () => {
    const value = {
      name: 'acme',
      Password: 'canary',
      key_pass: { nested: 'canary' },
      list: [{ password: 'canary', port: 443 }, null, true, 'password'],
      urls: ['https://u:canary@host.example/p?token=canary', 'HTTP://u:canary@host.example/', 'see https://u:p@x'],
      scheme: 'x+y.z-1://u:canary@host.example/',
      nothing: null,
    }
    expect(redactTree(value, ['PASSWORD', 'key_pass'])).toEqual({
      name: 'acme',
      Password: '***',
      key_pass: '***',
      list: [{ password: '***', port: 443 }, null, true, 'password'],
      urls: ['https://***@host.example/p?token=***', 'http://***@host.example/', 'see https://u:p@x'],
      scheme: 'x+y.z-1://***@host.example/',
      nothing: null,
    })
    expect(value.Password).toBe('canary')
  })
})
