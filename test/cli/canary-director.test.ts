import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { filesBelow, leaksIn } from '../support/canary.ts'
import type { CliResult } from '../support/run-cli.ts'
import { aDirectorWorld, logpointId, poolId } from './a-director-world.ts'

const canary = (field: string, number: number): string => `c4n4ry-${field}-${String(number).repeat(11)}`
const secrets = {
  token: canary('director-token', 1),
  password: canary('pass"word/+&é', 2),
  passphrase: canary('passphrase', 3),
  key: canary('private-key', 4),
  listed: canary('listed-by-others', 5),
  bearer: canary('bearer', 6),
}

describe('S6 a canary in every secret of the Director commands', () => {
  it('is in no output, state, trace or error', { timeout: 120_000 }, async () => {
    await using world = await aDirectorWorld({ token: secrets.token })
    await using server = await startTaxii2Server({ collections: [{ id: 'c1', objects: [] }] })
    const outputs: [string, CliResult][] = []
    const run = async (line: string): Promise<CliResult> => {
      const result = await world.run(`${line} --trace-http trace.jsonl --debug`)
      outputs.push([line, result])
      return result
    }
    for (const [name, secret] of Object.entries(secrets)) await world.file(`${name}.secret`, `${secret}\n`)
    await world.file('token', `${secrets.token}\n`)
    await world.file('client.key', `-----BEGIN PRIVATE KEY-----\n${secrets.key}\n-----END PRIVATE KEY-----\n`)
    await world.file('client.crt', '-----BEGIN CERTIFICATE-----\nAAAA\n')
    await world.file('StixTaxii_6.1.0.pak', 'x')
    const where = `--pool acme=${poolId} --logpoint acme/lp1=${logpointId(1)}`
    await run(`configure director two --url ${world.director.url} --token-file token ${where} --credential-store file`)
    await run('profile use hq')
    await run(`configure director bad --url ${world.director.url} --token-file password.secret ${where}`)
    const login = '--username ann --password-file password.secret'
    const pair = '--certificate client.crt --key client.key --key-passphrase-file passphrase.secret'
    const feed = `--url ${server.discoveryUrl} --taxii-version 2.1 --begin 20d`
    await run(`configure taxii feed ${feed} ${login} ${pair} --no-test`)
    await run('director certificate upload client.crt client.key --pool acme')
    await run('director certificate upload client.key --public')
    await run('director package upload StixTaxii_6.1.0.pak --pool acme')
    for (const format of ['table', 'json', 'yaml']) await run(`director source create feed --on acme/* -o ${format}`)
    await run('director source create feed --on acme/* --if-absent')
    await run(`director source create ${feed} --auth bearer --token-file bearer.secret --on acme/lp1`)
    await run('director source edit feed --begin 30d --on acme/* -o json')
    await run('director source edit feed --password-file listed.secret --on acme/lp1')
    for (const format of ['table', 'json', 'yaml', 'csv', 'ndjson', 'name'])
      await run(`director source list -o ${format}`)
    await run('director source show feed -o json')
    await run('director source test feed -o json')
    await run('director source status')
    // What others wrote is listed in clear; what Director echoes may come back in errors.
    const pool = world.director.fabric.pools[poolId]
    for (const source of pool?.logpoints[logpointId(2)]?.sources ?? []) {
      Object.assign(source.fields.basic_auth_mode, { password: secrets.listed })
    }
    await run('director source list -o json')
    await run('director source edit feed --begin 40d --on acme/* -o json')
    world.director.setFaults({ order: { kind: 'failed', as: 'message', reason: `bad password ${secrets.password}` } })
    await run('director source edit feed --begin 50d --on acme/* -o json')
    world.director.setFaults({ orderEchoes: true, order: { kind: 'never' } })
    await run('director source edit feed --begin 60d --on acme/lp1 --timeout 2 -o json')
    world.director.setFaults({ html: true })
    await run('director source edit feed --begin 70d --on acme/lp1')
    world.director.setFaults({ tokenExpiresAfter: 1 })
    await run('director source delete feed --on acme/* --yes -o json')
    world.director.setFaults({})
    await run('director directory export')
    await run('director plugin list --all -o json')
    await run('director source delete feed --on acme/* --yes')
    await run('director certificate trash client.key --pool acme --yes')
    await run('doctor hq two')
    await chmod(join(world.folder, 'password.secret'), 0o000)
    await run('director source create feed --on acme/lp1')
    await chmod(join(world.folder, 'password.secret'), 0o600)

    const ended = outputs.map(([, { exitCode }]) => exitCode)
    expect(new Set(ended).size).toBeGreaterThan(4)
    expect(ended).not.toContain(1)
    for (const [line, { stdout, stderr }] of outputs)
      expect([line, leaksIn(stdout + stderr, secrets)]).toEqual([line, []])
    const own = [...Object.keys(secrets).map((name) => `${name}.secret`), 'token', 'client.key', 'credentials.json']
    const files = filesBelow(world.folder, own)
    for (const [name, text] of files) expect([name, leaksIn(text, secrets)]).toEqual([name, []])
    expect(files.map(([name]) => name)).toEqual(expect.arrayContaining(['state.json', 'trace.jsonl', 'profiles.json']))
    // The true values were on the wire.
    const sent = JSON.stringify(world.director.requests.map(({ json }) => json))
    for (const secret of [secrets.password, secrets.passphrase]) {
      expect(sent).toContain(JSON.stringify(secret).slice(1, -1))
    }
  })
})
