import { describe, expect, it } from 'vitest'
import type { HttpRequest } from '../../src/core/ports.ts'
import { hopName, redirected } from '../../src/http/redirect.ts'
import { thrownBy } from '../support/thrown.ts'

const base = 'https://taxii.example/a/b?c=d'
const get: HttpRequest = { method: 'GET', url: new URL(base), headers: { Accept: 'x' } }
const to = (request: HttpRequest, status: number, location?: string): HttpRequest | undefined =>
  redirected(request, { status, location, visited: new Set([hopName(request)]) })
describe('N15: where a redirect leads', () => {
  it.each([301, 302, 303, 307, 308])('%i with an address is one', (status) => {
    expect(to(get, status, '../x')).toEqual({ ...get, url: new URL('https://taxii.example/x') })
  })

  it.each([200, 300, 304, 305, 306, 309, 400])('%i is none, address or not', (status) => {
    expect([to(get, status, '/x'), to(get, status), to(get, 302)]).toEqual([undefined, undefined, undefined])
  })

  it('keeps the fragment of the address before, unless it brings its own', () => {
    const request = { ...get, url: new URL(`${base}#old`) }
    expect(to(request, 302, '/x')?.url.href).toBe('https://taxii.example/x#old')
    expect(to(request, 302, '/x#new')?.url.href).toBe('https://taxii.example/x#new')
    expect(to(get, 302, '/x')?.url.href).toBe('https://taxii.example/x')
  })

  it('makes a 303 a GET without a body and its type; a GET stays as it is', () => {
    const headers = { Accept: 'x', 'Content-Type': 'a/b', 'content-TYPE': 'c/d' }
    const post = { ...get, method: 'POST', headers, body: 'x' } as const
    expect(to(post, 303, '/x')).toEqual({
      method: 'GET',
      url: new URL('https://taxii.example/x'),
      headers: { Accept: 'x' },
      body: undefined,
    })
    expect(to({ ...post, method: 'GET' }, 303, '/x')).toMatchObject({ method: 'GET', headers, body: 'x' })
    expect(to({ method: 'POST', url: post.url, body: 'x' }, 303, '/x')).toMatchObject({ method: 'GET', headers: {} })
  })

  it.each([
    ['POST', 301, undefined],
    ['POST', 302, false],
    ['PUT', 301, undefined],
    ['DELETE', 302, undefined],
  ] as const)(
    'is not followed by a %s after a %i: nobody knows whether it was carried out',
    (method, status, repeatable) => {
      expect(
        thrownBy(() => to({ ...get, method: method as 'POST', repeatable }, status, '/x?token=canary')),
      ).toMatchObject({
        code: 'HTTP_REDIRECT_WRITE',
        kind: 'protocol',
        context: { status, to: 'https://taxii.example/x?token=***' },
      })
    },
  )

  it.each([
    ['OPTIONS', 301, undefined],
    ['GET', 302, undefined],
    ['POST', 301, true],
    ['POST', 307, undefined],
    ['POST', 308, undefined],
  ] as const)('is followed by a %s after a %i', (method, status, repeatable) => {
    expect(to({ ...get, method: method as 'POST', repeatable }, status, '/x')).toMatchObject({ method, repeatable })
  })

  it('never goes from https to http, and says so without the secrets of the addresses', () => {
    const request = { ...get, url: new URL(`${base}&key=canary`) }
    expect(thrownBy(() => to(request, 302, 'http://taxii.example/?key=canary'))).toMatchObject({
      code: 'HTTP_REDIRECT_DOWNGRADE',
      kind: 'refused',
      context: { from: 'https://taxii.example/a/b?c=d&key=***', to: 'http://taxii.example/?key=***' },
    })
    const plain = { ...get, url: new URL('http://127.0.0.1/') }
    expect(to(plain, 302, 'http://127.0.0.1/x')?.url.href).toBe('http://127.0.0.1/x')
    expect(to(plain, 302, 'https://127.0.0.1/x')?.url.href).toBe('https://127.0.0.1/x')
  })

  it('ends in a circle, after five, and at what is no address', () => {
    const key = { ...get, url: new URL(`${base}&key=canary`) }
    expect(thrownBy(() => to(key, 302, key.url.href))).toMatchObject({
      code: 'HTTP_REDIRECT_LOOP',
      kind: 'protocol',
      context: { url: 'https://taxii.example/a/b?c=d&key=***' },
    })
    const visited = (count: number): Set<string> => new Set(Array.from({ length: count }, (_, at) => `GET ${at}`))
    expect(redirected(key, { status: 302, location: '/x', visited: visited(5) })).toBeDefined()
    expect(thrownBy(() => redirected(key, { status: 302, location: '/x', visited: visited(6) }))).toMatchObject({
      code: 'HTTP_REDIRECT_LIMIT',
      kind: 'protocol',
      context: { url: 'https://taxii.example/a/b?c=d&key=***' },
    })
    const invalid = thrownBy(() => to(get, 302, `http://[${'x'.repeat(300)}`)) as { context: { location: string } }
    expect(invalid).toMatchObject({
      code: 'HTTP_REDIRECT_INVALID',
      kind: 'protocol',
      context: { host: 'taxii.example' },
    })
    expect(invalid.context.location.length).toBeLessThan(210)
    expect(thrownBy(() => to(get, 302, 'http://[\u001b'))).toMatchObject({ context: { location: 'http://[\\u{1b}' } })
  })
})
