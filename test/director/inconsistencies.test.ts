import { describe, expect, test } from 'vitest'
import { endpoints, endpointNames } from '../../src/director/endpoints.ts'
import { completeEdit } from '../../src/director/complete-edit.ts'
import { stixVersionWord } from '../../src/director/definition.ts'
import { parseOrderPath } from '../../src/director/orders.ts'
import { pathOf } from '../../src/director/paths.ts'
import { sourceBody } from '../../src/director/wire.ts'
import { waitForOrder } from '../../src/director/wait-for-order.ts'
import { acme, aDirector, aFile, aListed, anOrder, aSource, aWireSource, json, lp1, success } from './a-director.ts'

const privately = { location: 'private', pool: acme } as const
const publicly = { location: 'public' } as const
const paths = endpointNames.map((name) => endpoints[name].path)

describe('section 9: what the documentation says in two ways', () => {
  test('section 9 row 1: writes go to StixTaxiiEnrichmentSource, reads to Ti_stixtaxii and Ti_general', () => {
    const onLogpoint = '{pool}/{logpoint}/PluginConfiguration'
    expect([endpoints.sourceCreate.path, endpoints.sourceList.path, endpoints.fetchStatus.path]).toEqual([
      `${onLogpoint}/StixTaxiiEnrichmentSource`,
      `${onLogpoint}/Ti_stixtaxii`,
      `${onLogpoint}/Ti_general`,
    ])
  })

  test.each([`/${anOrder}`, anOrder])(
    'section 9 row 2: an order is one with and without a slash before it: %s',
    async (message) => {
      await using director = await aDirector(({ method }) => [
        method === 'GET' ? json({ response: { success: true } }) : success(message),
      ])

      const accepted = await director.client.sources.refreshList(lp1)

      expect(accepted).toEqual({ state: 'ordered', order: anOrder })
      await director.client.readOrder(parseOrderPath(message))
      expect(director.server.requests[1]?.target).toBe(`/${anOrder}`)
    },
  )

  test('section 9 row 3: one path ends in a slash, and no other', () => {
    expect(paths.filter((path) => path.endsWith('/'))).toEqual([endpoints.packageUpload.path])
  })

  test('section 9 row 4: Python words and stray commas are understood, and said once for each answer', async () => {
    const text = JSON.stringify([aWireSource()]).replaceAll('true', 'True').replace(/}]$/, '},]')
    await using director = await aDirector(() => [json(text)])

    expect((await director.client.sources.list(lp1))[0]?.enabled).toBe(true)
    expect(director.notices).toEqual([
      { code: 'DIRECTOR_JSON_MENDED', message: expect.stringContaining(new URL(director.server.origin).host) },
    ])
  })

  test('section 9 row 5: trashing a public package is polled at the pool and Logpoint that Director names', async () => {
    await using director = await aDirector(({ method }) => [
      method === 'GET' ? json({ response: { success: true } }) : success(anOrder),
    ])
    const { client, clock } = director

    const accepted = await client.packages.trash(publicly, 'a.pak')
    if (accepted.state !== 'ordered') throw new TypeError(accepted.state)

    expect(await waitForOrder(client, accepted.order, { clock, random: () => 0 })).toMatchObject({ state: 'succeeded' })
    expect(director.server.requests[1]?.target).toBe(`/${anOrder}`)
  })

  test('section 9 rows 6 and 7: trashing a package names the file and nothing else, and 4.8 is the public one', () => {
    const file = 'StixTaxii_6.1.0.pak'
    expect(pathOf('packageTrash', { pool: acme.id, file })).toBe(`/configapi/Uploads/${acme.id}/${file}`)
    expect(pathOf('packageTrashPublic', { file })).toBe(`/configapi/Uploads/${file}`)
    expect(endpoints.packageTrashPublic.section).toBe('4.8')
  })

  test('section 9 row 8: the id for uninstalling comes from the Plugins list', async () => {
    await using director = await aDirector(({ method }) => [
      method === 'GET' ? json([{ id: 'p1', name: 'Stix-Taxii', version: '6.1.0', more: {} }]) : success(anOrder),
    ])

    const [plugin] = await director.client.plugins.list(lp1)
    await director.client.plugins.uninstall(lp1, plugin?.id ?? '')

    expect(plugin).toEqual({ id: 'p1', name: 'Stix-Taxii', version: '6.1.0' })
    expect(director.server.requests.map(({ target }) => target.split('/').slice(4).join('/'))).toEqual([
      'Plugins',
      'Plugins/p1',
    ])
  })

  test('section 9 row 9 and section 8: whether it is an order is decided by the message, for any call', async () => {
    await using orders = await aDirector(() => [success(anOrder)])
    await using sentences = await aDirector(() => [success('Done. ')])

    for (const [director, expected] of [
      [orders, { state: 'ordered', order: anOrder }],
      [sentences, { state: 'done', message: 'Done.' }],
    ] as const) {
      const { certificates, packages, sources, plugins } = director.client
      expect(await certificates.trash(privately, 'a.crt')).toEqual(expected)
      expect(await packages.trash(privately, 'a.pak')).toEqual(expected)
      expect(await certificates.upload(privately, aFile('a.crt'))).toEqual(expected)
      expect(await sources.create(lp1, aSource())).toEqual(expected)
      expect(await plugins.uninstall(lp1, 'p1')).toEqual(expected)
    }
  })

  test('section 9 row 10: the part of a certificate is named file_name; of a package that is a header', async () => {
    await using director = await aDirector(() => [success('Done.')])

    await director.client.certificates.upload(privately, aFile('a.crt'))
    await director.client.packages.upload(privately, aFile('a.pak'))

    const [certificate, pack] = director.server.requests
    expect(certificate?.body.toString()).toContain('name="file_name"')
    expect(certificate?.headers).not.toHaveProperty('file_name')
    expect(pack?.headers['file_name']).toBe('a.pak')
  })

  test('section 9 row 11: names are sent in the case in which they are given', async () => {
    await using director = await aDirector(() => [success(anOrder)])

    await director.client.plugins.install(lp1, { fileName: 'StixTaxii_6.1.0.PAK', location: 'public' })

    expect(JSON.parse(director.server.requests[0]?.body.toString() ?? '')).toMatchObject({
      data: { file_name: 'StixTaxii_6.1.0.PAK', file_location: 'public' },
    })
  })

  test('section 9 rows 12 and 13: trashing is a DELETE without body and without content type', async () => {
    await using director = await aDirector(() => [success('Done.')])

    await director.client.certificates.trash(publicly, 'a.crt')

    const [request] = director.server.requests
    expect(request?.method).toBe('DELETE')
    expect(request?.headers).not.toHaveProperty('content-type')
    expect(request?.body).toHaveLength(0)
  })

  test('section 9 rows 14 and 15: what the list has at another place or not at all goes back whole, never guessed', () => {
    const untold = completeEdit(aListed(), {})
    const told = completeEdit(aListed(), { begin: { count: 1, unit: 'Months' }, certificate: { location: 'public' } })

    expect(untold).toEqual({ state: 'incomplete', missing: ['begin', 'certificate.location'] })
    if (told.state !== 'complete') throw new TypeError(told.missing.join())
    expect(sourceBody(told.source)).toMatchObject({
      data: {
        begin: 1,
        begin_unit: 'Months',
        file_location: 'public',
        files: { cert_file: 'client.crt', cert_key: 'client.key' },
      },
    })
  })

  test('section 9 rows 16 and 18: the version goes as a string; 2.0 and 2.1 share one', () => {
    const wordOf = (taxiiVersion: string): unknown => {
      const { data } = sourceBody(aSource({ stixVersion: stixVersionWord({ taxiiVersion }) })) as {
        data: Readonly<Record<string, unknown>>
      }
      return data['stix_version']
    }
    expect(['1.0', '1.1', '2.0', '2.1'].map(wordOf)).toEqual(['1', '1', '2', '2'])
  })

  test.each(['Uploaded in the private storage. ', ' hochgeladen\n', ''])(
    'section 9 row 17: wording does not matter: %j',
    async (text) => {
      await using director = await aDirector(() => [success(text)])

      expect(await director.client.certificates.upload(privately, aFile('a.crt'))).toEqual({
        state: 'done',
        message: text.trim(),
      })
    },
  )

  test('section 9 row 19: what is not explained is never sent back', () => {
    const body = JSON.stringify(sourceBody(aSource()))
    expect(body).not.toMatch(/tid|confirmed|"id"/)
  })

  test.each([
    [undefined, '/configapi/Uploads/list'],
    ['configapi/v1', '/configapi/v1/Uploads/list'],
  ])('section 9 row 20: the prefix is the choice of the profile: %s', async (apiPrefix, target) => {
    await using director = await aDirector(() => [json([])], { apiPrefix })

    await director.client.packages.list(publicly)

    expect(director.server.requests[0]?.target).toBe(target)
  })

  test('a path in the URL of the profile goes before every call, orders included', async () => {
    await using director = await aDirector(() => [json([])], { basePath: '/console/' })

    await director.client.packages.list(publicly)
    await director.client.readOrder(parseOrderPath(anOrder))

    expect(director.server.requests.map(({ target }) => target)).toEqual([
      '/console/configapi/Uploads/list',
      `/console/${anOrder}`,
    ])
  })
})

