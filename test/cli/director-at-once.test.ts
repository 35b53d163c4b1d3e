import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { aDirectorWorld, anAcmeProfile, logpointId, poolId } from './a-director-world.ts'

describe('two processes that change sources at once', () => {
  it('D1 create a source once: the second finds what the first made', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    const line = 'director source create feed --on acme/lp1 --lock-timeout 1h'
    const both = await Promise.all([world.run(line), world.run(line)])
    expect(both.map(({ exitCode }) => exitCode).sort()).toEqual([0, 6])
    expect(world.sent().filter(({ call }) => call === 'sourceCreate')).toHaveLength(1)
  })

  it('D1 create a source once beside an apply', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile({ authentication: { scheme: 'none' } })] })
    const { director } = world
    const fleet = {
      stixtaxii: 1,
      name: 'fleet',
      director: { url: director.url, token: { file: 'token' } },
      pools: { acme: poolId },
      logpoints: { 'acme/lp1': logpointId(1) },
      sources: {
        feed: { url: 'https://feed.example/taxii2/', taxiiVersion: '2.1', begin: '20d', fetchInterval: '2d' },
      },
    }
    const file = await world.file('fleet.yaml', stringify(fleet))
    const both = await Promise.all([
      world.run(`apply -f ${file} --yes --lock-timeout 1h`),
      world.run('director source create feed --on acme/lp1 --if-absent --lock-timeout 1h'),
    ])
    expect(both.map(({ exitCode, stderr }) => (exitCode === 0 ? 0 : stderr))).toEqual([0, 0])
    expect(world.sent().filter(({ call }) => call === 'sourceCreate')).toHaveLength(1)
  })

  it('waits no longer than it is told, names the holder, and sends nothing', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()], faults: { order: { kind: 'never' } } })
    const slow = world.run('director source create feed --on acme/lp1 --timeout 3600')
    while (!world.director.requests.some(({ call }) => call === 'sourceCreate')) await new Promise(setImmediate)
    const second = await world.run('director source create feed --on acme/lp2 --lock-timeout 1ms')
    expect([second.exitCode, second.stderr]).toEqual([6, expect.stringContaining('CLI_STATE_LOCKED')])
    await slow
    expect(world.sent().filter(({ call }) => call === 'sourceCreate')).toHaveLength(1)
  })

  it('a state that cannot be written fails no create: it is a warning', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    const created = await world.run('director source create feed --on acme/lp1 --state /proc/state.json')
    expect([created.exitCode, created.stderr]).toEqual([0, expect.stringContaining('is not remembered')])
    expect(world.sent().filter(({ call }) => call === 'sourceCreate')).toHaveLength(1)
  })
})
