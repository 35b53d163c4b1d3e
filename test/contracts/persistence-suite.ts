import { describe, it } from 'vitest'
import { taxii1PersistenceChecks } from '../../src/serve/contracts/taxii1-checks.ts'
import { taxii2PersistenceChecks } from '../../src/serve/contracts/taxii2-checks.ts'
import { openStorePersistence } from '../../src/serve/persistence/open.ts'
import type { Store } from '../../src/store/store.ts'
import { fakeClock } from '../support/fake-clock.ts'

/** The contracts of both persistences over a driver: the same checks that authors of other ones run. */
export function storePersistenceSuite(subject: { readonly name: string; open(): Promise<Store> }): void {
  const opened = async <Family extends 'taxii1' | 'taxii2'>(family: Family) => {
    const store = await subject.open()
    const persistence = openStorePersistence({ store, clock: fakeClock() })[family]
    return { ...persistence, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
  }

  describe(`TAXII 2 persistence over ${subject.name}`, () => {
    for (const { name, run } of taxii2PersistenceChecks(() => opened('taxii2'))) it(name, run)
  })

  describe(`TAXII 1.x persistence over ${subject.name}`, () => {
    for (const { name, run } of taxii1PersistenceChecks(() => opened('taxii1'))) it(name, run)
  })
}
