import { describe, expect, it } from 'vitest'
import { aFleet, aSourceText, aWorld, logpointId, sourcesOn, type World } from '../provision/a-fleet.ts'

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
})

describe('destroy', () => {
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
