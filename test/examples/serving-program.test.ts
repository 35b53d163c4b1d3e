import type { ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { ask, basic } from '../serve/a-running-server.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { runProgram } from '../support/run-program.ts'

interface Preparing {
  prepare(what: Record<'accounts' | 'data' | 'username' | 'password', string>): Promise<unknown>
}
const examples = path.resolve(import.meta.dirname, '../../examples/serve')

const type = 'application/taxii+json;version=2.1'

it('the program serves the example as it stands, from the folder it was copied to', async () => {
  const folder = path.join(temporaryFolder(), 'example')
  mkdirSync(folder, { mode: 0o700 })
  cpSync(examples, folder, { recursive: true })
  const { prepare } = (await import(path.join(examples, 'prepare.mjs'))) as Preparing
  const [accounts, data] = [path.join(folder, 'accounts.json'), path.join(folder, 'data')]
  await prepare({ accounts, data, username: 'alice', password: 'a long enough password' })

  let started: (child: ChildProcess) => void = () => undefined
  const child = new Promise<ChildProcess>((resolve) => (started = resolve))
  const argv = ['serve', '--config', 'server.yaml', '--port', '0', '-o', 'ndjson']
  const ended = runProgram(argv, { folder, onStart: (running) => started(running) })
  const running = await child
  const first = new Promise<string>((resolve) => running.stdout?.once('data', (text) => resolve(String(text))))
  const failed = ended.then(({ stderr }) => Promise.reject(new Error(stderr)))
  const { url, collections } = JSON.parse(await Promise.race([first, failed])) as { url: string; collections: number }
  failed.catch(() => undefined)
  expect(collections).toBe(1)

  const headers = { accept: type, 'content-type': type, authorization: basic('alice', 'a long enough password') }
  const address = `${url}/one/collections/shared/objects/`
  expect((await ask(address, { headers: { accept: type } })).status).toBe(401)
  const id = 'ipv4-addr--00000000-0000-4000-8000-000000000001'
  const body = JSON.stringify({ objects: [{ type: 'ipv4-addr', spec_version: '2.1', id, value: '192.0.2.1' }] })
  expect((await ask(address, { method: 'POST', headers, body })).status).toBe(202)
  expect(JSON.parse((await ask(address, { headers })).text)).toMatchObject({ objects: [{ id }] })
  const told = () => readFileSync(path.join(folder, 'signals.ndjson'), { encoding: 'utf8', flag: 'a+' })
  await expect.poll(told).toContain('"signal":"OBJECTS_ADDED"')
  running.kill('SIGTERM')
  expect((await ended).exitCode).toBe(0)
})
