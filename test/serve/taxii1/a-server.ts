import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { onTestFinished } from 'vitest'
import type { Account, Authentication, Principal } from '../../../src/serve/authentication.ts'
import { defaultServeSettings } from '../../../src/serve/default-settings.ts'
import type { ServeEnvironment, ServeParts, ServeSettings } from '../../../src/serve/parts.ts'
import { openStorePersistence } from '../../../src/serve/persistence/open.ts'
import type { LogFields } from '../../../src/serve/server-log.ts'
import type { Signal } from '../../../src/serve/signals.ts'
import { taxii1Routes } from '../../../src/serve/taxii1/routes.ts'
import type {
  NewContentBlock,
  ServiceProperties,
  Taxii1Collection,
  Taxii1CollectionChange,
  Taxii1Persistence,
} from '../../../src/serve/taxii1-persistence.ts'
import { openMemoryStore } from '../../../src/store/memory/driver.ts'
import { wires } from '../../../src/taxii/v1/wire.ts'
import type { Version1 } from '../../../src/taxii/v1/wire.ts'
import type { XmlNode } from '../../../src/taxii/v1/xml-node.ts'
import { childNamed, childrenNamed, textOf } from '../../../src/taxii/v1/xml-node.ts'
import { messageReader } from '../../../src/taxii/v1/xml-reader.ts'
import { defaultXmlLimits } from '../../../src/taxii/v1/xml-limits.ts'
import { fakeClock } from '../../support/fake-clock.ts'

export const stix111 = 'urn:stix.mitre.org:xml:1.1.1'

/** Any account, by what it may do in which collections. */
export function anAccount(username: string, more: Partial<Account> = {}): Principal {
  const permissions = { taxii1: {}, taxii2: {} }
  return { kind: 'account', account: { id: username, username, isAdmin: false, permissions, ...more } }
}

export interface ServerOptions {
  readonly taxii1?: Partial<ServeSettings['taxii1']> | undefined
  readonly anonymousReading?: boolean | undefined
  /** Who asks when a request names nobody. Default: an administrator. */
  readonly principal?: Principal | undefined
  readonly baseUrl?: string | undefined
  /** What time it is for the server. */
  readonly start?: string | undefined
  /** Stands in front of the built-in persistence. */
  readonly wrap?: ((persistence: Taxii1Persistence) => Taxii1Persistence) | undefined
  /** Of the default services, by type. */
  readonly services?: Readonly<Record<string, Partial<ServiceProperties>>> | undefined
  readonly collections?: readonly (Partial<Taxii1CollectionChange> & { readonly name: string })[] | undefined
}

export type TestServer = Awaited<ReturnType<typeof aServer>>

/** The routes on a real port, over the built-in persistence and a store in memory; closed after the test. */
export async function aServer(options: ServerOptions = {}) {
  const clock = fakeClock(options.start === undefined ? {} : { start: options.start })
  const store = openMemoryStore({ clock, identity: { pid: 1, host: 'here' } })
  const persistence = openStorePersistence({ store, clock })
  const taxii1 = (options.wrap ?? ((same: Taxii1Persistence) => same))(persistence.taxii1)
  const audits: { event: string; fields: LogFields }[] = []
  const errors: { event: string; fields: LogFields | undefined }[] = []
  const signals: { signal: Signal; payload: unknown }[] = []
  const principals = new Map<string, Principal>()
  const settings: ServeSettings = {
    ...defaultServeSettings,
    taxii1: { ...defaultServeSettings.taxii1, ...options.taxii1 },
    anonymousReading: options.anonymousReading ?? false,
  }
  const parts: ServeParts = {
    clock,
    taxii1,
    taxii2: persistence.taxii2,
    authentication: {} as Authentication,
    signals: { emit: (signal, payload) => signals.push({ signal, payload }), async [Symbol.asyncDispose]() {} },
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (event, fields) => errors.push({ event, fields }),
      audit: (event, fields) => audits.push({ event, fields }),
    },
    settings,
  }
  for (const [id, properties] of Object.entries(options.services ?? {})) {
    const service = await taxii1.getService(id)
    if (service) await taxii1.updateService({ ...service, properties: { ...service.properties, ...properties } })
  }
  const collections: Taxii1Collection[] = []
  for (const change of options.collections ?? [{ name: 'feed' }]) {
    collections.push(await taxii1.createCollection({ ...aCollection, ...change }))
  }
  const url = await listen(parts, principals, options)
  const [collection] = collections
  return { url, store, clock, taxii1, audits, errors, signals, principals, collections, collection, parts }
}

