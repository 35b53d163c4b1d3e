import { afterAll, beforeAll } from 'vitest'
import { openStore } from '../../src/store/registry.ts'
import { filtersSuite } from '../serve/taxii2/filters-suite.ts'
import { aPostgres, type APostgres } from './a-postgres.ts'

let server: APostgres

beforeAll(async () => {
  server = await aPostgres()
})

afterAll(() => server[Symbol.asyncDispose]())

filtersSuite('in a real PostgreSQL', async (clock) =>
  openStore(await server.freshUrl(), { clock, identity: { pid: 1, host: 'host.example' } }),
)
