import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { filesBelow, leaksIn } from '../support/canary.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'
import type { CliResult } from '../support/run-cli.ts'

const fields = [
  'password',
  'token',
  'query-key',
  'client-secret',
  'header',
  'key-passphrase',
  'proxy-password',
  'discovery',
  'passphrase',
  'private-key',
  'director-token',
  'stdin',
] as const

// Blanks, quotes and an accent make each way of writing it look different; beginning and end are the field's own.
const canary = (field: (typeof fields)[number]): string =>
  `c4n4ry ${field} "é\\/+& ${String(fields.indexOf(field) + 1).repeat(11)}`

const canaries = Object.fromEntries(fields.map((field) => [field, canary(field)]))
const leaks = (text: string): string[] => leaksIn(text, canaries)

const folder = temporaryFolder()
const config = join(folder, 'config')
const env = { STIXTAXII_PASSPHRASE: canary('passphrase') }
const files: Record<string, string> = {}
const outputs: [string, CliResult][] = []

async function run(command: string, options: { stdin?: string; folder?: string } = {}): Promise<CliResult> {
  const result = await runCli(command.split(' '), { folder, env, ...options })
  outputs.push([command, result])
  return result
}

beforeAll(async () => {
  await mkdir(join(folder, 'secrets'), { mode: 0o700 })
  for (const field of fields) {
    files[field] = join(folder, 'secrets', field)
    await writeFile(files[field], `${canary(field)}\n`, { mode: 0o600 })
  }
  await writeFile(files['private-key'] ?? '', `-----BEGIN PRIVATE KEY-----\n${canary('private-key')}\n`)
})

