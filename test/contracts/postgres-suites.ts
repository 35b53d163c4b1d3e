import pg from 'pg'
import { afterAll } from 'vitest'
import { openStore } from '../../src/store/registry.ts'
import { fakeClock, type FakeClock } from '../support/fake-clock.ts'
import { movedClock } from '../support/moved-clock.ts'
import { loadSaid } from '../support/said.ts'
import { accountsSuite } from './accounts-suite.ts'
import { storePersistenceSuite } from './persistence-suite.ts'
import { recordsSuite } from './records-suite.ts'
import { storeSuites } from './store-suites.ts'

const identity = { pid: 4711, host: 'host.example' }

/** Every suite of the store's contract against the database at this URL; each store in a schema of its own, dropped at the end. */
export function postgresSuites(name: string, urlOf: () => string): void {
  let opened = 0
  const schema = () => `test_${process.pid}_${opened}`
  const open = (clock: FakeClock = fakeClock()) =>
    openStore(`${urlOf()}?schema=${schema()}`, { clock, identity, loadReader: loadSaid })
  const subjectWith = (clock?: FakeClock) => ({
    name,
    open: () => {
      opened++
      return open(clock)
    },
    openAgain: () => open(clock),
  })
  afterAll(async () => {
    const client = new pg.Client({ connectionString: urlOf() })
    await client.connect()
    for (; opened > 0; opened--) await client.query(`DROP SCHEMA IF EXISTS ${schema()} CASCADE`)
    await client.end()
    // A hundred schemas of two dozen tables each.
  }, 300_000)
  storeSuites(subjectWith())
  accountsSuite(subjectWith())
  storePersistenceSuite(subjectWith())
  const { clock, ...time } = movedClock()
  recordsSuite({ ...subjectWith(clock), ...time })
}
