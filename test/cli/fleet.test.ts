import { statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { aFleet, aSourceText, aWorld, logpointId, secrets, sourcesOn } from '../provision/a-fleet.ts'
import { filesBelow, leaksIn } from '../support/canary.ts'
import { schemaProblems } from '../support/json-schema.ts'
import { applied, apply, errorOf, planned } from './a-fleet-run.ts'

describe('apply that is stopped', () => {
  it('says what is done, what is open and what was not begun; the next run does the rest and nothing twice', async () => {
    let stop: () => void = () => undefined
    const creates: string[] = []
    await using world = await aWorld({
      onRecord: ({ method, path: at }) => {
        if (method === 'POST' && at.endsWith('StixTaxiiEnrichmentSource') && creates.push(at) === 2) stop()
      },
    })
    world.write(aFleet(world.director, 4))
    const command = `${apply} --parallel 1`
    const cut = await world.run(command, undefined, { onStart: (send) => (stop = () => send('SIGINT')) })
    expect(cut.exitCode).toBe(130)
    const { results } = applied(cut)
    const statusOf = (name: string) => results.find(({ target }) => target === name)?.status
    expect(['acme/lp1', 'acme/lp2', 'acme/lp3', 'acme/lp4'].map(statusOf)).toEqual([
      'changed',
      'pending',
      'not done',
      'not done',
    ])
    expect(errorOf(cut)).toMatchObject({ code: 'PROVISION_STOPPED', kind: 'cancelled' })
    expect((await world.run(command)).exitCode).toBe(0)
    for (const number of [1, 2, 3, 4]) expect(sourcesOn(world.director, number)).toHaveLength(1)
  })
})

describe('apply', () => {
  it('uploads, installs and creates, in the documented order', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    const result = await world.run(apply)
    expect(result.stderr).toBe('')
    expect(applied(result).totals).toMatchObject({ changed: 2, writes: 5, failed: 0 })
    expect(world.writes().map((line) => line.replaceAll(/[0-9a-f]{32}/g, 'ID'))).toEqual([
      'POST /configapi/Uploads/ID/',
      'POST /configapi/ID/PluginConfiguration/StixTaxiiEnrichmentSource/upload',
      'POST /configapi/ID/PluginConfiguration/StixTaxiiEnrichmentSource/upload',
      'POST /configapi/Uploads/ID/ID/install',
      'POST /configapi/ID/ID/PluginConfiguration/StixTaxiiEnrichmentSource',
    ])
    expect(sourcesOn(world.director)[0]).toMatchObject({
      fields: { begin: 20, begin_unit: 'Days', basic_auth_mode: { password: secrets.password } },
    })
  })

  it('D4 sends no write the second time, nor the fiftieth', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director, 2))
    await world.run(apply)
    const before = world.director.requests.length
    for (let time = 2; time <= 50; time++) {
      const result = await world.run(apply)
      expect(result.exitCode).toBe(0)
      expect(applied(result).totals).toMatchObject({ writes: 0, unchanged: 3 })
    }
    expect(world.director.requests.slice(before).filter(({ method }) => method !== 'GET')).toEqual([])
  })

  it('finds a source again without its state, by URL and user name', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run(apply)
    const count = world.writes().length
    const again = applied(await world.run(`${apply} --state elsewhere.json`))
    expect(again.totals).toMatchObject({ writes: 0 })
    expect(world.writes()).toHaveLength(count)
    const notes = planned(await world.run('plan -f fleet.yaml -o json --state elsewhere.json')).results.flatMap(
      (each) => each.notes,
    )
    expect(notes).toContain('source partner: not comparable: begin.unit, certificate.location')
  })

  it('D7 does 199 of 200 Logpoints when one fails, ends with 12, and touches one the next time', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    const fleet = aFleet(world.director, 200, {
      sources: { partner: aSourceText({ certificate: undefined, key: undefined, keyPassphrase: undefined }) },
    })
    world.write({ ...fleet, package: undefined, certificates: undefined })
    world.director.setFaults({ coManaged: { logpoints: [logpointId(37)] } })
    const first = await world.run(`${apply} --parallel 16`)
    expect(first.exitCode).toBe(12)
    const { results, totals } = applied(first)
    expect(totals).toMatchObject({ targets: 200, changed: 199, failed: 1, writes: 199 })
    expect(results.find(({ status }) => status === 'failed')?.target).toBe('acme/lp37')
    expect(errorOf(first)).toMatchObject({ code: 'PROVISION_TARGETS_FAILED', kind: 'partial' })
    world.director.setFaults()
    const before = world.writes().length
    const second = applied(await world.run(`${apply} --parallel 16`))
    expect(second.totals).toMatchObject({ changed: 1, unchanged: 199 })
    expect(world.writes().slice(before)).toHaveLength(1)
    expect(world.writes().at(-1)).toContain(logpointId(37))
  })

  it('stops everything when the token dies in the middle, and says what was not done', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    const fleet = aFleet(world.director, 12)
    world.write(fleet)
    world.director.setFaults({ tokenExpiresAfter: 70 })
    const result = await world.run(`${apply} --parallel 2`)
    expect(result.exitCode).toBe(4)
    const { totals } = applied(result)
    expect(totals['changed']).toBeGreaterThan(0)
    expect(totals['notDone']).toBeGreaterThan(0)
    const refused = world.director.requests.filter(({ status }) => status === 401)
    expect(refused.length).toBeLessThan(4)
    world.director.setFaults()
    expect((await world.run(apply)).exitCode).toBe(0)
    for (let number = 1; number <= 12; number++) expect(sourcesOn(world.director, number)).toHaveLength(1)
  })

  it('asks before it writes, and without a terminal wants --yes', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    const result = await world.run('apply -f fleet.yaml -o json')
    expect(result.exitCode).toBe(2)
    expect(errorOf(result).code).toBe('CLI_CANNOT_ASK')
    expect(world.writes()).toEqual([])
  })

  it('takes back what the file no longer names, and leaves what it never knew', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director, 2))
    await world.run(apply)
    const other = aSourceText({ url: 'https://other.example/taxii/' })
    world.write({
      ...aFleet(world.director, 2),
      name: 'other',
      package: undefined,
      certificates: undefined,
      sources: { other },
    })
    expect((await world.run(apply)).exitCode).toBe(0)
    world.write({ ...aFleet(world.director, 2), sources: {}, certificates: undefined })
    const plan = planned(await world.run('plan -f fleet.yaml -o json'))
    expect(plan.results.flatMap(({ changes }) => changes.map(({ sign, thing }) => `${sign} ${thing}`))).toEqual([
      '- source partner',
      '- source partner',
    ])
    expect(plan.results.flatMap(({ notes }) => notes).join('\n')).toMatch(
      /belongs to the desired state "other"; left alone[^]*certificate client.crt is still used/,
    )
    expect((await world.run(apply)).exitCode).toBe(0)
    expect(sourcesOn(world.director)).toMatchObject([{ fields: { discovery_url: 'https://other.example/taxii/' } }])
  })

  it('D8 sends a file that was replaced since the plan not at all', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run('plan -f fleet.yaml --out fleet.plan')
    writeFileSync(path.join(world.folder, 'StixTaxii_6.1.0.pak'), 'PK another package')
    const result = await world.run('apply --plan fleet.plan --yes -o json')
    expect(result.exitCode).toBe(6)
    expect(applied(result).results[0]?.error?.code).toBe('PROVISION_FILE_CHANGED')
    expect(world.writes()).toEqual([])
  })

  it('D8 puts a renewed certificate of the same name in the place of the old one', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run(apply)
    writeFileSync(
      path.join(world.folder, 'client.crt'),
      '-----BEGIN CERTIFICATE-----\nNEW\n-----END CERTIFICATE-----\n',
    )
    const before = world.writes().length
    expect(applied(await world.run(apply)).totals).toMatchObject({ writes: 2 })
    expect(
      world
        .writes()
        .slice(before)
        .map((line) => line.split(' ', 1)[0]),
    ).toEqual(['DELETE', 'POST'])
    expect(applied(await world.run(apply)).totals).toMatchObject({ writes: 0 })
  })

  it('S24 refuses a private key in public storage unless the file says it twice', async () => {
    await using world = await aWorld()
    const open = (more: object) => [{ file: 'client.crt' }, { file: 'client.key', storage: 'public', ...more }]
    world.write(aFleet(world.director, 1, { certificates: open({}), sources: {} }))
    const refused = await world.run(apply)
    expect(refused.exitCode).toBe(3)
    expect(errorOf(refused).message).toMatch(
      /fleet\.yaml:\d+:\d+: .*would show the private key client\.key to every pool/,
    )
    world.write(aFleet(world.director, 1, { certificates: open({ publicKey: true }), sources: {} }))
    expect((await world.run(apply)).exitCode).toBe(0)
  })
})

