import { join } from 'node:path'
import { openStore } from '../../../src/store/registry.ts'
import { storePersistenceSuite } from '../../contracts/persistence-suite.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { loadSaid } from '../../support/said.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
const dependencies = { clock: fakeClock(), identity: { pid: 4711, host: 'host.example' }, loadReader: loadSaid }
let opened = 0

storePersistenceSuite({ name: 'memory', open: () => openStore('memory:', dependencies) })
storePersistenceSuite({
  name: 'SQLite',
  open: () => openStore(`sqlite:${join(folder, `store-${++opened}.db`)}`, dependencies),
})
