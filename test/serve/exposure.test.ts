import { describe, expect, it } from 'vitest'
import { proxyTest, reached } from '../../src/serve/client-address.ts'
import { checkExposure } from '../../src/serve/exposure.ts'

const both = { basic: true, bearer: true }
const none = { basic: false, bearer: false }

describe('what starts, and what anybody may read (S16)', () => {
  const start = (more: Partial<Parameters<typeof checkExposure>[0]>): string => {
    try {
      const given = { host: '127.0.0.1', hasTls: false, behindTls: false, schemes: both, ...more }
      return checkExposure(given).isLocal ? 'anonymous' : 'accounts only'
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  it.each([
    [{}, 'anonymous'],
    [{ host: 'localhost' }, 'anonymous'],
    [{ host: '127.9.9.9' }, 'anonymous'],
    [{ host: '::1' }, 'anonymous'],
    [{ hasTls: true }, 'anonymous'],
    [{ publicUrl: 'http://localhost:9000' }, 'anonymous'],
    [{ behindTls: true }, 'accounts only'],
    [{ publicUrl: 'https://taxii.example', behindTls: true }, 'accounts only'],
    [{ publicUrl: 'https://taxii.example', hasTls: true }, 'accounts only'],
    [{ host: '0.0.0.0', hasTls: true }, 'accounts only'],
    [{ host: '0.0.0.0', behindTls: true }, 'accounts only'],
    [{ host: '::', hasTls: true }, 'accounts only'],
    [{ host: 'taxii.example', hasTls: true }, 'accounts only'],
    [{ host: '0.0.0.0', schemes: none }, 'accounts only'],
    [{ host: '0.0.0.0' }, 'SERVE_CLEAR_TEXT'],
    [{ host: '::' }, 'SERVE_CLEAR_TEXT'],
    [{ host: '192.0.2.1' }, 'SERVE_CLEAR_TEXT'],
    [{ host: 'taxii.example' }, 'SERVE_CLEAR_TEXT'],
    [{ host: '0.0.0.0', schemes: { basic: true, bearer: false } }, 'SERVE_CLEAR_TEXT'],
    [{ host: '0.0.0.0', schemes: { basic: false, bearer: true } }, 'SERVE_CLEAR_TEXT'],
    [{ publicUrl: 'https://taxii.example' }, 'SERVE_CLEAR_TEXT'],
    [{ publicUrl: 'http://taxii.example', behindTls: true }, 'SERVE_CLEAR_TEXT'],
    [{ publicUrl: 'taxii.example' }, 'SERVE_PUBLIC_URL'],
    [{ publicUrl: 'https://taxii.example/below/' }, 'SERVE_PUBLIC_URL'],
    [{ publicUrl: 'https://user:pass@taxii.example' }, 'SERVE_PUBLIC_URL'],
    [{ publicUrl: 'file:///etc/passwd' }, 'SERVE_PUBLIC_URL'],
  ] as const)('%j: %s', (more, expected) => {
    expect(start(more)).toBe(expected)
  })
})

describe('where a request comes from and goes to', () => {
  const rules = { behindTls: true, isTrustedProxy: proxyTest(['192.0.2.1', '2001:db8::/64']) }
  const arrive = (peerAddress: string, headers: Record<string, string>, own: Partial<typeof rules> = {}) =>
    reached({ peerAddress, isTls: false, header: (name) => headers[name] }, { ...rules, ...own })

  it('is what a trusted proxy says, and the last hop of that only', () => {
    const said = { host: 'inner:1', 'x-forwarded-host': 'taxii.example', 'x-forwarded-for': '1.2.3.4, 203.0.113.9' }
    expect(arrive('192.0.2.1', said)).toMatchObject({
      clientAddress: '203.0.113.9',
      baseUrl: 'https://taxii.example',
      isLocal: false,
    })
    expect(arrive('2001:db8::7', { ...said, 'x-forwarded-proto': 'http' }).baseUrl).toBe('http://taxii.example')
  })

  it('is not what anybody else says', () => {
    const said = { host: 'inner:1', 'x-forwarded-host': 'evil.example', 'x-forwarded-for': '127.0.0.1' }
    expect(arrive('192.0.2.2', said)).toMatchObject({ clientAddress: '192.0.2.2', baseUrl: 'http://inner:1' })
    expect(arrive('192.0.2.1', said, { behindTls: false })).toMatchObject({
      clientAddress: '192.0.2.1',
      baseUrl: 'http://inner:1',
      isLocal: false,
    })
  })

  it('is never this machine where a proxy stands before it, though that says nothing of the client', () => {
    const rules = { behindTls: true, isTrustedProxy: proxyTest([]) }
    expect(arrive('127.0.0.1', { host: '127.0.0.1:9000' }, rules).isLocal).toBe(false)
    expect(arrive('127.0.0.1', { host: '127.0.0.1:9000' }).isLocal).toBe(true)
  })

  it.each(['a b', 'x/../y', '"><script>', 'user@host', 'host:99999999', '', '[::1', 'h\u00f6st'])(
    'never has the host %j in an address',
    (host) => expect(arrive('192.0.2.2', { host }).baseUrl).toBe('http://localhost'),
  )

  it.each(['nonsense', '192.0.2.0/33', '192.0.2.0/-1', '192.0.2.0/8/8', '::1/129', '', '10.0.0.0/'])(
    'is refused as a trusted proxy: %j',
    (text) =>
      expect(() => proxyTest([text])).toThrow(expect.objectContaining({ code: 'SERVE_PROXY_ADDRESS' }) as Error),
  )
})
