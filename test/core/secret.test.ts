import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
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

function structuredCloneOf(value: object): unknown {
  return structuredClone({ ...value })
}

describe('a URL as shown', () => {
  it.each([
    ['https://u:canary@host.example/p', 'https://***@host.example/p'],
    ['https://host.example/p?key=canary&limit=5', 'https://host.example/p?key=***&limit=5'],
    ['https://host.example/p?api_token=canary', 'https://host.example/p?api_token=***'],
    ['not a url //u:canary@x', 'not a url //***@x'],
  ])('%s becomes %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown)
  })

  it('leaves filters alone', () => {
    expect(redactUrl('https://host.example/?match[id]=indicator--1')).toContain('indicator--1')
  })
})
