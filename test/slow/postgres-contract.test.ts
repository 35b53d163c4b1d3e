import { afterAll, beforeAll, describe } from 'vitest'
import { postgresSuites } from '../contracts/postgres-suites.ts'
import { aPostgres, type APostgres } from './a-postgres.ts'

let server: APostgres
let url: string
beforeAll(async () => {
  server = await aPostgres()
  url = await server.freshUrl()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

describe('a real PostgreSQL', () => {
  postgresSuites('postgres', () => url)
})