describe('S6 a canary in every secret field', () => {
  it('would be found, however it is written', () => {
    const secret = canary('token')
    const basic = Buffer.from(`ann:${secret}`).toString('base64')
    for (const text of [
      secret,
      JSON.stringify({ secret }),
      basic,
      encodeURIComponent(secret),
      btoa(unescape(encodeURIComponent(secret))),
    ]) {
      expect(leaks(`before ${text} after`)).toEqual(['token'])
    }
    expect(leaks('nothing here')).toEqual([])
  })

  it(
    'is in no output of configure, profile and credential, whatever the format and however they end',
    { timeout: 120_000 },
    async () => {
      await using server = await startTaxii2Server({
        collections: [{ id: '11111111-2222-4333-8444-555555555555', objects: [] }],
        authentication: [
          { scheme: 'basic', username: 'ann', password: canary('password') },
          { scheme: 'header', name: 'x-key', value: 'other than the canary' },
        ],
      })
      const f = (field: (typeof fields)[number]): string => files[field] ?? ''
      const common =
        `--header X-Key=${f('header')} --certificate ${f('private-key')} --key ${f('private-key')} ` +
        `--key-passphrase-file ${f('key-passphrase')} --proxy http://127.0.0.1:9 --proxy-username p ` +
        `--proxy-password-file ${f('proxy-password')} --discovery-username d --discovery-password-file ${f('discovery')} ` +
        '--no-use-certificate --no-use-proxy'
      const url = server.discoveryUrl
      // Refused by the server, by a proxy that is not there, by an unusable key; then saved untested in each way.
      await run(
        `configure basic --url ${url} --username ann --password-file ${f('password')} --header X-Key=${f('header')} -o json --debug --verbose --trace-http trace.jsonl`,
      )
      await run(`configure basic --url ${url} --auth bearer --token-file ${f('token')} --debug`)
      await run(
        `configure basic --url ${url} --query-key k --query-key-file ${f('query-key')} --debug --trace-http trace.jsonl`,
      )
      await run(
        `configure basic --url ${url} --username ann --password-file ${f('password')} ${common} --use-proxy --debug`,
      )
      await run(
        `configure basic --url ${url} --username ann --password-file ${f('password')} ${common} --use-certificate --debug`,
      )
      await run(
        `configure basic --url ${url} --oauth-token-url ${url} --client-id i --client-secret-file ${f('client-secret')} --debug --trace-http trace.jsonl`,
      )
      const https = '--url https://taxii.example/ --no-test'
      await run(`configure basic ${https} --username ann --password-file ${f('password')} ${common} -o json`)
      await run(
        `configure sealed ${https} --username ann --password-file ${f('password')} ${common} --credential-store sealed`,
      )
      await run(
        `configure plain ${https} --auth bearer --token-file ${f('token')} ${common} --credential-store file -o yaml`,
      )
      await run(`configure key ${https} --query-key k --query-key-file ${f('query-key')} --credential-store sealed`)
      await run(
        `configure oauth ${https} --oauth-token-url https://t.example/ --client-id i --client-secret-file ${f('client-secret')} --credential-store file`,
      )
      await run(`configure piped ${https} --auth token --secret-stdin --credential-store sealed`, {
        stdin: canary('stdin'),
      })
      await run(
        `configure director hq --url https://director.example --token-file ${f('director-token')} --credential-store file`,
      )
      const names = ['basic', 'sealed', 'plain', 'key', 'oauth', 'piped', 'hq']
      for (const format of ['table', 'json', 'yaml', 'csv', 'ndjson', 'name']) await run(`profile list -o ${format}`)
      for (const format of ['table', 'json']) await run(`credential list --check -o ${format} --debug`)
      for (const name of names) for (const format of ['table', 'json']) await run(`profile show ${name} -o ${format}`)
      await run('profile export')
      await run('profile export --format json')
      await run('credential set plain --stdin --credential-store file -o json', { stdin: canary('token') })
      await run(`credential set sealed password --file ${f('password')} --credential-store sealed -o json`)
      await run(`credential set sealed header-X-Key --stdin`, { stdin: canary('header') })
      await run('profile use plain -o json')
      await run('profile rename plain plainer -o json')
      const ended = new Set(outputs.map(([, { exitCode }]) => exitCode))
      expect([...ended].sort()).toContain(0)
      expect(ended.size).toBeGreaterThan(1)
      for (const [command, { stdout, stderr }] of outputs)
        expect([command, leaks(stdout + stderr)]).toEqual([command, []])
      const plain = ['credentials.json', ...fields]
      for (const [name, text] of filesBelow(folder, plain)) expect([name, leaks(text)]).toEqual([name, []])
      const places = filesBelow(folder, fields).map(([name]) => name)
      expect(places).toEqual(expect.arrayContaining(['profiles.json', 'credentials.sealed.json', 'trace.jsonl']))
    },
  )

  it('is in no output of what fails while it has the secret in hand', { timeout: 60_000 }, async () => {
    const before = outputs.length
    await chmod(join(config, 'credentials.json'), 0o644)
    await run('credential list --check -o json --debug')
    await run('profile remove oauth --yes --debug')
    await chmod(join(config, 'credentials.json'), 0o600)
    await writeFile(
      join(config, 'credentials.json'),
      `{"version": 1, "secrets": {"a": "${canary('token').slice(0, 9)}\n`,
      { mode: 0o600 },
    )
    await run('credential list --check --debug')
    await run('credential set plainer --stdin --debug', { stdin: `${canary('stdin')}\0` })
    await run('profile import - --credential-store sealed --debug', {
      stdin: `stixtaxii: 1\nprofiles: []\nsecrets: {a: {b: [${JSON.stringify(canary('token'))}]}}\n`,
    })
    await run(`credential set plainer ${'x'.repeat(3)} --env A --debug`)
    for (const [command, { stdout, stderr }] of outputs.slice(before)) {
      expect([command, leaks(stdout + stderr)]).toEqual([command, []])
    }
    expect(outputs.slice(before).filter(([, { exitCode }]) => exitCode !== 0).length).toBeGreaterThan(3)
  })

  it('given where it must not be, as an argument, is not repeated', async () => {
    const secret = 'c4n4ry-as-argument'
    for (const words of [
      ['configure', 'acme', '--url', `https://ann:${secret}@taxii.example/`, '--no-test'],
      ['configure', 'acme', '--url', `https://taxii.example/?token=${secret}`, '--no-test'],
      [
        'configure',
        'acme',
        '--url',
        'https://taxii.example/',
        '--proxy',
        `http://u:${secret}@p.example:1`,
        '--no-test',
      ],
      ['configure', 'acme', '--url', 'https://taxii.example/', '--allow-origin', `https://u:${secret}@p.example`],
      ['credential', 'set', 'sealed', secret, '--env', 'A'],
      ['profile', 'list', `--url=https://ann:${secret}@taxii.example/`],
    ]) {
      const { exitCode, stdout, stderr } = await runCli([...words, '--debug'], { folder, env })
      expect(exitCode).not.toBe(0)
      expect([words[1], stdout + stderr]).toEqual([words[1], expect.not.stringContaining(secret)])
    }
  })
})
