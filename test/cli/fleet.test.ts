import { statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { aFleet, aSourceText, aWorld, logpointId, secrets, sourcesOn, type World } from '../provision/a-fleet.ts'
import { filesBelow, leaksIn } from '../support/canary.ts'
import { schemaProblems } from '../support/json-schema.ts'
import type { CliResult } from '../support/run-cli.ts'

interface Applied {
  readonly results: readonly {
    target: string
    status: string
    writes: number
    notes: string[]
    error: { code: string } | null
  }[]
  readonly totals: Record<string, number>
}

interface Planned {
  readonly results: readonly {
    target: string
    changes: { sign: string; thing: string; fields: { field: string; from: string; to: string }[] }[]
    notes: string[]
    error: { code: string } | null
  }[]
  readonly totals: Record<string, number>
}

function applied(result: CliResult): Applied {
  const value = JSON.parse(result.stdout) as Applied
  expect(schemaProblems('apply', value)).toEqual([])
  return value
}

function planned(result: CliResult): Planned {
  const value = JSON.parse(result.stdout) as Planned
  expect(schemaProblems('plan', value)).toEqual([])
  return value
}

function errorOf(result: CliResult): { code: string; kind: string; message: string; hint: string | null } {
  const line = result.stderr.split('\n').find((each) => each.startsWith('{"error"')) ?? '{}'
  return (JSON.parse(line) as { error: never }).error
}

const apply = 'apply -f fleet.yaml --yes -o json --settle-time 0'

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

describe('plan', () => {
  it('shows old and new values, secrets as ***, and ends with 8 when asked', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run(apply)
    world.write(
      aFleet(world.director, 1, {
        sources: { partner: aSourceText({ begin: '2mo', password: { file: 'token.txt' } }) },
      }),
    )
    const result = await world.run('plan -f fleet.yaml --exit-code -o json')
    expect(result.exitCode).toBe(8)
    const change = planned(result).results.flatMap(({ changes }) => changes)
    expect(change).toHaveLength(1)
    expect(change[0]).toMatchObject({ sign: '~', thing: 'source partner' })
    expect(change[0]?.fields).toEqual([
      { field: 'begin', from: '20 Days', to: '2 Months' },
      { field: 'basic.password', from: '***', to: '***' },
    ])
    expect((await world.run('drift -f fleet.yaml -o json')).exitCode).toBe(0)
    expect((await world.run('drift -f fleet.yaml --exit-code')).exitCode).toBe(8)
  })

  it('D5 is refused when someone edits in between, and nothing is sent', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run(apply)
    world.write(aFleet(world.director, 1, { sources: { partner: aSourceText({ begin: '30d' }) } }))
    expect((await world.run('plan -f fleet.yaml --out fleet.plan')).exitCode).toBe(0)
    const [source] = sourcesOn(world.director) as { fields: { fetch_interval: number } }[]
    if (source) source.fields.fetch_interval = 7
    await refresh(world)
    const before = world.writes().length
    const result = await world.run('apply --plan fleet.plan --yes -o json')
    expect(result.exitCode).toBe(6)
    expect(errorOf(result)).toMatchObject({ code: 'PROVISION_PLAN_STALE', kind: 'conflict' })
    expect(world.writes()).toHaveLength(before)
  })

  it('is carried out as it was saved, whatever the file says by then', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    expect((await world.run('plan -f fleet.yaml --out fleet.plan')).exitCode).toBe(0)
    expect(statSync(path.join(world.folder, 'fleet.plan')).mode & 0o777).toBe(0o600)
    world.write(aFleet(world.director, 1, { sources: { partner: aSourceText({ begin: '99d' }) } }))
    expect((await world.run('apply --plan fleet.plan')).exitCode).toBe(0)
    expect(sourcesOn(world.director)).toMatchObject([{ fields: { begin: 20 } }])
  })

  it('that was changed by hand, or made with another state, is refused', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run('plan -f fleet.yaml --out fleet.plan')
    world.write(world.read('fleet.plan').replace('"begin": {', '"begin":  {'), 'same.plan')
    expect((await world.run('apply --plan same.plan --yes')).exitCode).toBe(0)
    world.write(world.read('fleet.plan').replace('"count": 20', '"count": 21'), 'other.plan')
    expect(errorOf(await world.run('apply --plan other.plan --yes -o json')).code).toBe('PROVISION_PLAN_CHANGED')
    const foreign = await world.run('apply --plan fleet.plan --yes -o json --state other.json')
    expect(errorOf(foreign).code).toBe('PROVISION_PLAN_FOREIGN')
  })

  it('D11 takes a masked password for unknown, never for changed, and never writes the mask back', async () => {
    await using world = await aWorld({ faults: { lists: { secrets: 'masked' } } })
    world.write(aFleet(world.director))
    await world.run(apply)
    expect(applied(await world.run(apply)).totals).toMatchObject({ writes: 0 })
    const blind = planned(await world.run('plan -f fleet.yaml -o json --state none.json'))
    expect(blind.totals).toMatchObject({ change: 0 })
    expect(blind.results.flatMap(({ notes }) => notes).join()).toContain('basic.password')
    // An edit for another reason carries the true secrets.
    world.write(aFleet(world.director, 1, { sources: { partner: aSourceText({ begin: '30d' }) } }))
    await world.run(apply)
    expect(sourcesOn(world.director)).toMatchObject([
      { fields: { begin: 30, basic_auth_mode: { password: secrets.password } } },
    ])
    // What the file does not say and nothing shows is not guessed.
    const silent = aSourceText({ begin: '40d', password: undefined, keyPassphrase: undefined })
    world.write(aFleet(world.director, 1, { sources: { partner: silent } }))
    const refused = await world.run(`${apply} --state none.json`)
    expect(applied(refused).results.find(({ error }) => error)?.error?.code).toBe('PROVISION_EDIT_INCOMPLETE')
  })

  it('names the line of a Logpoint that nobody knows, and the one that was meant', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director, 2, { on: ['acme/lq1'] }))
    const error = errorOf(await world.run('plan -f fleet.yaml -o json'))
    expect(error.message).toMatch(/^fleet\.yaml:\d+:\d+: on: There is no Logpoint and no group "acme\/lq1"/)
    expect(error.hint).toContain('Did you mean "acme/lp')
  })

  it('stops at a source that fits twice, and plans the other Logpoints', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director, 2))
    world.director.setFaults({ twins: true, logpoints: [logpointId(1)], calls: ['sourceCreate'] })
    await world.run(apply)
    world.director.setFaults()
    const result = await world.run('plan -f fleet.yaml -o json --state none.json')
    expect(result.exitCode).toBe(12)
    expect(planned(result).results.map(({ error }) => error?.code)).toContain('PROVISION_SOURCE_AMBIGUOUS')
  })
})