const aCollection = {
  description: 'A collection',
  type: 'feed',
  acceptAllContent: true,
  supportedContent: [],
  isAvailable: true,
  isPublic: false,
  isWritable: true,
} as const

async function listen(parts: ServeParts, principals: Map<string, Principal>, options: ServerOptions): Promise<string> {
  const app = new Hono<ServeEnvironment>()
  let requests = 0
  app.use('*', async (c, next) => {
    const named = principals.get(c.req.header('x-test-principal') ?? '')
    c.set('principal', named ?? options.principal ?? anAccount('root', { isAdmin: true }))
    c.set('clientAddress', '192.0.2.1')
    c.set('requestId', `request-${++requests}`)
    c.set('baseUrl', options.baseUrl ?? `http://${c.req.header('host')}`)
    await next()
  })
  app.route('/', taxii1Routes(parts))
  const server = createServer((incoming, outgoing) => void getRequestListener(app.fetch)(incoming, outgoing))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Stores blocks one transaction each, so that each has a label of its own that is later than the one before. */
export async function fill(server: TestServer, blocks: readonly (Partial<NewContentBlock> | string)[], at = 0) {
  const ids = [(server.collections[at] as Taxii1Collection).id]
  const wanted = blocks.map((block) => {
    const given = typeof block === 'string' ? { content: Buffer.from(block) } : block
    return { contentBinding: stix111, content: Buffer.from('<a/>'), ...given }
  })
  await server.taxii1.createContentBlocks(wanted, ids)
  return server.taxii1.getContentBlocks(ids[0] as string)
}

export const someBlocks = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `<a xmlns="urn:a">${index + 1}</a>`)

export interface Asking {
  readonly version?: Version1 | undefined
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  readonly as?: string | undefined
}

export interface Told {
  readonly response: Response
  readonly text: string
  readonly root: XmlNode
  /** Contents of the blocks in it. */
  readonly contents: readonly string[]
  readonly blocks: readonly { readonly content: string; readonly label: string; readonly binding: string }[]
}

/** The headers of a client of this version. */
export function headersOf(version: Version1): Record<string, string> {
  const wire = wires[version]
  return {
    'content-type': 'application/xml',
    'x-taxii-content-type': wire.binding,
    'x-taxii-accept': wire.binding,
    'x-taxii-services': wire.services,
    'x-taxii-protocol': 'urn:taxii.mitre.org:protocol:http:1.0',
  }
}

/** A message as a client writes it. */
export function aMessage(name: string, attributes = '', inside = '', version: Version1 = '1.1'): string {
  return `<t:${name} xmlns:t="${wires[version].namespace}" message_id="17" ${attributes}>${inside}</t:${name}>`
}

export async function send(url: string, body: string | Buffer, asking: Asking = {}): Promise<Told> {
  const { version = '1.1', headers = {}, as } = asking
  const all = { ...headersOf(version), ...(as === undefined ? {} : { 'x-test-principal': as }), ...headers }
  const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >
  const response = await fetch(url, {
    method: 'POST',
    headers: sent,
    body: typeof body === 'string' ? body : new Uint8Array(body),
  })
  return read(response)
}

async function read(response: Response): Promise<Told> {
  const text = await response.text()
  const blocks: { content: string; label: string; binding: string }[] = []
  const reader = messageReader(
    {
      onRoot: () => undefined,
      onBlock: ({ node, content }) => {
        const binding = childNamed(node, 'Content_Binding')
        blocks.push({
          content: content ?? '',
          label: textOf(node, 'Timestamp_Label') ?? '',
          binding: binding?.attributes.get('binding_id') ?? binding?.text ?? '',
        })
      },
      onBrokenBlock: ({ fault }) => {
        throw fault
      },
    },
    defaultXmlLimits,
  )
  reader.write(text)
  return { response, text, root: reader.end(), blocks, contents: blocks.map(({ content }) => content) }
}

