import { openFileStore } from '../../src/profile/credentials/file.ts'
import { Secret } from '../../src/core/secret.ts'
import { openProfileStore } from '../../src/profile/store.ts'
import { aTaxiiProfile } from './a-profile.ts'
import { realClock, realProcesses } from './processes.ts'

// Run as a process of its own: writes `count` profiles (or secrets) named after `label` into `directory`.
const [what, directory = '', label = '', count = '0'] = process.argv.slice(2)
const options = { clock: realClock, processes: realProcesses }
if (what === 'profiles') {
  const store = await openProfileStore({ ...options, directory })
  for (let index = 0; index < Number(count); index++) await store.save(aTaxiiProfile({ name: `${label}${index}` }))
} else {
  const store = await openFileStore({ ...options, directory: () => directory })
  for (let index = 0; index < Number(count); index++)
    await store.set(`${label}/${index}`, new Secret(`${label}${index}`))
}
