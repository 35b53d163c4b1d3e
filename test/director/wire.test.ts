import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { beginOf, fetchIntervalOf, neutralProxy, stixVersionWord } from '../../src/director/definition.ts'
import { readDocument } from '../../src/director/mended-json.ts'
import { readListedSource } from '../../src/director/read-sources.ts'
import { readFetchStatus } from '../../src/director/read-status.ts'
import { emptyBody, installBody, sourceBody } from '../../src/director/wire.ts'
import { aDirector, acme, anOrder, aSource, aWireSource, json, lp1 } from './a-director.ts'
import { example, hasExamples } from './director-examples.ts'

const sample = (taxiiVersion: string) =>
  aSource({
    discoveryUrl: 'https://open.taxiistand.com/services/discovery',
    begin: beginOf('20d'),
    fetchInterval: fetchIntervalOf('2d'),
    stixVersion: stixVersionWord({ taxiiVersion }),
    basic: { use: false, username: 'guest', password: new Secret('guest') },
    certificate: {
      use: false,
      certificateFile: 'client.crt',
      keyFile: 'client.key',
      keyPassphrase: new Secret('12345'),
      location: 'public',
    },
    proxy: neutralProxy,
  })

describe.skipIf(!hasExamples)('the samples of the API guide', () => {
  test.each([
    ['create-stix1.request.json', sourceBody(sample('1.1'))],
    ['create-stix2.request.json', sourceBody(sample('2.1'))],
    ['edit-stix2.request.json', sourceBody(sample('2.0'))],
    ['install.request.json', installBody({ fileName: 'stixtaxii_6.1.0.pak', location: 'private' })],
    ['refreshlist.request.json', emptyBody],
  ])('%s is what is sent', (name, body) => {
    expect(JSON.parse(JSON.stringify(body))).toEqual(JSON.parse(example(name)))
  })

  const publicly = { location: 'public' } as const
  test('the listings are read, also the one that is no JSON', async () => {
    await using director = await aDirector(({ target }) => {
      if (target.endsWith('Ti_stixtaxii')) return [json(example('list-sources.response.txt'))]
      if (target.includes('Plugin')) return [json(example('list-certificates.response.json'))]
      return [json(example('list-packages.response.json'))]
    })
    const { packages, certificates, sources } = director.client

    expect(await packages.list(publicly)).toEqual(['StixTaxii_6.1.0.pak'])
    expect(await certificates.list(publicly)).toEqual(['certificate.crt', 'privateKey.key'])
    const [source] = await sources.list(lp1)
    expect(source).toEqual({
      id: '5d8b2a522be2374b84949c82',
      enabled: true,
      discoveryUrl: 'http://taxiiserver.com/taxii-discovery-service',
      begin: { count: 1 },
      fetchInterval: { count: 1, unit: 'Hours' },
      stixVersion: '2',
      basic: { use: true, username: 'user1', password: new Secret('psw1') },
      certificate: {
        use: true,
        certificateFile: 'certificate.crt',
        keyFile: 'privateKey.key',
        keyPassphrase: new Secret('pass1'),
      },
      proxy: { use: true, host: '127.0.0.1', port: 22, protocol: 'http' },
    })
    expect(Secret.open(source?.basic.password ?? new Secret(''))).toBe('psw1')
    expect(JSON.stringify(source)).not.toMatch(/psw1|pass1/)
    expect(director.notices.map(({ code }) => code)).toEqual(['DIRECTOR_JSON_MENDED'])
  })

  test('the fetch status is read, comma at its end included', async () => {
    await using director = await aDirector(() => [json(example('fetch-status.response.txt'))])

    expect(await director.client.sources.status(lp1)).toEqual({
      status: 'Completed',
      error: undefined,
      lastAttempt: '2019-09-25T09:31:03Z',
      lastSuccess: undefined,
      entries: 0,
      totalEntries: 0,
    })
  })

  test.each([
    ['upload-package-private.response.json', 'StixTaxii_6.1.0.pak successfully uploaded in the private storage.'],
    ['upload-package-public.response.json', 'StixTaxii_6.1.0.pak successfully uploaded in the public storage.'],
    ['upload-certificate-private.response.json', 'certificate.crt successfully uploaded in private storage.'],
    ['upload-certificate-public.response.json', 'certificate.crt successfully uploaded in public storage.'],
    ['trash-certificate.response.json', 'certificate.crt successfully deleted.'],
  ])('%s is a final answer', async (name, message) => {
    await using director = await aDirector(() => [json(example(name))])

    expect(await director.client.certificates.trash({ location: 'public' }, 'a.crt')).toEqual({
      state: 'done',
      message,
    })
  })

  test.each(['order.response.json', 'trash-package.response.json'])(
    '%s is an order: unreadable with its braces, and one to wait for without',
    async (name) => {
      await using braces = await aDirector(() => [json(example(name))])
      const filled = example(name)
        .replace('{pool_UUID}', acme.id)
        .replace('{logpoint_identifier}', lp1.id)
        .replace('{request_id}', anOrder.split('/').at(-1) ?? '')
      await using real = await aDirector(() => [json(filled)])

      expect(await braces.client.sources.refreshList(lp1)).toMatchObject({ state: 'unreadable' })
      expect(await real.client.sources.refreshList(lp1)).toEqual({ state: 'ordered', order: anOrder })
    },
  )
})

