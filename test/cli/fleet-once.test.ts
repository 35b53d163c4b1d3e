import { lstatSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { aFleet, aSourceText, aWorld, logpointId, poolId, sourcesOn, type World } from '../provision/a-fleet.ts'
import { runCli, temporaryFolder, type CliResult } from '../support/run-cli.ts'

const apply = 'apply -f fleet.yaml --yes -o json --settle-time 0'

/** A fleet of sources alone, without certificates. */
function sourcesOnly(world: World, count = 1): Record<string, unknown> {
  const source = aSourceText({ certificate: undefined, key: undefined, keyPassphrase: undefined })
  return {
    ...aFleet(world.director, count, { sources: { partner: source } }),
    package: undefined,
    certificates: undefined,
  }
}

function lastRun(result: CliResult): string {
  return (JSON.parse(result.stdout) as { run: string }[])[0]?.run ?? ''
}

describe('a source is never made twice', () => {
  it('D1 when the list cannot be made fresh after a lost answer: nothing more is sent there', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    world.write(sourcesOnly(world))
    const stale = [{ staleLists: true }, { calls: ['refreshList'], order: { kind: 'failed', as: 'message' } }] as const
    world.director.setFaults(...stale, { calls: ['sourceCreate'], cut: { call: 1, when: 'after' } })
    expect((await world.run(apply)).exitCode).toBe(8)
    world.director.setFaults(...stale)
    const second = await world.run(apply)
    expect(second.exitCode).toBe(8)
    expect(sourcesOn(world.director)).toHaveLength(1)
    world.director.setFaults()
    expect((await world.run(apply)).exitCode).toBe(0)
    expect(sourcesOn(world.director)).toHaveLength(1)
  })

  it('D1 when the token dies right after it was made', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    world.write(sourcesOnly(world))
    // The list, the create (whose answer is lost), and no more.
    world.director.setFaults(
      { staleLists: true },
      { calls: ['sourceCreate'], cut: { call: 1, when: 'after' } },
      { tokenExpiresAfter: 2 },
    )
    expect((await world.run(apply)).exitCode).toBe(4)
    expect(sourcesOn(world.director)).toHaveLength(1)
    world.director.setFaults({ staleLists: true })
    expect((await world.run(apply)).exitCode).toBe(0)
    expect(sourcesOn(world.director)).toHaveLength(1)
  })

  it('when two names stand for one Logpoint: the file is refused with the line', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    const logpoints = { 'acme/lp1': logpointId(1), 'acme/lp2': logpointId(1) }
    world.write({ ...sourcesOnly(world), logpoints })
    const result = await world.run(apply)
    expect(result.stderr).toContain('acme/lp1')
    expect(result.exitCode).toBe(3)
    expect(sourcesOn(world.director)).toHaveLength(0)
  })

  it('when two sources of a file have one URL and user name on one Logpoint: it is refused with the line', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    const fleet = sourcesOnly(world, 2)
    const { partner } = fleet['sources'] as Record<string, Record<string, unknown>>
    world.write({ ...fleet, sources: { partner, again: partner } })
    const result = await world.run(apply)
    expect(result.exitCode).toBe(3)
    expect(result.stderr).toMatch(
      /fleet\.yaml:\d+:\d+: sources\.again has the URL and user name of partner on acme\/lp1/,
    )
    expect(world.writes()).toEqual([])
    const apart = { partner: { ...partner, on: ['acme/lp1'] }, again: { ...partner, on: ['acme/lp2'] } }
    world.write({ ...fleet, sources: apart })
    expect((await world.run(apply)).exitCode).toBe(0)
  })

  it('when another desired state has made it: the plan says a conflict', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    world.write(sourcesOnly(world))
    expect((await world.run(apply)).exitCode).toBe(0)
    world.write({ ...sourcesOnly(world), name: 'other' })
    const result = await world.run(apply)
    expect(result.exitCode).toBe(6)
    expect(result.stdout).toContain('belongs to the desired state \\"fleet\\"')
    expect(sourcesOn(world.director)).toHaveLength(1)
  })

  it('by a rollback that is run again, or after an apply has made it anew', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    world.write(sourcesOnly(world))
    await world.run(apply)
    await world.run('destroy -f fleet.yaml --confirm fleet --settle-time 0 -o json')
    const destroyed = lastRun(await world.run('history -o json'))
    for (let time = 1; time <= 2; time++) {
      const result = await world.run(`rollback ${destroyed} --yes -o json --settle-time 0`)
      expect(result.exitCode).toBe(0)
      expect(sourcesOn(world.director)).toHaveLength(1)
    }
  })
})

