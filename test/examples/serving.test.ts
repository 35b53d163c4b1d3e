import { cp, mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { getuid } from 'node:process'
import { expect, it } from 'vitest'
import { systemClock } from '../../src/cli/process-host.ts'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Authentication } from '../../src/serve/authentication.ts'
import { openServeModules } from '../../src/serve/configuration/open-modules.ts'
import { readServeConfiguration } from '../../src/serve/configuration/read.ts'
import { openModule } from '../../src/serve/load-module.ts'
import type { Taxii2Persistence } from '../../src/serve/taxii2-persistence.ts'
import { openStore } from '../../src/store/registry.ts'
import { startServer } from '../../src/workflow/open-server.ts'
import { aLog } from '../serve/signals/a-log.ts'
import { temporaryFolder } from '../support/temporary.ts'

const clock = systemClock
const id = '00000000-0000-4000-8000-000000000001'

it('the example server answers out of its own persistence, to its own accounts, and tells its own hooks', async () => {
  const folder = join(await temporaryFolder(), 'server')
  await mkdir(folder, { mode: 0o700 })
  await cp(resolve(import.meta.dirname, '../../examples/serve'), folder, { recursive: true })
  const file = join(folder, 'server.yaml')
  // Its paths are relative to where serve is started; here they are made absolute.
  const text = (await readFile(file, 'utf8')).replace(/(file|folder): (\w+)/g, `$1: ${folder}/$2`)
  const configuration = await readServeConfiguration(text, file)

  await using authentication = await opened<Authentication>(folder, 'file-authentication.mjs', {
    file: `${folder}/accounts.json`,
  })
  await authentication.createAccount('alice', new Secret('a long enough password'), { isAdmin: true })
  await using persistence = await opened<Taxii2Persistence>(folder, 'folder-persistence.mjs', {
    folder: `${folder}/data`,
  })
  await persistence.createApiRoot({ id: 'one', isDefault: true, title: 'One', isPublic: false })
  const rights = { isPublic: false, isPublicWrite: false, isWritable: true }
  await persistence.createCollection({ id, apiRootId: 'one', title: 'C', ...rights })

  const modules = await openServeModules(configuration, { clock, log: aLog(), uid: getuid?.() })
  await using store = await openStore('memory:', { clock, identity: { pid: 1, host: 'host.example' } })
  const hooks = modules.hooks.map(({ register }) => register)
  const server = await startServer({ port: 0, settings: configuration.settings }, { store, clock, ...modules, hooks })
  try {
    const url = `${server.url}/one/collections/${id}/objects/`
    const type = 'application/taxii+json;version=2.1'
    const authorization = `Basic ${Buffer.from('alice:a long enough password').toString('base64')}`
    const headers = { accept: type, 'content-type': type, authorization }
    expect((await fetch(url, { headers: { accept: type } })).status).toBe(401)
    const object = { type: 'ipv4-addr', spec_version: '2.1', id: `ipv4-addr--${id}`, value: '192.0.2.1' }
    const posted = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ objects: [object] }) })
    expect([posted.status, await posted.json()]).toEqual([202, expect.objectContaining({ success_count: 1 })])
    expect(await (await fetch(url, { headers })).json()).toEqual({ objects: [object] })
    await expect.poll(() => readFile(`${folder}/signals.ndjson`, 'utf8').catch(() => '')).toContain('JOB_FINISHED')
  } finally {
    await server.close()
    for (const one of modules.hooks) await one[Symbol.asyncDispose]()
  }
})

async function opened<Opened>(folder: string, name: string, parameters: Record<string, unknown>): Promise<Opened> {
  const module = { file: join(folder, name), url: `file://${join(folder, name)}`, exportName: 'open', parameters }
  return openModule<Opened>(module, { role: 'taxii2', clock, Secret, StixTaxiiError })
}
