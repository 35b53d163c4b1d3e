import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { connectTaxii } from '../../src/taxii/connect.ts'
import type { TaxiiVersion } from '../../src/taxii/client.ts'
import { taxiiSuite, type TaxiiSubject } from '../contracts/taxii-suite.ts'
import { anHttp } from '../http/an-http.ts'
import { someIndicators } from '../support/indicators.ts'

async function clientAt(url: string, version: TaxiiVersion) {
  const { http, clock, [Symbol.asyncDispose]: close } = anHttp(new URL(url).origin)
  const client = await connectTaxii({ url: new URL(url), version }, { http, clock, notices: () => undefined })
  return { client, close }
}

for (const version of ['2.0', '2.1'] as const)
  taxiiSuite({
    version,
    pages: true,
    async start({ items, pageSize }): Promise<TaxiiSubject> {
      const server = await startTaxii2Server({
        version,
        pageCap: pageSize,
        collections: [{ id: 'c1', objects: someIndicators(items) }],
      })
      const { client, close } = await clientAt(server.discoveryUrl, version)
      return {
        client,
        collection: 'c1',
        truth: () => server.truth('c1').map(({ raw }) => raw),
        add: () => void server.shelf('c1').add(someIndicators(1, items)[0] ?? {}),
        async [Symbol.asyncDispose]() {
          await close()
          await server.close()
        },
      }
    },
  })

for (const version of ['1.0', '1.1'] as const)
  taxiiSuite({
    version,
    pages: version === '1.1',
    async start({ items, pageSize }): Promise<TaxiiSubject> {
      const block = (index: number) => ({
        content: `<stix:STIX_Package xmlns:stix="http://stix.example/" n="${index}"/>`,
      })
      const server = await startTaxii1Server({
        versions: [version],
        partSize: pageSize,
        collections: [{ name: 'c1', blocks: Array.from({ length: items }, (_, index) => block(index)) }],
      })
      const { client, close } = await clientAt(server.addresses.discovery, version)
      return {
        client,
        collection: 'c1',
        truth: () => server.truth('c1').map(({ raw }) => raw),
        add: () => server.shelf('c1').add(block(items)),
        async [Symbol.asyncDispose]() {
          await close()
          await server.close()
        },
      }
    },
  })
