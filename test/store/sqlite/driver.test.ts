import { join } from 'node:path'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import { recordsSuite } from '../../contracts/records-suite.ts'
import { storeSuites } from '../../contracts/store-suites.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { movedClock } from '../../support/moved-clock.ts'
import { loadSaid } from '../../support/said.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
const identity = { pid: 4711, host: 'host.example' }
let opened = 0

for (const binding of bindings) {
  const file = () => join(folder, binding.name.replace(':', '-'), `store-${opened}.db`)
  const open = (clock = fakeClock()) => openSqliteStore(file(), { clock, identity, binding, loadReader: loadSaid })
  const subjectWith = (clock?: FakeClock) => ({
    name: `sqlite over ${binding.name}`,
    open: () => {
      opened++
      return open(clock)
    },
    openAgain: () => open(clock),
  })
  storeSuites(subjectWith())
  const { clock, ...time } = movedClock()
  recordsSuite({ ...subjectWith(clock), ...time })
}
