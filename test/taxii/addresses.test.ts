import { describe, expect, it } from 'vitest'
import type { Notice } from '../../src/core/notice.ts'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { startLoopback } from '../../src/simulate/loopback-server.ts'
import { foreignAddress, namedAddress } from '../../src/taxii/addresses.ts'
import { basicFor } from '../http/an-http.ts'
import { someIndicators } from '../support/indicators.ts'
import { aClient, errorOf, readPoll } from './a-client.ts'

const home = new URL('https://taxii.example/taxii2/')

function resolved(named: string, allowOrigins: string[] = [], base = home): string {
  try {
    const address = namedAddress(named, base, { home: base, allowOrigins, notices: () => undefined })
    return address.foreign === undefined ? address.url.href : `${address.url.href} for ${address.foreign}`
  } catch (error) {
    if (error instanceof StixTaxiiError) return error.code
    throw error
  }
}

describe('S1: addresses that a server names', () => {
  it.each([
    ['/api1/', 'https://taxii.example/api1/'],
    ['api1/', 'https://taxii.example/taxii2/api1/'],
    ['https://taxii.example/api1/', 'https://taxii.example/api1/'],
    ['HTTPS://TAXII.EXAMPLE:443/api1/', 'https://taxii.example/api1/'],
    [' /api1/ ', 'https://taxii.example/api1/'],
    ['http://taxii.example/api1/', 'https://taxii.example/api1/ for http://taxii.example'],
    ['https://taxii.example:8443/api1/', 'https://taxii.example/api1/ for https://taxii.example:8443'],
    ['https://taxii.example./api1/', 'https://taxii.example/api1/ for https://taxii.example.'],
    ['https://evil.example/api1/', 'https://taxii.example/api1/ for https://evil.example'],
    ['https://sub.taxii.example/x', 'https://taxii.example/x for https://sub.taxii.example'],
    ['https://tаxii.example/x', 'https://taxii.example/x for https://xn--txii-53d.example'],
    ['http://localhost:9000/api1/', 'https://taxii.example/api1/ for http://localhost:9000'],
    ['http://169.254.169.254/latest/', 'https://taxii.example/latest/ for http://169.254.169.254'],
    ['http://2130706433/x', 'https://taxii.example/x for http://127.0.0.1'],
    ['http://0x7f.1/x', 'https://taxii.example/x for http://127.0.0.1'],
    ['http://[::1]/x', 'https://taxii.example/x for http://[::1]'],
    ['http://[::ffff:127.0.0.1]/x', 'https://taxii.example/x for http://[::ffff:7f00:1]'],
    ['https://taxii.example//evil.example/x', 'https://taxii.example//evil.example/x'],
    ['https://other.example//evil.example/x', 'https://taxii.example//evil.example/x for https://other.example'],
    ['//evil.example/x', 'TAXII_ADDRESS_REFUSED'],
    ['///evil.example/x', 'TAXII_ADDRESS_REFUSED'],
    ['https:evil.example/x', 'https://taxii.example/taxii2/evil.example/x'],
    ['https:/evil.example/x', 'https://taxii.example/evil.example/x'],
    ['https:\\\\evil.example/x', 'TAXII_ADDRESS_REFUSED'],
    ['\\\\evil.example\\x', 'TAXII_ADDRESS_REFUSED'],
    ['/\\evil.example/x', 'TAXII_ADDRESS_REFUSED'],
    ['https://evil.example\\@taxii.example/', 'TAXII_ADDRESS_REFUSED'],
    ['https://taxii.example@evil.example/', 'TAXII_ADDRESS_REFUSED'],
    ['https://ann:pw@taxii.example/', 'TAXII_ADDRESS_REFUSED'],
    ['https://ta\txii.example/', 'TAXII_ADDRESS_REFUSED'],
    ['https://taxii.example/\nx', 'TAXII_ADDRESS_REFUSED'],
    ['https://taxii.example/a b', 'TAXII_ADDRESS_REFUSED'],
    ['/a/../b/', 'TAXII_ADDRESS_REFUSED'],
    ['/a/%2e%2e/b/', 'TAXII_ADDRESS_REFUSED'],
    ['/a/.%2E/b/', 'TAXII_ADDRESS_REFUSED'],
    ['..', 'TAXII_ADDRESS_REFUSED'],
    ['ftp://taxii.example/', 'TAXII_ADDRESS_REFUSED'],
    ['file:///etc/passwd', 'TAXII_ADDRESS_REFUSED'],
    ['javascript:alert(1)', 'TAXII_ADDRESS_REFUSED'],
    ['data:text/plain,x', 'TAXII_ADDRESS_REFUSED'],
    ['https://', 'TAXII_ADDRESS_REFUSED'],
    ['http://[::1', 'TAXII_ADDRESS_REFUSED'],
  ])('%j becomes %s', (named, expected) => {
    expect(resolved(named)).toBe(expected)
  })

  it('goes to another origin only where the profile allows it, and from https never to http', () => {
    expect(resolved('https://other.example/r/', ['https://other.example'])).toBe('https://other.example/r/')
    expect(resolved('http://other.example/r/', ['http://other.example'])).toBe(
      'https://taxii.example/r/ for http://other.example',
    )
    const plain = new URL('http://127.0.0.1:9000/taxii2/')
    expect(resolved('http://127.0.0.1:9001/r/', ['http://127.0.0.1:9001'], plain)).toBe('http://127.0.0.1:9001/r/')
    expect(resolved('/r/', ['not an origin'])).toBe('https://taxii.example/r/')
  })

  it('allows an origin by what the profile names, no other beside it', () => {
    expect(resolved('https://evil.example/r/', ['https://other.example', 'nonsense'])).toBe(
      'https://taxii.example/r/ for https://evil.example',
    )
    expect(resolved('https://other.example/r/', ['https://OTHER.example:443/path'])).toBe('https://other.example/r/')
    expect(resolved('https://other.example:8443/r/', ['https://other.example'])).toBe(
      'https://taxii.example/r/ for https://other.example:8443',
    )
  })

  it.each([
    ['/api1/?x=1', 'has a query'],
    ['/api1/#x', 'has a query'],
    ['https://:pw@taxii.example/', 'carries user information'],
    ['https://ann@taxii.example/', 'carries user information'],
    ['//evil.example/', 'names a host without a scheme'],
    ['/a/../b', 'climbs with ..'],
    ['ftp://taxii.example/', 'is neither http nor https'],
    ['/a\\b', 'has a blank, a backslash or a control character in it'],
    ['http://[', 'is no address'],
  ])('says of %j where no query is meant to be that it %s', (named, problem) => {
    const policy = { home, notices: () => undefined, forbidQuery: true }
    let seen: unknown
    try {
      namedAddress(named, home, policy)
    } catch (error) {
      seen = error
    }
    expect(seen).toMatchObject({
      code: 'TAXII_ADDRESS_REFUSED',
      kind: 'refused',
      message: expect.stringContaining(`which ${problem}`) as string,
      context: { address: expect.any(String) as string },
    })
  })

  it('keeps a query where one may be, at home and where it is asked there instead', () => {
    expect(resolved('/api1/?x=1')).toBe('https://taxii.example/api1/?x=1')
    expect(resolved('https://evil.example/api1/?x=1')).toBe('https://taxii.example/api1/?x=1 for https://evil.example')
  })

  it('is refused with 200 characters of it', () => {
    const long = `/${'x'.repeat(500)}/../`
    expect(() => namedAddress(long, home, { home, notices: () => undefined })).toThrow(
      expect.objectContaining({ context: { address: `${long.slice(0, 200)}…` } }),
    )
  })

  it('that does not work at home either is named with what was tried', () => {
    const cause = new Error('404')
    const address = namedAddress('https://evil.example/r/', home, { home, notices: () => undefined })
    expect(foreignAddress(address, cause)).toMatchObject({
      code: 'TAXII_ORIGIN_REFUSED',
      kind: 'refused',
      context: { origin: 'https://evil.example', tried: ['https://taxii.example/r/'] },
      cause,
    })
  })

  it('says when it asks elsewhere than was named', () => {
    const notices: Notice[] = []
    namedAddress('https://evil.example/r/', home, { home, notices: (notice) => notices.push(notice) })
    expect(notices).toMatchObject([{ code: 'TAXII_ADDRESS_REWRITTEN' }])
  })
})