describe('destroy', () => {
  it('D10 wants the name, then takes away in the documented order', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run(apply)
    const before = world.writes().length
    expect((await world.run('destroy -f fleet.yaml --yes')).exitCode).toBe(2)
    expect((await world.run('destroy -f fleet.yaml --confirm flet')).exitCode).toBe(2)
    expect(world.writes()).toHaveLength(before)
    expect((await world.run('destroy -f fleet.yaml --confirm fleet')).exitCode).toBe(0)
    expect(
      world
        .writes()
        .slice(before)
        .map((line) => line.replaceAll(/[0-9a-f]{32}/g, 'ID').replaceAll(/\/[0-9a-f]{24}/g, '/id')),
    ).toEqual([
      'DELETE /configapi/ID/ID/PluginConfiguration/StixTaxiiEnrichmentSource/id',
      'DELETE /configapi/ID/ID/Plugins/id',
      'DELETE /configapi/Uploads/ID/StixTaxii_6.1.0.pak',
      'DELETE /configapi/ID/PluginConfiguration/StixTaxiiEnrichmentSource/client.crt',
      'DELETE /configapi/ID/PluginConfiguration/StixTaxiiEnrichmentSource/client.key',
    ])
  })

  it('D10 leaves a plugin that someone else uses', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run(apply)
    world.write({
      ...aFleet(world.director),
      name: 'other',
      package: undefined,
      sources: { other: aSourceText({ username: 'bob' }) },
    })
    await world.run(apply)
    world.write(aFleet(world.director))
    const result = await world.run('destroy -f fleet.yaml --confirm fleet -o json')
    expect(result.exitCode).toBe(0)
    const notes = applied(result)
      .results.flatMap((each) => each.notes)
      .join('\n')
    expect(notes).toMatch(
      /plugin .* is still used by 1 source; kept[^]*certificate client\.crt is still used on acme\/lp1/,
    )
    expect(sourcesOn(world.director)).toHaveLength(1)
  })
})

describe('what is said when nothing is sent', () => {
  it('is not that everything is as the file says, after destroy and rollback', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    const destroyed = await world.run('destroy -f fleet.yaml --confirm fleet')
    expect(destroyed.stderr).toContain('Nothing to take away')
    expect(destroyed.stderr).not.toContain('as the file says')
    expect((await world.run(apply)).exitCode).toBe(0)
    const [run] = JSON.parse((await world.run('history -o json')).stdout) as { run: string }[]
    await world.run('destroy -f fleet.yaml --confirm fleet')
    const back = await world.run(`rollback ${run?.run ?? ''} --yes`)
    expect(back.stdout + back.stderr).not.toContain('as the file says')
    expect(back.stdout).toContain('source partner')
  })

  it('as far as the lists show, when something cannot be compared', async () => {
    await using world = await aWorld({ plugin: 'StixTaxii_6.1.0.pak' })
    const source = aSourceText({ certificate: undefined, key: undefined, keyPassphrase: undefined })
    const fleet = {
      ...aFleet(world.director, 1, { sources: { partner: source } }),
      package: undefined,
      certificates: undefined,
    }
    world.write(fleet)
    await world.run(apply)
    expect((await world.run('drift -f fleet.yaml')).stderr).not.toContain('as far as')
    const fresh = await world.run('drift -f fleet.yaml --state fresh.json')
    expect(fresh.stderr).toContain("as far as Director's lists show")
  })

  it('a plan in CSV has words for its signs', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    const { stdout } = await world.run('plan -f fleet.yaml -o csv')
    expect(stdout).toMatch(/,add,package/)
    expect(stdout).not.toContain("'+")
  })
})

