import { expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { answer, startFaultServer } from '../faults/fault-server.ts'
import { anHttp, outcomeOf } from './an-http.ts'

const canaries = ['canaryBasic', 'canaryHeader', 'canaryQuery', 'canaryJwt', 'canaryCookie', 'canaryPassword']

test('S6: the trace has one record per request and answer, and no secret in any spelling', async () => {
  await using server = await startFaultServer(({ target, headers }) => {
    if (target.startsWith('/login')) return [answer({ body: '{"token":"canaryJwt"}' })]
    const echoed = { 'X-Echo': `${headers['authorization']} ${headers['x-api-key']} ${target}` }
    const location = target.startsWith('/moved') ? { Location: `/there?api_key=canaryQuery` } : undefined
    return [
      answer({
        status: location ? 302 : 200,
        headers: {
          ...echoed,
          ...location,
          'Set-Cookie': 'sid=canaryCookie',
          'X-Auth-Token': 'canaryCookie',
          'X-TAXII-Date-Added-Last': '2026-01-02T03:04:05.000006Z',
        },
      }),
    ]
  })
  const schemes = [
    { scheme: 'basic', username: new Secret('ann'), password: new Secret('canaryBasic') },
    { scheme: 'query', name: 'k', key: new Secret('canaryQuery') },
    {
      scheme: 'jwt',
      url: server.url('/login'),
      username: new Secret('ann'),
      password: new Secret('canaryPassword'),
    },
  ] as const
  for (const authentication of schemes) {
    const headers = [{ name: 'X-Api-Key', value: new Secret('canaryHeader') }]
    await using opened = anHttp(server.origin, {
      access: [{ origin: server.origin, pathPrefix: '/', authentication, headers }],
    })

    await outcomeOf(opened.http, server.url('/moved?a=1&token=canaryQuery'))

    const text = JSON.stringify(opened.trace)
    const spellings = canaries.flatMap((canary) => [canary, Buffer.from(canary).toString('base64')])
    expect(spellings.filter((spelling) => text.includes(spelling))).toEqual([])
    expect(text).not.toContain(Buffer.from('ann:canaryBasic').toString('base64'))
    expect(text).toContain('2026-01-02T03:04:05.000006Z')
    const events = opened.trace.map(({ event }) => event)
    expect(events.slice(-4)).toEqual(['request', 'answer', 'request', 'answer'])
  }
})

test('the trace tells of a failure by its code', async () => {
  await using server = await startFaultServer(() => [{ do: 'reset' }])
  await using opened = anHttp(server.origin, { retry: { maxRetries: 0 } })

  await outcomeOf(opened.http, server.url('/'))

  expect(opened.trace.map(({ event, code }) => [event, code])).toEqual([
    ['request', undefined],
    ['failure', 'HTTP_CONNECTION_LOST'],
  ])
})
