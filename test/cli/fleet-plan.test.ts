import { statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { aFleet, aSourceText, aWorld, logpointId, secrets, sourcesOn } from '../provision/a-fleet.ts'
import { applied, apply, errorOf, planned, refresh } from './a-fleet-run.ts'

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
