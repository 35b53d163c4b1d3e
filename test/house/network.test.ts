import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { runProgram } from '../support/run-program.ts'
import { someIndicators } from '../support/indicators.ts'

/** Loaded into the program before its own code: writes down every connection and every name that is asked for. */
const witness = `
import dns from 'node:dns'
import net from 'node:net'
import { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
const note = (what) => appendFileSync(process.env.WITNESS, JSON.stringify(what) + '\\n')
const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args
  note({ connect: typeof options === 'object' ? options.host + ':' + options.port : String(options) })
  return connect.apply(this, args)
}
for (const place of [dns, dns.promises]) {
  for (const name of Object.keys(place).filter((each) => /^(lookup|resolve|reverse)/.test(each))) {
    const asked = place[name]
    place[name] = function (...args) {
      note({ name: String(args[0]) })
      return asked.apply(this, args)
    }
  }
}
syncBuiltinESMExports()
`

it('S22: no command goes anywhere but to the servers that it is told', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder()
  const log = path.join(folder, 'witness.log')
  const hook = path.join(folder, 'witness.mjs')
  writeFileSync(hook, witness)
  await using two = await startTaxii2Server({ collections: [{ id: 'c1', objects: someIndicators(5) }] })
  await using one = await startTaxii1Server({ collections: [{ name: 'feed', blocks: ['<a xmlns="urn:a"/>'] }] })
  const ended: unknown[] = []
  for (const line of [
    '--version',
    '--help',
    `configure two --url ${two.discoveryUrl} --begin 100mo`,
    `configure one --url ${one.addresses.discovery} --begin 100mo`,
    'fetch -o json',
    'doctor -o json',
    'status',
    'store verify',
    'export --format stix',
    'completion bash',
    'profile list',
    'help environment',
  ]) {
    const nodeArguments = ['--import', pathToFileURL(hook).href]
    const { exitCode, stderr } = await runProgram(line.split(' '), { folder, nodeArguments, env: { WITNESS: log } })
    if (exitCode !== 0) ended.push([line, exitCode, stderr])
  }
  expect(ended).toEqual([])
  expect(existsSync(log)).toBe(true)
  const seen = readFileSync(log, 'utf8').trim().split('\n')
  const allowed = [two.url, one.url].map((url) => JSON.stringify({ connect: new URL(url).host }))
  expect([...new Set(seen)].sort()).toEqual(allowed.sort())
})
