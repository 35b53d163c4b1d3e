import { describe } from 'vitest'
import { postgresSuites } from '../../contracts/postgres-suites.ts'

const url = process.env['STIXTAXII_TEST_PG_URL']

// An own server is started by test/slow/postgres-contract.test.ts.
describe.skipIf(url === undefined)('a database named by STIXTAXII_TEST_PG_URL', () => {
  postgresSuites('postgres', () => url as string)
})
