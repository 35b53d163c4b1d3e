import { openStore } from '../../src/store/registry.ts'
import { recordsSuite } from '../contracts/records-suite.ts'
import { storeSuites } from '../contracts/store-suites.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { movedClock } from '../support/moved-clock.ts'
import { loadSaid } from '../support/said.ts'

const identity = { pid: 4711, host: 'host.example' }
const subject = {
  name: 'memory',
  open: () => openStore('memory:', { clock: fakeClock(), identity, loadReader: loadSaid }),
}

storeSuites(subject)
const { clock, ...time } = movedClock()
recordsSuite({ name: 'memory', ...time, open: () => openStore('memory:', { clock, identity, loadReader: loadSaid }) })
