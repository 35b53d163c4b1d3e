import { openStore } from '../../src/store/registry.ts'
import { knownValueSuite } from '../contracts/known-value-suite.ts'
import { storeSuite } from '../contracts/store-suite.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { loadSaid } from '../support/said.ts'

const identity = { pid: 4711, host: 'host.example' }
const subject = {
  name: 'memory',
  open: () => openStore('memory:', { clock: fakeClock(), identity, loadReader: loadSaid }),
}

storeSuite(subject)
knownValueSuite(subject)
