import { describe, expect, it } from 'vitest'
import { withoutSecrets } from '../../src/core/known-secrets.ts'
import { openRedactor } from '../../src/http/redactor.ts'

describe('what is shown of an exchange (S6)', () => {
  it('has no secret that was sent, in whatever way an address or a head repeats it', () => {
    const redactor = openRedactor([])
    const secret = 'redactor canary/1?"+~~~?>'
    redactor.learn(secret)
    const ways = [
      secret,
      encodeURIComponent(secret),
      encodeURI(secret),
      new URLSearchParams({ v: secret }).toString().slice(2),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      JSON.stringify(secret).slice(1, -1),
    ]
    for (const way of ways) {
      expect(redactor.answerHeaders([['x-told', `<${way}>`]])).toEqual({ 'x-told': '<***>' })
      expect(redactor.tree({ deep: [`<${way}>`, 7, null] })).toEqual({ deep: ['<***>', 7, null] })
    }
    expect(redactor.url(`https://host.example/a/${encodeURIComponent(secret)}/b`)).toBe('https://host.example/a/***/b')
    // To hide one parameter writes the others anew, as a form does.
    const address = new URL(`https://host.example/?next=${encodeURIComponent(secret)}&sig=x`)
    expect(redactor.url(address)).toBe('https://host.example/?next=***&sig=***')
    expect(withoutSecrets(secret)).toBe('***')
  })

  it('keeps words that a short secret is part of', () => {
    const redactor = openRedactor([])
    redactor.learn('the')
    redactor.learn('four')
    expect(redactor.tree('the fourth weather')).toBe('the ***th weather')
  })

  it('hides the parameters of an address that the profile names, as often as they stand there', () => {
    const redactor = openRedactor(['k', 'other'])
    const address = 'https://host.example/p?k=canary&limit=5&k=canary2'
    expect(redactor.url(new URL(address))).toBe('https://host.example/p?k=***&limit=5')
    expect(redactor.url(address)).toBe('https://host.example/p?k=***&limit=5')
    expect(redactor.url('https://host.example/p?limit=5')).toBe('https://host.example/p?limit=5')
    expect(redactor.url('no address?token=canary')).toBe('no address?token=***')
  })

  it('shows of a request only the headers that never carry a secret', () => {
    const shown = {
      accept: 'a/b',
      'accept-encoding': 'gzip',
      'content-type': 'a/b',
      'content-length': '2',
      'user-agent': 'u',
      host: 'host.example',
      range: 'items 0-9',
      'x-taxii-content-type': 'urn:x',
    }
    const hidden = {
      authorization: 'Basic canary',
      cookie: 'canary',
      'x-api-key': 'canary',
      'x-taxii': 'canary',
      'not-accept': 'canary',
      'accept-language': 'canary',
      'my-x-taxii-a': 'canary',
      'x-taxii-a1': 'canary',
    }
    const stars = Object.fromEntries(Object.keys(hidden).map((name) => [name, '***']))
    expect(openRedactor([]).requestHeaders({ ...shown, ...hidden })).toEqual({ ...shown, ...stars })
  })

  it('shows of an answer the scheme that is asked for, and addresses without their secrets', () => {
    const redactor = openRedactor(['k'])
    expect(
      redactor.answerHeaders([
        ['www-authenticate', 'Digest realm="r", nonce="canary"'],
        ['proxy-authenticate', 'Negotiate canary'],
        ['location', 'https://u:canary@host.example/?k=canary'],
        ['content-location', '/a?token=canary'],
        ['content-type', 'text/html'],
        ['set-cookie', 'canary'],
        ['x-auth-user', 'canary'],
        ['x-next-token', 'canary'],
        ['x-amz-signature', 'canary'],
        ['x-session-id', 'canary'],
      ]),
    ).toEqual({
      'www-authenticate': 'Digest',
      'proxy-authenticate': 'Negotiate',
      location: 'https://***@host.example/?k=***',
      'content-location': '/a?token=***',
      'content-type': 'text/html',
      'set-cookie': '***',
      'x-auth-user': '***',
      'x-next-token': '***',
      'x-amz-signature': '***',
      'x-session-id': '***',
    })
  })
})
