import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Notice } from '../../../src/core/notice.ts'
import { openHttp } from '../../../src/http/open.ts'
import type { HttpOptions } from '../../../src/http/options.ts'
import { startTaxii1Server } from '../../../src/simulate/taxii1-server.ts'
import type { Taxii1Options } from '../../../src/simulate/taxii1-options.ts'
import type { Page, PollRequest, TaxiiClient } from '../../../src/taxii/client.ts'
import type { TaxiiSettings } from '../../../src/taxii/settings.ts'
import { openTaxii1 } from '../../../src/taxii/v1/adapter.ts'
import { wires } from '../../../src/taxii/v1/wire.ts'
import type { Version1 } from '../../../src/taxii/v1/wire.ts'
import { fakeClock } from '../../support/fake-clock.ts'

/** The real transport with a clock that does not wait; closed after the test. */
export function aTransport(url: string, http: Partial<HttpOptions> = {}) {
  const notices: Notice[] = []
  const clock = fakeClock()
  const transport = openHttp({
    origins: [new URL(url).origin],
    plainHttp: 'allow',
    retry: { maxRetries: 1, budgetMs: 60_000, baseDelayMs: 1 },
    userAgent: 'stixtaxii-test',
    notices: (notice) => void notices.push(notice),
    clock,
    random: () => 0.5,
    ...http,
  })
  onTestFinished(() => transport[Symbol.asyncDispose]())
  return { http: transport, clock, notices: (notice: Notice) => void notices.push(notice), told: notices }
}

/** A client for an address, with what it was told. */
export async function aClient(url: string, settings: Partial<TaxiiSettings> = {}, http: Partial<HttpOptions> = {}) {
  const { told, ...dependencies } = aTransport(url, http)
  const client = await openTaxii1({ url: new URL(url), version: '1.1', ...settings }, dependencies)
  return { client, notices: told, clock: dependencies.clock, codes: () => told.map(({ code }) => code) }
}

/** A simulated TAXII 1.x server with three blocks in `feed`, and a client at its discovery address. */
export async function aServer(
  options: Taxii1Options = {},
  settings: Partial<TaxiiSettings> = {},
  http: Partial<HttpOptions> = {},
) {
  const server = await startTaxii1Server({ collections: [{ name: 'feed', blocks: threeBlocks }], ...options })
  onTestFinished(() => server.close())
  const version = options.versions?.length === 1 && options.versions[0] === '1.0' ? '1.0' : '1.1'
  return { server, ...(await aClient(server.addresses.discovery, { version, ...settings }, http)) }
}

export const threeBlocks = ['<a xmlns="urn:a">1</a>', '<a xmlns="urn:a">2</a>', '<a xmlns="urn:a">3</a>']

export interface RawRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  readonly id: string
  /** Local name of the root element. */
  readonly name: string
}

export interface RawAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** A server whose every byte the test writes; what is no answer to the request at hand is told with `handler`. */
export async function aRawServer(handler: (request: RawRequest, count: number) => string | RawAnswer | 'drop') {
  const requests: RawRequest[] = []
  const server = createServer((incoming, outgoing) => {
    let body = ''
    incoming.setEncoding('utf8').on('data', (text: string) => (body += text))
    incoming.on('end', () => {
      const id = /message_id="([^"]*)"/.exec(body)?.[1] ?? ''
      const name = /<(?:[\w.-]+:)?(\w+)[^?]/.exec(body.replace(/^<\?.*?\?>/s, ''))?.[1] ?? ''
      const request = { path: incoming.url ?? '', headers: incoming.headers, body, id, name }
      requests.push(request)
      const answer = handler(request, requests.length)
      if (answer === 'drop') return void incoming.socket.destroy()
      const {
        status = 200,
        headers = taxiiHeaders,
        body: text,
      } = typeof answer === 'string' ? { body: answer } : answer
      outgoing.writeHead(status, headers).end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

export const taxiiHeaders = {
  'content-type': 'application/xml',
  'x-taxii-content-type': 'urn:taxii.mitre.org:message:xml:1.1',
}

/** A message of the server's, in TAXII 1.1 unless said otherwise. */
export function message(
  name: string,
  inResponseTo: string,
  attributes = '',
  inside = '',
  version: Version1 = '1.1',
): string {
  const { namespace } = wires[version]
  return `<t:${name} xmlns:t="${namespace}" message_id="1" in_response_to="${inResponseTo}" ${attributes}>${inside}</t:${name}>`
}

export const status = (type: string, inResponseTo: string, inside = ''): string =>
  message('Status_Message', inResponseTo, `status_type="${type}"`, inside)

export const block = (content: string, label?: string): string =>
  `<t:Content_Block><t:Content_Binding binding_id="urn:b"/><t:Content>${content}</t:Content>` +
  `${label === undefined ? '' : `<t:Timestamp_Label>${label}</t:Timestamp_Label>`}</t:Content_Block>`

/** A poll-only address: anything but polls is BAD_MESSAGE, so the URL is taken for a poll service. */
export async function aPollServer(
  handler: (request: RawRequest, count: number) => string | RawAnswer | 'drop',
  headers: Readonly<Record<string, string>> = taxiiHeaders,
) {
  let polls = 0
  const server = await aRawServer((request) =>
    request.name.startsWith('Poll_') ? handler(request, ++polls) : { headers, body: status('BAD_MESSAGE', request.id) },
  )
  return { ...server, polls: () => server.requests.filter(({ name }) => name.startsWith('Poll_')) }
}

export async function pagesOf(client: TaxiiClient, request: PollRequest): Promise<Page[]> {
  const pages: Page[] = []
  for await (const page of client.poll(request)) pages.push(page)
  return pages
}

/** Contents of the blocks of pages, in order. */
export function contentsOf(pages: readonly Page[]): string[] {
  return pages.flatMap((page) => page.items.map((item) => item.raw.toString('utf8')))
}