describe('7.a: the body of create and edit', () => {
  test('keeps what is given while its feature is off, and fills what never was', () => {
    const off = aSource({
      basic: { use: false, username: '', password: new Secret('') },
      certificate: {
        use: false,
        certificateFile: '',
        keyFile: '',
        keyPassphrase: new Secret(''),
        location: 'private',
      },
      proxy: { use: false, host: '', port: 0, protocol: 'http' },
    })

    expect(sourceBody(off)).toMatchObject({
      data: {
        basic_auth_mode: { basic_auth_status: false, username: '', password: '' },
        ssl_mode: { ssl_status: false, key_pass: '' },
        files: { cert_file: '', cert_key: '' },
        file_location: 'private',
        st_proxy: { status: false, ip: '127.0.0.1', protocol: 'http', port: 22 },
      },
    })
  })

  test('sends the version as a string, untouched, and whole numbers for the rest', () => {
    const { data } = sourceBody(aSource({ stixVersion: '2.1' })) as { data: Record<string, unknown> }

    expect(data).toMatchObject({ stix_version: '2.1', begin: 20, fetch_interval: 2 })
    expect(data).not.toHaveProperty('id')
    expect(data).not.toHaveProperty('tid')
    expect(data).not.toHaveProperty('st_enable_source_confirmed')
  })

  test.each([
    ['an address that is none', { discoveryUrl: 'taxii.example' }],
    ['an address of another kind', { discoveryUrl: 'ftp://taxii.example/' }],
    ['no begin', { begin: { count: 0, unit: 'Days' } }],
    ['half a day', { begin: { count: 0.5, unit: 'Days' } }],
    ['a negative interval', { fetchInterval: { count: -1, unit: 'Days' } }],
    ['a proxy without host', { proxy: { use: true, host: '', port: 3128, protocol: 'http' } }],
    ['a proxy without port', { proxy: { use: true, host: 'p.example', port: 0, protocol: 'http' } }],
    ['a port beyond the last', { proxy: { use: true, host: 'p.example', port: 65_536, protocol: 'http' } }],
  ] as const)('%s is refused here', (_what, changes) => {
    expect(() => sourceBody(aSource(changes))).toThrow(
      expect.objectContaining({ code: 'DIRECTOR_SOURCE_INVALID', kind: 'usage' }),
    )
  })
})

describe('7.b rule 1: JSON that is none', () => {
  test.each<readonly [string, unknown, boolean]>([
    ['{"a": [1, true]}', { a: [1, true] }, false],
    ['{"a": True, "b": False, "c": None}', { a: true, b: false, c: null }, true],
    ['[1, 2,\n ]', [1, 2], true],
    ['{"a": {"b": 1,},}', { a: { b: 1 } }, true],
    ['{"a": "True, False,] and None,}", "b": True,}', { a: 'True, False,] and None,}', b: true }, true],
    ['{"a": "a \\" True,] \\\\", "b": False}', { a: 'a " True,] \\', b: false }, true],
    ['{"True": True}', { True: true }, true],
  ])('%s', (text, value, mended) => {
    expect(readDocument(text)).toEqual({ value, mended })
  })

  test.each(['', '<html>', "{'a': 1}", '{"a": Truely}', '[1,,2]', '{"a": "True', 'NotTrue'])(
    '%s stays none',
    (text) => {
      expect(readDocument(text)).toBeUndefined()
    },
  )

  test('a large answer is mended in no time', () => {
    const text = `[${'{"a": True, "b": "x\\"y,]"},'.repeat(100_000)}]`
    const beganMs = performance.now()

    expect(readDocument(text)?.value).toHaveLength(100_000)
    expect(performance.now() - beganMs).toBeLessThan(3000)
  })
})

