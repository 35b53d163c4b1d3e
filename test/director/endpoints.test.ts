import { describe, expect, test } from 'vitest'
import type { DirectorClient } from '../../src/director/client.ts'
import { endpointNames, endpoints, type EndpointName } from '../../src/director/endpoints.ts'
import { parseOrderPath } from '../../src/director/orders.ts'
import type { SeenRequest } from '../faults/fault-server.ts'
import { acme, aDirector, aFile, anOrder, aSource, json, lp1, success, token } from './a-director.ts'

const pool = acme.id
const logpoint = lp1.id
const source = 'PluginConfiguration/StixTaxiiEnrichmentSource'
const privately = { location: 'private', pool: acme } as const
const publicly = { location: 'public' } as const
const id = '5d8b2a522be2374b84949c82'

const created = {
  data: {
    st_enable_source: true,
    discovery_url: 'https://taxii.example/services/discovery',
    fetch_interval: 2,
    fetch_interval_unit: 'Days',
    begin: 20,
    begin_unit: 'Days',
    st_proxy: { status: false, ip: '127.0.0.1', protocol: 'http', port: 22 },
    ssl_mode: { ssl_status: false, key_pass: 'canaryPassphrase' },
    file_location: 'private',
    files: { cert_file: 'client.crt', cert_key: 'client.key' },
    stix_version: '2',
    basic_auth_mode: { username: 'guest', basic_auth_status: true, password: 'canaryPassword' },
  },
}

interface Expected {
  readonly call: (client: DirectorClient) => Promise<unknown>
  readonly method: string
  readonly path: string
  /** As JSON; text for what is none. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** What the client makes of the documented answer. */
  readonly gives: unknown
}

const sentence = 'Done as was asked. '
const ordered = { state: 'ordered', order: anOrder }
const done = { state: 'done', message: 'Done as was asked.' }
const octets = { file_name: 'StixTaxii_6.1.0.pak', 'content-type': 'application/octet-stream', 'content-length': '7' }

