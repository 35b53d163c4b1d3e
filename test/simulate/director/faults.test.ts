import { describe, expect, it } from 'vitest'
import type { DirectorFaults, OrderBehaviour, OrderPathForm } from '../../../src/simulate/director/faults.ts'
import { namedFaults, parseFaults } from '../../../src/simulate/director/named-faults.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { aDirector, aSource, logpoint, on, pool, sources } from './a-director.ts'
import type { Answer, TestDirector } from './a-director.ts'

const create = (director: TestDirector, changes?: Record<string, unknown>) =>
  director.call('POST', `${on}/${sources}`, aSource(changes))
const list = (director: TestDirector) => director.call('GET', `${on}/PluginConfiguration/Ti_stixtaxii`)
const stored = (director: TestDirector) => director.fabric.pools[pool]?.logpoints[logpoint]?.sources ?? []

/** Statuses and bodies of so many readings of one order. */
async function readings(director: TestDirector, announced: Answer, count: number): Promise<[number, string][]> {
  const read: [number, string][] = []
  for (let n = 0; n < count; n++) {
    const { status, json, text } = await director.order(announced)
    const response = (json as { response?: { success?: unknown } } | undefined)?.response
    read.push([status, response ? `success ${String(response.success)}` : text === '' ? 'empty' : 'no verdict'])
  }
  return read
}

describe('section 13 row 2, order paths', () => {
  const id = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
  const path = `monitorapi/${pool}/${logpoint}/orders/${id}`
  const forms: readonly [OrderPathForm, string][] = [
    ['leading-slash', `/${path}`],
    ['no-slash', path],
    ['extra-segment', `/${path}/datanode-1`],
    ['own-host', `http://127\\.0\\.0\\.1:\\d+/${path}`],
    ['other-host', `https://elsewhere\\.example/${path}`],
    ['braces', '/monitorapi/\\{pool_UUID\\}/\\{logpoint_identifier\\}/orders/\\{request_id\\}'],
    ['dots', `/monitorapi/\\.\\./${path}`],
  ]
  it.each(forms)('announces them with %s', async (orderPath, expected) => {
    await using director = await aDirector({ faults: { orderPath } })
    const announced = await create(director)
    expect(announced.message).toMatch(new RegExp(`^${expected}$`))
    expect(stored(director)).toHaveLength(1)
    if (orderPath === 'extra-segment') expect((await director.order(announced)).status).toBe(200)
  })
})

