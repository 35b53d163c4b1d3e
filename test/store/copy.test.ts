import { join } from 'node:path'
import { openStore } from '../../src/store/registry.ts'
import { copySuite } from '../contracts/copy-suite.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { loadSaid } from '../support/said.ts'
import { temporaryFolder } from '../support/temporary.ts'

const folder = await temporaryFolder()
const dependencies = { clock: fakeClock(), identity: { pid: 4711, host: 'host.example' }, loadReader: loadSaid }
let opened = 0

const subjects = [
  { name: 'memory', open: () => openStore('memory:', dependencies) },
  { name: 'sqlite', open: () => openStore(`sqlite:${join(folder, `store-${++opened}.db`)}`, dependencies) },
]

for (const from of subjects) for (const to of subjects) copySuite(from, to)
