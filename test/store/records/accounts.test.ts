import path from 'node:path'
import { openMemoryStore } from '../../../src/store/memory/driver.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import { accountsSuite } from '../../contracts/accounts-suite.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
const dependencies = { clock: fakeClock(), identity: { pid: 4711, host: 'host.example' } }
let files = 0

accountsSuite({ name: 'memory', open: async () => openMemoryStore(dependencies) })
for (const binding of bindings) {
  accountsSuite({
    name: `sqlite over ${binding.name}`,
    open: async () => openSqliteStore(path.join(folder, `${++files}.db`), { ...dependencies, binding }),
  })
}
