import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli, temporaryFolder } from '../support/run-cli.ts'
import { sharedData } from '../support/shared-data.ts'

/** The formats of real feeds, read by the programs that they are for. */
const folder = temporaryFolder()
const own = path.join(folder, 'own.json')
const stamp = '2026-01-01T00:00:00.000Z'
const patterns = [
  "[ipv4-addr:value = '203.0.113.0/24']",
  "[ipv4-addr:value = '203.0.113.9']",
  "[ipv6-addr:value = '2001:db8::/32']",
  "[ipv6-addr:value = '2001:db8:0:1::7']",
  "[domain-name:value = 'xn--bcher-kva.example']",
  "[domain-name:value = '_dmarc.bad.example']",
]

function run(command: string, args: readonly string[], input?: string): { status: number | null; said: string } {
  const environment = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` }
  const { status, stdout, stderr } = spawnSync(command, args, { input, encoding: 'utf8', env: environment })
  return { status, said: `${stdout}${stderr}` }
}

async function exported(format: string): Promise<string> {
  const out = path.join(folder, `out.${format}`)
  const { exitCode, stderr } = await runCli(['export', '--format', format, '--out', out], { folder, cwd: folder })
  expect([exitCode, stderr]).toEqual([0, expect.any(String)])
  return out
}

beforeAll(async () => {
  const objects = patterns.map((pattern, n) => ({
    type: 'indicator',
    spec_version: '2.1',
    id: `indicator--00000000-0000-4000-8000-00000000000${n}`,
    ...{ created: stamp, modified: stamp, valid_from: stamp, pattern_type: 'stix', pattern },
  }))
  writeFileSync(own, JSON.stringify({ type: 'bundle', id: 'bundle--00000000-0000-4000-8000-00000000000a', objects }))
  const feeds = [sharedData('stix2/amnesty-pegasus.stix2.json'), sharedData('stix2/talos-darkgate-stix20.json')]
  const imported = await runCli(['import', own, ...feeds, sharedData('stix1/citizenlab-packrat.xml')], { folder })
  expect(imported.exitCode).toBe(0)
})

// Sets are put into a name space of their own, never into this machine's firewall.
const hasNamespaces = run('unshare', ['-rn', 'true']).status === 0

describe('what is exported is read by', () => {
  it('named-checkzone: the response policy zone', async () => {
    const { status, said } = run('named-checkzone', ['rpz.example', await exported('rpz')])
    expect([status, said]).toEqual([0, expect.stringMatching(/\nOK\n$/)])
  })

  it('unbound-checkconf: the same zone', async () => {
    const settings = path.join(folder, 'unbound.conf')
    const zone = await exported('rpz')
    writeFileSync(
      settings,
      `server:\n  module-config: "respip validator iterator"\n  chroot: ""\n  username: ""\n  directory: "${folder}"\n` +
        `rpz:\n  name: rpz.example\n  zonefile: "${zone}"\n`,
    )
    const { status, said } = run('unbound-checkconf', [settings])
    expect([status, said]).toEqual([0, expect.stringContaining('no errors')])
  })

  it.skipIf(!hasNamespaces)('nft -c: the sets, also with overlapping networks', async () => {
    const { status, said } = run('unshare', ['-rn', 'nft', '-c', '-f', await exported('nftables')])
    expect([status, said]).toEqual([0, ''])
  })

  it.skipIf(!hasNamespaces)('ipset restore: the sets, twice, with every address in them', async () => {
    const file = await exported('ipset')
    const script = `ipset restore < '${file}' && ipset restore < '${file}' && ipset list -o save`
    const { status, said } = run('unshare', ['-rn', 'sh', '-c', script])
    expect([status, said]).toEqual([0, expect.stringContaining('add stixtaxii-ipv6 2001:db8::/32')])
    const added = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('add ')).length
    expect(said.split('\n').filter((line) => line.startsWith('add '))).toHaveLength(added)
    expect(said).not.toContain('-new')
  })
})
