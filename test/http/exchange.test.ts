import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { answer, chunked, sendBytes, startFaultServer } from '../faults/fault-server.ts'
import { anHttp, basicFor, outcomeOf } from './an-http.ts'

test('gives status, headers and decoded text of a plain answer', async () => {
  await using server = await startFaultServer(() => [
    answer({ headers: { 'Content-Type': 'application/json', 'X-Two': 'a' }, body: '\ufeff{"a":"é"}' }),
  ])
  await using opened = anHttp(server.origin)

  const seen = await opened.http.exchange({ method: 'GET', url: server.url('/a?b=c') }, async (response) => ({
    status: response.status,
    type: response.headers.get('content-type'),
    text: await response.text(),
  }))

  expect(seen).toEqual({ status: 200, type: 'application/json', text: '{"a":"é"}' })
  expect(server.requests[0]).toMatchObject({ method: 'GET', target: '/a?b=c' })
})

test('posts a body with its length and the headers given', async () => {
  await using server = await startFaultServer(({ body }) => [answer({ status: 202, body })])
  await using opened = anHttp(server.origin)

  const outcome = await outcomeOf(opened.http, server.url('/'), {
    method: 'POST',
    body: '<é/>',
    headers: { 'Content-Type': 'application/xml' },
  })

  expect(outcome).toMatchObject({ status: 202, text: '<é/>' })
  expect(server.requests[0]?.headers).toMatchObject({ 'content-type': 'application/xml', 'content-length': '5' })
})

test('reads gzip and chunks, and keeps the connection for the next request', async () => {
  const body = gzipSync('x'.repeat(100_000))
  await using server = await startFaultServer(() => [
    sendBytes('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n'),
    sendBytes(chunked([body.subarray(0, 20), body.subarray(20)])),
  ])
  await using opened = anHttp(server.origin)

  const first = await outcomeOf(opened.http, server.url('/1'))
  const second = await outcomeOf(opened.http, server.url('/2'))

  expect(first.text).toBe('x'.repeat(100_000))
  expect(second.text).toBe(first.text)
  expect(server.connections).toBe(1)
})

test('sends the Basic vector of ThreatConnect', async () => {
  await using server = await startFaultServer(() => [answer()])
  await using opened = anHttp(server.origin, { access: [basicFor(server.origin, 'taxii', 'p@55w0rd')] })

  await outcomeOf(opened.http, server.url('/'))

  expect(server.requests[0]?.headers['authorization']).toBe('Basic dGF4aWk6cEA1NXcwcmQ=')
})