const expected: Readonly<Record<EndpointName, Expected>> = {
  packageUpload: {
    call: ({ packages }) => packages.upload(privately, aFile('StixTaxii_6.1.0.pak')),
    method: 'POST',
    path: `/configapi/Uploads/${pool}/`,
    headers: octets,
    body: 'content',
    gives: done,
  },
  packageUploadPublic: {
    call: ({ packages }) => packages.upload(publicly, aFile('StixTaxii_6.1.0.pak')),
    method: 'POST',
    path: '/configapi/Uploads/PublicUpload',
    headers: octets,
    body: 'content',
    gives: done,
  },
  packageList: {
    call: ({ packages }) => packages.list(privately),
    method: 'GET',
    path: `/configapi/Uploads/${pool}/list`,
    gives: ['a.pak', 'b.crt'],
  },
  packageListPublic: {
    call: ({ packages }) => packages.list(publicly),
    method: 'GET',
    path: '/configapi/Uploads/list',
    gives: ['a.pak', 'b.crt'],
  },
  pluginInstall: {
    call: ({ plugins }) => plugins.install(lp1, { fileName: 'stixtaxii_6.1.0.pak', location: 'private' }),
    method: 'POST',
    path: `/configapi/Uploads/${pool}/${logpoint}/install`,
    body: { data: { application_type: 'Application', file_name: 'stixtaxii_6.1.0.pak', file_location: 'private' } },
    gives: ordered,
  },
  pluginUninstall: {
    call: ({ plugins }) => plugins.uninstall(lp1, id),
    method: 'DELETE',
    path: `/configapi/${pool}/${logpoint}/Plugins/${id}`,
    gives: ordered,
  },
  packageTrash: {
    call: ({ packages }) => packages.trash(privately, 'StixTaxii_6.1.0.pak'),
    method: 'DELETE',
    path: `/configapi/Uploads/${pool}/StixTaxii_6.1.0.pak`,
    gives: ordered,
  },
  packageTrashPublic: {
    call: ({ packages }) => packages.trash(publicly, 'StixTaxii_6.1.0.pak'),
    method: 'DELETE',
    path: '/configapi/Uploads/StixTaxii_6.1.0.pak',
    gives: ordered,
  },
  certificateUpload: {
    call: ({ certificates }) => certificates.upload(privately, aFile('client.crt')),
    method: 'POST',
    path: `/configapi/${pool}/${source}/upload`,
    gives: done,
  },
  certificateUploadPublic: {
    call: ({ certificates }) => certificates.upload(publicly, aFile('client.crt')),
    method: 'POST',
    path: `/configapi/${source}/publicupload`,
    gives: done,
  },
  certificateList: {
    call: ({ certificates }) => certificates.list(privately),
    method: 'GET',
    path: `/configapi/${pool}/${source}/list`,
    gives: ['a.pak', 'b.crt'],
  },
  certificateListPublic: {
    call: ({ certificates }) => certificates.list(publicly),
    method: 'GET',
    path: `/configapi/${source}/list`,
    gives: ['a.pak', 'b.crt'],
  },
  certificateTrash: {
    call: ({ certificates }) => certificates.trash(privately, 'client.crt'),
    method: 'DELETE',
    path: `/configapi/${pool}/${source}/client.crt`,
    gives: done,
  },
  certificateTrashPublic: {
    call: ({ certificates }) => certificates.trash(publicly, 'client.crt'),
    method: 'DELETE',
    path: `/configapi/${source}/client.crt`,
    gives: done,
  },
  orderRead: {
    call: (client) => client.readOrder(parseOrderPath(anOrder)),
    method: 'GET',
    path: `/${anOrder}`,
    gives: { state: 'succeeded', message: 'Created.' },
  },
  sourceCreate: {
    call: ({ sources }) => sources.create(lp1, aSource()),
    method: 'POST',
    path: `/configapi/${pool}/${logpoint}/${source}`,
    body: created,
    gives: ordered,
  },
  sourceEdit: {
    call: ({ sources }) => sources.edit(lp1, id, aSource()),
    method: 'PUT',
    path: `/configapi/${pool}/${logpoint}/${source}/${id}`,
    body: created,
    gives: ordered,
  },
  sourceDelete: {
    call: ({ sources }) => sources.delete(lp1, id),
    method: 'DELETE',
    path: `/configapi/${pool}/${logpoint}/${source}/${id}`,
    gives: ordered,
  },
  sourceList: {
    call: ({ sources }) => sources.list(lp1),
    method: 'GET',
    path: `/configapi/${pool}/${logpoint}/PluginConfiguration/Ti_stixtaxii`,
    gives: [],
  },
  fetchStatus: {
    call: ({ sources }) => sources.status(lp1),
    method: 'GET',
    path: `/configapi/${pool}/${logpoint}/PluginConfiguration/Ti_general`,
    gives: { totalEntries: 3 },
  },
  refreshList: {
    call: ({ sources }) => sources.refreshList(lp1),
    method: 'POST',
    path: `/configapi/${pool}/${logpoint}/${source}/refreshlist`,
    body: { data: {} },
    gives: ordered,
  },
  pluginList: {
    call: ({ plugins }) => plugins.list(lp1),
    method: 'GET',
    path: `/configapi/${pool}/${logpoint}/Plugins`,
    gives: [{ id, name: 'StixTaxii', version: '6.1.0' }],
  },
}

const answers = {
  order: success(`/${anOrder}`),
  sentence: success(sentence),
  names: json(['a.pak', 'b.crt']),
  plugins: json([{ id, name: 'StixTaxii', version: '6.1.0' }]),
  sources: json([]),
  status: json([{ id, tid: '', type: 'ti_general', no_of_entries: 3, services: {} }]),
  'order-state': json({ request: {}, response: { success: true, message: 'Created.' } }),
} as const

describe('the calls of the API guide', () => {
  test.each(endpointNames)('%s goes onto the wire as documented, and its answer is understood', async (name) => {
    const { call, method, path, body, headers, gives } = expected[name]
    await using director = await aDirector(() => [answers[endpoints[name].answer]])

    const given = await call(director.client)

    expect(given).toEqual(gives)
    expect(director.server.requests).toHaveLength(1)
    const request = director.server.requests[0] as SeenRequest
    expect(`${request.method} ${request.target}`).toBe(`${method} ${path}`)
    expect(request.headers).toMatchObject({ authorization: `Bearer ${token}`, accept: 'application/json', ...headers })
    if (endpoints[name].body === 'json') {
      expect(request.headers['content-type']).toBe('application/json')
      expect(JSON.parse(request.body.toString())).toEqual(body)
    } else if (endpoints[name].body === 'none') {
      expect(request.body).toHaveLength(0)
      expect(request.headers['content-type']).toBeUndefined()
    } else if (endpoints[name].body === 'package') {
      expect(request.body.toString()).toBe(body)
    }
  })

  test('are 21, and the one that the guide only names', () => {
    expect(endpointNames).toHaveLength(22)
    expect(endpointNames.filter((name) => endpoints[name].section.endsWith('inferred'))).toEqual(['pluginList'])
    expect(Object.keys(expected)).toHaveLength(22)
  })
})
