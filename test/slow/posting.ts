import { taxii21, type ServingProgram } from './a-serving-program.ts'

/** The indicator of a number; always the same. */
export const anIndicator = (number: number) => ({
  type: 'indicator',
  spec_version: '2.1',
  id: `indicator--00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`,
  created: '2026-01-01T00:00:00.000Z',
  modified: '2026-01-01T00:00:00.000Z',
  pattern: `[ipv4-addr:value = '10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}']`,
  pattern_type: 'stix',
  valid_from: '2026-01-01T00:00:00Z',
})

/** So many indicators, as the body of a POST. */
export const envelope = (first: number, count: number): string =>
  JSON.stringify({ objects: Array.from({ length: count }, (_, at) => anIndicator(first + at)) })

export interface Status {
  readonly id: string
  readonly status: string
  readonly total_count: number
  readonly success_count: number
  readonly failure_count: number
}

/** Adds a body to the writable collection. */
export const post = (server: ServingProgram, body: string | Buffer) =>
  server.ask(`${server.collection}objects/`, { method: 'POST', body, headers: { 'content-type': taxii21 } })

/** Every id that the collection has, page by page. */
export async function idsOf(server: ServingProgram): Promise<string[]> {
  const ids: string[] = []
  for (let next = ''; ;) {
    const query = next === '' ? '' : `&next=${encodeURIComponent(next)}`
    const { text } = await server.ask(`${server.collection}manifest/?limit=1000${query}`)
    const page = JSON.parse(text) as { objects?: { id: string }[]; more?: boolean; next?: string }
    ids.push(...(page.objects ?? []).map(({ id }) => id))
    if (page.more !== true || page.next === undefined) return ids
    next = page.next
  }
}