describe('secrets', () => {
  it('S6 are in no plan, state, journal, trace, output or error of these commands', async () => {
    await using world = await aWorld({ faults: { orderEchoes: true } })
    world.write(aFleet(world.director))
    const said: string[] = []
    const commands = [
      'plan -f fleet.yaml --out fleet.plan -o json --trace-http trace.ndjson',
      'apply --plan fleet.plan --yes -o json --trace-http trace.ndjson --debug',
      'plan -f fleet.yaml',
      'drift -f fleet.yaml --refresh -o yaml',
      'history -o json',
      'destroy -f fleet.yaml --confirm fleet --trace-http trace.ndjson',
    ]
    for (const command of commands) {
      const { stdout, stderr } = await world.run(command)
      said.push(stdout, stderr)
    }
    world.director.setFaults({ serverError: { status: 500, times: 1 }, calls: ['sourceCreate'] })
    const failed = await world.run(`${apply} --debug`)
    said.push(failed.stdout, failed.stderr)
    expect(leaksIn(said.join('\n'), secrets)).toEqual([])
    const kept = filesBelow(world.folder, ['token.txt', 'pw.txt', 'passphrase.txt'])
    expect(kept.map(([name]) => name)).toEqual(
      expect.arrayContaining(['state.json', 'state.json.journal', 'fleet.plan', 'trace.ndjson']),
    )
    expect(kept.filter(([, text]) => leaksIn(text, secrets).length > 0).map(([name]) => name)).toEqual([])
    expect(statSync(path.join(world.folder, 'data', 'state.json')).mode & 0o777).toBe(0o600)
  })
})

describe('init', () => {
  it('writes a file to begin with, once', async () => {
    await using world = await aWorld()
    const made = await world.run('init site.yaml --name site -o json')
    expect(schemaProblems('init', JSON.parse(made.stdout))).toEqual([])
    expect(world.read('site.yaml')).toMatch(/^# yaml-language-server: \$schema=/)
    const again = await world.run('init site.yaml -o json')
    expect(again.exitCode).toBe(6)
    expect(errorOf(again).code).toBe('CLI_INIT_EXISTS')
  })
})
