import { connectTaxii } from '../../../src/taxii/connect.ts'
import { taxiiSuite, type TaxiiSubject } from '../../contracts/taxii-suite.ts'
import { anHttp } from '../../http/an-http.ts'
import { someIndicators } from '../../support/indicators.ts'
import { aServer, oldIndicators } from './a-server.ts'

/** Our own client against our own server: everything that its contract promises holds between them. */
for (const version of ['2.0', '2.1'] as const)
  taxiiSuite({
    version,
    pages: true,
    async start({ items, pageSize }): Promise<TaxiiSubject> {
      const server = await aServer({ taxii2: { maxPageSize: pageSize } })
      const make = version === '2.0' ? oldIndicators : someIndicators
      const objects: Buffer[] = []
      const store = async (more: readonly object[]) => {
        const added = more.map((object) => Buffer.from(JSON.stringify(object)))
        objects.push(...added)
        await server.persistence.taxii2.addObjects('api', server.collection, added)
      }
      await store(make(items))
      const { http, clock, [Symbol.asyncDispose]: close } = anHttp(server.url)
      const url = new URL(version === '2.0' ? '/taxii/' : '/taxii2/', server.url)
      const client = await connectTaxii({ url, version }, { http, clock, notices: () => undefined })
      return {
        client,
        collection: server.collection.id,
        truth: () => objects.map(String),
        add: () => store(make(1, items)),
        async [Symbol.asyncDispose]() {
          await close()
          await server[Symbol.asyncDispose]()
        },
      }
    },
  })