describe('section 8 and 11: the envelope', () => {
  test.each<readonly [string, unknown, unknown]>([
    ['success in any case', { status: 'SUCCESS', message: 'Done.' }, { state: 'done', message: 'Done.' }],
    ['an array', [], { state: 'done', message: '' }],
    ['success without message', { status: 'Success' }, { state: 'done', message: '' }],
    ['an order without status', { message: anOrder }, { state: 'ordered', order: anOrder }],
    ['unknown keys', { status: 'Success', message: 'Done.', future: { a: [1] } }, { state: 'done', message: 'Done.' }],
    [
      'an order within a sentence',
      { status: 'Success', message: `Accepted as ${anOrder}` },
      { state: 'unreadable', message: `Accepted as ${anOrder}` },
    ],
    [
      'an order elsewhere',
      { status: 'Success', message: 'https://elsewhere.example/monitorapi/a/b/orders/1' },
      { state: 'unreadable', message: 'https://elsewhere.example/monitorapi/a/b/orders/1' },
    ],
  ])('%s is good', async (_what, body, accepted) => {
    await using director = await aDirector(() => [json(JSON.stringify(body))])
    expect(await director.client.sources.refreshList(lp1)).toEqual(accepted)
  })

  test.each<readonly [string, unknown, string]>([
    ['another status, with a message', { status: 'Failed', message: 'a', error: 'b' }, 'a'],
    ['another status, with an error', { status: 'Failed', error: 'b', errors: ['c'] }, 'b'],
    ['another status, with errors', { status: 'Failed', errors: ['c', { message: 'd' }] }, 'c; d'],
    ['another status alone', { status: 'Failed', code: 7 }, '{"status":"Failed","code":7}'],
    ['another status, with an order', { status: 'Failed', message: 'monitorapi/a/b' }, 'monitorapi/a/b'],
    ['no status', { note: 'x' }, '{"note":"x"}'],
    ['a text', 'ok', '"ok"'],
    ['secrets in it', { status: 'Failed', KEY_PASS: 'psw' }, '{"status":"Failed","KEY_PASS":"***"}'],
  ])('%s is a refusal', async (_what, body, text) => {
    await using director = await aDirector(() => [json(JSON.stringify(body))])
    await expect(director.client.sources.refreshList(lp1)).rejects.toMatchObject({
      kind: 'remote',
      message: expect.stringMatching(new RegExp(`: ${text.replace(/[*{}"]/g, '\\$&')}$`)),
    })
  })

  test('a long text is cut after 300 characters', async () => {
    await using director = await aDirector(() => [json({ message: 'x'.repeat(5000) }, 400)])
    await expect(director.client.sources.refreshList(lp1)).rejects.toMatchObject({
      message: expect.stringMatching(/: x{300}$/),
    })
  })
})