describe('rollback', () => {
  it('leaves a renewed certificate alone when the former one is no longer to be had', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run(apply)
    world.put('client.crt', '-----BEGIN CERTIFICATE-----\nMIIB renewed\n-----END CERTIFICATE-----\n')
    expect((await world.run(apply)).exitCode).toBe(0)
    const renewed = lastRun(await world.run('history -o json'))
    const before = world.writes().length
    const result = await world.run(`rollback ${renewed} --yes -o json --settle-time 0`)
    expect(result.exitCode).not.toBe(0)
    expect(world.writes().slice(before)).toEqual([])
    expect(world.director.fabric.pools[poolId]?.certificates.map(({ name }) => name)).toContain('client.crt')
  })

  it('shows everything that it changes back, also what others changed since', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    world.write(sourcesOnly(world))
    await world.run(apply)
    const source = aSourceText({ certificate: undefined, key: undefined, keyPassphrase: undefined })
    world.write({ ...sourcesOnly(world), sources: { partner: { ...source, fetchInterval: '1d' } } })
    await world.run(apply)
    const edited = lastRun(await world.run('history -o json'))
    world.write({ ...sourcesOnly(world), sources: { partner: { ...source, fetchInterval: '1d', begin: '90d' } } })
    await world.run(apply)
    const result = await world.run(`rollback ${edited} --yes -o json --settle-time 0`)
    expect(result.exitCode).toBe(0)
    expect(result.stdout).toContain('90 Days')
    expect(result.stdout).toContain('20 Days')
  })

  it('D10 keeps a certificate that a source uses which was made since', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    world.write({ ...aFleet(world.director, 1), package: undefined, sources: undefined })
    await world.run(apply)
    const uploaded = lastRun(await world.run('history -o json'))
    world.write({ ...aFleet(world.director, 1), package: undefined })
    await world.run(apply)
    const result = await world.run(`rollback ${uploaded} --yes -o json --settle-time 0`)
    expect(result.stdout).toContain('is still used on acme/lp1')
    expect(world.director.fabric.pools[poolId]?.certificates.map(({ name }) => name).sort()).toEqual([
      'client.crt',
      'client.key',
    ])
  })
})

describe('destroy', () => {
  it('D10 keeps a certificate that a Logpoint uses which the file is not about', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    const fleet = { ...aFleet(world.director, 2), package: undefined }
    world.write({ ...fleet, on: ['acme/lp2'], name: 'other' })
    expect((await world.run(apply)).exitCode).toBe(0)
    world.write({ ...fleet, on: ['acme/lp1'] })
    expect((await world.run(apply)).exitCode).toBe(0)
    const result = await world.run('destroy -f fleet.yaml --confirm fleet --settle-time 0 -o json')
    expect(result.exitCode).toBe(0)
    expect(result.stdout).toContain('certificate client.crt is still used on acme/lp2; kept')
    expect(sourcesOn(world.director, 1)).toHaveLength(0)
    expect(world.director.fabric.pools[poolId]?.certificates).toHaveLength(2)
  })

  it('does not say it is done when the storage could not be looked at', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run(apply)
    world.director.setFaults({ calls: ['certificateList'], html: true })
    const result = await world.run('destroy -f fleet.yaml --confirm fleet --settle-time 0 -o json')
    expect(result.exitCode).toBe(12)
    expect(result.stdout).toContain('DIRECTOR_NOT_JSON')
  })
})