describe('7.b: the list of sources', () => {
  const open = (secret: Secret | undefined): string | undefined => secret && Secret.open(secret)

  test('rule 2: files may be nested or at the top, and what is absent is not guessed', () => {
    const { cert_file, cert_key, ...rest } = aWireSource()
    const flat = readListedSource(aWireSource())
    const nested = readListedSource({ ...rest, files: { cert_file, cert_key } })

    expect(nested).toEqual(flat)
    expect(flat).toMatchObject({
      begin: { count: 20 },
      certificate: { certificateFile: 'client.crt', keyFile: 'client.key' },
    })
    expect(flat?.begin.unit).toBeUndefined()
    expect(flat?.certificate.location).toBeUndefined()
    expect(flat?.unshown).toBeUndefined()
  })

  test('what a later plugin may show is taken', () => {
    expect(readListedSource(aWireSource({ begin_unit: 'months', file_location: 'public' }))).toMatchObject({
      begin: { count: 20, unit: 'Months' },
      certificate: { location: 'public' },
    })
  })

  test.each([
    [true, true],
    ['true', true],
    ['True', true],
    [1, true],
    ['1', true],
    [false, false],
    ['False', false],
    [0, false],
  ])('rule 3: the boolean %j is %s', (written, expected) => {
    expect(readListedSource(aWireSource({ st_enable_source: written }))?.enabled).toBe(expected)
  })

  test('rule 3: numbers may be texts', () => {
    const proxy = { status: 'False', ip: '192.0.2.1', port: '3128', protocol: 'http' }
    const read = readListedSource(aWireSource({ begin: '20', fetch_interval: '2', stix_version: 2, st_proxy: proxy }))

    expect(read).toMatchObject({
      begin: { count: 20 },
      fetchInterval: { count: 2 },
      stixVersion: '2',
      proxy: { use: false, host: '192.0.2.1', port: 3128 },
    })
    expect(read?.unshown).toBeUndefined()
  })

  test.each([
    ['canary', 'canary'],
    ['****', undefined],
    ['*', undefined],
    ['', undefined],
    [null, undefined],
    ['***a', '***a'],
    [12345, '12345'],
  ])('rule 5, D11: the secret %j is read as %j', (written, expected) => {
    const read = readListedSource(
      aWireSource({
        basic_auth_mode: { basic_auth_status: true, username: 'guest', password: written },
        ssl_mode: { ssl_status: false, key_pass: written },
      }),
    )

    expect(open(read?.basic.password)).toBe(expected)
    expect(open(read?.certificate.keyPassphrase)).toBe(expected)
    expect(JSON.stringify(read)).not.toContain('canary')
  })

  test('fields that a list leaves out are not taken for empty', () => {
    const gone = { st_proxy: undefined, st_enable_source: undefined, stix_version: undefined }

    const read = readListedSource(aWireSource({ ...gone, begin: 'soon' }))

    expect(read?.unshown).toEqual([
      'enabled',
      'begin',
      'stixVersion',
      'proxy.use',
      'proxy.host',
      'proxy.port',
      'proxy.protocol',
    ])
  })

  test.each([
    ['an array', (all: unknown[]) => all],
    ['under data', (all: unknown[]) => ({ data: all })],
    ['under results', (all: unknown[]) => ({ results: all, next: null })],
    ['under message', (all: unknown[]) => ({ status: 'Success', message: all })],
    ['an object alone', ([only]: unknown[]) => only],
  ])('rule 4: the list may be %s', async (_shape, shape) => {
    await using director = await aDirector(() => [json(shape([aWireSource({ future_key: { a: 1 } })]))])

    const listed = await director.client.sources.list(lp1)

    expect(listed.map(({ id }) => id)).toEqual(['5d8b2a522be2374b84949c82'])
  })

  test.each([
    ['a sentence', { status: 'Success', message: 'Nothing here.' }],
    ['an empty object', {}],
    ['a text', 'none'],
    ['null', null],
    ['numbers', [1, 2]],
    ['sources without ids', [{ discovery_url: 'https://taxii.example' }]],
  ])('a list that is %s is a fault of the protocol', async (_what, body) => {
    await using director = await aDirector(() => [json(JSON.stringify(body))])

    await expect(director.client.sources.list(lp1)).rejects.toMatchObject({ code: 'DIRECTOR_SHAPE', kind: 'protocol' })
  })

  test('an id that is a prototype name harms nothing', () => {
    const read = readListedSource(JSON.parse(JSON.stringify(aWireSource({ id: '__proto__' }))))
    expect(read?.id).toBe('__proto__')
  })
})

