import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { StixTaxiiError } from '../../src/core/errors.ts'
import type { DirectorClient } from '../../src/director/client.ts'
import { createDirectorClient } from '../../src/director/open-client.ts'
import { anHttp } from '../http/an-http.ts'
import { certificateFolder, hasOpenssl } from '../http/certificates.ts'
import { answer, reset, sendBytes, silence, type Step } from '../faults/fault-server.ts'
import { aDirector, aFile, aSource, json, lp1, success, token } from './a-director.ts'

const read = ({ sources }: DirectorClient): Promise<unknown> => sources.list(lp1)
const write = ({ sources }: DirectorClient): Promise<unknown> => sources.create(lp1, aSource())
const remove = ({ sources }: DirectorClient): Promise<unknown> => sources.delete(lp1, '5d8b2a522be2374b84949c82')

async function faultOf(act: Promise<unknown>): Promise<StixTaxiiError> {
  try {
    const given = await act
    throw new TypeError(`no error, but ${JSON.stringify(given)}`)
  } catch (error) {
    if (error instanceof StixTaxiiError) return error
    throw error
  }
}

const nameOf = ({ code, kind }: StixTaxiiError): string => `${code} ${kind}`

describe('section 11 rows 3 to 11: what an answer means', () => {
  test.each<readonly [string, Step, string, string, number, number]>([
    ['401', json({ message: 'no' }, 401), 'DIRECTOR_UNAUTHORIZED auth', 'DIRECTOR_UNAUTHORIZED auth', 1, 1],
    ['403', json({ message: 'no' }, 403), 'DIRECTOR_UNAUTHORIZED auth', 'DIRECTOR_UNAUTHORIZED auth', 1, 1],
    [
      '400 about an expired token',
      json({ message: 'Token has expired' }, 400),
      'DIRECTOR_UNAUTHORIZED auth',
      'DIRECTOR_UNAUTHORIZED auth',
      1,
      1,
    ],
    [
      '200 about an invalid token',
      json({ status: 'Error', message: 'Invalid token' }),
      'DIRECTOR_UNAUTHORIZED auth',
      'DIRECTOR_UNAUTHORIZED auth',
      1,
      1,
    ],
    ['404', json({ message: 'no' }, 404), 'DIRECTOR_NOT_FOUND not-found', 'DIRECTOR_NOT_FOUND not-found', 1, 1],
    ['409', json({ message: 'no' }, 409), 'DIRECTOR_CONFLICT conflict', 'DIRECTOR_CONFLICT conflict', 1, 1],
    ['400', json({ message: 'no' }, 400), 'DIRECTOR_REFUSED remote', 'DIRECTOR_REFUSED remote', 1, 1],
    ['422', json({ message: 'no' }, 422), 'DIRECTOR_REFUSED remote', 'DIRECTOR_REFUSED remote', 1, 1],
    ['2xx that fails', json({ status: 'Failed' }), 'DIRECTOR_REFUSED remote', 'DIRECTOR_REFUSED remote', 1, 1],
    ['429', answer({ status: 429 }), 'DIRECTOR_RATE_LIMITED network', 'DIRECTOR_RATE_LIMITED network', 4, 4],
    ['500', answer({ status: 500 }), 'DIRECTOR_UNAVAILABLE network', 'DIRECTOR_OUTCOME_UNKNOWN pending', 4, 1],
    [
      '500 about a token',
      json({ message: 'Token has expired' }, 500),
      'DIRECTOR_UNAUTHORIZED auth',
      'DIRECTOR_OUTCOME_UNKNOWN pending',
      4,
      1,
    ],
    ['503', answer({ status: 503 }), 'DIRECTOR_UNAVAILABLE network', 'DIRECTOR_OUTCOME_UNKNOWN pending', 4, 1],
    ['HTML', answer({ body: '<html>Login</html>' }), 'DIRECTOR_NOT_JSON protocol', 'DIRECTOR_NOT_JSON protocol', 1, 1],
    ['nothing', answer(), 'DIRECTOR_NOT_JSON protocol', 'DIRECTOR_NOT_JSON protocol', 1, 1],
    ['no content', answer({ status: 204 }), 'DIRECTOR_NOT_JSON protocol', 'DIRECTOR_NOT_JSON protocol', 1, 1],
    ['a reset', reset, 'HTTP_CONNECTION_LOST network', 'DIRECTOR_OUTCOME_UNKNOWN pending', 4, 1],
    ['silence', silence, 'HTTP_HEADERS_TIMEOUT network', 'DIRECTOR_OUTCOME_UNKNOWN pending', 4, 1],
    [
      'a cut body',
      sendBytes('HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\n{"status"'),
      'HTTP_IDLE network',
      'DIRECTOR_OUTCOME_UNKNOWN pending',
      4,
      1,
    ],
    ['garbage', sendBytes('HELLO\r\n\r\n'), 'HTTP_FRAMING protocol', 'DIRECTOR_OUTCOME_UNKNOWN pending', 1, 1],
  ])('%s', async (_seen, step, ofRead, ofWrite, reads, writes) => {
    const http = { limits: { headersTimeoutMs: 60, idleTimeoutMs: 60 } } as const
    await using forReads = await aDirector(() => [step], { http })
    await using forWrites = await aDirector(() => [step], { http })

    expect(nameOf(await faultOf(read(forReads.client)))).toBe(ofRead)
    expect(nameOf(await faultOf(write(forWrites.client)))).toBe(ofWrite)

    expect(forReads.server.requests).toHaveLength(reads)
    expect(forWrites.server.requests).toHaveLength(writes)
  })

  test('a write that is asked to wait is sent again after what Retry-After asks', async () => {
    const busy = answer({ status: 429, headers: { 'Retry-After': '7' } })
    await using director = await aDirector(({ index }) => [index < 2 ? busy : success('Deleted.')])

    expect(await remove(director.client)).toEqual({ state: 'done', message: 'Deleted.' })
    expect(director.clock.slept).toEqual([7000, 7000])
  })

  test('a write that is asked to wait long is left to the user, with the time', async () => {
    const busy = answer({ status: 429, headers: { 'Retry-After': '3600' } })
    await using director = await aDirector(() => [busy])

    expect(await faultOf(remove(director.client))).toMatchObject({ kind: 'network', retryAfterMs: 3_600_000 })
    expect(director.server.requests).toHaveLength(1)
  })

  test('section 11 row 1: a write is tried again where nothing of it was sent', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    await using opened = anHttp(`http://127.0.0.1:${port}`)
    const { clock, http } = opened
    const client = createDirectorClient({
      http,
      url: new URL(`http://127.0.0.1:${port}`),
      clock,
      notices: () => undefined,
    })

    expect(nameOf(await faultOf(write(client)))).toBe('HTTP_CONNECT_FAILED network')
    expect(clock.slept).toEqual([500, 1000, 2000])
  })

  test.skipIf(!hasOpenssl)(
    'section 11 row 2: an identity that is not trusted is refused, and nothing is sent',
    async () => {
      const folder = certificateFolder()
      const { cert, key } = folder.selfSigned('director')
      folder.remove()
      await using director = await aDirector(() => [success('Deleted.')], { server: { tls: { cert, key } } })

      for (const act of [read, write]) expect((await faultOf(act(director.client))).kind).toBe('refused')
      expect(director.server.requests).toHaveLength(0)
    },
  )

  test('a redirect to another origin is refused for reads and for writes', async () => {
    const away = answer({ status: 307, headers: { Location: 'https://elsewhere.example/x' } })
    await using director = await aDirector(() => [away])

    expect(nameOf(await faultOf(read(director.client)))).toBe('HTTP_ORIGIN_REFUSED refused')
    expect(nameOf(await faultOf(write(director.client)))).toBe('DIRECTOR_REDIRECT refused')
  })

  test('the error says what Director said, to whom and for what', async () => {
    const message = 'This Logpoint is in Co-Managed mode\u001b[2J'
    await using director = await aDirector(() => [json({ status: 'Error', message }, 400)])

    const error = await faultOf(write(director.client))

    const host = new URL(director.server.origin).host
    expect(error.message).toBe(
      `${host} does not create the enrichment source for acme/lp1 (HTTP 400): This Logpoint is in Co-Managed mode\\u{1b}[2J`,
    )
    expect(error.context).toEqual({ host, target: 'acme/lp1', call: 'create the enrichment source', status: 400 })
  })

  test('secrets that Director repeats do not come into the error', async () => {
    await using director = await aDirector(({ body }) => [json({ errors: [body.toString()] }, 422)])

    const error = await faultOf(write(director.client))

    expect(JSON.stringify([error.message, error.context])).not.toContain('canary')
    expect(error.message).toContain('***')
  })
})

