import { openStore } from '../../src/store/registry.ts'
import { storeSuite } from '../contracts/store-suite.ts'
import { fakeClock } from '../support/fake-clock.ts'

storeSuite({
  name: 'memory',
  open: () => openStore('memory:', { clock: fakeClock(), identity: { pid: 4711, host: 'host.example' } }),
})
