import type { Notice } from '../../src/core/notice.ts'
import { StixTaxiiError } from '../../src/core/errors.ts'
import type { HttpOptions } from '../../src/http/options.ts'
import { describeObject } from '../../src/stix/describe.ts'
import type { Page, PollRequest, TaxiiClient } from '../../src/taxii/client.ts'
import type { TaxiiSettings } from '../../src/taxii/settings.ts'
import { openTaxii2 } from '../../src/taxii/v2/adapter.ts'
import { anHttp } from '../http/an-http.ts'
import type { FakeClock } from '../support/fake-clock.ts'

export interface OpenedClient extends AsyncDisposable {
  readonly client: TaxiiClient
  readonly notices: readonly Notice[]
  readonly clock: FakeClock
}

/** A 2.x client at `url` over real HTTP, with a clock that does not wait. */
export async function aClient(
  url: string,
  settings: Partial<TaxiiSettings> = {},
  http: Partial<HttpOptions> = {},
): Promise<OpenedClient> {
  const opened = anHttp(new URL(url).origin, {
    allowOrigins: settings.allowOrigins ?? [],
    plainHttp: 'allow',
    retry: { maxRetries: 1 },
    ...http,
  })
  const client = await openTaxii2(
    { url: new URL(url), version: '2.1', ...settings },
    { http: opened.http, clock: opened.clock, notices: (notice) => opened.notices.push(notice) },
    new AbortController().signal,
  )
  return {
    client,
    notices: opened.notices,
    clock: opened.clock,
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  }
}

/** A poll read to its end: its pages, the ids in order of arrival, and the error it ended with. */
export interface ReadPoll {
  readonly pages: readonly Page[]
  readonly ids: readonly string[]
  readonly error?: StixTaxiiError | undefined
}

export async function readPages(pages: AsyncIterable<Page>): Promise<ReadPoll> {
  const read: Page[] = []
  let error: StixTaxiiError | undefined
  try {
    for await (const page of pages) read.push(page)
  } catch (thrown) {
    if (!(thrown instanceof StixTaxiiError)) throw thrown
    error = thrown
  }
  const ids = read.flatMap((page) => page.items.map(idOf))
  return { pages: read, ids, error }
}

export function readPoll(client: TaxiiClient, request: Partial<PollRequest> = {}): Promise<ReadPoll> {
  return readPages(client.poll({ collection: 'c1', ...request }))
}

function idOf(item: Page['items'][number]): string {
  if (item.kind === 'block') return item.id
  const described = describeObject(item.raw)
  return 'id' in described ? described.id : described.reason
}

/** The error that a promise ends with. */
export async function errorOf(promise: Promise<unknown>): Promise<StixTaxiiError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof StixTaxiiError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

export const idsOf = (objects: readonly Record<string, unknown>[]): string[] => objects.map(({ id }) => id as string)