describe('the redirects of writes (section 9 row 3)', () => {
  const slash = (status: number) =>
    aDirector(({ target }) => [
      target.endsWith('/')
        ? answer({ status, headers: { Location: target.replace(/\/$/, '') } })
        : success('Uploaded in the private storage. '),
    ])

  test.each([301, 308])(
    'a %i that differs in the slash at the end only is followed once, body and all',
    async (status) => {
      await using director = await slash(status)

      const storage = { location: 'private', pool: lp1.pool } as const
      const accepted = await director.client.packages.upload(storage, aFile('a.pak', Buffer.alloc(200_000, 'x')))

      expect(accepted).toEqual({ state: 'done', message: 'Uploaded in the private storage.' })
      expect(director.server.requests.map(({ method, body }) => `${method} ${body.length}`)).toEqual([
        'POST 200000',
        'POST 200000',
      ])
      expect(director.server.requests[1]?.headers).toMatchObject({
        file_name: 'a.pak',
        authorization: `Bearer ${token}`,
      })
    },
  )

  test.each([302, 303, 307])('a %i is never followed', async (status) => {
    await using director = await slash(status)

    const storage = { location: 'private', pool: lp1.pool } as const
    expect(nameOf(await faultOf(director.client.packages.upload(storage, aFile('a.pak'))))).toBe(
      'DIRECTOR_REDIRECT protocol',
    )
    expect(director.server.requests).toHaveLength(1)
  })

  test.each(['/login', '?a=b', 'SELF', 'SELF/?a=b', 'https://elsewhere.example/'])(
    'a 308 to %s is not followed',
    async (to) => {
      await using director = await aDirector(({ target }) => [
        answer({ status: 308, headers: { Location: to.replace('SELF', target) } }),
      ])

      expect((await faultOf(write(director.client))).code).toBe('DIRECTOR_REDIRECT')
      expect(director.server.requests).toHaveLength(1)
    },
  )

  test('a circle of slashes ends after the second request', async () => {
    await using director = await aDirector(({ target }) => [
      answer({ status: 308, headers: { Location: target.endsWith('/') ? target.slice(0, -1) : `${target}/` } }),
    ])

    expect(nameOf(await faultOf(write(director.client)))).toBe('DIRECTOR_REDIRECT protocol')
    expect(director.server.requests).toHaveLength(2)
  })
})

