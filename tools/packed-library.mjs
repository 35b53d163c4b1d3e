// Uses the installed package as an author of server parts does: run in a folder from where `stixtaxii` is found.
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { openStore, openStoreAuthentication, openStorePersistence, startServer } from 'stixtaxii'
import { authenticationChecks, taxii1PersistenceChecks, taxii2PersistenceChecks } from 'stixtaxii/contracts'

const clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => pause(ms),
}
const empty = () => openStore('memory:', { clock, identity: { pid: process.pid, host: 'here' } })
const suites = [
  taxii1PersistenceChecks(async () => openStorePersistence({ store: await empty(), clock }).taxii1),
  taxii2PersistenceChecks(async () => openStorePersistence({ store: await empty(), clock }).taxii2),
  authenticationChecks(async () =>
    openStoreAuthentication({ store: await empty(), clock, hashCost: { logN: 10, r: 8, p: 1 } }),
  ),
]
for (const { run } of suites.flat()) await run()

const server = await startServer({ port: 0 }, { store: await empty(), clock })
const { status } = await globalThis.fetch(`${server.url}/taxii2/`, {
  headers: { accept: 'application/taxii+json;version=2.1' },
})
await server.close()
if (status !== 200) throw new Error(`discovery answered ${status}`)
process.stdout.write(`the library serves, and ${suites.flat().length} checks of its parts pass\n`)
