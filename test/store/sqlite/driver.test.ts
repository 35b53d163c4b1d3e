import { join } from 'node:path'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import { storeSuite } from '../../contracts/store-suite.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
let opened = 0

for (const binding of bindings) {
  const file = () => join(folder, binding.name.replace(':', '-'), `store-${opened}.db`)
  const open = () =>
    openSqliteStore(file(), { clock: fakeClock(), identity: { pid: 4711, host: 'host.example' }, binding })
  storeSuite({
    name: `sqlite over ${binding.name}`,
    open: () => {
      opened++
      return open()
    },
    openAgain: open,
  })
}