describe('secrets on their way (section 11, "Redaction")', () => {
  test('S6: the trace has the mask, the wire the true value', async () => {
    const source = aSource({ basic: { use: true, username: 'guest', password: new Secret('canaryPassword"\\') } })
    await using director = await aDirector(() => [success('Created.')])

    await director.client.sources.create(lp1, source)

    const sent = JSON.parse(director.server.requests[0]?.body.toString() ?? '') as { data: Record<string, unknown> }
    expect(sent.data['basic_auth_mode']).toMatchObject({ password: 'canaryPassword"\\' })
    expect(sent.data['ssl_mode']).toMatchObject({ key_pass: 'canaryPassphrase' })
    expect(director.server.requests[0]?.headers['authorization']).toBe(`Bearer ${token}`)
    expect(director.trace[0]).toMatchObject({
      headers: { authorization: '***' },
      body: {
        data: {
          discovery_url: 'https://taxii.example/services/discovery',
          basic_auth_mode: { username: 'guest', password: '***' },
          ssl_mode: { key_pass: '***' },
        },
      },
    })
    expect(JSON.stringify(director.trace)).not.toContain('canary')
  })

  test('an address with user information is refused before anything is sent', async () => {
    await using director = await aDirector(() => [success('Created.')])
    const source = aSource({ discoveryUrl: 'https://ann:canaryInUrl@taxii.example/' })

    const error = await faultOf(director.client.sources.create(lp1, source))

    expect(nameOf(error)).toBe('DIRECTOR_URL_SECRET usage')
    expect(JSON.stringify([error.message, error.context])).not.toContain('canary')
    expect(director.server.requests).toHaveLength(0)
  })
})
