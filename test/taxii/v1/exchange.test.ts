import { describe, expect, test } from 'vitest'
import {
  aClient,
  aPollServer,
  aRawServer,
  aServer,
  block,
  contentsOf,
  message,
  pagesOf,
  status,
  taxiiHeaders,
} from './support.ts'

const end = '<t:Inclusive_End_Timestamp>2026-01-01T00:00:00Z</t:Inclusive_End_Timestamp>'
const noDate = { ...taxiiHeaders, date: '' }

describe('requests', () => {
  test('C1H-1 to C1H-7, row 4: every request is a POST of one message with exactly the binding headers', async () => {
    const { client, server } = await aServer({ partSize: 2 })
    await pagesOf(client, { collection: 'feed' })
    expect(server.requests).toHaveLength(4)
    for (const { method, headers, body } of server.requests) {
      expect(method).toBe('POST')
      expect(body.toString()).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?><taxii_11:\w+ [^]*>$/)
      expect(headers).toMatchObject({
        'content-type': 'application/xml',
        accept: 'application/xml',
        'x-taxii-content-type': 'urn:taxii.mitre.org:message:xml:1.1',
        'x-taxii-accept': 'urn:taxii.mitre.org:message:xml:1.1',
        'x-taxii-services': 'urn:taxii.mitre.org:services:1.1',
        'x-taxii-protocol': 'urn:taxii.mitre.org:protocol:http:1.0',
      })
    }
  })

  test('C1H-3, C1H-5 in TAXII 1.0', async () => {
    const { client, server } = await aServer({ versions: ['1.0'] })
    await pagesOf(client, { collection: 'feed' })
    expect(server.requests.at(-1)?.headers).toMatchObject({
      'x-taxii-content-type': 'urn:taxii.mitre.org:message:xml:1.0',
      'x-taxii-accept': 'urn:taxii.mitre.org:message:xml:1.0',
      'x-taxii-services': 'urn:taxii.mitre.org:services:1.0',
    })
  })

  test('C1M-1, C1M-2: message ids are digits and never used twice', async () => {
    const { client, server } = await aServer({ partSize: 1 })
    await pagesOf(client, { collection: 'feed' })
    const ids = server.requests.map(({ body }) => /message_id="([^"]*)"/.exec(body.toString())?.[1])
    expect(ids.every((id) => /^\d+$/.test(id ?? ''))).toBe(true)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('C1M-3: which request an answer answers', () => {
  test('an answer to another request is dropped', async () => {
    const server = await aPollServer(() => message('Poll_Response', '999999', '', end + block('<a/>')))
    const { client } = await aClient(server.url)
    await expect(pagesOf(client, { collection: 'feed' })).rejects.toMatchObject({
      code: 'TAXII_ANSWER_OTHER',
      kind: 'protocol',
    })
  })

  test('a status message for a request that the server could not read may answer 0', async () => {
    const server = await aPollServer(() => status('DENIED', '0'))
    const { client } = await aClient(server.url)
    await expect(pagesOf(client, { collection: 'feed' })).rejects.toMatchObject({ code: 'TAXII_STATUS' })
  })

  test('an answer that does not say is taken, and told of', async () => {
    const server = await aPollServer(({ id }) =>
      message('Poll_Response', id, '', end + block('<a/>')).replace(/in_response_to="\d+"/, ''),
    )
    const { client, codes } = await aClient(server.url)
    expect(contentsOf(await pagesOf(client, { collection: 'feed', end: '2026-01-01T00:00:00Z' }))).toEqual(['<a/>'])
    expect(codes()).toContain('TAXII_ANSWER_UNNAMED')
  })
})

describe('answers that are no TAXII message', () => {
  test.each([
    [400, 'TAXII_REQUEST_REFUSED', 'remote', 'BAD_MESSAGE'],
    [413, 'TAXII_TOO_LARGE', 'remote', 'BAD_MESSAGE'],
    [401, 'TAXII_UNAUTHORIZED', 'auth', 'UNAUTHORIZED'],
    [403, 'TAXII_FORBIDDEN', 'auth', 'UNAUTHORIZED'],
    [406, 'TAXII_VERSION_REFUSED', 'remote', 'UNSUPPORTED_MESSAGE'],
    [415, 'TAXII_VERSION_REFUSED', 'remote', 'UNSUPPORTED_MESSAGE'],
    [404, 'TAXII_NOT_FOUND', 'not-found', 'FAILURE'],
    [418, 'TAXII_REQUEST_REFUSED', 'remote', 'FAILURE'],
    [500, 'TAXII_UNAVAILABLE', 'network', 'FAILURE'],
    [503, 'TAXII_UNAVAILABLE', 'network', 'FAILURE'],
  ])('C1H-9: HTTP %i is taken for a status message', async (httpStatus, code, kind, taken) => {
    const headers = { 'content-type': 'text/plain' }
    const server = await aPollServer(() => ({ status: httpStatus, headers, body: 'teapot \u001b[2J' }))
    const { client } = await aClient(server.url)
    const error = await pagesOf(client, {
      collection: 'feed',
      begin: '2026-01-01T00:00:00Z',
      end: '2026-01-01T00:00:01Z',
    }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, kind, context: { status: taken, httpStatus } })
    expect((error as Error).message).toContain(`${httpStatus}`)
    expect((error as Error).message).toContain('teapot \\u{1b}[2J')
  })

  test.each([
    [
      'a login page',
      'text/html',
      '<!DOCTYPE html><html><head><title>Log in</title></head></html>',
      /text\/html: "Log in"/,
    ],
    ['well-formed XHTML', 'text/html', '<html><title>Hi</title></html>', /"Hi"/],
    ['JSON', 'application/taxii+json', '{"title":"a TAXII 2 server"}', /application\/taxii\+json/],
    ['nothing', 'application/xml', '', /application\/xml/],
    ['another XML', 'application/xml', '<feed xmlns="http://www.w3.org/2005/Atom"/>', /TAXII/],
  ])('C1H-8, row 8: %s under HTTP 200 is named', async (_, type, body, said) => {
    const server = await aRawServer(() => ({ headers: { 'content-type': type }, body }))
    const { client } = await aClient(`${server.url}/taxii`)
    const error = await client.discovery().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'TAXII_NOT_TAXII', kind: 'protocol' })
    expect((error as Error).message).toMatch(said)
  })

  test('row 13: a 2.x server is recognised by its JSON', async () => {
    const headers = { 'content-type': 'application/taxii+json;version=2.1' }
    const server = await aRawServer(() => ({ headers, body: '{}' }))
    const { client } = await aClient(`${server.url}/taxii2/`)
    await expect(client.discovery()).rejects.toMatchObject({ hint: expect.stringContaining('TAXII 2') as string })
  })

  test('row 65, C1H-11: wrong credentials inside HTTP 200 are wrong credentials', async () => {
    const { client } = await aServer({
      authentication: { scheme: 'basic', username: 'ann', password: 'right' },
      refusal: 'status',
    })
    await expect(client.collections()).rejects.toMatchObject({ code: 'TAXII_UNAUTHORIZED', kind: 'auth' })
  })

  test('a TAXII status message under HTTP 401 is read', async () => {
    const server = await aRawServer(({ id }) => ({
      status: 401,
      body: status('UNAUTHORIZED', id, '<t:Message>no</t:Message>'),
    }))
    const { client } = await aClient(server.url)
    await expect(client.discovery()).rejects.toMatchObject({
      kind: 'auth',
      message: expect.stringContaining('no') as string,
    })
  })

  test('what a preset knows of access is the hint', async () => {
    const server = await aRawServer(() => ({ status: 403, headers: {}, body: '' }))
    const preset = {
      name: 'x',
      title: 'X',
      version: '1.1',
      url: '',
      authentication: 'basic',
      accessHint: 'Ask X.',
    } as const
    const { client } = await aClient(server.url, { preset })
    await expect(client.discovery()).rejects.toMatchObject({ hint: expect.stringMatching(/^Ask X\./) as string })
  })
})