describe('a saved plan', () => {
  it('D5 is refused when another run has written what no list shows', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    const source = aSourceText({ certificate: undefined, key: undefined, keyPassphrase: undefined })
    world.write(sourcesOnly(world))
    await world.run(apply)
    world.write({ ...sourcesOnly(world), sources: { partner: { ...source, fetchInterval: '1d' } } })
    await world.run('plan -f fleet.yaml --out fleet.plan')
    world.write({ ...sourcesOnly(world), sources: { partner: { ...source, begin: '20mo' } } }, 'other.yaml')
    expect((await world.run('apply -f other.yaml --yes --settle-time 0')).exitCode).toBe(0)
    const before = world.writes().length
    const result = await world.run('apply --plan fleet.plan --yes -o json')
    expect(result.exitCode).toBe(6)
    expect(world.writes().slice(before)).toEqual([])
  })

  it('sends nothing of a file and keeps the old one when the new one is gone since', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run(apply)
    world.put('client.crt', '-----BEGIN CERTIFICATE-----\nMIIB renewed\n-----END CERTIFICATE-----\n')
    await world.run('plan -f fleet.yaml --out fleet.plan')
    const before = world.writes().length
    unlinkSync(path.join(world.folder, 'client.crt'))
    world.write(aFleet(world.director, 1, { certificates: undefined }))
    const result = await world.run('apply --plan fleet.plan --yes -o json')
    expect(result.exitCode).toBe(12)
    expect(result.stdout).toContain('PROVISION_FILE_CHANGED')
    expect(world.writes().slice(before)).toEqual([])
  })
})

describe('the state', () => {
  it('stays one file when it is named by a link', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    world.write(sourcesOnly(world))
    symlinkSync('data/real.json', path.join(world.folder, 'link.json'))
    await world.run(`${apply} --state data/real.json`)
    const source = aSourceText({ certificate: undefined, key: undefined, keyPassphrase: undefined })
    world.write({ ...sourcesOnly(world), sources: { partner: { ...source, begin: '30d' } } })
    expect((await world.run(`${apply} --state link.json`)).exitCode).toBe(0)
    expect(lstatSync(path.join(world.folder, 'link.json')).isSymbolicLink()).toBe(true)
    expect(world.read('data/real.json')).toContain('"count": 30')
    expect(await world.run('history --state link.json -o json')).toEqual(
      await world.run('history --state data/real.json -o json'),
    )
  })
})

describe('an edit', () => {
  it("never gives one user's password to another", async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    const source = aSourceText({ certificate: undefined, key: undefined, keyPassphrase: undefined })
    world.write(sourcesOnly(world))
    await world.run(apply)
    const before = world.writes().length
    world.write({ ...sourcesOnly(world), sources: { partner: { ...source, username: 'bob', password: undefined } } })
    const result = await world.run(apply)
    expect(result.exitCode).toBe(3)
    expect(result.stdout).toContain('PROVISION_EDIT_INCOMPLETE')
    expect(world.writes().slice(before)).toEqual([])
  })
})

describe('init', () => {
  it('names the desired state after its file: two of one name would take away what the other made', async () => {
    await using world = await aWorld()
    expect((await world.run('init site-a.yaml')).exitCode).toBe(0)
    expect(world.read('site-a.yaml')).toContain('\nname: site-a\n')
    expect((await world.run('init -- .odd.yaml')).exitCode).toBe(0)
    expect(world.read('.odd.yaml')).toContain('\nname: fleet\n')
  })

  it('leaves the pools to a Director profile that has them', async () => {
    const folder = temporaryFolder()
    writeFileSync(path.join(folder, 'token.txt'), 'token', { mode: 0o600 })
    const at = { folder, cwd: folder }
    expect((await runCli('init before.yaml', at)).exitCode).toBe(0)
    const pool = '0123456789abcdef0123456789abcdef'
    const flags = `--url https://director.example --token-file token.txt --pool acme=${pool} --no-test`
    expect((await runCli(`configure director hq ${flags}`, at)).exitCode).toBe(0)
    expect((await runCli('init after.yaml', at)).exitCode).toBe(0)
    expect(readFileSync(path.join(folder, 'before.yaml'), 'utf8')).toMatch(/^pools:\n {2}acme:/m)
    expect(readFileSync(path.join(folder, 'after.yaml'), 'utf8')).toMatch(/^# pools:\n# {3}acme:/m)
  })
})