describe('section 13 row 3, orders', () => {
  const behaviours: readonly [string, OrderBehaviour, [number, string][], boolean][] = [
    [
      'pending twice, then done',
      { kind: 'pending', times: 2 },
      [
        [200, 'no verdict'],
        [200, 'no verdict'],
        [200, 'success true'],
      ],
      true,
    ],
    [
      'pending with an empty object',
      { kind: 'pending', times: 1, as: 'empty-object' },
      [
        [200, 'no verdict'],
        [200, 'success true'],
      ],
      true,
    ],
    [
      'pending with an empty body',
      { kind: 'pending', times: 1, as: 'empty-body' },
      [
        [200, 'empty'],
        [200, 'success true'],
      ],
      true,
    ],
    [
      'pending with 202',
      { kind: 'pending', times: 1, as: 'accepted' },
      [
        [202, 'empty'],
        [200, 'success true'],
      ],
      true,
    ],
    [
      'failed',
      { kind: 'failed', as: 'strings' },
      [
        [200, 'success false'],
        [200, 'success false'],
      ],
      false,
    ],
    [
      'never done',
      { kind: 'never' },
      [
        [200, 'no verdict'],
        [200, 'no verdict'],
        [200, 'no verdict'],
      ],
      false,
    ],
    ['never done although made', { kind: 'never', made: true }, [[200, 'no verdict']], true],
    [
      '404 first',
      { kind: 'not-found-first', times: 1 },
      [
        [404, 'no verdict'],
        [200, 'success true'],
      ],
      true,
    ],
    [
      '500 in between',
      { kind: 'errors-between', times: 1 },
      [
        [200, 'no verdict'],
        [500, 'no verdict'],
        [200, 'no verdict'],
        [200, 'success true'],
      ],
      true,
    ],
    [
      'the envelope for ever',
      { kind: 'envelope' },
      [
        [200, 'no verdict'],
        [200, 'no verdict'],
      ],
      true,
    ],
    [
      'unreadable although made',
      { kind: 'unreadable' },
      [
        [400, 'no verdict'],
        [400, 'no verdict'],
      ],
      true,
    ],
  ]
  it.each(behaviours)('%s', async (_, order, expected, isMade) => {
    await using director = await aDirector({ faults: { order } })
    const announced = await create(director)
    expect(await readings(director, announced, expected.length)).toEqual(expected)
    expect(stored(director)).toHaveLength(isMade ? 1 : 0)
  })

  it('fails with reasons as strings, as objects, or with a message alone', async () => {
    await using director = await aDirector()
    const reason = async (as: 'strings' | 'objects' | 'message') => {
      director.setFaults({ order: { kind: 'failed', as, reason: 'no licence' } })
      return ((await director.order(await create(director))).json as { response: unknown }).response
    }
    expect(await reason('strings')).toMatchObject({ success: false, errors: ['no licence'] })
    expect(await reason('objects')).toMatchObject({ success: false, errors: [{ message: 'no licence' }] })
    expect(await reason('message')).toEqual({ success: false, message: 'no licence' })
  })

  it('the envelope that comes for ever is the one that announced it', async () => {
    await using director = await aDirector({ faults: { order: { kind: 'envelope' } } })
    const announced = await create(director)
    expect((await director.order(announced)).json).toEqual({ status: 'Success', message: announced.message })
  })

  it('says that it is done in words, and repeats what was sent, when it is told to', async () => {
    await using director = await aDirector({ faults: { orderVerdict: 'text', orderEchoes: true } })
    const echoed = (await director.order(await create(director))).json
    expect(echoed).toMatchObject({
      request: { basic_auth_mode: { password: 'guest-password' } },
      response: { success: 'true' },
    })
    director.setFaults({ orderVerdict: 'status' })
    const { json } = await director.order(await create(director))
    expect(json).toMatchObject({ status: 'Completed' })
    expect(json).not.toHaveProperty('response')
  })
})

