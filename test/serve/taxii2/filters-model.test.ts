import path from 'node:path'
import { openMemoryStore } from '../../../src/store/memory/driver.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import { bindings } from '../../support/bindings.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { filtersSuite } from './filters-suite.ts'

const folder = await temporaryFolder()
const identity = { pid: 1, host: 'host.example' }

filtersSuite('in memory', (clock) => Promise.resolve(openMemoryStore({ clock, identity })))

for (const binding of bindings)
  filtersSuite(`in SQLite by ${binding.name}`, (clock) =>
    openSqliteStore(path.join(folder, `${binding.name}.db`), { clock, identity, binding }),
  )
