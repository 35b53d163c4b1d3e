import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { systemClock } from '../../src/cli/process-host.ts'
import { Secret } from '../../src/core/secret.ts'
import { openStoreAuthentication } from '../../src/serve/auth/store-authentication.ts'
import { openStorePersistence } from '../../src/serve/persistence/open.ts'
import { openStore } from '../../src/store/registry.ts'
import { startServer } from '../../src/workflow/open-server.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'

it('inbox push and subscriptions find TAXII 1 by themselves at a server that speaks 2 as well', async () => {
  const folder = temporaryFolder()
  const identity = { pid: process.pid, host: 'here' }
  await using store = await openStore('memory:', { clock: systemClock, identity })
  const server = await startServer({ port: 0 }, { store, clock: systemClock })
  const run = (line: string) => runCli(line, { folder })
  try {
    await writeFile(path.join(folder, 'token.txt'), 'a long password\n', { mode: 0o600 })
    await openStorePersistence({ store, clock: systemClock }).catalogue.create({ title: 'drops' })
    const cost = { logN: 10, r: 8, p: 1 }
    await using authentication = openStoreAuthentication({ store, clock: systemClock, hashCost: cost })
    await authentication.createAccount('ann', new Secret('a long password'), { isAdmin: true })
    const block = path.join(folder, 'block.xml')
    await writeFile(block, '<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1" version="1.1.1"/>')
    const login = `--username ann --password-file ${path.join(folder, 'token.txt')}`
    const pushed = await run(`inbox push ${block} ${server.url}/ --destination drops ${login}`)
    expect(pushed, pushed.stderr).toMatchObject({ exitCode: 0 })
    const made = await run(`subscription subscribe ${server.url}/ --collection drops ${login} -o json`)
    expect(made, made.stderr).toMatchObject({ exitCode: 0 })
    const typed = await run(`inbox push ${block} ${server.url}/ --destination drops --taxii-version 2.1 ${login}`)
    expect(typed).toMatchObject({ exitCode: 2 })
    expect(typed.stderr).toContain('--taxii-version 1.1')
  } finally {
    await server.close()
  }
})