export async function discovery(server: TestServer, asking: Asking = {}): Promise<Told> {
  const message = aMessage('Discovery_Request', '', '', asking.version)
  return send(`${server.url}/services/discovery`, message, asking)
}

export async function collections(server: TestServer, asking: Asking = {}): Promise<Told> {
  const { version = '1.1' } = asking
  const message = aMessage(wires[version].listRequest, '', '', version)
  return send(`${server.url}/services/collection-management`, message, asking)
}

export interface Polling extends Asking {
  readonly collection?: string | undefined
  readonly begin?: string | undefined
  readonly end?: string | undefined
  /** In 1.1 what stands in `Poll_Parameters`, in 1.0 in the request. */
  readonly parameters?: string | undefined
  readonly subscription?: string | undefined
}

export async function poll(server: TestServer, polling: Polling = {}): Promise<Told> {
  const { version = '1.1', collection = 'feed', begin, end, parameters = '', subscription } = polling
  const labels =
    (begin === undefined ? '' : `<t:Exclusive_Begin_Timestamp>${begin}</t:Exclusive_Begin_Timestamp>`) +
    (end === undefined ? '' : `<t:Inclusive_End_Timestamp>${end}</t:Inclusive_End_Timestamp>`)
  const asked =
    version === '1.0'
      ? parameters
      : subscription === undefined
        ? `<t:Poll_Parameters allow_asynch="false">${parameters}</t:Poll_Parameters>`
        : `<t:Subscription_ID>${subscription}</t:Subscription_ID>`
  const named = version === '1.0' && subscription !== undefined ? ` subscription_id="${subscription}"` : ''
  const attributes = `${wires[version].nameAttribute}="${collection}"${named}`
  const message = aMessage('Poll_Request', attributes, labels + asked, version)
  return send(`${server.url}/services/poll`, message, polling)
}

export async function fulfil(
  server: TestServer,
  resultId: string,
  part: number | string,
  asking: Asking & { readonly collection?: string | undefined } = {},
): Promise<Told> {
  const attributes = `collection_name="${asking.collection ?? 'feed'}" result_id="${resultId}" result_part_number="${part}"`
  return send(`${server.url}/services/poll`, aMessage('Poll_Fulfillment', attributes), asking)
}

export interface Pushing extends Asking {
  readonly destinations?: readonly string[] | undefined
  readonly blocks?: string | undefined
}

export const aBlockMarkup = (content: string, binding = stix111): string =>
  `<t:Content_Block><t:Content_Binding binding_id="${binding}"/><t:Content>${content}</t:Content></t:Content_Block>`

export async function push(server: TestServer, pushing: Pushing = {}): Promise<Told> {
  const { destinations = [], blocks = aBlockMarkup('<a/>'), version } = pushing
  const named = destinations.map((name) => `<t:Destination_Collection_Name>${name}</t:Destination_Collection_Name>`)
  const message = aMessage('Inbox_Message', '', named.join('') + blocks, version)
  return send(`${server.url}/services/inbox`, message, pushing)
}

export async function subscription(
  server: TestServer,
  action: string,
  options: Asking & { collection?: string; id?: string | undefined; parameters?: string } = {},
): Promise<Told> {
  const { version = '1.1', collection = 'feed', id, parameters } = options
  const { nameAttribute } = wires[version]
  const old = version === '1.0' && id !== undefined ? ` subscription_id="${id}"` : ''
  const inside =
    version === '1.0'
      ? (parameters ?? '')
      : (id === undefined ? '' : `<t:Subscription_ID>${id}</t:Subscription_ID>`) +
        (parameters === undefined ? '' : `<t:Subscription_Parameters>${parameters}</t:Subscription_Parameters>`)
  const attributes = `${nameAttribute}="${collection}" action="${action}"${old}`
  const message = aMessage('Subscription_Management_Request', attributes, inside, version)
  return send(`${server.url}/services/collection-management`, message, options)
}

export const statusOf = ({ root }: Told): string | undefined => root.attributes.get('status_type')

/** Details of a status message by name. */
export function detailsOf({ root }: Told): Record<string, string[]> {
  const details: Record<string, string[]> = {}
  for (const each of childrenNamed(childNamed(root, 'Status_Detail') ?? root, 'Detail')) {
    const name = each.attributes.get('name') ?? ''
    details[name] = [...(details[name] ?? []), each.text]
  }
  return details
}
