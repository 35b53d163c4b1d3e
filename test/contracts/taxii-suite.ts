import { describe, expect, it } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { minusMicroseconds } from '../../src/core/timestamp.ts'
import type { Page, PollRequest, TaxiiClient, TaxiiVersion } from '../../src/taxii/client.ts'

/** A server with one readable collection, and a client at its discovery address. */
export interface TaxiiSubject extends AsyncDisposable {
  readonly client: TaxiiClient
  readonly collection: string
  /** What a complete poll brings: the content of every item, in the server's order. */
  readonly truth: () => readonly string[]
  /** Adds one more item, newer than all. */
  readonly add: () => void | Promise<void>
}

/** How a version's subject is made: `items` in pages (or parts) of `pageSize`. */
export interface TaxiiSuiteOptions {
  readonly version: TaxiiVersion
  readonly start: (content: { readonly items: number; readonly pageSize: number }) => Promise<TaxiiSubject>
  /** 1.0 has no parts: its answers are whole. */
  readonly pages: boolean
}

const contentOf = (pages: readonly Page[]): string[] =>
  pages.flatMap(({ items }) => items.map(({ raw }) => raw.toString('utf8')))

async function read(client: TaxiiClient, request: PollRequest): Promise<Page[]> {
  const pages: Page[] = []
  for await (const page of client.poll(request)) pages.push(page)
  return pages
}

/** What every adapter promises, whatever its version. */
export function taxiiSuite({ version, start, pages: hasPages }: TaxiiSuiteOptions): void {
  describe(`the TAXII contract, ${version}`, () => {
    const subject = () => start({ items: 25, pageSize: 10 })

    it('says its version, and offers the operations of its family alone', async () => {
      await using given = await subject()
      const { client } = given
      expect(client.version).toBe(version)
      expect([client.v1 !== undefined, client.v2 !== undefined]).toEqual(
        version.startsWith('1') ? [true, false] : [false, true],
      )
    })

    it('describes the server and lists its collections', async () => {
      await using given = await subject()
      const discovery = await given.client.discovery()
      expect(discovery.version).toBe(version)
      expect(discovery.apiRoots.length + discovery.services.length).toBeGreaterThan(0)
      const listed = await given.client.collections()
      expect(listed.map(({ id }) => id)).toEqual([given.collection])
      expect(listed[0]).toMatchObject({ canRead: true, ordering: 'feed' })
    })

    it('polls everything, oldest first, byte for byte, and ends without a position', async () => {
      await using given = await subject()
      const pages = await read(given.client, { collection: given.collection })
      expect(contentOf(pages)).toEqual(given.truth())
      expect(pages.at(-1)?.position).toBeUndefined()
      expect(pages.every(({ damaged }) => damaged.length === 0)).toBe(true)
      expect(new Set(pages.map((page) => page.digest())).size).toBe(pages.length)
    })

    it('goes on from the position of any page with what comes after it', async () => {
      await using given = await subject()
      const pages = await read(given.client, { collection: given.collection })
      expect(pages.length > 1).toBe(hasPages)
      for (const [index, { position }] of pages.entries()) {
        if (position === undefined) continue
        const stored = JSON.parse(JSON.stringify(position)) as typeof position
        const rest = await read(given.client, { collection: given.collection, position: stored })
        expect(contentOf(rest)).toEqual(contentOf(pages.slice(index + 1)))
      }
    })

    it('proves a stamp from which the next poll brings what is new, and nothing is missed', async () => {
      await using given = await subject()
      const first = await read(given.client, { collection: given.collection })
      const stamp = first.findLast((page) => page.stamp !== undefined)?.stamp
      expect(stamp).toBeDefined()
      await given.add()
      const begin = version.startsWith('2') ? minusMicroseconds(stamp as string, 1) : stamp
      const next = contentOf(await read(given.client, { collection: given.collection, begin }))
      const added = given.truth().at(-1) as string
      expect(next).toContain(added)
      expect(next.length).toBeLessThanOrEqual(2)
    })

    it('ends as not-found for a collection that is not offered', async () => {
      await using given = await subject()
      const poll = read(given.client, { collection: 'no-such-collection' })
      await expect(poll).rejects.toMatchObject({ kind: 'not-found' })
      await expect(poll).rejects.toBeInstanceOf(StixTaxiiError)
    })

    it('stops when its signal says so', async () => {
      await using given = await subject()
      const stop = new AbortController()
      stop.abort(new StixTaxiiError('CORE_CANCELLED', 'Stopped', { kind: 'cancelled' }))
      const reading = async () => {
        for await (const page of given.client.poll({ collection: given.collection }, stop.signal)) void page
      }
      await expect(reading()).rejects.toMatchObject({ kind: 'cancelled' })
    })
  })
}