describe('7.c: the fetch status', () => {
  const general = (service: unknown, key = 'stix_taxii') => [
    { id: 'x', tid: '', type: 'ti_general', no_of_entries: '7', services: { [key]: service } },
  ]

  test('a switched-off source does not appear, and that is no error', () => {
    const services = { other: { fetch_status: 'Completed' } }
    expect(readFetchStatus([{ type: 'ti_general', no_of_entries: 7, services }])).toEqual({ totalEntries: 7 })
    expect(readFetchStatus([])).toEqual({})
  })

  test('an error comes with its reason, times as RFC 3339', () => {
    const service = {
      fetch_status: 'Error',
      error: 'No access: \u001b[2J',
      last_fetch_attempt: 1569403863,
      last_successful_fetch: '1569403000',
    }
    expect(readFetchStatus(general(service))).toEqual({
      status: 'Error',
      error: 'No access: \\u{1b}[2J',
      lastAttempt: '2019-09-25T09:31:03Z',
      lastSuccess: '2019-09-25T09:16:40Z',
      entries: undefined,
      totalEntries: 7,
    })
  })

  test.each([
    [1569403863, '2019-09-25T09:31:03Z'],
    [1569403863123, '2019-09-25T09:31:03.123Z'],
    ['1569403863.7', '2019-09-25T09:31:03Z'],
    [0, undefined],
    [null, undefined],
    [9e15, undefined],
    [253_402_300_799_999, '9999-12-31T23:59:59.999Z'],
    [253_402_300_800_000, undefined],
    [99_999_999_999, '5138-11-16T09:46:39Z'],
    [100_000_000_000, '1973-03-03T09:46:40Z'],
    [' 1569403863 ', '2019-09-25T09:31:03Z'],
    ['1569403863.75', '2019-09-25T09:31:03Z'],
    ['at 1569403863', undefined],
    ['1569403863 s', undefined],
    ['1569403863.', undefined],
    ['-5', undefined],
    [['1569403863'], undefined],
  ])('D9: the time %j is %s', (time, expected) => {
    expect(readFetchStatus(general({ last_fetch_attempt: time }))?.lastAttempt).toBe(expected)
  })

  test('is that of the entry of its type, else of the first with services; without any there is none', () => {
    const mine = { type: 'ti_general', no_of_entries: 7 }
    const other = { type: 'other', no_of_entries: 2, services: {} }
    const bare = { type: 'other', no_of_entries: 3 }
    expect(readFetchStatus([bare, other, mine])).toEqual({ totalEntries: 7 })
    expect(readFetchStatus([bare, other])).toEqual({ totalEntries: 2 })
    expect(readFetchStatus([bare, 'text', null])).toBeUndefined()
    expect(readFetchStatus(general({ fetch_status: 'Completed', error: '' }))?.error).toBeUndefined()
  })

  test.each(['stix_taxii', 'StixTaxii', 'Stix-Taxii'])('the plugin may be called %s', (key) => {
    expect(readFetchStatus(general({ fetch_status: 'Completed', no_of_entries: 3 }, key))).toMatchObject({ entries: 3 })
  })

  test.each([
    ['an object alone', { type: 'ti_general', services: {} }],
    [
      'behind another entry',
      [
        { type: 'ti_other', services: {} },
        { type: 'ti_general', services: {} },
      ],
    ],
  ])('the status may be %s', async (_what, body) => {
    await using director = await aDirector(() => [json(body)])
    expect(await director.client.sources.status(lp1)).toEqual({ totalEntries: undefined })
  })

  test('anything else is a fault of the protocol', async () => {
    await using director = await aDirector(() => [json([{ a: 1 }])])
    await expect(director.client.sources.status(lp1)).rejects.toMatchObject({ code: 'DIRECTOR_SHAPE' })
  })
})