describe('row 11, N14: loose headers', () => {
  const answer = (id: string): string => message('Poll_Response', id, '', end + block('<a/>'))
  const asked = { collection: 'feed', end: '2026-01-01T00:00:00Z' }

  test.each([
    ['no X-TAXII-Content-Type', { 'content-type': 'application/xml' }],
    ['another version in it', { ...taxiiHeaders, 'x-taxii-content-type': 'urn:taxii.mitre.org:message:xml:1.0' }],
    ['no media type at all', {}],
    ['text/html', { 'content-type': 'text/html; charset=utf-8' }],
  ])('%s: the message counts, and it is told', async (_, headers) => {
    const server = await aPollServer(({ id }) => ({ headers, body: answer(id) }))
    const { client, codes } = await aClient(server.url)
    expect(contentsOf(await pagesOf(client, asked))).toEqual(['<a/>'])
    expect(codes()).toContain('TAXII_HEADER_ODD')
  })

  test('strict profiles refuse it', async () => {
    const server = await aPollServer(({ id }) => ({ headers: {}, body: answer(id) }))
    const { client } = await aClient(server.url, { strict: true })
    await expect(pagesOf(client, asked)).rejects.toMatchObject({ code: 'TAXII_STRICT', kind: 'protocol' })
  })

  test('a byte order mark, UTF-16 and a charset are understood', async () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(answer('ID'), 'utf16le')])
    const bodies = [
      (id: string) => Buffer.from(`\ufeff${answer(id)}`),
      (id: string) => Buffer.from(utf16.toString('utf16le').replace('ID', id), 'utf16le'),
    ]
    for (const body of bodies) {
      const server = await aPollServer(({ id }) => ({ body: body(id) }))
      const { client } = await aClient(server.url)
      expect(contentsOf(await pagesOf(client, asked))).toEqual(['<a/>'])
    }
  })

  test('C1H-14: extended headers are ignored', async () => {
    const extra = '<t:Extended_Headers><t:Extended_Header name="urn:x">y</t:Extended_Header></t:Extended_Headers>'
    const server = await aPollServer(({ id }) => message('Poll_Response', id, '', extra + end + block('<a/>')))
    const { client } = await aClient(server.url)
    expect(contentsOf(await pagesOf(client, asked))).toEqual(['<a/>'])
  })

  test('an answer in another version is refused by name', async () => {
    const server = await aPollServer(({ id }) => message('Poll_Response', id, '', end, '1.0'))
    const { client } = await aClient(server.url)
    await expect(pagesOf(client, asked)).rejects.toMatchObject({
      code: 'TAXII_VERSION_OTHER',
      hint: expect.stringContaining('1.0') as string,
    })
  })
})

describe('N7, row 67: answers that break off', () => {
  test('are asked for again and kept whole', async () => {
    const whole = (id: string): string => message('Poll_Response', id, '', end + block('<a/>'))
    const server = await aPollServer(({ id }, count) => ({
      headers: noDate,
      body: whole(id).slice(0, count === 1 ? -30 : undefined),
    }))
    const { client } = await aClient(server.url)
    expect(contentsOf(await pagesOf(client, { collection: 'feed', end: '2026-01-01T00:00:00Z' }))).toEqual(['<a/>'])
    expect(server.polls()).toHaveLength(2)
  })

  test('are no network trouble any more when they never end', async () => {
    const server = await aPollServer(({ id }) => ({
      headers: { ...taxiiHeaders, date: 'x' },
      body: message('Poll_Response', id).slice(0, -5),
    }))
    const { client } = await aClient(server.url)
    const request = { collection: 'feed', begin: '2026-01-01T00:00:00Z', end: '2026-01-01T00:00:10Z' }
    await expect(pagesOf(client, request)).rejects.toMatchObject({ code: 'TAXII_ANSWER_CUT', kind: 'protocol' })
  })
})