describe('destroy beside another desired state', () => {
  it('D10 keeps the files and the plugin that the other one owns or uses, and names it', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run(apply)
    const other = { ...aFleet(world.director, 1, { logpoints: { 'acme/lp2': logpointId(2) } }), name: 'other' }
    world.write(other)
    expect((await world.run(apply)).exitCode).toBe(0)
    world.write({ ...other, logpoints: { 'acme/lp1': logpointId(1) }, sources: {} })
    const before = world.writes().length
    const wrong = await world.run('destroy -f fleet.yaml --confirm other -o json')
    const notes = (result: CliResult): string =>
      applied(result)
        .results.flatMap((each) => each.notes)
        .join('\n')
    expect(notes(wrong)).toMatch(/package StixTaxii_6.1.0.pak belongs to the desired state "fleet"; kept/)
    expect(notes(wrong)).toMatch(/certificate client.key is still used on acme\/lp1; kept/)
    expect(world.writes().slice(before).join('\n')).not.toContain('Uploads')
    world.write(aFleet(world.director))
    world.write(other)
    expect((await world.run(apply)).exitCode).toBe(0)
    world.write(aFleet(world.director))
    const own = await world.run('destroy -f fleet.yaml --confirm fleet -o json')
    expect(own.exitCode).toBe(0)
    expect(notes(own)).toMatch(/package StixTaxii_6.1.0.pak belongs to the desired state "other"; kept/)
  })

  it('D10 keeps a plugin that the other one installed', async () => {
    await using world = await aWorld()
    world.write({ ...aFleet(world.director), sources: {} })
    await world.run(apply)
    world.write({ ...aFleet(world.director), name: 'other', sources: {} })
    const result = await world.run('destroy -f fleet.yaml --confirm other -o json')
    expect(
      applied(result)
        .results.flatMap((each) => each.notes)
        .join('\n'),
    ).toMatch(/plugin .* belongs to the desired state "fleet"; kept/)
  })
})

describe('history and rollback', () => {
  it('lists runs and writes, and takes a run back', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run(apply)
    world.write(aFleet(world.director, 1, { sources: { partner: aSourceText({ begin: '30d', enabled: false }) } }))
    await world.run(apply)
    const history = await world.run('history -o json')
    const runs = JSON.parse(history.stdout) as { run: string; writes: number; status: string }[]
    expect(schemaProblems('history', runs)).toEqual([])
    expect(runs.map(({ writes, status }) => [writes, status])).toEqual([
      [1, 'done'],
      [5, 'done'],
    ])
    const writes = JSON.parse((await world.run(`history ${runs[1]?.run ?? ''} -o json`)).stdout) as unknown[]
    expect(schemaProblems('history', writes)).toEqual([])
    const back = await world.run(`rollback ${runs[0]?.run ?? ''} --yes -o json`)
    expect(applied(back).totals).toMatchObject({ changed: 1, writes: 1 })
    expect(sourcesOn(world.director)).toMatchObject([
      { fields: { begin: 20, st_enable_source: true, basic_auth_mode: { password: secrets.password } } },
    ])
    const all = await world.run(`rollback ${runs[1]?.run ?? ''} --yes -o json`)
    expect(all.exitCode).toBe(0)
    expect(sourcesOn(world.director)).toEqual([])
  })

  it('brings a destroyed source back, and says what it cannot restore', async () => {
    await using world = await aWorld()
    world.write(aFleet(world.director))
    await world.run(apply)
    await world.run('destroy -f fleet.yaml --confirm fleet')
    const [run] = JSON.parse((await world.run('history -o json')).stdout) as { run: string }[]
    const back = await world.run(`rollback ${run?.run ?? ''} --yes -o json`)
    expect(back.exitCode).toBe(0)
    expect(sourcesOn(world.director)).toMatchObject([{ fields: { basic_auth_mode: { password: secrets.password } } }])
    expect((await world.run('rollback nothing --yes')).exitCode).toBe(5)
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

async function refresh(world: World): Promise<void> {
  await world.run('drift -f fleet.yaml --refresh')
}
