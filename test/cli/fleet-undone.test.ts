import { describe, expect, it } from 'vitest'
import { aFleet, aSourceText, aWorld, logpointId, secrets, sourcesOn } from '../provision/a-fleet.ts'
import { schemaProblems } from '../support/json-schema.ts'
import type { CliResult } from '../support/run-cli.ts'
import { applied, apply } from './a-fleet-run.ts'

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
