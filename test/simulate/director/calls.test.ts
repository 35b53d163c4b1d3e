import { describe, expect, it } from 'vitest'
import { directorCalls } from '../../../src/simulate/director/calls.ts'
import { aDirector, aSource, logpoint, on, pool, sources } from './a-director.ts'

const pak = Buffer.from('a package')
const orderPath = new RegExp(`^/?monitorapi/${pool}/${logpoint}/orders/[0-9a-f-]{36}$`)

describe('the emulated Director, section 13 row 1', () => {
  it('knows all 21 calls of the guide, and the Plugins list', () => {
    expect(new Set(directorCalls.map(({ call }) => call)).size).toBe(22)
  })

  it('4.1, 4.3, 4.7: takes a package into private storage, lists it and trashes it by an order without a slash', async () => {
    await using director = await aDirector()
    await director.call('GET', `${on}/Plugins`)
    const uploaded = await director.upload(`/configapi/Uploads/${pool}/`, 'StixTaxii_6.1.0.pak', pak)
    expect(uploaded.json).toEqual({
      status: 'Success',
      message: 'StixTaxii_6.1.0.pak successfully uploaded in the private storage. ',
    })
    expect((await director.call('GET', `/configapi/Uploads/${pool}/list`)).json).toEqual(['StixTaxii_6.1.0.pak'])
    expect((await director.call('GET', '/configapi/Uploads/list')).json).toEqual([])
    const trashed = await director.call('DELETE', `/configapi/Uploads/${pool}/StixTaxii_6.1.0.pak`)
    expect(trashed.message).toMatch(orderPath)
    expect(trashed.message).toMatch(/^monitorapi/)
    expect((await director.order(trashed)).json).toMatchObject({ response: { success: true } })
    expect((await director.call('GET', `/configapi/Uploads/${pool}/list`)).json).toEqual([])
  })

  it('4.2, 4.4, 4.8: the same in public storage, with an order that names a pool and a Logpoint', async () => {
    await using director = await aDirector()
    const uploaded = await director.upload('/configapi/Uploads/PublicUpload', 'StixTaxii_6.1.0.pak', pak)
    expect(uploaded.message).toBe('StixTaxii_6.1.0.pak successfully uploaded in the public storage. ')
    expect((await director.call('GET', '/configapi/Uploads/list')).json).toEqual(['StixTaxii_6.1.0.pak'])
    const trashed = await director.call('DELETE', '/configapi/Uploads/StixTaxii_6.1.0.pak')
    expect(trashed.message).toMatch(/^monitorapi\/[0-9a-f]{32}\/[0-9a-f]{32}\/orders\//)
    expect((await director.order(trashed)).json).toMatchObject({ response: { success: true } })
    expect((await director.call('GET', '/configapi/Uploads/list')).json).toEqual([])
  })

  it('4.5, 4.6: installs an uploaded package, lists the plugin, uninstalls it', async () => {
    await using director = await aDirector({ plugin: undefined })
    const body = { application_type: 'Application', file_name: 'StixTaxii_6.1.0.pak', file_location: 'private' }
    const install = `/configapi/Uploads/${pool}/${logpoint}/install`
    expect((await director.call('POST', install, body)).status).toBe(404)
    await director.upload(`/configapi/Uploads/${pool}/`, 'StixTaxii_6.1.0.pak', pak)
    const { application_type: type, ...incomplete } = body
    expect([type, (await director.call('POST', install, incomplete)).status]).toEqual(['Application', 400])
    expect((await director.call('POST', install, { ...body, file_location: 'public' })).status).toBe(404)
    const installed = await director.call('POST', install, body)
    expect(installed.message).toMatch(orderPath)
    const plugins = (await director.call('GET', `${on}/Plugins`)).json as { id: string; name: string }[]
    const ours = plugins.find(({ name }) => name === 'StixTaxii')
    expect(ours).toMatchObject({ version: '6.1.0', id: expect.stringMatching(/^[0-9a-f]{24}$/) as string })
    expect(plugins).toHaveLength(2)
    const gone = await director.call('DELETE', `${on}/Plugins/${ours?.id ?? ''}`)
    expect(gone.message).toMatch(orderPath)
    expect((await director.call('GET', `${on}/Plugins`)).json).toHaveLength(1)
  })

  it.each([
    ['private', `/configapi/${pool}/${sources}`, 'upload', ''],
    ['public', `/configapi/${sources}`, 'publicupload', ''],
  ])('5.1 to 5.6: takes, lists and trashes certificates in %s storage, at once', async (where, base, verb) => {
    await using director = await aDirector()
    const content = Buffer.from('-----BEGIN CERTIFICATE-----')
    const uploaded = await director.upload(`${base}/${verb}`, 'client one.crt', content, { part: 'file_name' })
    expect(uploaded.message).toBe(`client one.crt successfully uploaded in ${where} storage.`)
    expect((await director.call('GET', `${base}/list`)).json).toEqual(['client one.crt'])
    const trashed = await director.call('DELETE', `${base}/client%20one.crt`)
    expect(trashed.json).toEqual({ status: 'Success', message: 'client one.crt successfully deleted.' })
    expect((await director.call('GET', `${base}/list`)).json).toEqual([])
    expect((await director.call('DELETE', `${base}/client%20one.crt`)).status).toBe(404)
  })

  it('6.1: an order says what ran where, and only at its own place', async () => {
    await using director = await aDirector()
    const made = await director.call('POST', `${on}/${sources}`, aSource())
    expect((await director.order(made)).json).toEqual({
      request: {},
      pool_uuid: pool,
      logpoint_identifier: logpoint,
      response: { success: true, message: 'Source successfully created.', audit_data: [] },
    })
    for (const id of [pool, logpoint]) {
      const elsewhere = { ...made, message: made.message.replace(id, 'f'.repeat(32)) }
      expect((await director.order(elsewhere)).status).toBe(404)
    }
  })

  it('7.1 to 7.4: creates, lists as the guide does, edits wholly and deletes', async () => {
    await using director = await aDirector()
    await director.call('POST', `${on}/${sources}`, aSource())
    const list = async () =>
      (await director.call('GET', `${on}/PluginConfiguration/Ti_stixtaxii`)).json as { id: string }[]
    const [first] = await list()
    expect(first).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/) as string,
      tid: '',
      st_enable_source_confirmed: false,
      st_enable_source: true,
      discovery_url: 'https://feed.example/taxii2/',
      fetch_interval: 2,
      fetch_interval_unit: 'Days',
      begin: 20,
      st_proxy: { status: false, ip: '127.0.0.1', protocol: 'http', port: 22 },
      ssl_mode: { ssl_status: false, key_pass: '12345' },
      cert_file: 'client.crt',
      cert_key: 'client.key',
      stix_version: '2',
      basic_auth_mode: { username: 'guest', basic_auth_status: false, password: 'guest-password' },
    })
    const at = `${on}/${sources}/${first?.id ?? ''}`
    expect((await director.call('PUT', at, aSource({ begin: 30 }))).message).toMatch(orderPath)
    expect(await list()).toMatchObject([{ id: first?.id, begin: 30 }])
    expect((await director.call('PUT', at, aSource({ id: first?.id }))).status).toBe(400)
    expect((await director.call('DELETE', at)).message).toMatch(orderPath)
    expect(await list()).toEqual([])
    expect((await director.call('DELETE', at)).status).toBe(404)
    expect((await director.call('PUT', at, aSource())).status).toBe(404)
  })

  it('7.5, 7.6: says nothing of a plugin without an enabled source, and refreshes', async () => {
    await using director = await aDirector()
    const status = async () => (await director.call('GET', `${on}/PluginConfiguration/Ti_general`)).json
    expect(await status()).toMatchObject([{ type: 'ti_general', tid: '', no_of_entries: 0, services: {} }])
    await director.call('POST', `${on}/${sources}`, aSource({ st_enable_source: false }))
    expect(await status()).toMatchObject([{ services: {} }])
    await director.call('POST', `${on}/${sources}`, aSource())
    expect(await status()).toMatchObject([
      { services: { stix_taxii: { name: 'Stix Taxii', fetch_status: 'Completed', error: null, no_of_entries: 0 } } },
    ])
    expect((await director.call('POST', `${on}/${sources}/refreshlist`, {})).message).toMatch(orderPath)
    expect((await director.call('POST', `${on}/${sources}/refreshlist`, { all: true })).status).toBe(400)
  })

  it('refuses an uninstall while sources exist, and a source where the plugin is not', async () => {
    await using director = await aDirector()
    await director.call('POST', `${on}/${sources}`, aSource())
    const plugins = (await director.call('GET', `${on}/Plugins`)).json as { id: string; name: string }[]
    const id = plugins.find(({ name }) => name === 'StixTaxii')?.id ?? ''
    expect((await director.call('DELETE', `${on}/Plugins/${id}`)).status).toBe(409)
    await using bare = await aDirector({ plugin: undefined })
    expect((await bare.call('POST', `${on}/${sources}`, aSource())).status).toBe(404)
    expect((await bare.call('GET', `${on}/PluginConfiguration/Ti_stixtaxii`)).json).toEqual([])
  })

  it('refuses what has no data, no bearer header, no JSON, or a body where none belongs', async () => {
    await using director = await aDirector()
    const send = (headers: Record<string, string>, body: string) =>
      fetch(`${director.url}${on}/${sources}`, { method: 'POST', headers, body })
    const json = { 'content-type': 'application/json' }
    const bearer = { authorization: 'Bearer the-token', ...json }
    expect((await send(json, JSON.stringify({ data: aSource() }))).status).toBe(401)
    expect((await send({ ...json, authorization: 'Bearer other' }, '{}')).status).toBe(401)
    expect((await send({ ...json, authorization: 'Basic the-token' }, '{}')).status).toBe(401)
    expect((await send(bearer, JSON.stringify(aSource()))).status).toBe(400)
    expect((await send(bearer, '{"data": [')).status).toBe(400)
    expect((await send({ ...bearer, 'content-type': 'text/plain' }, '{"data":{}}')).status).toBe(415)
    expect((await send(bearer, `{"data":"${'x'.repeat(1_100_000)}"}`)).status).toBe(413)
    expect((await director.call('DELETE', `${on}/Plugins/1`, {})).status).toBe(400)
    expect(director.fabric.pools[pool]?.logpoints[logpoint]?.sources ?? []).toEqual([])
  })

  it('7.a: refuses a source without any one of its fields, and names it', async () => {
    await using director = await aDirector()
    const whole = aSource()
    const missing: [string, Record<string, unknown>][] = Object.keys(whole).flatMap((key) => {
      const value = whole[key]
      const outer: [string, Record<string, unknown>] = [key, without(whole, key)]
      if (typeof value !== 'object' || value === null) return [outer]
      const inner = Object.keys(value).map((name): [string, Record<string, unknown>] => [
        `${key}.${name}`,
        { ...whole, [key]: without(value as Record<string, unknown>, name) },
      ])
      return [outer, ...inner]
    })
    expect(missing).toHaveLength(23)
    for (const [field, body] of missing) {
      const { status, message } = await director.call('POST', `${on}/${sources}`, body)
      expect({ status, message }).toEqual({ status: 400, message: `The field ${field} is mandatory.` })
    }
    const wrong = { begin_unit: 'Minutes', fetch_interval_unit: 'Months', begin: '20', stix_version: 2 }
    for (const [field, value] of Object.entries(wrong)) {
      const { status, message } = await director.call('POST', `${on}/${sources}`, aSource({ [field]: value }))
      expect({ status, named: message.includes(`The field ${field} is not valid`) }).toEqual({
        status: 400,
        named: true,
      })
    }
    const nested = aSource({ st_proxy: { ...(whole.st_proxy as object), user: 'ann' } })
    expect((await director.call('POST', `${on}/${sources}`, nested)).message).toBe('Unknown field: st_proxy.user')
    const ssl = aSource({ ssl_mode: { ssl_status: true, key_pass: '' } })
    expect((await director.call('POST', `${on}/${sources}`, ssl)).message).toBe(
      'client.crt is not in the public storage.',
    )
  })

  it('section 10 rows 1 and 2: an empty segment turns a call into its neighbour, as with the real one', async () => {
    await using director = await aDirector()
    await director.upload(`/configapi/${sources}/publicupload`, 'client.crt', pak, { part: 'file_name' })
    const { message } = await director.call('DELETE', `/configapi//${sources}/client.crt`)
    expect(message).toBe('client.crt successfully deleted.')
    expect(director.requests.at(-1)?.call).toBe('certificateTrashPublic')
  })

  it('knows the pools and Logpoints that it is told, and makes those that are named where it is told none', async () => {
    await using fixed = await aDirector({
      pools: [{ id: pool, name: 'acme', logpoints: [{ id: logpoint, name: 'lp1' }] }],
    })
    expect((await fixed.call('GET', `${on}/Plugins`)).status).toBe(200)
    expect((await fixed.call('GET', `/configapi/${pool}/${'0'.repeat(32)}/Plugins`)).status).toBe(404)
    expect((await fixed.call('GET', `/configapi/${'0'.repeat(32)}/${logpoint}/Plugins`)).status).toBe(404)
    expect((await fixed.call('GET', '/configapi/nothing')).status).toBe(404)
    await using open = await aDirector()
    expect((await open.call('GET', `${on}/Plugins`)).status).toBe(200)
    expect((await open.call('GET', `/configapi/${pool}/constructor/Plugins`)).status).toBe(404)
  })

  it('lives under another prefix when it is told so', async () => {
    await using director = await aDirector({ apiPrefix: 'configapi/v1' })
    expect((await director.call('GET', `/configapi/v1/${pool}/${logpoint}/Plugins`)).status).toBe(200)
    expect((await director.call('GET', `${on}/Plugins`)).status).toBe(404)
  })
})

function without(value: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
}
