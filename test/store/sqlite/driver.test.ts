import { join } from 'node:path'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import { knownValueSuite } from '../../contracts/known-value-suite.ts'
import { storeSuite } from '../../contracts/store-suite.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { loadSaid } from '../../support/said.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
const identity = { pid: 4711, host: 'host.example' }
let opened = 0

for (const binding of bindings) {
  const file = () => join(folder, binding.name.replace(':', '-'), `store-${opened}.db`)
  const open = () => openSqliteStore(file(), { clock: fakeClock(), identity, binding, loadReader: loadSaid })
  const subject = {
    name: `sqlite over ${binding.name}`,
    open: () => {
      opened++
      return open()
    },
    openAgain: open,
  }
  storeSuite(subject)
  knownValueSuite(subject)
}
