import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { openStore } from '../../src/store/registry.ts'
import { copySuite } from '../contracts/copy-suite.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { loadSaid } from '../support/said.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { aPostgres, type APostgres } from './a-postgres.ts'

/** Copies with PostgreSQL on one side or both; those without are in test/store/copy.test.ts. */

const folder = await temporaryFolder()
const dependencies = { clock: fakeClock(), identity: { pid: 4711, host: 'host.example' }, loadReader: loadSaid }
let opened = 0
let server: APostgres
let url: string
beforeAll(async () => {
  server = await aPostgres()
  url = await server.freshUrl()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const postgres = { name: 'postgres', open: () => openStore(`${url}?schema=copy_${++opened}`, dependencies) }
const others = [
  { name: 'memory', open: () => openStore('memory:', dependencies) },
  { name: 'sqlite', open: () => openStore(`sqlite:${join(folder, `store-${++opened}.db`)}`, dependencies) },
]

describe('a real PostgreSQL', () => {
  copySuite(postgres, postgres)
  for (const other of others) {
    copySuite(postgres, other)
    copySuite(other, postgres)
  }
})
