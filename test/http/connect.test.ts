import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { addressGuard, classifyAddress, isLoopbackHost } from '../../src/http/address-guard.ts'
import { dial } from '../../src/http/dial.ts'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { answer, startFaultServer } from '../faults/fault-server.ts'
import { anHttp, faultOf, outcomeOf } from './an-http.ts'

test('N1: a name that does not exist is named, and not asked for again and again', async () => {
  let lookups = 0
  const resolve = (): Promise<readonly string[]> => {
    lookups += 1
    return Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }))
  }
  await using opened = anHttp('http://nowhere.example:8080', { plainHttp: 'allow' }, { resolve })

  const outcome = await outcomeOf(opened.http, new URL('http://nowhere.example:8080/'))

  expect(faultOf(outcome)).toBe('HTTP_NAME_UNKNOWN network')
  expect(outcome.error?.message).toContain('nowhere.example')
  expect(lookups).toBe(2)
})

test('N1: an empty answer of the name service is a name unknown', async () => {
  await using opened = anHttp('http://empty.example', { plainHttp: 'allow' }, { resolve: () => Promise.resolve([]) })

  expect(faultOf(await outcomeOf(opened.http, new URL('http://empty.example/')))).toBe('HTTP_NAME_UNKNOWN network')
})

test('N1, S2: a name that answered with a public address does not lead inward later', () => {
  const vet = addressGuard()

  expect(vet('feed.example', ['8.8.8.8', '10.0.0.8'])).toEqual(['8.8.8.8'])
  expect(vet('feed.example', ['9.9.9.9'])).toEqual(['9.9.9.9'])
  expect(() => vet('feed.example', ['127.0.0.1'])).toThrow('where we do not go')
  expect(() => vet('feed.example', ['10.0.0.8'])).toThrow(StixTaxiiError)
  expect(() => vet('feed.example', ['169.254.169.254'])).toThrow(StixTaxiiError)
})

test('S2: an internal name stays internal, and does not turn into this machine', () => {
  const vet = addressGuard()

  expect(vet('taxii.corp.example', ['10.0.0.8'])).toEqual(['10.0.0.8'])
  expect(() => vet('taxii.corp.example', ['127.0.0.1'])).toThrow(StixTaxiiError)
})

test('S2: the connection goes to the address that was vetted, after a rebinding to none at all', async () => {
  await using server = await startFaultServer(() => [
    answer({ headers: { Connection: 'close', 'Content-Length': '0' } }),
  ])
  const origin = `http://inner.example:${server.port}`
  const answers = [['127.0.0.1', '169.254.169.254'], ['169.254.169.254']]
  const resolve = (): Promise<readonly string[]> => Promise.resolve(answers.shift() ?? [])
  await using opened = anHttp(origin, { plainHttp: 'allow' }, { resolve })

  const first = await outcomeOf(opened.http, new URL(origin))
  const second = await outcomeOf(opened.http, new URL(origin))

  expect(first.status).toBe(200)
  expect(faultOf(second)).toBe('HTTP_ADDRESS_REFUSED refused')
  expect(server.requests).toHaveLength(1)
})

test('S2: an address that is written out is vetted too', async () => {
  for (const host of ['169.254.169.254', '[fe80::1]', '0.0.0.0', '[::]', '[::ffff:169.254.169.254]', '224.0.0.1']) {
    const origin = `http://${host}:81`
    await using opened = anHttp(origin, { plainHttp: 'allow' })

    expect(faultOf(await outcomeOf(opened.http, new URL(origin))), host).toBe('HTTP_ADDRESS_REFUSED refused')
  }
})

test.each([
  ['8.8.8.8', 'public'],
  ['2606:4700::1111', 'public'],
  ['10.1.2.3', 'private'],
  ['172.16.0.1', 'private'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['fc00::1', 'private'],
  ['127.0.0.1', 'loopback'],
  ['127.9.9.9', 'loopback'],
  ['::1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['64:ff9b::7f00:1', 'loopback'],
  ['2002:7f00:1::', 'loopback'],
  ['::7f00:1', 'loopback'],
  ['::a9fe:a9fe', 'never'],
  ['::ffff:10.0.0.1', 'private'],
  ['169.254.169.254', 'never'],
  ['fe80::1', 'never'],
  ['fd00:ec2::254', 'never'],
  ['100.100.100.200', 'never'],
  ['0.0.0.0', 'never'],
  ['::', 'never'],
  ['224.0.0.1', 'never'],
  ['255.255.255.255', 'never'],
  ['ff02::1', 'never'],
  ['nonsense', 'never'],
])('S2: %s is %s', (address, expected) => {
  expect(classifyAddress(address)).toBe(expected)
})

test.each([
  ['localhost', true],
  ['a.localhost', true],
  ['127.0.0.1', true],
  ['[::1]', true],
  ['localhost.example', false],
  ['127.0.0.1.example', false],
  ['192.0.2.1', false],
])('knows whether %s is loopback by its spelling', (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected)
})

test('N2: a port where nobody listens ends as network after few tries', async () => {
  const port = await freePort()
  await using opened = anHttp(`http://127.0.0.1:${port}`)

  const outcome = await outcomeOf(opened.http, new URL(`http://127.0.0.1:${port}/`))

  expect(faultOf(outcome)).toBe('HTTP_CONNECT_FAILED network')
  expect(outcome.error?.context['reason']).toBe('ECONNREFUSED')
  expect(opened.clock.slept).toHaveLength(2)
})

test('N2: a host that swallows every packet ends within the connect time-out', async () => {
  const begun = performance.now()
  await using opened = anHttp('http://192.0.2.1', {
    plainHttp: 'allow',
    retry: { maxRetries: 0 },
    limits: { connectTimeoutMs: 200 },
  })

  const outcome = await outcomeOf(opened.http, new URL('http://192.0.2.1/'))

  // A machine without any route says so at once; one with a route hears nothing.
  expect(['HTTP_CONNECT_TIMEOUT network', 'HTTP_CONNECT_FAILED network']).toContain(faultOf(outcome))
  expect(performance.now() - begun).toBeLessThan(1200)
})

test('N18: dead addresses before the living one cost less than a second', async () => {
  await using server = await startFaultServer(() => [answer()])
  const begun = performance.now()

  const socket = await dial('two.example', server.port, {
    resolve: () => Promise.resolve(['2001:db8::1', '192.0.2.1', '127.0.0.1']),
    vet: (_host, addresses) => addresses,
    timeoutMs: 5000,
    signal: new AbortController().signal,
    who: 'two.example',
  })

  expect(socket.remoteAddress).toBe('127.0.0.1')
  expect(performance.now() - begun).toBeLessThan(1000)
  socket.destroy()
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