describe('section 13 row 4, lists', () => {
  const shaped = async (faults: DirectorFaults): Promise<Answer> => {
    await using director = await aDirector({ faults })
    await create(director)
    return await list(director)
  }

  it('have Python words', async () => {
    const { text, json } = await shaped({ lists: { pythonWords: true, unknownKeys: true } })
    expect(json).toBeUndefined()
    for (const word of ['True', 'False', 'None']) expect(text).toContain(`: ${word}`)
    expect(text).not.toMatch(/: (true|false|null)/)
  })

  it('have trailing commas', async () => {
    const { text, json } = await shaped({ lists: { trailingCommas: true } })
    expect(json).toBeUndefined()
    expect(text).toMatch(/,\}/)
    expect(text).toMatch(/,\]$/)
    expect(JSON.parse(text.replace(/,([}\]])/g, '$1'))).toHaveLength(1)
  })

  it('have their files flat or nested', async () => {
    expect((await shaped({})).json).toMatchObject([{ cert_file: 'client.crt', cert_key: 'client.key' }])
    const [nested] = (await shaped({ lists: { files: 'nested' } })).json as object[]
    expect(nested).toMatchObject({ files: { cert_file: 'client.crt', cert_key: 'client.key' } })
    expect(nested).not.toHaveProperty('cert_file')
  })

  it('have their secrets clear, masked or empty, while what is stored stays whole', async () => {
    await using director = await aDirector()
    await create(director)
    const secrets = async (faults: DirectorFaults) => {
      director.setFaults(faults)
      const [source] = (await list(director)).json as {
        basic_auth_mode: { password: string }
        ssl_mode: { key_pass: string }
      }[]
      return [source?.basic_auth_mode.password, source?.ssl_mode.key_pass]
    }
    expect(await secrets({})).toEqual(['guest-password', '12345'])
    expect(await secrets({ lists: { secrets: 'masked' } })).toEqual(['********', '********'])
    expect(await secrets({ lists: { secrets: 'empty' } })).toEqual(['', ''])
    expect(stored(director)[0]?.fields.basic_auth_mode.password).toBe('guest-password')
  })

  it('have booleans and numbers as text, or booleans as numbers', async () => {
    expect((await shaped({ lists: { booleans: 'text', numbersAsText: true } })).json).toMatchObject([
      { st_enable_source: 'true', begin: '20', st_proxy: { status: 'false', port: '22' } },
    ])
    expect((await shaped({ lists: { booleans: 'capital-text' } })).json).toMatchObject([{ st_enable_source: 'True' }])
    expect((await shaped({ lists: { booleans: 'number' } })).json).toMatchObject([{ st_enable_source: 1 }])
  })

  it('have unknown keys, and stand below a key or without their array', async () => {
    expect((await shaped({ lists: { unknownKeys: true } })).json).toMatchObject([{ revision: { number: 7 } }])
    expect((await shaped({ lists: { wrapped: 'results' } })).json).toMatchObject({ results: [{ begin: 20 }] })
    expect((await shaped({ lists: { wrapped: 'message' } })).json).toMatchObject({ message: [{ begin: 20 }] })
    expect((await shaped({ lists: { wrapped: 'single' } })).json).toMatchObject({ begin: 20 })
  })

  it('have two sources with the same URL', async () => {
    const twins = (await shaped({ twins: true })).json as { id: string; discovery_url: string }[]
    expect(twins.map(({ discovery_url: url }) => url)).toEqual(Array(2).fill('https://feed.example/taxii2/'))
    expect(new Set(twins.map(({ id }) => id)).size).toBe(2)
  })

  it('section 13 row 5: are stale until refresh list, and so is the status', async () => {
    await using director = await aDirector({ faults: { staleLists: true } })
    await create(director)
    const services = async () =>
      ((await director.call('GET', `${on}/PluginConfiguration/Ti_general`)).json as { services: object }[])[0]?.services
    expect((await list(director)).json).toEqual([])
    expect(await services()).toEqual({})
    await director.call('POST', `${on}/${sources}/refreshlist`, {})
    expect((await list(director)).json).toHaveLength(1)
    expect(await services()).toHaveProperty('stix_taxii')
    const id = stored(director)[0]?.id ?? ''
    await director.call('PUT', `${on}/${sources}/${id}`, aSource({ begin: 30 }))
    expect((await list(director)).json).toMatchObject([{ begin: 20 }])
    await director.call('DELETE', `${on}/${sources}/${id}`)
    expect((await list(director)).json).toMatchObject([{ begin: 20 }])
    await director.call('POST', `${on}/${sources}/refreshlist`, {})
    expect((await list(director)).json).toEqual([])
  })

  it('are not found where the plugin is not', async () => {
    await using director = await aDirector({ plugin: undefined, faults: { listNeedsPlugin: true } })
    expect((await list(director)).status).toBe(404)
  })
})

it('section 13 row 6: the fetch status is without the plugin, an error with a reason, or without times', async () => {
  const fetchSource = () => Promise.resolve({ entries: 7 })
  await using director = await aDirector({ fetchSource })
  await create(director)
  await director.settled()
  const service = async (faults: DirectorFaults) => {
    director.setFaults(faults)
    const [status] = (await director.call('GET', `${on}/PluginConfiguration/Ti_general`)).json as {
      services: { stix_taxii?: Record<string, unknown> }
    }[]
    return status?.services.stix_taxii
  }
  expect(await service({})).toMatchObject({ fetch_status: 'Completed', error: null, no_of_entries: 7 })
  expect(await service({ status: 'absent' })).toBeUndefined()
  expect(await service({ status: 'error' })).toMatchObject({
    fetch_status: 'Error',
    error: expect.stringMatching(/\w/) as string,
  })
  expect(await service({ status: 'never' })).toMatchObject({ last_fetch_attempt: 0, last_successful_fetch: 0 })
})

