import { openStore } from '../../src/store/registry.ts'
import { knownValueSuite } from '../contracts/known-value-suite.ts'
import { pageSuite } from '../contracts/page-suite.ts'
import { recordsSuite } from '../contracts/records-suite.ts'
import { storeSuite } from '../contracts/store-suite.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { movedClock } from '../support/moved-clock.ts'
import { loadSaid } from '../support/said.ts'

const identity = { pid: 4711, host: 'host.example' }
const subject = {
  name: 'memory',
  open: () => openStore('memory:', { clock: fakeClock(), identity, loadReader: loadSaid }),
}

storeSuite(subject)
knownValueSuite(subject)
pageSuite(subject)
const { clock, ...time } = movedClock()
recordsSuite({ name: 'memory', ...time, open: () => openStore('memory:', { clock, identity, loadReader: loadSaid }) })
