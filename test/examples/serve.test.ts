import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { authenticationChecks, taxii2PersistenceChecks } from '../../src/contracts.ts'
import type { Authentication } from '../../src/serve/authentication.ts'
import type { Taxii2Persistence } from '../../src/serve/taxii2-persistence.ts'
import { openStoreAuthentication } from '../../src/serve/auth/store-authentication.ts'
import { openModule } from '../../src/serve/load-module.ts'
import { openStore } from '../../src/store/registry.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary.ts'

const folder = await temporaryFolder()
const examples = resolve(import.meta.dirname, '../../examples/serve')
let opened = 0

function openExample<Opened>(name: string, parameters: Record<string, unknown>): Promise<Opened> {
  const file = join(examples, name)
  const module = { file, url: `file://${file}`, exportName: 'open', parameters }
  return openModule<Opened>(module, { role: 'taxii2', clock: fakeClock(), Secret, StixTaxiiError })
}

describe('the example of a persistence keeps what a persistence promises', () => {
  const open = () => openExample<Taxii2Persistence>('folder-persistence.mjs', { folder: join(folder, `${++opened}`) })
  for (const { name, run } of taxii2PersistenceChecks(open)) it(name, run)

  it('and is there when it is opened again', async () => {
    const parameters = { folder: join(folder, 'again') }
    const first = await openExample<Taxii2Persistence>('folder-persistence.mjs', parameters)
    await first.createApiRoot({ id: 'kept', isDefault: true, title: 'Kept', isPublic: false })
    const second = await openExample<Taxii2Persistence>('folder-persistence.mjs', parameters)
    expect((await second.getApiRoots()).map(({ id }) => id)).toEqual(['kept'])
  })
})

describe('the example of an authentication keeps what an authentication promises', () => {
  const open = () => openExample<Authentication>('file-authentication.mjs', { file: join(folder, `${++opened}.json`) })
  for (const { name, run } of authenticationChecks(open)) it(name, run)
})

describe('the built-in authentication keeps what an authentication promises', () => {
  const open = async () => {
    const clock = fakeClock()
    const store = await openStore('memory:', { clock, identity: { pid: 1, host: 'host.example' } })
    return openStoreAuthentication({ store, clock, hashCost: { logN: 10, r: 8, p: 1 } })
  }
  for (const { name, run } of authenticationChecks(open)) it(name, run)
})