describe('section 13 row 8, calls that come to nothing', () => {
  it('the token expires after n calls', async () => {
    await using director = await aDirector({ faults: { tokenExpiresAfter: 2 } })
    const statuses = []
    for (let n = 0; n < 4; n++) statuses.push((await list(director)).status)
    expect(statuses).toEqual([200, 200, 401, 401])
    director.setFaults({})
    expect((await list(director)).status).toBe(200)
  })

  it('HTML comes instead of JSON', async () => {
    await using director = await aDirector({ faults: { html: true } })
    const { status, headers, text } = await create(director)
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(text).toContain('<form')
    expect(stored(director)).toEqual([])
  })

  it('429 comes with Retry-After', async () => {
    await using director = await aDirector({ faults: { tooMany: { times: 1, retryAfter: 3 } } })
    const refused = await create(director)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3'])
    expect((await create(director)).status).toBe(200)
    expect(stored(director)).toHaveLength(1)
  })

  it('5xx comes before or after a change was made', async () => {
    await using director = await aDirector({ faults: { serverError: { status: 503, times: 1 } } })
    expect((await create(director)).status).toBe(503)
    expect(stored(director)).toHaveLength(0)
    director.setFaults({ serverError: { status: 502, times: 1, made: true } })
    expect((await list(director)).status).toBe(200)
    expect((await create(director)).status).toBe(502)
    expect(stored(director)).toHaveLength(1)
    expect((await create(director)).status).toBe(200)
  })

  it('the connection is torn at the nth call, before or after the change was made', async () => {
    await using director = await aDirector({ faults: { cut: { call: 2, when: 'before' } } })
    await list(director)
    await expect(create(director)).rejects.toThrow('fetch failed')
    expect(stored(director)).toHaveLength(0)
    director.setFaults({ cut: { call: 1, when: 'after' } })
    await expect(create(director)).rejects.toThrow('fetch failed')
    expect(stored(director)).toHaveLength(1)
    expect(director.requests.map(({ status }) => status)).toEqual([200, undefined, undefined])
  })

  it('a co-managed Logpoint refuses writes, another does not', async () => {
    await using director = await aDirector({ faults: { coManaged: { logpoints: [logpoint] } } })
    const refused = await create(director)
    expect(refused).toMatchObject({ status: 400, json: { status: 'Error' } })
    expect((await list(director)).status).toBe(200)
    const other = `/configapi/${pool}/${'0'.repeat(32)}/${sources}`
    expect((await director.call('POST', other, aSource())).status).toBe(200)
    director.setFaults({ coManaged: { logpoints: 'all', status: 403 } })
    expect((await director.call('POST', other, aSource())).status).toBe(403)
  })

  it('refusals come with status 200 and say so in the envelope', async () => {
    await using director = await aDirector({ faults: { refusalsAs200: true } })
    expect(await director.call('POST', `${on}/${sources}`, {})).toMatchObject({
      status: 200,
      json: { status: 'Error' },
    })
    expect(await director.call('DELETE', `${on}/${sources}/1`)).toMatchObject({
      status: 200,
      json: { status: 'Error' },
    })
  })

  it('faults strike only the calls and Logpoints that they are for', async () => {
    await using director = await aDirector()
    director.setFaults(
      { calls: ['sourceCreate'], logpoints: [logpoint], serverError: { status: 500, times: 1 } },
      { calls: ['sourceList'], html: true },
    )
    const other = `/configapi/${pool}/${'0'.repeat(32)}/${sources}`
    expect((await director.call('POST', other, aSource())).status).toBe(200)
    expect((await create(director)).status).toBe(500)
    expect((await list(director)).text).toMatch(/^<!doctype/)
    expect((await director.call('GET', `${on}/Plugins`)).status).toBe(200)
  })

  it('hooks see each request and may take its place, before or after it', async () => {
    const seen: (string | undefined)[] = []
    await using director = await aDirector({
      onRequest: ({ call, json }) => {
        seen.push(call)
        return (json as { data?: { begin?: number } } | undefined)?.data?.begin === 1 ? 'drop' : undefined
      },
      onResponse: ({ call }, response) => (call === 'sourceList' ? { ...response, status: 299 } : undefined),
    })
    await expect(create(director, { begin: 1 })).rejects.toThrow()
    expect(stored(director)).toEqual([])
    await create(director)
    expect((await list(director)).status).toBe(299)
    expect(seen).toEqual(['sourceCreate', 'sourceCreate', 'sourceList'])
  })
})

