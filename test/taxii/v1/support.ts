import { openHttp } from '../../../src/http/open.ts'
import type { HttpOptions } from '../../../src/http/options.ts'
import type { Notice } from '../../../src/core/notice.ts'
import type { Page, TaxiiClient } from '../../../src/taxii/client.ts'
import type { TaxiiSettings } from '../../../src/taxii/settings.ts'
import { openTaxii1 } from '../../../src/taxii/v1/adapter.ts'
import { fakeClock } from '../../support/fake-clock.ts'

/** A client over the real transport, with a clock that does not wait. */
export async function aClient(url: string, settings: Partial<TaxiiSettings> = {}, http: Partial<HttpOptions> = {}) {
  const notices: Notice[] = []
  const clock = fakeClock()
  const dependencies = {
    http: aTransport(url, clock, notices, http),
    clock,
    notices: (notice: Notice) => void notices.push(notice),
  }
  const client = await openTaxii1({ url: new URL(url), version: '1.1', ...settings }, dependencies)
  return { client, notices, clock, dependencies, close: () => dependencies.http[Symbol.asyncDispose]() }
}

export function aTransport(
  url: string,
  clock: ReturnType<typeof fakeClock>,
  notices: Notice[],
  http: Partial<HttpOptions> = {},
) {
  return openHttp({
    origins: [new URL(url).origin],
    plainHttp: 'allow',
    retry: { maxRetries: 1, budgetMs: 60_000, baseDelayMs: 1 },
    userAgent: 'stixtaxii-test',
    notices: (notice) => void notices.push(notice),
    clock,
    random: () => 0.5,
    ...http,
  })
}

export async function pagesOf(client: TaxiiClient, request: Parameters<TaxiiClient['poll']>[0]): Promise<Page[]> {
  const pages: Page[] = []
  for await (const page of client.poll(request)) pages.push(page)
  return pages
}

/** Contents of the blocks of pages, in order. */
export function contentsOf(pages: readonly Page[]): string[] {
  return pages.flatMap((page) => page.items.map((item) => item.raw.toString('utf8')))
}
