import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { rememberSecret, withoutSecrets } from '../../src/core/known-secrets.ts'
import { printable } from '../../src/core/printable.ts'
import { redactUrl } from '../../src/core/redact.ts'
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
  ])('S6 %s becomes %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown)
  })

  it('leaves filters alone', () => {
    expect(redactUrl('https://host.example/?match[id]=indicator--1')).toContain('indicator--1')
  })
})