describe('named faults', () => {
  const aTrail = async (plugin: string | undefined, name?: string): Promise<unknown[]> => {
    await using director = await aDirector({
      plugin,
      faults: name === undefined ? {} : parseFaults([name + (small[name] ?? '')]),
      clock: fakeClock({ autoAdvance: false }),
      fetchSource: () => Promise.resolve({ entries: 7 }),
    })
    return await trail(director)
  }
  const small: Readonly<Record<string, string>> = { 'cut-upload': '=100', 'upload-limit': '=100' }

  it.each(namedFaults.map(({ name }) => name))('%s makes a difference to somebody', async (name) => {
    const plugin = name === 'list-needs-plugin' ? undefined : 'StixTaxii_6.1.0.pak'
    const plain = await aTrail(plugin)
    expect(await aTrail(plugin)).toEqual(plain)
    expect(await aTrail(plugin, name)).not.toEqual(plain)
  })

  it('add up, the later wins', () => {
    expect(parseFaults(['list-python', 'list-trailing-commas', 'order-never', 'order-pending=7'])).toEqual([
      { lists: { pythonWords: true, trailingCommas: true }, order: { kind: 'pending', times: 7 } },
    ])
  })

  it('strike one Logpoint or one call', () => {
    const pools = [{ id: pool, name: 'acme', logpoints: [{ id: logpoint, name: 'lp2' }] }]
    expect(parseFaults(['html@acme/lp2', 'order-never@sourceCreate', `token-expires=1@${logpoint}`], pools)).toEqual([
      {},
      { html: true, logpoints: [logpoint] },
      { order: { kind: 'never' }, calls: ['sourceCreate'] },
      { tokenExpiresAfter: 1, logpoints: [logpoint] },
    ])
    expect(() => parseFaults(['html@acme/lp3'], pools)).toThrow('is not known')
  })
})

/** What somebody sees who makes a round through the calls, without what is different each time. */
async function trail(director: TestDirector): Promise<unknown[]> {
  const seen: unknown[] = []
  const note = async (asked: Promise<Answer>): Promise<Answer | undefined> => {
    const answer = await asked.catch(() => undefined)
    const text = answer?.text.replace(/[0-9a-f]{24}/g, 'ID').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ORDER')
    seen.push([answer?.status, text?.replace(/:\d{4,5}\//, ':PORT/')])
    return answer
  }
  await note(director.upload(`/configapi/Uploads/${pool}/`, 'StixTaxii_6.1.0.pak', Buffer.alloc(2_000_000)))
  const announced = await note(create(director))
  await director.settled()
  await note(list(director))
  await note(director.call('GET', `${on}/PluginConfiguration/Ti_general`))
  for (let n = 0; n < 4; n++) if (announced) await note(director.order(announced))
  await note(director.call('DELETE', `${on}/Plugins/none`))
  await note(director.call('POST', `${on}/${sources}/refreshlist`, {}))
  await note(director.call('GET', `${on}/PluginConfiguration/Ti_general`))
  return seen
}