describe('S1, T16, rows 17, 22: roots on another origin', () => {
  const objects = someIndicators(5)

  it('are read at home where they are there, and nothing is sent elsewhere', async () => {
    const asked: unknown[] = []
    await using other = await startLoopback((request) => void asked.push(request))
    const roots = [{ path: '/api1/', advertised: `${other.url}/api1/`, collections: [{ id: 'c1', objects }] }]
    await using server = await startTaxii2Server({ roots })
    await using opened = await aClient(server.discoveryUrl, {}, { access: [basicFor(server.url, 'ann', 'pw')] })
    expect((await readPoll(opened.client)).ids).toHaveLength(5)
    expect(asked).toEqual([])
    expect(opened.notices.map(({ code }) => code)).toContain('TAXII_ADDRESS_REWRITTEN')
  })

  it('end as refused where they are not, with the flag that would allow them', async () => {
    const asked: unknown[] = []
    await using other = await startLoopback((request) => void asked.push(request))
    await using server = await startTaxii2Server({
      roots: [{ path: '/api1/', advertised: `${other.url}/elsewhere/`, missing: true, collections: [] }],
    })
    await using opened = await aClient(server.discoveryUrl)
    const error = await errorOf(opened.client.collections())
    expect(error).toMatchObject({ code: 'TAXII_ORIGIN_REFUSED', kind: 'refused' })
    expect(error.hint).toContain(`--allow-origin ${other.url}`)
    expect(asked).toEqual([])
  })

  it.each(['//evil.example/x/', '//:80/', '/a/evil.example:81/', '/data:x/', '/a/%2f%2fevil.example/'])(
    'are refused in words when their path looks like an address: %s',
    async (path) => {
      const advertised = `https://other.example${path}`
      await using server = await startTaxii2Server({
        roots: [{ path: '/api1/', advertised, missing: true, collections: [] }],
      })
      await using opened = await aClient(server.discoveryUrl)
      const error = await errorOf(opened.client.collections())
      expect(error).toMatchObject({ code: 'TAXII_ORIGIN_REFUSED', kind: 'refused' })
      expect(new Set(server.requests.map(({ url }) => url.host))).toEqual(new Set([new URL(server.url).host]))
    },
  )

  it('are read there where the profile allows it', async () => {
    await using other = await startTaxii2Server({ collections: [{ id: 'c1', objects }] })
    await using server = await startTaxii2Server({
      roots: [{ path: '/api1/', advertised: other.rootUrl, missing: true, collections: [] }],
    })
    await using opened = await aClient(server.discoveryUrl, { allowOrigins: [other.url] })
    expect((await readPoll(opened.client)).ids).toHaveLength(5)
    expect(other.requests.length).toBeGreaterThan(0)
  })

  it('T15: a collection that was removed, or became unreadable, is said per collection', async () => {
    await using server = await startTaxii2Server({
      collections: [
        { id: 'c1', objects },
        { id: 'c2', objects, canRead: false },
      ],
    })
    await using opened = await aClient(server.rootUrl)
    expect((await readPoll(opened.client, { collection: 'gone' })).error).toMatchObject({ kind: 'not-found' })
    expect((await readPoll(opened.client, { collection: 'c2' })).error).toMatchObject({ kind: 'auth' })
    expect((await readPoll(opened.client, { collection: 'c1' })).error).toBeUndefined()
  })
})
