import { expect } from 'vitest'
import type { SimulatedResponse } from '../../../src/simulate/loopback-server.ts'
import { startLoopback } from '../../../src/simulate/loopback-server.ts'
import { createTaxii1Service } from '../../../src/simulate/taxii1-server.ts'
import { createTaxii2Service } from '../../../src/simulate/taxii2-server.ts'
import { sampleIndicator, samplePackage } from '../../../src/simulate/sample-data.ts'
import { startFeed, today, without } from '../feed.ts'
import { all, one, two } from '../row.ts'
import type { Row } from '../row.ts'
import { expectExact, expectFailure, expectOk, expectSame, openTrial } from '../trial.ts'

/** An answer under another media type. */
const typed = (response: SimulatedResponse, type: string): SimulatedResponse => ({
  ...response,
  headers: { ...response.headers, 'content-type': type },
})

const foreign = { '1.0': '1.1', '1.1': '1.0', '2.0': '2.1', '2.1': '2.0' } as const

/** Section 1: version, Accept, Content-Type. */
export const versionRows: readonly Row[] = [
  {
    number: 1,
    title: 'answers 406 to the other version',
    versions: two,
    async run(version) {
      await using feed = await startFeed(version, { two: { accept: 'exact', slash: 'either' } })
      await expectExact(feed, { version: 'auto' })
      await using trial = await openTrial({ url: feed.url, version: foreign[version] })
      const error = expectFailure(await trial.fetch(), 'protocol', 'remote', 'config', 'not-found')
      expect(`${error.message} ${error.hint}`).toMatch(/version/i)
      expect(`${error.message} ${error.hint}`).not.toMatch(/check.*(password|credential)/i)
    },
  },
  {
    number: 2,
    title: 'does not say which version it speaks',
    versions: all,
    async run(version) {
      await using feed = await startFeed(version)
      await using trial = await openTrial({ url: feed.url, version: 'auto' })
      await using source = await trial.connect()
      expect(source.client.version).toBe(version)
      await expectExact(feed)
    },
  },
  {
    number: 3,
    title: 'answers 406 unless Accept is exactly its media type',
    versions: two,
    async run(version) {
      await using feed = await startFeed(version, { two: { accept: 'exact' } })
      await expectExact(feed)
    },
  },
  {
    number: 4,
    title: 'refuses a request without Accept: application/xml',
    versions: one,
    async run(version) {
      await using feed = await startFeed(version, {
        onRequest: ({ headers }) =>
          headers.accept === 'application/xml'
            ? undefined
            : {
                status: 406,
                headers: { 'content-type': 'text/html' },
                body: Buffer.from('<html>Not Acceptable</html>'),
              },
      })
      await expectExact(feed, { version })
    },
  },
  {
    number: 5,
    title: "gives STIX's media type where TAXII's belongs",
    versions: two,
    async run(version) {
      const stix = version === '2.0' ? 'application/vnd.oasis.stix+json; version=2.0' : 'application/stix+json'
      await using feed = await startFeed(version, { onResponse: (_, response) => typed(response, stix) })
      await expectExact(feed)
    },
  },
  {
    number: 7,
    title: 'sends text/plain or plain JSON with 200',
    versions: all,
    async run(version) {
      const types = version.startsWith('1.') ? ['text/plain', 'text/xml'] : ['text/plain', 'application/json']
      for (const type of types) {
        await using feed = await startFeed(version, { onResponse: (_, response) => typed(response, type) })
        await expectExact(feed, { version })
      }
    },
  },
  {
    number: 8,
    title: 'answers with a page in HTML, status 200 or 404',
    versions: all,
    async run(version) {
      for (const status of [200, 404]) {
        const page = Buffer.from('<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome</body></html>')
        const html = (): SimulatedResponse => ({ status, headers: { 'content-type': 'text/html' }, body: page })
        await using feed = await startFeed(version, { onRequest: html })
        for (const asked of [version, 'auto'] as const) {
          await using trial = await openTrial({ url: feed.url, version: asked })
          const error = expectFailure(await trial.fetch(), 'protocol', 'not-found')
          expect(error.message).not.toMatch(/unexpected token|undefined|JSON at position/i)
          expect(await trial.stored()).toEqual([])
        }
      }
    },
  },
  {
    number: 9,
    title: 'puts parameters and blanks into the media type',
    versions: all,
    async run(version) {
      const spellings: readonly ((type: string) => string)[] = [
        (type) => `${type}; charset=utf-8`,
        (type) => type.replace(';', ' ; ').replace('; ', ';  '),
        (type) => `${type.replace('version=', 'Version=').toUpperCase()};charset="UTF-8"`,
      ]
      for (const spell of spellings) {
        await using feed = await startFeed(version, {
          onResponse: (_, response) => typed(response, spell(response.headers['content-type'] ?? '')),
        })
        await expectExact(feed)
      }
    },
  },
  {
    number: 10,
    title: 'says version=2.1 of STIX and gives 2.0',
    versions: ['2.0'],
    async run(version) {
      await using feed = await startFeed(version, {
        onResponse: (request, response) =>
          request.path.includes('/objects')
            ? typed(response, 'application/vnd.oasis.stix+json; version=2.1')
            : undefined,
      })
      await expectExact(feed)
    },
  },
  {
    number: 11,
    title: 'leaves X-TAXII-Content-Type out, or says another one',
    versions: one,
    async run(version) {
      const wrong = `urn:taxii.mitre.org:message:xml:${foreign[version]}`
      for (const header of [undefined, wrong, 'urn:nonsense']) {
        await using feed = await startFeed(version, {
          onResponse: (_, response) => {
            const headers = without(response.headers, 'x-taxii-content-type')
            return {
              ...response,
              headers: header === undefined ? headers : { ...headers, 'x-taxii-content-type': header },
            }
          },
        })
        await expectExact(feed, { version })
      }
    },
  },
  {
    number: 13,
    title: 'has discovery of 1.x and of 2.x at two addresses, and people take one for the other',
    versions: ['1.1', '2.1'],
    async run(version) {
      const objects = [sampleIndicator(1, new Date(today))]
      const two1 = createTaxii2Service({ collections: [{ id: 'both', objects }] })
      const one1 = createTaxii1Service({ collections: [{ name: 'both', blocks: [samplePackage(1, today)] }] })
      const host = await startLoopback(async (request) => (await two1.handler(request)) ?? one1.handler(request))
      try {
        const own = version === '1.1' ? one1.paths.discovery : two1.discoveryPath
        const other = version === '1.1' ? two1.discoveryPath : one1.paths.discovery
        const contents = { '1.1': one1, '2.1': two1 } as const
        for (const url of [host.url + own, host.url + other]) {
          await using trial = await openTrial({ url, collections: ['both'] })
          const [row] = expectOk(await trial.fetch())
          const served = contents[row?.version as keyof typeof contents].truth('both')
          expectSame(
            await trial.stored(),
            served.map((thing) => thing.raw),
          )
        }
        await using confused = await openTrial({ url: host.url + other, version, collections: ['both'] })
        const rows = await confused.fetch()
        if (rows.some((row) => row.error)) {
          const error = expectFailure(rows, 'protocol', 'remote', 'not-found', 'config')
          expect(`${error.message} ${error.hint}`).toMatch(/version|TAXII/)
        } else {
          expect(rows.map((row) => row.version)).toEqual([version])
        }
      } finally {
        await host.close()
      }
    },
  },
]
