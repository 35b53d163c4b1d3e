import type { StoreUnderTest } from './a-store.ts'
import { knownValueSuite } from './known-value-suite.ts'
import { lookupSuite } from './lookup-suite.ts'
import { pageChangeSuite } from './page-change-suite.ts'
import { pageSuite } from './page-suite.ts'
import { storeSuite } from './store-suite.ts'
import { upkeepSuite } from './upkeep-suite.ts'

/** All that `Store` promises but for its records, which need a clock that can be moved. */
export function storeSuites(subject: StoreUnderTest): void {
  for (const suite of [storeSuite, upkeepSuite, lookupSuite, knownValueSuite, pageSuite, pageChangeSuite])
    suite(subject)
}
